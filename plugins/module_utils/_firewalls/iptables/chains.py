# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Chains of others' rules, which jump into each other, as one row of verdicts."""

from __future__ import annotations

import typing as t

from ..._policy.contradictions import ANY_ADDRESS, ANY_PORT, ANYBODY, Match, Place, Spans, Verdict
from .unread import Unread

ACCEPT, REFUSE, JUMP, RETURN = "accept", "refuse", "jump", "return"
_REFUSAL = "theirs prevails, as whatever refuses a packet has the last word: remove it, or take these peers out of the plan"
_ACCEPTANCE = "ours prevails, as whatever refuses a packet has the last word: who is to connect belongs in the inventory"

_FREE = (*ANY_ADDRESS.values(), ANYBODY)
_DEEPEST = 32  # chains that jump into each other; the kernel takes 16 of nftables
_MOST_STEPS = 50_000  # rules that are followed from one beginning; chains that jump twice to the next have 2 to the power of their number


class Step(t.NamedTuple):
    """One rule of a chain; ``target`` is the chain that it jumps to."""

    words: str
    match: Match
    action: str
    target: str = ""


_Chains = t.Mapping[str, t.Sequence[Step]]
_ALL = Match()


def place(
    steps: t.Iterable[t.Tuple[str, t.Optional[Step]]],
    beginning: str,
    direction: str,
    forwarded: bool,
    ours: t.Collection[str],
    unread: Unread,
    source: str,
) -> Place:
    """What others decide in a chain and those it jumps to.

    Args:
        steps: Each rule, in order, with the name of its chain; None where it decides nothing here.
        beginning: The chain in which packets begin.
        direction: Of the packets.
        forwarded: Whether only forwarded packets come there.
        ours: The chains in which we decide. What is accepted before them is no contradiction but a hole, of which our backend warns.
        unread: Told of chains that are too long or too deep to be followed.
        source: Where the chains are, in the words of ``unread``.
    """
    chains: t.Dict[str, t.List[Step]] = {}
    for chain, step in steps:
        if step:
            chains.setdefault(chain, []).append(step)
    walk = _Walk(chains, ours)
    walk.follow(beginning)
    if walk.cut:
        unread.whole("%s chain %s" % (source, walk.cut), "its rules jump to too many chains to be followed")
    return Place(direction, tuple(walk.verdicts), _REFUSAL, "" if ours and not forwarded else _ACCEPTANCE, forwarded)


class _Walk:
    """What is decided in a chain and those it jumps to, as far as ``ours``, the chains in which we decide.

    What stands behind a return is passed over, as nobody can tell here who gets there.

    Attributes:
        verdicts: What is decided.
        cut: The chain at which following them ended early, if so.
    """

    def __init__(self, chains: _Chains, ours: t.Collection[str]) -> None:
        self._chains, self._ours = chains, ours
        self._left = _MOST_STEPS
        self.verdicts: t.List[Verdict] = []
        self.cut = ""

    def follow(self, chain: str, outer: Match = _ALL, depth: int = 0) -> bool:
        """Follow a chain; whether one of ``ours`` was met, or following ended."""
        for step in self._chains.get(chain, ()):
            self._left -= 1
            if depth > _DEEPEST or self._left < 0:
                self.cut = self.cut or chain
                return True
            match = _within(step.match, outer)
            if step.action == RETURN:
                return False
            if step.target in self._ours:
                return True
            if step.action != JUMP:
                self.verdicts.append(Verdict(step.words, step.action == ACCEPT, match))
            elif self.follow(step.target, match, depth + 1):
                return True
        return False


def _within(inner: Match, outer: Match) -> Match:
    """The match of a rule in a chain that is entered by a rule with the match ``outer``."""
    twice = (inner.ports != ANY_PORT and outer.ports != ANY_PORT) or (inner.peers not in _FREE and outer.peers not in _FREE)
    return Match(
        inner.protocols or outer.protocols,
        outer.ports if inner.ports == ANY_PORT else inner.ports,
        _narrower(inner.peers, outer.peers),
        inner.certain and outer.certain and not twice,
    )


def _narrower(inner: Spans, outer: Spans) -> Spans:
    if inner == ANYBODY:
        return outer
    return outer if inner in _FREE and outer not in _FREE else inner
