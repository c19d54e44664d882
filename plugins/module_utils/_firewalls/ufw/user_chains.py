# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules of others in ufw's user chains in the kernel, but not in ufw's files ('iptables -I ufw-user-input'). They keep their place.

Which rules these are is known once the kernel's chains are compared with those that the file would give.
"""

from __future__ import annotations

import collections
import difflib
import itertools
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import Place as Decided
from ..._policy.contradictions import Verdict
from ..iptables import others as iptables_others
from ..iptables.chains import ACCEPT, JUMP, RETURN
from ..iptables.loader import IPTABLES
from ..iptables.saved import Table, parse
from ..iptables.unread import Unread
from . import rules_file
from .rules import CHAIN, PREFIX

FOREIGN, FIRST, LAST = "foreign", "first", "last"
_BUILT_IN = ("INPUT", "OUTPUT", "FORWARD")
_BEHIND_ALL = ("default deny", "DHCP renewal")  # the names of our rules behind the administrator's
_THEIRS = "theirs prevails, as it stands before ours in ufw's chain: remove it, or take these peers out of the plan"
_OURS = "ours prevails, as it stands before theirs in ufw's chain: to refuse them, take them out of the plan"
_HOLE = "ours prevails, as our own table refuses them as well: remove the rule, and put who is to connect into the inventory"
_WHO = "ours prevails, as it stands before theirs in ufw's chain: who is to connect belongs in the inventory"

Line = t.Tuple[str, str]
"""A rule as the file has it, and whose it is: FOREIGN, or ours before the administrator's (FIRST) or behind them (LAST)."""
Layout = t.Dict[str, t.List[Line]]
Chains = t.Mapping[str, t.Sequence[str]]


class Extra(t.NamedTuple):
    """A rule in the kernel alone.

    Attributes:
        line: As iptables-save shows it.
        foreign: How many of the administrator's rules from the file stand before it.
        behind: Whose rule stands directly before it: FOREIGN, FIRST, LAST, or "" where none does.
    """

    line: str
    foreign: int
    behind: str


Extras = t.Dict[str, t.List[Extra]]


class Comparison(t.NamedTuple):
    """The kernel's chains, compared with those of the file.

    Attributes:
        extras: The rules that are in the kernel alone, by chain.
        missing: Our rules that are in the file, but not in the kernel.
        waiting: The administrator's rules of this kind, as somebody leaves them who edits the file and does not run 'ufw reload'.
    """

    extras: Extras
    missing: t.Tuple[str, ...] = ()
    waiting: t.Tuple[str, ...] = ()


def layout(file: rules_file.RulesFile) -> Layout:
    """The rules of a file, by chain, in order."""
    found: Layout = {}
    pieces = [(file.head, FOREIGN), *((block, _owner(block)) for block in file.blocks), (file.tail, FOREIGN)]
    for text, owner in pieces:
        for line in text.split("\n"):
            chain = found.setdefault(line.split(" ", 2)[1], []) if line.startswith(("-A ", "-I ")) else []
            chain.insert(len(chain) if line.startswith("-A ") else 0, ("-A" + line[2:], owner))
    return found


def _owner(block: str) -> str:
    if not rules_file.is_ours(block):
        return FOREIGN
    return LAST if rules_file.name_of(block).startswith(_BEHIND_ALL) else FIRST


def rehearse(host: Host, family: int, text: str, chains: t.Iterable[str]) -> t.Optional[Chains]:
    """How the kernel lists the rules of a file once it is loaded, found out in a network namespace of its own.

    Args:
        host: The host.
        family: Of the rules.
        text: The file.
        chains: Those that the kernel has, to which rules of the file may jump.

    Returns:
        Its rules by chain; None where this cannot be found out, as where a rule needs an ipset.
    """
    declared = ["*filter", *(":%s - [0:0]" % chain for chain in sorted(chains) if chain not in _BUILT_IN), "COMMIT", ""]
    script = "%s-restore -w 5 -n && %s-save -t filter" % (IPTABLES[family], IPTABLES[family])
    try:
        done = host.run(["unshare", "--net", "--", "sh", "-c", script], input="\n".join(declared) + text, check=False)
    except ToolFailed:
        return None
    return by_chain(parse(done.stdout).tables.get("filter", Table())) if done.rc == 0 else None


def by_chain(table: Table) -> t.Dict[str, t.List[str]]:
    """The rules of each chain."""
    found: t.Dict[str, t.List[str]] = {}
    for chain, line in table.rules:
        found.setdefault(chain, []).append(line)
    return found


