# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The administrator's rules in ufw's files of one family, before ours and behind them."""

from __future__ import annotations

import re
import typing as t

from ..._host.port_names import spans as port_spans
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_PORT, Match, Place, Spans, Verdict, addresses
from ..iptables.unread import UNREADABLE, Unread
from . import rules_file
from .rules import ANYWHERE

BAN = "theirs prevails, as it stands before ours: delete it, or take these peers out of the plan"
REFUSAL = "ours prevails, as it stands before theirs: to refuse them, take them out of the plan, or 'ufw prepend deny from' each"
ACCEPTANCE = "ours prevails, as it stands before theirs: who is to connect belongs in the inventory"
_DIRECTIONS = {"in": INGRESS, "out": EGRESS}


def places(file: rules_file.RulesFile, bans: t.Sequence[str], unread: Unread) -> t.Iterator[Place]:
    """What the administrator decides, direction by direction; ``bans`` are the blocks that stand before ours."""
    for word, direction in _DIRECTIONS.items():
        before = [verdict for block in bans for verdict in _verdicts(block, word, unread)]
        behind = [verdict for block in file.foreign[len(bans) :] for verdict in _verdicts(block, word, unread)]
        yield Place(direction, before, BAN, "")
        yield Place(direction, behind, REFUSAL, ACCEPTANCE)


def _verdicts(block: str, direction: str, unread: Unread) -> t.Iterator[Verdict]:
    words = rules_file.words(block)
    if len(words) not in (7, 9) or words[-1].partition("_")[0] != direction or words[0].startswith("route:"):
        return
    action, protocol, ports, destination, source_ports, source = words[:6]
    here, there = (destination, source) if direction == "in" else (source, destination)
    named = "ufw: your rule '%s'" % rules_file.describe(block)[0].partition("  #")[0]
    try:
        peers, spans = addresses([there]), _spans(ports)
    except UNREADABLE:  # edited by hand
        unread.rule("ufw", rules_file.describe(block)[0])
        return
    certain = here in ANYWHERE.values() and source_ports == "any" and words[-1] == direction and not action.startswith("limit")
    match = Match(() if protocol == "any" else (protocol,), spans, peers, certain)
    yield Verdict(named, not re.match("deny|reject", action), match)


def _spans(ports: str) -> Spans:
    if ports == "any":
        return ANY_PORT
    return port_spans(ports.split(","))
