# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whether a row is a connection to open at all, and how much it is needed: columns of actions, states and status."""

from __future__ import annotations

import re
import typing as t

from .refusals import is_harmless, is_optional, refusal, when
from .unclear import RowUnclear, shown, word_list
from .vocabulary import Vocabulary

YES = frozenset("\u2705\u2714\u2713\u2611\u25cf\u2022\U0001f7e2\U0001f44d")
NO = frozenset("\u274c\u2717\u2718\u2612\u2716\u00d7\U0001f534\u26d4\U0001f6ab\U0001f44e\u26d2")


class Need(t.NamedTuple):
    """How much a connection is needed, in the words of a matrix, and when; empty if the table does not say when."""

    necessity: str
    condition: str = ""


def check_action(action: str | None, state: str, words: Vocabulary) -> None:
    """Check that the row opens something.

    Args:
        action: The cell of the column of actions; None if there is none.
        state: The cell of the column of connection states; empty if there is none.
        words: The vocabulary.

    Raises:
        RowUnclear: if it does not.
    """
    if action is not None:
        said = word_list(action)
        parts = set(said.split())
        denied = parts & words.deny or parts & words.negations or set(action) & NO or said in words.deny | words.no
        if denied:
            raise RowUnclear(f"its action is {shown(action)}: not a connection to open")
        if not (parts & words.allow or said in words.yes or set(action) & YES):
            raise RowUnclear(f"its action {shown(action)} does not say whether to allow it; write allow, or leave the row out")
        if parts & words.limits:
            raise RowUnclear(f"its action {shown(action)} ends on a day; write allow, and give the day in optional_flows of the inventory")
    states = set(word_list(state).split())
    if states & (words.deny - words.no | {"filtered"}):
        raise RowUnclear(f"its state is {shown(state)}: not a connection to open")
    if states & words.replies and not states & {"new", "syn", "any", "all"}:
        raise RowUnclear(f"its state is {shown(state)}: a reply; replies need no rule")


def check_heading(headings: t.Sequence[str], words: Vocabulary) -> None:
    """Check that a heading above the table does not say that its rows are refused.

    Raises:
        RowUnclear: if it does.
    """
    for heading in headings:
        said = re.sub(r"\bblock (?:storage|devices?|size|explorer|producers?)\b", "", word_list(heading))
        parts = set(said.split())
        if not is_harmless(said, words) and re.search(
            rf"\b(?:{'|'.join(words.negations)}|no longer) (?:be )?(?:{'|'.join(words.allow)})\b", said
        ):
            raise RowUnclear(f"the heading {shown(heading)} says that these are not connections to open")
        if parts & words.allow:
            return
        if refused_by_heading(heading, words):
            raise RowUnclear(f"the heading {shown(heading)} says that these are not connections to open")


def refused_by_heading(heading: str, words: Vocabulary) -> bool:
    """Whether a heading says that the connections below it are not to be opened."""
    plain = re.sub(r"\bblock (?:storage|devices?|size|explorer|producers?)\b", "", word_list(heading))
    parts = set(plain.split())
    if parts & words.deny - words.no:
        return not is_harmless(plain, words)
    things, gone = r"\b(?:ports?|rules?|connections?|flows?|services?)\b", "|".join(words.gone)
    about_ports = re.match(rf"(?:{gone}) (?:\w+ )?{things}", plain) or re.search(rf"{things}(?: that)?(?: are| is)? (?:{gone})\b", plain)
    return bool(about_ports) or bool(refusal(heading, words, gone=False))


def check_marks(header: str, cell: str, enabled: bool, words: Vocabulary) -> None:
    """Check a column that says whether a row is in use (Enabled: no), or the contrary (Deprecated: yes).

    Raises:
        RowUnclear: if it is not in use, or nobody can tell.
    """
    said = word_list(cell)
    yes = said in {*words.yes, "1", *words.lasting, *words.allow} or bool(set(cell) & YES and said in ("", *words.yes))
    no = said in {*words.no, "0", *words.nobody} or bool(set(cell) & NO and said in ("", *words.no)) or (not said and not yes)
    if (enabled and yes) or (not enabled and no):
        return
    raise RowUnclear(f"its column {shown(header)} says {shown(cell)}: ask the vendor whether it is still needed, or leave the row out")