def compare(loaded: Chains, expected: Chains, written: Layout, chains: t.Iterable[str], new: t.Collection[str]) -> t.Optional[Comparison]:
    """What is in the kernel, and not in the file.

    Args:
        loaded: The rules that the kernel has, by chain.
        expected: Those that the file gives there, as :func:`rehearse` found.
        written: The file's own rules.
        chains: Those that loading the file replaces.
        new: Our rules that should be in force, as the kernel lists them: where all of them are there already, but not in the file, a run
            was interrupted, and they are no rules of others.

    Returns:
        None where the file's rules and what the kernel makes of them cannot be told apart.
    """
    extras: Extras = {}
    missing: t.List[str] = []
    waiting: t.List[str] = []
    for chain in chains:
        present, wanted, owners = loaded.get(chain, ()), expected.get(chain, ()), [owner for _line, owner in written.get(chain, ())]
        if len(wanted) != len(owners):
            return None
        matched = {place: number for number, place in _aligned(present, wanted)}
        loaded_ones = set(matched.values())
        for number, line in enumerate(wanted):
            if number not in loaded_ones:
                (waiting if owners[number] == FOREIGN else missing).append(line)
        foreign = [0, *itertools.accumulate(int(owner == FOREIGN) for owner in owners)]
        found = []
        before = 0
        for place, line in enumerate(present):
            if place in matched:
                before = matched[place] + 1
            else:
                found.append(Extra(line, foreign[before], owners[before - 1] if before else ""))
        if found:
            extras[chain] = found
    return Comparison(_without_ours(extras, new), tuple(missing), tuple(waiting))


def _aligned(present: t.Sequence[str], wanted: t.Sequence[str]) -> t.List[t.Tuple[int, int]]:
    """Which rule of ``wanted`` is which of ``present``: pairs of positions, ascending in both."""
    pairs: t.List[t.Tuple[int, int]] = []
    for place, line in enumerate(present):
        if len(pairs) < len(wanted) and line == wanted[len(pairs)]:
            pairs.append((len(pairs), place))
    if len(pairs) == len(wanted):
        return pairs
    blocks = difflib.SequenceMatcher(None, wanted, present, autojunk=False).get_matching_blocks()
    return [(number + step, place + step) for number, place, size in blocks for step in range(size)]


def _without_ours(extras: Extras, new: t.Collection[str]) -> Extras:
    counted = collections.Counter(extra.line for found in extras.values() for extra in found)
    ours = collections.Counter(new)
    if not ours or ours - counted:
        return extras
    left: Extras = {}
    for chain, found in extras.items():
        for extra in found:
            if ours[extra.line]:
                ours[extra.line] -= 1
            else:
                left.setdefault(chain, []).append(extra)
    return left


def merged(file: rules_file.RulesFile, extras: Extras) -> str:
    """Input for ``iptables-restore -n`` that loads a file's chains with the rules that are in the kernel alone, each in its place."""
    if not extras:
        return file.text
    written = layout(file)
    chains = list(dict.fromkeys([*file.chains(), *extras]))
    lines = ["*filter", *(":%s - [0:0]" % chain for chain in chains)]
    for chain in dict.fromkeys([*chains, *written]):
        lines += _merged(written.get(chain, []), extras.get(chain, []))
    return "\n".join([*lines, "COMMIT", ""])


def _merged(written: t.Sequence[Line], extras: t.Sequence[Extra]) -> t.Iterator[str]:
    """The rules of one chain. A rule keeps its place among the administrator's; of ours it stays before, between or behind."""
    owners = [owner for _line, owner in written]
    behind_foreign: t.Dict[int, t.List[str]] = {}
    behind_first: t.List[str] = []
    behind_all: t.List[str] = []
    for extra in extras:
        if extra.behind == LAST or extra.foreign > owners.count(FOREIGN):
            behind_all.append(extra.line)
        elif extra.behind == FIRST and FIRST in owners:
            behind_first.append(extra.line)
        else:
            behind_foreign.setdefault(extra.foreign, []).append(extra.line)
    yield from behind_foreign.get(0, ())
    foreign = 0
    for (line, owner), following in zip(written, [*owners[1:], ""]):
        yield line
        if owner == FOREIGN:
            foreign += 1
            yield from behind_foreign.get(foreign, ())
        elif owner == FIRST and following != FIRST:
            yield from behind_first
            behind_first = []
    yield from behind_all


def decided(comparison: Comparison, family: int, bans: int, chains: t.Collection[str], unread: Unread) -> t.Iterator[Decided]:
    """What these rules decide, for the search of contradictions; ``bans``: how many of the administrator's rules stand before ours."""
    for direction, word in ((INGRESS, "in"), (EGRESS, "out")):
        found = comparison.extras.get("%s-user-%s" % (PREFIX[family], CHAIN[word]), [])
        before: t.List[Extra] = []
        behind: t.List[Extra] = []
        for extra in found:
            (before if extra.behind not in (FIRST, LAST) and extra.foreign <= bans else behind).append(extra)
        yield Decided(direction, _verdicts(before, family, direction, chains, unread), _THEIRS, _HOLE)
        yield Decided(direction, _verdicts(behind, family, direction, chains, unread), _OURS, _WHO)


def _verdicts(extras: t.Iterable[Extra], family: int, direction: str, chains: t.Collection[str], unread: Unread) -> t.List[Verdict]:
    steps = [iptables_others.step(extra.line, family, direction, chains, unread) for extra in extras]
    return [Verdict(step.words, step.action == ACCEPT, step.match) for step in steps if step and step.action not in (JUMP, RETURN)]
