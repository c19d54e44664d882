# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a running federation does, against a plan: what it uses and the plan lacks, and what the plan has and nobody used."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Sequence

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.ports import holds
from ...module_utils._plan.words import EGRESS, INGRESS
from .._explain.connections import connections
from .._explain.decisions import Peer, Verdict, has_peer
from .._explain.parties import Party, find_party
from .._matrix.model import BASELINE
from .._plan.reader import AddressSetIndex, Plan
from .sightings import HOST, NETWORK, Connection, End, Evidence, Member, Sightings, put_together

ADDRESSES_SHOWN = 5
SEEN = ("tcp", "udp")
"""The protocols whose connections hosts can see."""


class Compared(t.NamedTuple):
    """The comparison, as lines for people.

    Attributes:
        lacking: What the software used, and the plan does not allow or close.
        refused: What the software tried in vain, and the plan refuses, too.
        unsure: What the plan may allow by host names, which cannot be told from addresses.
        unused: What the plan allows, and nobody used.
        fitting: How many connections the plan allows.
    """

    lacking: list[str]
    refused: list[str]
    unsure: list[str]
    unused: list[str]
    fitting: int

    @property
    def lines(self) -> list[str]:
        return [
            *(f"used, but the plan lacks it: {line}" for line in self.lacking),
            *(f"tried without an answer, and the plan refuses it: {line}" for line in self.refused),
            *(f"the plan may allow it by a host name: {line}" for line in self.unsure),
            *(f"allowed by the plan, but not used: {line}" for line in self.unused),
        ]

    @property
    def summary(self) -> str:
        return (
            f"{self.fitting} connections fit the plan, {len(self.lacking)} uses are lacking in it, {len(self.refused)} were tried in vain, "
            f"{len(self.unsure)} go to names, {len(self.unused)} rules were not used"
        )


def compare(members: Sequence[Member], plan: Plan) -> Compared:
    """Compare what the hosts saw with a plan.

    Raises:
        PlanUnreadable: the plan is damaged.
    """
    return _Comparison(put_together(members), plan, {one.name for one in members if one.answer is not None}).result()


