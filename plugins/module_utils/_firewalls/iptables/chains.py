# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Chains of others' rules, which jump into each other, as one row of verdicts."""

from __future__ import annotations

import typing as t

from ..._policy.contradictions import ANY_ADDRESS, ANY_PORT, ANYBODY, Match, Place, Spans, Verdict

ACCEPT, REFUSE, JUMP, RETURN = "accept", "refuse", "jump", "return"
_REFUSAL = "theirs prevails, as whatever refuses a packet has the last word: remove it, or take these peers out of the plan"
_ACCEPTANCE = "ours prevails, as whatever refuses a packet has the last word: who is to connect belongs in the inventory"

_FREE = (*ANY_ADDRESS.values(), ANYBODY)


class Step(t.NamedTuple):
    """One rule of a chain; ``target`` is the chain that it jumps to."""

    words: str
    match: Match
    action: str
    target: str = ""


_Chains = t.Mapping[str, t.Sequence[Step]]
_ALL = Match()


def place(
    steps: t.Iterable[t.Tuple[str, t.Optional[Step]]], beginning: str, direction: str, forwarded: bool, ours: t.Collection[str] = ()
) -> Place:
    """What others decide in a chain and those it jumps to.

    Args:
        steps: Each rule, in order, with the name of its chain; None where it decides nothing here.
        beginning: The chain in which packets begin.
        direction: Of the packets.
        forwarded: Whether only forwarded packets come there.
        ours: The chains in which we decide. What is accepted before them is no contradiction but a hole, of which our backend warns.
    """
    chains: t.Dict[str, t.List[Step]] = {}
    for chain, step in steps:
        if step:
            chains.setdefault(chain, []).append(step)
    return Place(direction, tuple(_verdicts(chains, beginning, ours)), _REFUSAL, "" if ours and not forwarded else _ACCEPTANCE, forwarded)


def _verdicts(chains: _Chains, chain: str, ours: t.Collection[str], outer: Match = _ALL) -> t.Generator[Verdict, None, bool]:
    """What is decided in a chain and those it jumps to, as far as ``ours``, the chains in which we decide.

    What stands behind a return is passed over, as nobody can tell here who gets there.

    Returns:
        Whether one of ``ours`` was met.
    """
    for step in chains.get(chain, ()):
        match = _within(step.match, outer)
        if step.action == RETURN:
            return False
        if step.target in ours:
            return True
        if step.action != JUMP:
            yield Verdict(step.words, step.action == ACCEPT, match)
        elif (yield from _verdicts(chains, step.target, ours, match)):
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
