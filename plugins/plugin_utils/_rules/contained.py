# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Containers that a system promises to contain: the bridges where the guard does it, and a finding where nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...module_utils._plan.model import InsideFlow
from .._inventory.findings import CONTAINMENT_DIFFERS, NOT_CONTAINED, Finding
from .._inventory.hosts import Host
from .._matrix.model import RESPONDER, Containment
from .federations import Federation, Member
from .host_flows import places_of

Places = Mapping[tuple[str, str], Federation]


def contained_bridges(host: Host, federations: Places) -> tuple[str, ...]:
    """The bridges of a managed host whose containers open no connection."""
    return tuple(
        sorted({bridge for _federation, member, containment in _contained(host, federations) for bridge in _bridge(member, containment)})
    )


def computations(host: Host, federations: Places) -> tuple[InsideFlow, ...]:
    """The flows of a managed host to such containers, contained or not, with the ports inside that they are known by."""
    found: set[InsideFlow] = set()
    for federation, member, containment in _contained(host, federations):
        for flow in federation.flows:
            if flow.id == containment.flow and member.has_roles(flow, RESPONDER) and flow.fits(RESPONDER, member.options):
                found.add(InsideFlow(f"{federation.label}.{flow.id}", flow.protocol, containment.container_ports))
    return tuple(sorted(found))


def containment_findings(host: Host, federations: Places) -> Iterator[Finding]:
    """One finding for each role that is to be contained and is not: because nobody asked for it, or because nothing here can do it."""
    asking: dict[str, list[str]] = {}
    for federation, member, containment in _contained(host, federations):
        for bridge in _bridge(member, containment):
            asking.setdefault(bridge, []).append(federation.label)
    for federation, member, containment in _contained(host, federations):
        if not _bridge(member, containment):
            why = impossible(member, containment)
            bridge = bridge_used(member, containment)
            if why is None and bridge in asking:
                yield Finding(CONTAINMENT_DIFFERS, federation.label, _differs(member, containment, bridge, asking[bridge]))
                continue
            yield Finding(NOT_CONTAINED, federation.label, why or containment.advice)


def _contained(host: Host, federations: Places) -> Iterator[tuple[Federation, Member, Containment]]:
    if host.profile.managed:
        for federation, member in places_of(host, federations):
            for role in sorted(member.membership.roles):
                if role in federation.matrix.containments:
                    yield federation, member, federation.matrix.containments[role]


def _differs(member: Member, containment: Containment, bridge: str, asking: list[str]) -> str:
    wanted = [(option, " or ".join(values)) for option, values in containment.when.items() if member.options[option] not in values]
    here = " and ".join(f"{option} {member.options[option]}" for option, _values in wanted)
    there = " and ".join(f"{option} {values}" for option, values in wanted)
    others = " and ".join(dict.fromkeys(asking))
    return (
        f"it says {here}, but {others} says {there} for the same bridge {bridge}, so the guard keeps the containers of both from opening "
        f"connections; say {there} in both, or give one of them a bridge of its own with {containment.bridge}"
    )


def _bridge(member: Member, containment: Containment) -> list[str]:
    wanted = all(member.options[option] in values for option, values in containment.when.items())
    return [bridge_used(member, containment)] if wanted else []


def impossible(member: Member, containment: Containment) -> str | None:
    """What to do where nothing here can contain the member's containers; None: the guard can."""
    return next((words for option, value, words in containment.impossible if member.options[option] == value), None)


def bridge_used(member: Member, containment: Containment) -> str:
    """The bridge of the member's containers."""
    return str(member.options.get(containment.bridge) or containment.usual)
