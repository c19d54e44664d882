# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds addresses that more than one host claims: probably copied, and then a host's partners open their ports to the wrong one."""

from __future__ import annotations

import collections
import ipaddress
import typing as t
from collections.abc import Iterable, Iterator

from .._common.addresses import IP
from .._inventory.findings import SHARED_ADDRESS, Finding
from .._inventory.hosts import Host


class _Group(t.NamedTuple):
    """A network, and the claims of hosts that are equal to it or inside of it."""

    widest: IP
    claims: list[tuple[IP, str]]

    @property
    def hosts(self) -> list[str]:
        return sorted({name for _network, name in self.claims})

    @property
    def is_shared(self) -> bool:
        """Whether hosts claim one and the same, or one a single address of another. Networks that only overlap are not judged."""
        distinct = {network for network, _name in self.claims}
        return len(self.hosts) > 1 and (len(distinct) < len(set(self.claims)) or any(network.num_addresses == 1 for network in distinct))


def shared_addresses(hosts: Iterable[Host]) -> dict[str, list[Finding]]:
    """Host -> findings about the addresses that it shares with others."""
    found: dict[str, list[Finding]] = {}
    for group in _groups(hosts):
        if group.is_shared:
            single = group.widest.num_addresses == 1
            what = "belongs to" if single else "has addresses of"
            text = f"{what} more than one host; correct connectivity_addresses, or accept the finding if they share it, such as behind NAT"
            about = str(group.widest.network_address) if single else str(group.widest)
            for name in group.hosts:
                found.setdefault(name, []).append(Finding(SHARED_ADDRESS, about, text))
    return found


def _groups(hosts: Iterable[Host]) -> Iterator[_Group]:
    """Networks that no other network contains, each with all claims inside."""
    written = [(address, host.name) for host in hosts for address in host.addresses or ()]
    if not any("/" in address for address, _name in written):  # without networks only equal addresses are shared, and texts are canonical
        often = collections.Counter(address for address, _name in written)
        written = [(address, name) for address, name in written if often[address] > 1]
    claims = [(ipaddress.ip_network(address), name) for address, name in written]
    claims.sort(key=lambda claim: (claim[0].version, int(claim[0].network_address), claim[0].prefixlen, claim[1]))
    group: _Group | None = None
    for network, name in claims:
        if group is None or network.version != group.widest.version or network.network_address not in group.widest:
            if group is not None:
                yield group
            group = _Group(network, [])
        group.claims.append((network, name))
    if group is not None:
        yield group
