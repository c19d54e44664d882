# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Judges how much of the public address space a host claims as its own: every partner opens its ports to all of it."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Iterator

from .._common.addresses import IP, merge
from .findings import WIDE_ADDRESSES, Finding

WIDEST_HOST = {4: 16, 6: 48}
"""The shortest prefix of public space that one host's addresses may have: a whole university, and the usual allocation of one site."""

ABOUT = "connectivity_addresses"

# Private use, shared space, benchmarks and documentation: RFC 1918, 6598, 2544, 5737, 4193, 3849, 9637.
NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            *("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "fc00::/7", "2001:db8::/32", "3fff::/20"),
        ),
    )
)


def wide_addresses(addresses: Iterable[str]) -> Iterator[Finding]:
    """What is found about one host's addresses: each network that is too wide, or all of them where they are so together."""
    named = list(addresses)
    if len(named) < 2**16 and not any("/" in address for address in named):
        return  # as nearly all hosts
    networks = [ipaddress.ip_network(cidr) for cidr in merge(named)]
    for version, widest in WIDEST_HOST.items():
        most = 2 ** (32 - widest if version == 4 else 128 - widest)
        sizes = {network: _public(network) for network in networks if network.version == version}
        wide = [network for network, size in sizes.items() if size > most]
        for network in wide:
            text = f"{network} is wider than a /{widest} of public addresses, and partners open their ports to all of it"
            yield Finding(WIDE_ADDRESSES, str(network), f"{text}; name the addresses that the host really has")
        if not wide and sum(sizes.values()) > most:
            text = f"its IPv{version} addresses cover more public addresses than a /{widest}, and partners open their ports to all of them"
            yield Finding(WIDE_ADDRESSES, f"{ABOUT}.ipv{version}", f"{text}; name those that the host really has")


@functools.cache
def _public(network: IP) -> int:
    """How many public addresses a network has."""
    count = network.num_addresses
    for other in NOT_PUBLIC:
        if other.version == network.version and other.overlaps(network):
            count -= min(other.num_addresses, network.num_addresses)
    return count
