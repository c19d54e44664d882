# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which answers of a name service are no address of a partner: a wrong or hostile one must not open what is nobody else's, or our own."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    PolicyRefused,
)

_Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# RFC 1918, RFC 6598 (between a provider and its customers), RFC 4193, RFC 3879 (the former site-local addresses)
_PRIVATE = tuple(
    ipaddress.ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10")
)
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")  # RFC 6890
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the IPv4 address stands in the last 32 bits
# Names that mean something on the own network only: RFC 6762, sections 3 and G; RFC 8375; and names without a dot.
_LOCAL_DOMAINS = (".local", ".intranet", ".internal", ".private", ".corp", ".home", ".lan", ".home.arpa")
_NAME = re.compile(r"\.?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\Z")


def refusal(name: str, address: str, own: t.Sequence[str] = ()) -> str:
    """Why an address opens nothing although a name resolves to it; empty where it may.

    Args:
        name: The host name.
        address: What it resolves to.
        own: Names that may have private addresses, or domains with a leading dot whose names may.
    """
    try:
        found = _meant(ipaddress.ip_address(address))
    except ValueError:  # a link-local address with its interface is none to Python 3.8, and no partner's to any
        return "which is no partner's address"
    if _is_nobodys(found):
        return "which is no partner's address"
    if any(found in network for network in _PRIVATE) and not _is_local(name, own):
        return "a private address for a public name (private_answers can allow it)"
    return ""


def check_own_names(names: t.Sequence[str]) -> None:
    """Raises PolicyRefused where one is neither a host name nor a domain with a leading dot."""
    wrong = ["private_answers: %r is no host name; a domain has a leading dot" % name for name in names if not _NAME.match(name)]
    if wrong:
        raise PolicyRefused(*wrong)


def _meant(address: _Address) -> _Address:
    """The IPv4 address behind one of NAT64; otherwise the address itself."""
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address


def _is_nobodys(address: _Address) -> bool:
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local or address in _THIS_NETWORK:
        return True
    return address.is_reserved if isinstance(address, ipaddress.IPv4Address) else address.ipv4_mapped is not None


def _is_local(name: str, own: t.Sequence[str]) -> bool:
    name = name.lower().rstrip(".")
    domains = (*_LOCAL_DOMAINS, *(each.lower() for each in own if each.startswith(".")))
    return "." not in name or name.endswith(domains) or name in [each.lower() for each in own]
