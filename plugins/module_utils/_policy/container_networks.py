# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The networks that containers of a host live in."""

from __future__ import annotations

import ipaddress
import json
import typing as t

from .model import AddressSet
from .surroundings import OWN_CONTAINERS

Link = t.Mapping[str, t.Any]


def links_of(text: str) -> t.List[Link]:
    """The links that ``ip -json address`` lists; none where it printed something else, such as an ip that knows no JSON."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []


def networks_of(links: t.Iterable[Link]) -> AddressSet:
    """The networks of links as :func:`links_of` returns them; link-local ones are not told apart by their bridge."""
    found = {network for link in links for network in _networks(link.get("addr_info"))}
    ipv4 = ipaddress.collapse_addresses(network for network in found if network.version == 4)
    ipv6 = ipaddress.collapse_addresses(network for network in found if network.version == 6)
    return AddressSet(OWN_CONTAINERS, tuple(map(str, sorted(ipv4))), tuple(map(str, sorted(ipv6))))


def _networks(addresses: t.Any) -> t.Iterator[t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]]:
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict) and address.get("scope") == "global":
            try:
                yield ipaddress.ip_interface("%s/%s" % (address["local"], address["prefixlen"])).network
            except (KeyError, ValueError):  # an address of a family that is none of ours
                continue