class _Comparison:
    def __init__(self, seen: Sightings, plan: Plan, watched: set[str]) -> None:
        self._seen = seen
        self._plan = plan
        self._watched = watched & plan.hosts.keys()
        self._sets = AddressSetIndex(plan.address_sets)

    def result(self) -> Compared:
        found = Compared([], [], [], [], 0)
        fitting = 0
        for one, what in sorted(self._seen.connections.items()):
            kind = self._judge(one, what)
            said = _words(one, what)
            if kind is None:
                fitting += 1
            else:
                t.cast(list[str], getattr(found, kind[0])).append(f"{said}{kind[1]}")
        found.lacking.extend(self._listeners())
        for host in sorted(self._watched):
            found.unused.extend(self._unused(host))
        return found._replace(fitting=fitting)

    def _judge(self, one: Connection, what: Evidence) -> tuple[str, str] | None:
        """Which list a connection belongs to, and what more there is to say; None if it fits."""
        ends = [_party(end, what, self._plan) for end in (one.initiator, one.responder)]
        unknown = [end.name for end in (one.initiator, one.responder) if end.kind == HOST and end.name not in self._plan.hosts]
        if unknown:
            return "lacking", f"; {' and '.join(unknown)} is not in the plan"
        verdicts = set()
        for initiator in ends[0]:
            for responder in ends[1]:
                decided = connections(self._plan, self._sets, initiator, responder, one.protocol, self._port(one))
                verdicts |= {each.verdict for each in decided}
        if not what.answered:
            return ("refused", "") if any(verdict.refuses for verdict in verdicts) else None
        if verdicts and verdicts <= {Verdict.ALLOWED, Verdict.PROXIED}:
            return None
        if one.responder.kind != HOST and self._names(one):
            return "unsure", f"; {', '.join(self._names(one))}"
        if Verdict.ALLOWED in verdicts and not any(verdict.refuses for verdict in verdicts):
            return None
        left = not any(verdict.refuses for verdict in verdicts)
        return "lacking", "; no rule is about it, and it passes only where the defaults are unchanged" if left else ""

    def _port(self, one: Connection) -> int:
        """The port of the responder as partners see it."""
        front = self._plan.hosts[one.responder.name].part.front if one.responder.kind == HOST else None
        return int(front.outside((str(one.port),))[0]) if front else one.port

    def _names(self, one: Connection) -> list[str]:
        """The rules of the initiator that allow the port towards host names."""
        rules = self._rules(one.initiator.name, EGRESS) if one.initiator.kind == HOST else []
        return sorted({rule.label for rule in rules if rule.peers.names and rule.protocol == one.protocol and holds(rule.ports, one.port)})

    def _rules(self, host: str, direction: str) -> list[PlanRule]:
        return [rule for rule in self._plan.hosts[host].part.rules if rule.direction == direction]

    def _listeners(self) -> Iterator[str]:
        """Ports that others can reach, and no rule is about."""
        for one in self._seen.listeners:
            if one.loopback or one.host not in self._watched:
                continue
            about = [rule for rule in self._rules(one.host, INGRESS) if rule.protocol == one.protocol and holds(rule.ports, one.port)]
            part = self._plan.hosts[one.host].part
            closed = [each for each in part.listeners if each.protocol == one.protocol and holds(each.ports, one.port)]
            if closed and not about:
                labels = ", ".join(sorted({each.label for each in closed}))
                yield f"{one.host} listens on {one.address}, {one.protocol} {one.port}; {labels} says that it listens on loopback alone"
            elif not about:
                yield f"{one.host} listens on {one.address}, {one.protocol} {one.port}; no rule admits or closes it"

    def _unused(self, host: str) -> Iterator[str]:
        """Rules of a host that let nothing pass while it was watched."""
        for direction, own in ((INGRESS, "responder"), (EGRESS, "initiator")):
            mine = [(one, what) for one, what in self._seen.connections.items() if getattr(one, own) == End(HOST, host) and what.answered]
            for rule in self._rules(host, direction):
                if rule.matrix == BASELINE or rule.protocol not in SEEN or not (rule.peers.address_sets or rule.peers.names):
                    continue
                if not any(self._carries(rule, one, what, own) for one, what in mine):
                    yield f"{rule.label}, {direction} on {host}, {rule.protocol} {', '.join(rule.ports)}"

    def _carries(self, rule: PlanRule, one: Connection, what: Evidence, own: str) -> bool:
        if rule.protocol != one.protocol or not holds(rule.ports, one.port if own == "responder" else self._port(one)):
            return False
        other = one.initiator if own == "responder" else one.responder
        if rule.peers.names:
            return True
        peers = self._plan.hosts[other.name].addresses if other.kind == HOST and other.name in self._plan.hosts else sorted(what.addresses)
        return any(has_peer(rule.peers, Peer(address), self._sets) for address in peers)


def _party(end: End, what: Evidence, plan: Plan) -> list[Party]:
    """An end as the plan knows it; of an end that is not a host each address alone."""
    if end.kind == HOST:
        return [find_party(end.name, plan)] if end.name in plan.hosts else []
    return [find_party(address, plan) for address in sorted(what.addresses)]


def _words(one: Connection, what: Evidence) -> str:
    return f"{_name(one.initiator, what)} to {_name(one.responder, what)}, {one.protocol} {one.port}"


def _name(end: End, what: Evidence) -> str:
    """A host, an address, or a network with the addresses that were seen of it."""
    if end.kind != NETWORK:
        return end.name
    addresses = sorted(what.addresses)
    shown = ", ".join(addresses[:ADDRESSES_SHOWN]) + (
        f" and {len(addresses) - ADDRESSES_SHOWN} more" if len(addresses) > ADDRESSES_SHOWN else ""
    )
    return f"the network {end.name} ({shown})"
