# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules of others that contradict the policy: whatever firewall they stand in, they are judged here, reported, and left alone."""

from __future__ import annotations

import bisect
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
    merged: t.List[Span] = []
    for low, high in sorted(map(_numbers, networks)):
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
    found: t.Dict[t.Tuple[str, str, str], t.Dict[str, None]] = {}
    for place in places:
        for rule in policy.rules:
            if rule.direction != place.direction or (place.forwarded and rule.placement != PUBLISHED):
                continue
            for verdict in _refusing(place.verdicts, rule):
                found.setdefault((verdict.words, "refuses peers of", place.refusal), {})[rule.id] = None
            if rule.closed_to_others and place.acceptance:
                for verdict in _opening(place.verdicts, rule, _admitted(policy, rule)):
                    found.setdefault((verdict.words, "accepts others than the peers of", place.acceptance), {})[rule.id] = None
    return ["%s %s %s; %s" % (words, does, ", ".join(ids), why) for (words, does, why), ids in found.items()]


def _refusing(verdicts: t.Iterable[Verdict], rule: Rule) -> t.Iterator[Verdict]:
    """The verdicts that certainly refuse a peer whom no verdict before has accepted. Who is one of everybody is no peer by name."""
    waiting = addresses(_networks(rule))
    for verdict in verdicts:
        match = verdict.match
        if match.certain and match.concerns(rule) and _meets(match.peers, waiting):
            if not verdict.accepts:
                yield verdict
            if match.covers(rule):
                waiting = tuple(span for span in waiting if not _contains(match.peers, span))


def _meets(peers: Spans, waiting: Spans) -> bool:
    """Whether a rule about ``peers`` is about one of those who wait, or about everybody where everybody waits."""
    named = tuple(span for span in waiting if span not in ANYBODY)
    return any(_overlaps(named, span) for span in peers) or any(_contains(peers, span) for span in waiting if span in ANYBODY)


def _opening(verdicts: t.Iterable[Verdict], rule: Rule, admitted: Spans) -> t.Iterator[Verdict]:
    """The verdicts that name a port of the rule and accept others than those who are admitted there."""
    for verdict in verdicts:
        match = verdict.match
        if verdict.accepts and match.names(rule) and not all(_contains(admitted, span) for span in match.peers):
            yield verdict


def _admitted(policy: Policy, rule: Rule) -> Spans:
    """Everybody who may connect to a port of the rule by one rule or another."""
    ports = Match((rule.protocol,), tuple(sorted(map(bounds, rule.ports))) or ANY_PORT)
    return addresses(network for other in policy.ingress() if ports.concerns(other) for network in _networks(other))


def _networks(rule: Rule) -> t.List[str]:
    return [network for peers in rule.peers for family in rule.families for network in peers.of_family(family)]


def _overlaps(rows: Spans, span: Span) -> bool:
    """Whether one of the rows and the span have a number in common."""
    after = bisect.bisect_right(rows, (span[1], _ROOM * _ROOM))
    return after > 0 and rows[after - 1][1] >= span[0]


def _contains(rows: Spans, span: Span) -> bool:
    """Whether one of the rows holds all of the span."""
    after = bisect.bisect_right(rows, (span[0], _ROOM * _ROOM))
    return after > 0 and rows[after - 1][1] >= span[1]
