# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Refuses two services on one port of one host."""

from __future__ import annotations

import itertools
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.ports import bounds
from .._common.problems import Problems
from .._inventory.hosts import Host
from .._matrix.model import RESPONDER, ByOption
from .federations import Federation


class _Claim(t.NamedTuple):
    """A port of a host that a flow of a federation takes; ``option`` is the option that says so, if one does."""

    federation: Federation
    flow: str
    option: str | None
    protocol: str
    port: str

    def meets(self, other: _Claim) -> bool:
        (low, high), (other_low, other_high) = bounds(self.port), bounds(other.port)
        return self.protocol == other.protocol and low <= other_high and other_low <= high

    def is_same_service(self, other: _Claim) -> bool:
        """Flows of one matrix may share a port, unless two of its options name it."""
        if self.federation.matrix is not other.federation.matrix:
            return False
        return None in (self.option, other.option) or self.option == other.option


def check_port_claims(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse a port that different systems claim, and one service that two federations want on different ports.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    claims = list(_claims(hosts[0], federations))
    refused: set[tuple[str, str, str]] = set()
    for one, other in itertools.combinations(claims, 2):
        ours, theirs = one.federation.label, other.federation.label
        if one.meets(other) and not one.is_same_service(other) and (ours, theirs, one.port) not in refused:
            refused.add((ours, theirs, one.port))
            both = f"{ours} (flow {one.flow}) and {theirs} (flow {other.flow})"
            _refuse(hosts, other, f"{both} both claim {one.protocol} {one.port}; {_mend(one, other)}", problems)
        is_one_option = one.option is not None and one.option == other.option and one.flow == other.flow
        if one.is_same_service(other) and is_one_option and one.port != other.port:
            text = f"{ours} says {one.option} {one.port}, {theirs} says {other.port}; one service has one port: say the same in both"
            _refuse(hosts, other, text, problems)


def _refuse(hosts: Sequence[Host], claim: _Claim, text: str, problems: Problems) -> None:
    problems.error(text, [host.name for host in hosts], [claim.federation.members[hosts[0].name].membership.source])


def _mend(*claims: _Claim) -> str:
    options = list(dict.fromkeys(f"{claim.option} of {claim.federation.label}" for claim in claims if claim.option))
    return f"change {' or '.join(options)}" if options else "put one of them on another host"


def _claims(host: Host, federations: Mapping[tuple[str, str], Federation]) -> Iterator[_Claim]:
    own = (host.profile.baseline,) if host.profile.baseline else ()
    for membership in (*own, *host.profile.memberships):
        federation = federations[membership.matrix.name, membership.federation]
        member = federation.members[host.name]
        for flow in federation.flows:
            if flow.dynamic or flow.exposure == "host" or flow.inside or not member.takes_part(flow, RESPONDER):
                continue
            for port in flow.ports:
                if isinstance(port, ByOption):
                    yield _Claim(federation, flow.id, None if port.cases else port.option, flow.protocol, str(port.value(member.options)))
                else:
                    yield _Claim(federation, flow.id, None, flow.protocol, str(port))
