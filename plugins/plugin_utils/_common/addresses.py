# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Addresses and networks of both families as canonical text, and lists of them merged."""

from __future__ import annotations

import contextlib
import ipaddress
import typing as t
from collections.abc import Iterable

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

ANYBODY = ("0.0.0.0/0", "::/0")
LINK_LOCAL = "link-local"
PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))  # RFC 1918, RFC 4193

IP = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def parse_network(text: str, on_link: bool = False) -> str:
    """The canonical text of an address ("198.51.100.10", "2001:db8::10") or network ("203.0.113.0/28").

    Args:
        text: The address or network.
        on_link: Whether IPv4 link-local addresses will do: clouds have their name servers, clocks and metadata there.

    Raises:
        ValueError: if it is neither, or an address that nobody can be reached at, saying what is wrong.
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(_what_is_wrong(text)) from None
    special = _special(network)
    if special and not (on_link and special == LINK_LOCAL and network.version == 4):
        raise ValueError(f"{text!r} is {special}, not an address that others can reach")
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _what_is_wrong(text: str) -> str:
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        return f"{text!r} is not a valid IPv4 or IPv6 address or network"
    return f"{text!r} has host bits set; write {interface.ip} (one host) or {interface.network} (the network)"


def _special(network: IP) -> str | None:
    """What a network is that no peer can have. The special-purpose registries of RFC 6890 and IPv6 scopes of RFC 4291."""
    if "%" in str(network):
        return "bound to an interface"
    if network.prefixlen and network.network_address.is_unspecified:
        return "unspecified"
    if network.is_loopback:
        return "loopback"
    if network.is_multicast:
        return "multicast"
    if network.is_link_local:
        return LINK_LOCAL
    if isinstance(network, ipaddress.IPv4Network):
        return "reserved" if network.is_reserved else None
    return "an IPv4-mapped address" if network.network_address.ipv4_mapped and network.prefixlen >= 96 else None


def merge(networks: Iterable[str]) -> tuple[str, ...]:
    """The fewest CIDRs that hold exactly these addresses and networks, IPv4 before IPv6, each in order."""
    merged = netaddr.cidr_merge(list(set(networks)))
    return tuple(str(network) for network in sorted(merged, key=lambda network: (network.version, network.first)))


def without(networks: Iterable[str], excluded: Iterable[str]) -> tuple[str, ...]:
    """What is left of some CIDRs without others, merged."""
    left = netaddr.IPSet(networks) - netaddr.IPSet(excluded)
    return merge(map(str, left.iter_cidrs()))


def families(networks: Iterable[str]) -> frozenset[int]:
    """The families, 4 and 6, that occur."""
    return frozenset(6 if ":" in network else 4 for network in networks)


def is_private(network: str) -> bool:
    """Whether an address or network is one that is not routed between sites. Documentation prefixes count as public here."""
    parsed = ipaddress.ip_network(network)
    return any(parsed.version == private.version and parsed.subnet_of(private) for private in PRIVATE)  # type: ignore[arg-type]
