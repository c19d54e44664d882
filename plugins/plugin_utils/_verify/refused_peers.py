# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Peers that listeners refused: what the inventory would need, so that each is admitted."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._host.printable import printable
from ...module_utils._plan.model import HostPlan, PlanRule
from ...module_utils._plan.words import INGRESS, WINDOWS
from .._common.address_set_names import network_of
from .._matrix.catalogue import Catalogue
from .._matrix.model import INITIATOR, Flow

Listeners = Mapping[str, PlanRule]
"""Ingress rules that are closed to others, by id."""

LINE_MAXIMUM = 1000


def listeners_of(host: HostPlan) -> Listeners:
    """The listeners of a host whose refused peers are logged; none of a host that is not managed."""
    if not host.part.managed or not host.part.log_refused:
        return {}
    return {rule.id: rule for rule in host.part.rules if rule.direction == INGRESS and rule.closed_to_others}


def told_of_windows(name: str, host: HostPlan | None) -> list[str]:
    """The line for a managed host with Windows, which cannot be asked; none for others."""
    if host is None or not host.part.managed or host.part.platform != WINDOWS:
        return []
    why = "whose firewall does not record refused peers by port, so this host was not asked. Look at its log of dropped packets"
    return [printable(f"{name} has Windows, {why}", LINE_MAXIMUM)]


def not_asked(answer: Mapping[str, t.Any], listeners: Listeners) -> str:
    """What a host's answer says of rules that nobody asked about; empty if nothing."""
    named = {*answer["missing"], *(peer["rule"] for peer in answer["refused"])}
    unknown = sorted(named - set(listeners))
    return f"it names the rule {printable(unknown[0], 200)}, which it was not asked about" if unknown else ""


def lines(host: str, answer: Mapping[str, t.Any], listeners: Listeners, known: Mapping[str, Sequence[str]]) -> list[str]:
    """One line for each refused peer, and one for each listener that records none. ``known``: host -> addresses, to name peers."""
    names = {address.partition("/")[0]: name for name, addresses in known.items() for address in addresses}
    found = [_line(host, peer["address"], names.get(peer["address"], ""), listeners[peer["rule"]]) for peer in answer["refused"]]
    missing = [f"{rule}: the host does not record refused peers here yet; run federated.connectivity.site" for rule in answer["missing"]]
    return [printable(line, LINE_MAXIMUM) for line in (*found, *missing)]


def _line(host: str, address: str, name: str, rule: PlanRule) -> str:
    peer = f"{address} (host {name})" if name else address
    return f"{peer} was refused at {rule.traffic} ({rule.id}). To admit it, {' or '.join(_needs(host, address, name, rule))}"


def _needs(host: str, address: str, name: str, rule: PlanRule) -> Sequence[str]:
    roles, network = _initiator(rule)
    if network:
        return [f"add {address} to connectivity_networks.{network} of {host}"]
    member = f"matrix: {rule.matrix}, federation: {rule.federation}"
    if name and roles:
        return [f"give host {name} the membership {{{member}, roles: [{role}]}}" for role in roles]
    if roles:
        return [
            f"add a host with connectivity_addresses: [{address}], connectivity_managed: false and "
            f"connectivity_memberships: [{{{member}, roles: [{role}]}}]"
            for role in roles
        ]
    return [f"make {address} one of those who open the flow {rule.flow} ({member})"]


def _initiator(rule: PlanRule) -> tuple[Sequence[str], str]:
    """The roles that open the flow of a rule, or the network that it comes from, as far as the catalogue knows the system."""
    flow = _flow(rule.matrix, rule.flow)
    if flow is None:
        return (), next(_network_sets(rule), "")
    end = flow.ends[INITIATOR]
    return (end.values if end.kind == "roles" else ()), (end.values[0] if end.kind == "network" else "")


@functools.cache
def _catalogue() -> Catalogue:
    return Catalogue()


@functools.cache
def _flow(matrix: str, flow: str) -> Flow | None:
    return _catalogue().matrix(matrix).flows.get(flow) if matrix in _catalogue().names() else None


def _network_sets(rule: PlanRule) -> Iterator[str]:
    """The named networks among the peers of a rule, as their address sets are called: network_<name>_<digest>."""
    for name in rule.peers.address_sets:
        if network := network_of(name):
            yield network
