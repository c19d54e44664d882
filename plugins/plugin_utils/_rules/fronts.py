# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What stands in front of hosts, in the rules of both ends: names and ports where partners connect, sources that the host sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...module_utils._plan.model import Peers
from ...module_utils._plan.protocols import TRIED
from .._common.addresses import merge
from .._common.problems import Problems
from .._inventory.hosts import ADDRESSES, FRONT, Host
from .._inventory.value import Value
from .._matrix.model import BASELINE, INITIATOR, RESPONDER, Flow, Ports
from .address_sets import AddressSets
from .federations import Federation, Member


def admitted(host: Host, partners: Peers, sets: AddressSets) -> Peers:
    """Who may come in at a port that partners use: the front's sources instead of them where it hides them, and its health checks."""
    front = host.profile.front
    if front is None or not (front.sources or front.health_checks):
        return partners
    if front.sources:
        return Peers((sets.part("front", merge((*front.sources, *front.health_checks))),))
    return Peers((*partners.address_sets, sets.part("front", front.health_checks)), partners.names)


def reached(federation: Federation, flow: Flow, group: Sequence[Member], ports: Ports, member: Member, sets: AddressSets) -> Peers:
    """How a member reaches the responders that have the same ports: by their addresses, or by the names in front of them."""
    named = [one for one in group if one.host.profile.front and one.host.profile.front.names]
    names = sorted({name for one in named if one is not member for name in _front_names(one)})
    plain = [one for one in group if one not in named]
    has_others = any(one is not member for one in plain)
    return Peers((sets.members(federation, flow, RESPONDER, plain, ports),) if has_others else (), tuple(names))


def _front_names(member: Member) -> tuple[str, ...]:
    front = member.host.profile.front
    return front.names if front else ()


def check_fronts(hosts: Iterable[Host], federations: Iterable[Federation], problems: Problems) -> None:
    """Refuse fronts that say something about ports that nobody uses, and names for a host that opens flows without an address."""
    federations = list(federations)
    for host in hosts:
        front = host.profile.front
        if front is None:
            continue
        value = Value(host.variables.get(FRONT), FRONT, host.name, problems)
        used = set(_own_ports(host, federations))
        for own, outside in front.ports:
            if str(own) not in used:
                listening = ", ".join(sorted(used, key=lambda port: int(port.partition("-")[0]))) or "none"
                value.refuse(
                    f"ports.{own}: no flow comes in at the host's own port {own} (its ports are {listening}); write own port: port in front"
                )
            elif str(outside) in used and outside != own and outside not in dict(front.ports):
                value.refuse(
                    f"ports.{own}: the host itself also listens on {outside}, the port in front; say which port is in front of {outside}"
                )
        if front.names and host.addresses == ():
            opened = sorted({f"{federation.label}.{flow.id}" for federation, flow in _opened_by(host, federations)})
            if opened:
                value.refuse(
                    f"names: partners know the host by its name, but it opens {', '.join(opened)} itself, "
                    f"and their firewalls need the addresses that it comes from; define {ADDRESSES} too"
                )


def _own_ports(host: Host, federations: Iterable[Federation]) -> Iterable[str]:
    for federation in federations:
        member = federation.members.get(host.name)
        for flow in federation.flows if member else ():
            has_ports = flow.protocol in TRIED and (federation.matrix.name == BASELINE or flow.makes_rules)
            if member and has_ports and member.takes_part(flow, RESPONDER):
                yield from flow.ports_with(member.options)


def _opened_by(host: Host, federations: Iterable[Federation]) -> Iterable[tuple[Federation, Flow]]:
    for federation in federations:
        member = federation.members.get(host.name)
        for flow in federation.between_roles if member else ():
            others = federation.participants(flow, RESPONDER)
            if member in federation.participants(flow, INITIATOR) and any(other is not member for other in others):
                yield federation, flow
