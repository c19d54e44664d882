# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules of others that contradict the policy: whatever firewall they stand in, they are judged here, reported, and left alone."""

from __future__ import annotations

import bisect
import functools
import ipaddress
import typing as t

from .._plan.ports import bounds
from .._plan.protocols import WITH_PORTS, known_as
from .._plan.words import PUBLISHED
from .model import Policy, Rule

Span = t.Tuple[int, int]
"""The first and the last of a row of numbers."""
Spans = t.Tuple[Span, ...]
"""Rows of numbers in ascending order, without overlaps."""

_ROOM = 1 << 128  # for the addresses of one family


def addresses(networks: t.Iterable[str]) -> Spans:
    """Networks, single addresses and ranges ("10.0.0.1-10.0.0.9") of both families as numbers."""
    return _merged(map(_numbers, networks))


@functools.lru_cache(maxsize=64)
def _of_set(networks: t.Tuple[str, ...]) -> Spans:
    """The same of one family of an address set: many rules share it, and it may have many thousands."""
    return addresses(networks)


def _merged(spans: t.Iterable[Span]) -> Spans:
    merged: t.List[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            low, high = merged[-1][0], max(high, merged.pop()[1])
        merged.append((low, high))
    return tuple(merged)


def _numbers(network: str) -> Span:
    """Raises ValueError where it is not a network; a mask that is not a prefix length makes it none."""
    low, _dash, high = network.partition("-")
    if not (low.partition("/")[2] or "0").isdigit():
        raise ValueError("%r has a mask that is not a prefix length" % network)
    first, last = ipaddress.ip_network(low, strict=False), ipaddress.ip_network(high or low, strict=False)
    span = first.version * _ROOM + int(first.network_address), last.version * _ROOM + int(last.broadcast_address)
    if first.version != last.version or span[0] > span[1]:
        raise ValueError("%r is not a range of addresses" % network)
    return span


ANY_ADDRESS = {4: addresses(["0.0.0.0/0"]), 6: addresses(["::/0"])}
ANYBODY = ANY_ADDRESS[4] + ANY_ADDRESS[6]
ANY_PORT: Spans = ((0, 65535),)


class Match(t.NamedTuple):
    """Which new connections a rule of others is about.

    Attributes:
        protocols: By name; none: all.
        ports: Destination ports.
        peers: Addresses at the other end.
        certain: Nothing else is asked of the packet; otherwise nobody can tell here whether the rule applies.
    """

    protocols: t.Tuple[str, ...] = ()
    ports: Spans = ANY_PORT
    peers: Spans = ANYBODY
    certain: bool = True

    def concerns(self, rule: Rule) -> bool:
        """Whether protocol and ports may be those of a rule of ours."""
        if self.protocols and rule.protocol not in map(known_as, self.protocols):
            return False
        if rule.protocol in WITH_PORTS:
            return any(_overlaps(self.ports, bounds(ports)) for ports in rule.ports)
        return self.ports == ANY_PORT

    def names(self, rule: Rule) -> bool:
        """Whether ports of a rule of ours are named; of a protocol without ports, the protocol."""
        return self.concerns(rule) and (self.ports != ANY_PORT if rule.protocol in WITH_PORTS else bool(self.protocols))

    def covers(self, rule: Rule) -> bool:
        """Whether whatever comes from its peers by the ports of a rule of ours certainly matches."""
        return self.certain and self.concerns(rule) and all(_contains(self.ports, bounds(ports)) for ports in rule.ports)


class Verdict(t.NamedTuple):
    """What a rule of others decides; ``words`` name it as its owner knows it."""

    words: str
    accepts: bool
    match: Match


class Place(t.NamedTuple):
    """A row of rules of others, in the order in which they are asked.

    Attributes:
        direction: Of the connections, as the host sees them.
        verdicts: What the rules decide.
        refusal: What becomes of a peer of ours whom they refuse, and why.
        acceptance: What becomes of somebody else whom they accept at a port that we close, and why; "" where others tell.
        forwarded: Only containers are behind it.
    """

    direction: str
    verdicts: t.Sequence[Verdict]
    refusal: str
    acceptance: str
    forwarded: bool = False


def contradictions(policy: Policy, places: t.Iterable[Place]) -> t.List[str]:
    """A warning for each rule of others that refuses a peer of the policy, or names a port that it closes and accepts others there."""
    peers = [_peers([rule]) for rule in policy.rules]
    admitted = [_admitted(policy, rule) if rule.closed_to_others else () for rule in policy.rules]
    found: t.Dict[t.Tuple[str, str, str], t.Dict[str, None]] = {}
    for place in places:
        for number, rule in enumerate(policy.rules):
            if rule.direction != place.direction or (place.forwarded and rule.placement != PUBLISHED):
                continue
            for verdict in _refusing(place.verdicts, rule, peers[number]):
                found.setdefault((verdict.words, "refuses peers of", place.refusal), {})[rule.id] = None
            if rule.closed_to_others and place.acceptance:
                for verdict in _opening(place.verdicts, rule, admitted[number]):
                    found.setdefault((verdict.words, "accepts others than the peers of", place.acceptance), {})[rule.id] = None
    return ["%s %s %s; %s" % (words, does, ", ".join(ids), why) for (words, does, why), ids in found.items()]


def _refusing(verdicts: t.Iterable[Verdict], rule: Rule, peers: Spans) -> t.Iterator[Verdict]:
    """The verdicts that certainly refuse a peer whom no verdict before has accepted. Who is one of everybody is no peer by name."""
    named, everybody = ([span for span in peers if (span in ANYBODY) == wanted] for wanted in (False, True))
    for verdict in verdicts:
        match = verdict.match
        if match.certain and match.concerns(rule) and _meets(match.peers, named, everybody):
            if not verdict.accepts:
                yield verdict
            if match.covers(rule):
                for waiting in (named, everybody):
                    _take_out(waiting, match.peers)


def _meets(peers: Spans, named: t.Sequence[Span], everybody: t.Sequence[Span]) -> bool:
    """Whether a rule about ``peers`` is about one of those who wait, or about everybody where everybody waits."""
    return any(_overlaps(named, span) for span in peers) or any(_contains(peers, span) for span in everybody)


def _take_out(waiting: t.List[Span], peers: Spans) -> None:
    """Take out who is certainly among these peers."""
    for low, high in peers:
        first, end = bisect.bisect_left(waiting, (low, 0)), bisect.bisect_right(waiting, (high, _ROOM * _ROOM))
        if end > first and waiting[end - 1][1] > high:
            end -= 1
        del waiting[first:end]


def _opening(verdicts: t.Iterable[Verdict], rule: Rule, admitted: Spans) -> t.Iterator[Verdict]:
    """The verdicts that name a port of the rule and accept others than those who are admitted there."""
    for verdict in verdicts:
        match = verdict.match
        if verdict.accepts and match.names(rule) and not all(_contains(admitted, span) for span in match.peers):
            yield verdict


def _admitted(policy: Policy, rule: Rule) -> Spans:
    """Everybody who may connect to a port of the rule by one rule or another."""
    ports = Match((rule.protocol,), tuple(sorted(map(bounds, rule.ports))) or ANY_PORT)
    return _peers(other for other in policy.ingress() if ports.concerns(other))


def _peers(rules: t.Iterable[Rule]) -> Spans:
    sets = {peers.of_family(family): None for rule in rules for peers in rule.peers for family in rule.families}
    return _merged(span for networks in sets for span in _of_set(networks))


def _overlaps(rows: t.Sequence[Span], span: Span) -> bool:
    """Whether one of the rows and the span have a number in common."""
    after = bisect.bisect_right(rows, (span[1], _ROOM * _ROOM))
    return after > 0 and rows[after - 1][1] >= span[0]


def _contains(rows: Spans, span: Span) -> bool:
    """Whether one of the rows holds all of the span."""
    after = bisect.bisect_right(rows, (span[0], _ROOM * _ROOM))
    return after > 0 and rows[after - 1][1] >= span[1]
