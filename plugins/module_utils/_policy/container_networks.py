# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The networks that containers of a host live in."""

from __future__ import annotations

import ipaddress
import typing as t

from .model import AddressSet
from .surroundings import OWN_CONTAINERS


def networks_of(links: t.Iterable[t.Mapping[str, t.Any]]) -> AddressSet:
    """The networks of links as ``ip -json address`` lists them; link-local ones are not told apart by their bridge."""
    found = {
        ipaddress.ip_interface("%s/%s" % (address["local"], address["prefixlen"])).network
        for link in links
        for address in link.get("addr_info", ())
        if address.get("scope") == "global"
    }
    ipv4 = ipaddress.collapse_addresses(network for network in found if network.version == 4)
    ipv6 = ipaddress.collapse_addresses(network for network in found if network.version == 6)
    return AddressSet(OWN_CONTAINERS, tuple(map(str, sorted(ipv4))), tuple(map(str, sorted(ipv6))))
