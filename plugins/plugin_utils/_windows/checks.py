# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which connections a Windows host can try, to see its flows pass: those over TCP to single addresses or names, and single ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.words import EGRESS, TCP
from .powershell import Entry

_LARGEST = 256
"""Addresses of a network up to which partners are looked for in it: neighbours are merged in address sets."""


def connections(
    rules: Iterable[PlanRule], address_sets: Mapping[str, Sequence[str]], own: Collection[str], hosts: Collection[str]
) -> Iterator[Entry]:
    """What to try, as parameters of ``check.ps1``.

    Args:
        rules: The host's rules in the plan.
        address_sets: The plan's address sets, name -> CIDRs.
        own: The host's own addresses, which address sets may contain.
        hosts: The addresses of all hosts of the plan.
    """
    for rule in rules:
        cidrs = [cidr for name in rule.peers.address_sets for cidr in address_sets[name]]
        peers = [*rule.peers.names, *(address for cidr in cidrs for address in _hosts_in(cidr, hosts) if address not in own)]
        ports = [port for port in rule.ports if "-" not in port]
        if rule.direction == EGRESS and rule.protocol == TCP and peers and ports:
            yield {"Rule": [rule.id], "Peer": list(dict.fromkeys(peers)), "Port": ports}


def untried(rules: Iterable[PlanRule], address_sets: Mapping[str, Sequence[str]]) -> Iterator[Entry]:
    """What ``check.ps1`` does not try, and why."""
    for rule in rules:
        if rule.direction != EGRESS:
            continue
        networks = [cidr for name in rule.peers.address_sets for cidr in address_sets[name]]
        large = [cidr for cidr in networks if ipaddress.ip_network(cidr).num_addresses > _LARGEST]
        ranges = [port for port in rule.ports if "-" in port]
        if rule.protocol != TCP:
            yield {"Rule": [rule.id], "Why": [f"because it uses {rule.protocol.upper()}"]}
        elif ranges or large:
            what = ["the ports " + ", ".join(ranges)] if ranges else []
            what += ["the networks " + ", ".join(large)] if large else []
            yield {"Rule": [rule.id], "Why": [" and ".join(what)]}


def _hosts_in(cidr: str, hosts: Collection[str]) -> list[str]:
    network = ipaddress.ip_network(cidr)
    if network.num_addresses == 1:
        return [str(network.network_address)]
    return [address for address in map(str, network) if address in hosts] if network.num_addresses <= _LARGEST else []