def need(header: str, cell: str, words: Vocabulary) -> Need:
    """How much a row is needed.

    Args:
        header: The header of the column: under "Optional", yes means optional.
        cell: The cell.
        words: The vocabulary.

    Raises:
        RowUnclear: if the cell says that nobody needs it.
    """
    inverted = _all_in(header, words.optional) and not _all_in(header, words.mandatory)
    said = word_list(re.sub(r"\([^()]*\)", " ", cell)) or word_list(cell)
    parts = said.split()
    if word_list(header) in words.lifecycle and (set(cell) & NO or said in words.no):
        raise RowUnclear(f"the table says {shown(cell)} of it: ask the vendor whether it is still needed, or leave the row out")
    yes, no = "mandatory", "optional"
    if inverted:
        yes, no = no, yes
    if not parts:
        return Need(yes if set(cell) & YES else no if set(cell) & NO else "conditional")
    if said in words.yes or (set(cell) & YES and parts[0] in words.yes):
        beside = re.search(r"\(([^()]*)\)", cell)
        limited = beside and set(word_list(beside[1]).split()) & words.conditions
        return Need("conditional", cell) if limited else Need(yes)
    if said in words.no or (set(cell) & NO and said in ("", *words.no)):
        return Need(no)
    if said == "not optional":
        return Need("mandatory")
    if set(parts) & words.gone or any(f" {phrase} " in f" {said} " for phrase in words.gone) or set(parts) & words.negations:
        raise RowUnclear(f"the table says {shown(cell)} of it: ask the vendor whether it is still needed, or leave the row out")
    if said in words.nobody:
        raise RowUnclear(f"the table says {shown(cell)} of it: ask the vendor whether it is needed, or leave the row out")
    if said in words.optional:
        return Need("optional")
    if said in words.mandatory:
        return Need("mandatory")
    if said in words.allow:
        return Need("conditional")
    answer = yes if parts[0] in words.yes else no if parts[0] in words.no else ""
    if (
        word_list(header) in words.lifecycle
        and not answer
        and parts[0] not in (words.optional | words.mandatory)
        and not _is_lasting(said, words)
    ):
        raise RowUnclear(f"the status {shown(cell)} does not say whether it is in use; ask the vendor, or leave the row out")
    return Need("optional" if answer == "optional" or parts[0] in words.optional - words.no else "conditional", cell)


def check_unknown(header: str, cell: str, words: Vocabulary) -> None:
    """Check a column with an unknown header for what takes a row back: "DROP", "decommissioned", or "Open in firewall: no".

    Raises:
        RowUnclear: if it does.
    """
    said, about = word_list(cell), set(word_list(header).split())
    if about & (words.other_subjects | words.replies):
        return
    found = refusal(cell, words)
    if found or said in words.deny - words.no - {"close", "closed", "disable", "disabled"}:
        why = "ask the vendor whether it is still needed, or leave the row out" if found == "unneeded" else "not a connection to open"
        raise RowUnclear(f"its column {shown(header)} says {shown(cell)}: {why}")
    opens = about & words.opening or (about & words.needing and about <= words.needing | words.fillers)
    closes = about & (words.gone | words.deny - words.no) and about <= words.gone | words.deny | words.fillers
    if (opens and (said in words.no or set(cell) & NO)) or (closes and (said in words.yes or set(cell) & YES)):
        raise RowUnclear(f"its column {shown(header)} says {shown(cell)}: ask the vendor whether it is to be opened, or leave the row out")


def remarked(purposes: t.Iterable[str], words: Vocabulary) -> Need | None:
    """How much a row is needed, as its purpose or remark says; nothing if they do not say so."""
    for purpose in purposes:
        if is_optional(purpose, words):
            return Need("optional", when(purpose, words))
        condition = when(purpose, words)
        if condition:
            return Need("conditional", condition)
    return None


def stronger(one: Need, other: Need) -> Need:
    """How much a connection is needed that two rows name."""
    needs = [each for each in ("mandatory", "conditional", "optional") if each in (one.necessity, other.necessity)]
    same = [each for each in (one, other) if each.necessity == needs[0]]
    conditions = list(dict.fromkeys(each.condition for each in same))
    return Need(needs[0], "; or: ".join(conditions) if all(conditions) else "")


def _is_lasting(said: str, words: Vocabulary) -> bool:
    parts = said.split()
    lasting = any(f"{said} ".startswith(f"{phrase} ") for phrase in words.lasting)
    return lasting or bool(set(parts) & words.conditions) or parts[0] in words.limits


def _all_in(header: str, known: t.Collection[str]) -> bool:
    return word_list(header) in known
