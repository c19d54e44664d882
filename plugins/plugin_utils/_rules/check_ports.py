# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Two services on one port of one host: refused where both certainly run there, a finding where one of them may not."""

from __future__ import annotations

import collections
import itertools
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.ports import bounds
from ...module_utils._plan.words import HOST
from .._common.problems import Problems
from .._inventory.findings import SHARED_PORT, Finding
from .._inventory.hosts import Host
from .._matrix.model import ENDS, IN_USE, INITIATOR, RESPONDER, ByOption, Flow
from .federations import Federation, Member
from .host_flows import places_of


class _Claim(t.NamedTuple):
    """A port of a host that a flow of a federation takes.

    Attributes:
        option: The option that says so, if one does.
        default: The port where nobody sets the option.
        certain: Whether the service runs there for certain: an optional one that nobody opened may not.
        listens: Whether its software is known to listen there, also where nobody uses the flow.
    """

    federation: Federation
    flow: str
    option: str | None
    protocol: str
    port: str
    default: str
    certain: bool
    listens: bool

    @property
    def label(self) -> str:
        return f"{self.federation.label}.{self.flow}"

    def meets(self, other: _Claim) -> bool:
        return self.protocol == other.protocol and _overlap(self.port, other.port)

    def is_same_service(self, other: _Claim) -> bool:
        """Flows of one matrix may share a port, unless two of its options name it."""
        if self.federation.matrix is not other.federation.matrix:
            return False
        return None in (self.option, other.option) or self.option == other.option

    def may_meet(self, other: _Claim) -> bool:
        """Whether two services may want the port, which is not certain.

        Flows of one matrix that have the same port by default are one service.
        """
        if not self.meets(other) or (self.certain and other.certain and not self.is_same_service(other)):
            return False
        if self.federation.matrix is other.federation.matrix and (self.option == other.option or _overlap(self.default, other.default)):
            return False
        return self.certain or other.certain or (self.listens and other.listens)


def _overlap(one: str, other: str) -> bool:
    (low, high), (other_low, other_high) = bounds(one), bounds(other)
    return low <= other_high and other_low <= high


def check_port_claims(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse a port that different systems claim, and one service that two federations want on different ports.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    claims = [claim for claim in _claims(hosts[0], federations) if claim.certain]
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


def check_one_service(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse an option that two federations of a host set differently, where it decides which ports of one service are open.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    for (one, ours), (other, theirs) in itertools.combinations(places_of(hosts[0], federations), 2):
        if one.matrix is not other.matrix:
            continue
        decisive = {
            condition.option
            for flow in one.matrix.flows.values()
            for condition in flow.conditions
            if condition.decider == RESPONDER and flow.makes_rules and ours.has_roles(flow, RESPONDER) and theirs.has_roles(flow, RESPONDER)
        }
        for option in sorted(decisive):
            if ours.options[option] != theirs.options[option]:
                said = f"{one.label} says {option} {ours.options[option]}, {other.label} says {theirs.options[option]}"
                text = f"{said}; one service has one {option}: say the same in both"
                problems.error(text, [host.name for host in hosts], [theirs.membership.source])


def shared_ports(host: Host, federations: Mapping[tuple[str, str], Federation]) -> Iterator[Finding]:
    """A port that two services of a managed host may want, of which one is optional and not opened."""
    if not host.profile.managed:
        return
    found: dict[tuple[str, str], list[tuple[_Claim, _Claim]]] = collections.defaultdict(list)
    for pair in itertools.combinations(_claims(host, federations), 2):
        if pair[0].may_meet(pair[1]):
            one, other = sorted(pair, key=lambda claim: (claim.certain, claim.label))
            found[one.label, other.label].append((one, other))
    for (about, other_label), pairs in found.items():
        ports = ", ".join(sorted({one.port for one, _other in pairs}, key=bounds))
        one, other = pairs[0]
        text = (
            f"{one.protocol} {ports} of this host is also a port of {other_label}, and one port serves one of them; "
            f"if both run here, {_mend(one, other)}"
        )
        yield Finding(SHARED_PORT, about, text)


def _refuse(hosts: Sequence[Host], claim: _Claim, text: str, problems: Problems) -> None:
    problems.error(text, [host.name for host in hosts], [claim.federation.members[hosts[0].name].membership.source])


def _mend(*claims: _Claim) -> str:
    options = list(dict.fromkeys(f"{claim.option} of {claim.federation.label}" for claim in claims if claim.option))
    return f"change {' or '.join(options)}" if options else "put one of them on another host"


def _is_beside(flow: Flow, federation: Federation, member: Member) -> bool:
    """Whether the flow is from a process of the host to a service beside it, such as a database. Nobody is certain that it runs here.

    What runs in containers has such services in containers, too, whose ports are none of the host's.
    """
    initiates = member.has_roles(flow, INITIATOR) and flow.fits(INITIATOR, member.options)
    if not initiates or flow.ends[RESPONDER].kind != "local":
        return False
    ends = ((other, end) for other in federation.flows for end in ENDS if other.makes_rules and member.has_roles(other, end))
    return all(other.placement(end, member.options) == HOST for other, end in ends)


def _claims(host: Host, federations: Mapping[tuple[str, str], Federation]) -> Iterator[_Claim]:
    """The ports of everything that may listen on the host, except what picks its port at run time or listens in a tunnel or container."""
    for federation, member in places_of(host, federations):
        for flow in federation.flows:
            can_respond = member.has_roles(flow, RESPONDER) and flow.fits(RESPONDER, member.options)
            is_own = can_respond and flow.exposure != "host"
            if flow.dynamic or flow.inside or not (is_own or _is_beside(flow, federation, member)):
                continue
            certain = member.takes_part(flow, RESPONDER)
            listens = can_respond and flow.listens_with(member.options) != IN_USE
            for port in flow.ports:
                option, own, default = None, str(port), str(port)
                if isinstance(port, ByOption):
                    own = str(port.value(member.options))
                    option = None if port.cases else port.option
                    default = own if port.cases else str(federation.matrix.options[port.option].default)
                yield _Claim(federation, flow.id, option, flow.protocol, own, default, certain, listens)
