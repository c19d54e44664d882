# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The words of vendors' tables in several languages, from vocabulary.yml."""

from __future__ import annotations

import functools
import pathlib
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

import yaml

from ...module_utils._plan.words import EGRESS, INGRESS

FILE = pathlib.Path(__file__).with_name("vocabulary.yml")
COLUMNS = (
    *("direction", "protocol", "port", "source", "destination", "purpose", "service", "status"),
    *("other", "source_port", "port_end", "port_tcp", "port_udp", "action", "state", "condition"),
    *("local_port", "remote_port", "local", "first", "second", "enabled", "disabled", "inbound", "outbound"),
)
GROUPS = {"columns": COLUMNS, "directions": (INGRESS, EGRESS), "necessity": ("optional", "mandatory"), "actions": ("allow", "deny")}
LISTS = (
    *("anybody", "nobody", "self", "above", "exceptions", "both", "onward", "quantifiers", "networks", "hosts", "machines"),
    *("addressing", "and", "or", "yes", "no", "negations", "gone", "lasting", "unneeded", "conditions", "limits", "refusals"),
    *("harmless", "replies", "answering", "follows", "lifecycle", "opening", "needing", "other_subjects", "fillers"),
)
WORD = re.compile(r"[^\W_]+( [^\W_]+)*")


class Vocabulary(t.NamedTuple):
    """The words of all languages together; vocabulary.yml says what each kind means.

    ``headers`` has the column of each header, and its place in the list of that column.
    """

    columns: Mapping[str, Sequence[str]]
    headers: Mapping[str, tuple[str, int]]
    directions: Mapping[str, str]
    optional: frozenset[str]
    mandatory: frozenset[str]
    allow: frozenset[str]
    deny: frozenset[str]
    anybody: frozenset[str]
    nobody: frozenset[str]
    self: frozenset[str]
    above: frozenset[str]
    exceptions: frozenset[str]
    both: frozenset[str]
    onward: frozenset[str]
    quantifiers: frozenset[str]
    networks: frozenset[str]
    hosts: frozenset[str]
    machines: frozenset[str]
    addressing: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    negations: frozenset[str]
    gone: frozenset[str]
    lasting: frozenset[str]
    unneeded: frozenset[str]
    conditions: frozenset[str]
    limits: frozenset[str]
    refusals: frozenset[str]
    harmless: frozenset[str]
    replies: frozenset[str]
    answering: frozenset[str]
    follows: frozenset[str]
    lifecycle: frozenset[str]
    opening: frozenset[str]
    needing: frozenset[str]
    other_subjects: frozenset[str]
    fillers: frozenset[str]
    ands: Sequence[str]
    ors: Sequence[str]


@functools.cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the collection, read and checked once."""
    return read_vocabulary(FILE.read_text(encoding="utf-8"))


def read_vocabulary(text: str) -> Vocabulary:
    """Read a vocabulary.

    Raises:
        ValueError: with everything that is wrong, each with its language.
    """
    languages = yaml.safe_load(text)
    errors = [error for language, words in languages.items() for error in _errors(language, words)] or list(_twice(languages))
    if errors:
        raise ValueError("\n".join(errors))
    groups = {group: {key: _all(languages, group, key) for key in keys} for group, keys in GROUPS.items()}
    lists = {key: [word for words in languages.values() for word in words[key]] for key in LISTS}
    return Vocabulary(
        columns=groups["columns"],
        headers={name: (column, place) for column, names in groups["columns"].items() for place, name in enumerate(names)},
        directions={word: direction for direction, words in groups["directions"].items() for word in words},
        optional=frozenset(groups["necessity"]["optional"]),
        mandatory=frozenset(groups["necessity"]["mandatory"]),
        allow=frozenset(groups["actions"]["allow"]),
        deny=frozenset(groups["actions"]["deny"]),
        **{key: frozenset(lists[key]) for key in LISTS if key not in ("and", "or")},
        ands=lists["and"],
        ors=lists["or"],
    )


def _all(languages: Mapping[str, t.Any], group: str, key: str) -> list[str]:
    return [word for words in languages.values() for word in words[group][key]]


def _errors(language: str, words: t.Any) -> Iterator[str]:
    """Where a language has not exactly the kinds of words that all have, or something that is not a word."""
    if not isinstance(words, dict) or set(words) != {*GROUPS, *LISTS}:
        yield f"{language}: must have the keys {', '.join((*GROUPS, *LISTS))}, and no others"
        return
    found: dict[tuple[str, ...], t.Any] = {(key,): words[key] for key in LISTS}
    for group, keys in GROUPS.items():
        if not isinstance(words[group], dict) or set(words[group]) != set(keys):
            yield f"{language}.{group}: must have the keys {', '.join(keys)}, and no others"
            continue
        found.update({(group, key): words[group][key] for key in keys})
    for path, entries in found.items():
        place = ".".join((language, *path))
        if not isinstance(entries, list):
            yield f"{place}: must be a list of words, in brackets; [] for none"
            continue
        for entry in entries:
            if not isinstance(entry, str) or entry != entry.lower() or not WORD.fullmatch(entry):
                yield f"{place}: {entry!r} is not a text of words in lower case; put quotes around yes, no, on and off"


def _twice(languages: Mapping[str, t.Any]) -> Iterator[str]:
    """A word that means two things of one kind."""
    for group, keys in GROUPS.items():
        seen: dict[str, str] = {}
        for key in keys:
            for word in _all(languages, group, key):
                if seen.setdefault(word, key) != key:
                    yield f"{group}: {word!r} stands in {seen[word]} and in {key}; keep one"
