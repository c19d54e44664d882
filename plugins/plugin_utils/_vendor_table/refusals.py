# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Free texts that say more than what a connection is for: that nobody needs it, when it is needed, or that it is a reply."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator

from .unclear import RowUnclear, shown, word_list
from .vocabulary import Vocabulary

CLAUSES = re.compile(r"[;,()\[\]\u2013\u2014:!]|\.(?=\s|$)| - |\s/\s")
BEFORE = re.compile(
    r"^(?:(?:the|this|these|old|currently|now|already|temporarily|is|are|has been|have been|will be|marked as"
    r"|ports?(?: \d+)?|rules?|rows?|flows?|connections?|services?|access|traffic) )+"
)
LATER = re.compile(
    r"(?:anymore|any (?:more|longer)|now|currently|here|at (?:all|present|the moment)|yet|by default|since\b.*|as of\b.*|after\b.*)?"
)
ALLOWED = re.compile(r"(?:is|are|will be|need|needs|not|no|automatically|allowed|handled|permitted|implicitly)\b.*")
"""What follows when a remark says that replies need no rule, and not that the row is one."""


def check_text(what: str, text: str, words: Vocabulary) -> None:
    """Check that a purpose or a remark does not say that nobody needs the connection, or that it is a reply.

    Raises:
        RowUnclear: if it does.
    """
    said = refusal(text, words)
    if said == "reply":
        raise RowUnclear(f"its {what} is {shown(text)}: a reply; replies need no rule")
    if said == "unneeded":
        raise RowUnclear(f"its {what} is {shown(text)}: ask the vendor whether it is still needed, or leave the row out")
    if said:
        raise RowUnclear(f"its {what} is {shown(text)}: not a connection to open")


def refusal(text: str, words: Vocabulary, gone: bool = True) -> str:
    """What a text says against a connection: "refused", "unneeded" or "reply"; empty if it says nothing against it.

    Args:
        text: A purpose, a remark or a heading.
        words: The vocabulary.
        gone: Whether words such as "removed" count, which may be about something else in a heading.
    """
    for index, clause in enumerate(_clauses(text)):
        if is_harmless(clause, words):
            continue
        clause = BEFORE.sub("", clause)
        rest = _after(clause, words.unneeded)
        if rest is not None and LATER.fullmatch(rest):
            return "unneeded"
        if rest is not None:
            continue
        if _after(clause, words.refusals) is not None:
            return "unneeded" if _after(clause, words.gone) is not None else "refused"
        if _is_denied(clause, words):
            return "refused"
        if gone and _stands_alone(clause, words.gone - words.deny - words.nobody, words):
            return "unneeded"
        if _is_answering(clause, words) if index == 0 else clause in words.answering:
            return "reply"
    return ""


def when(text: str, words: Vocabulary) -> str:
    """The text, if one of its clauses says when the connection is needed."""
    for clause in _clauses(text):
        rest = _after(BEFORE.sub("", clause), words.unneeded)
        first = clause.split()[0]
        if (rest and not LATER.fullmatch(rest)) or (first in words.conditions - words.exceptions and first != "where"):
            return text
        if re.match(rf"(?:is |are )?(?:{_alternatives(words.mandatory)}) (?:{_alternatives(words.conditions)})\b", clause):
            return text
    return ""


def is_optional(text: str, words: Vocabulary) -> bool:
    """Whether a clause of a text says that not everybody needs the connection."""
    return any(_stands_alone(clause, words.optional - words.no, words) for clause in _clauses(text))


def said_both_ways(text: str, words: Vocabulary) -> bool:
    """Whether a clause of a text says that both ends open connections."""
    return any(clause in words.both for clause in _clauses(text))


def is_harmless(clause: str, words: Vocabulary) -> bool:
    """Whether a clause forbids what would hurt the connection: "must not be blocked"."""
    return bool(_harmless(frozenset(words.negations), frozenset(words.harmless)).search(clause))


def _is_denied(clause: str, words: Vocabulary) -> bool:
    """Whether a clause is about something that a firewall refuses: "blocked by default", "explicit deny rule", "must be dropped"."""
    deny = words.deny - words.no - words.allow
    done = {word for word in deny if word.endswith(("ed", "en", "t"))} - {"reject", "prohibit"}
    return _stands_alone(clause, done, words) or bool(_denials(frozenset(deny - {"disable", "disabled", "close"})).search(clause))


def _is_answering(clause: str, words: Vocabulary) -> bool:
    """Whether a clause is about packets that answer: "return traffic", "TCP return traffic", "replies to 443"."""
    phrases = {phrase for phrase in words.answering if " " in phrase}
    rest = _after(clause, phrases)
    if rest is None:
        traffic = re.search(rf"\b(?:{_alternatives(phrases)})$", clause)
        return bool(traffic) or _stands_alone(clause, words.answering - phrases, words)
    return not ALLOWED.fullmatch(rest)


def _clauses(text: str) -> Iterator[str]:
    return filter(None, map(word_list, CLAUSES.split(text.replace("\u2019", "'"))))


def _after(clause: str, phrases: Collection[str]) -> str | None:
    """What follows the longest phrase that a clause begins with."""
    found = [phrase for phrase in phrases if f"{clause} ".startswith(f"{phrase} ")]
    return clause[len(max(found, key=len)) :].strip() if found else None


def _stands_alone(clause: str, phrases: Collection[str], words: Vocabulary) -> bool:
    """Whether a phrase is the clause, or what follows does not name what it belongs to: "removed in 2.0", and not "removed hosts"."""
    rest = _after(clause, phrases)
    return rest is not None and (not rest or rest.split()[0] in words.follows or rest[0].isdigit() or bool(re.match(r"v\d|q\d", rest)))


@functools.cache
def _denials(deny: frozenset[str]) -> re.Pattern[str]:
    words = _alternatives(deny)
    demanded = r"\b(?:should|must|shall|has to|have to) (?:be )?"
    return re.compile(rf"\b(?:{words})(?: all| any)? (?:rules?|traffic|all|any|everything)\b|{demanded}(?:{words}|closed)\b")


@functools.cache
def _harmless(negations: frozenset[str], harmless: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_alternatives(negations)})(?: t)?(?: be| get| been| to)? (?:{_alternatives(harmless)})\b")


def _alternatives(words: Collection[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
