# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What nft lists of everybody's tables, in JSON and in text. Whatever it lists can be read; what has another form is passed over."""

from __future__ import annotations

import json
import re
import typing as t

Table = t.Tuple[str, str]
"""Family and name."""

_HEADING = re.compile(r"table (\S+) (\S+) \{")
_RULE = re.compile(r"\t\t(.+) # handle (\d+)\Z")


class Broken(Exception):
    """A listing is not what nft writes; the text says why."""


class Entry(t.NamedTuple):
    """A chain or a rule: its table, and what nft says of it."""

    table: Table
    content: t.Mapping[str, t.Any]


class Listing:
    """All tables.

    Attributes:
        tables: Their families and names.
        dormant: Those that are switched off.
        chains: All chains.
        rules: The rules of each table, in order.
    """

    def __init__(self, entries: t.Iterable[t.Any], text: str) -> None:
        """``entries``: the objects in "nftables" of the JSON; ``text``: the listing with handles."""
        self._words, self.dormant = _read_text(text)
        self.tables: t.List[Table] = []
        self.chains: t.List[Entry] = []
        self.rules: t.Dict[Table, t.List[Entry]] = {}
        self._sets: t.Dict[t.Tuple[str, str, str], t.Any] = {}
        for kind, content in _objects(entries):
            table = (str(content.get("family", "")), str(content.get("name" if kind == "table" else "table", "")))
            if kind == "table":
                self.tables.append(table)
            elif kind == "chain":
                self.chains.append(Entry(table, content))
            elif kind == "rule":
                self.rules.setdefault(table, []).append(Entry(table, content))
            elif kind in ("set", "map"):
                self._sets[(*table, name_of(content))] = content.get("elem", [])

    def elements(self, name: t.Tuple[str, str, str]) -> t.List[t.Any]:
        """The elements of a set or a map, by family, table and name; none where there is no such set."""
        found = self._sets.get(name, [])
        return found if isinstance(found, list) else [found]

    def words(self, rule: Entry) -> str:
        """A rule as nft writes it."""
        handle = rule.content.get("handle")
        return self._words.get((*rule.table, handle), "handle %s" % handle) if isinstance(handle, int) else "without a handle"


def entries_of(text: str) -> t.List[t.Any]:
    """The objects of nft's JSON. Raises Broken: nft up to 1.0 fails to quote some texts."""
    try:
        return list(json.loads(text, strict=False)["nftables"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Broken("nft lists it in broken JSON: %s" % error) from None


def tables_of(text: str) -> t.List[Table]:
    """The tables of a listing in text."""
    return [(found[1], found[2]) for found in map(_HEADING.match, text.split("\n")) if found]


def name_of(content: t.Mapping[str, t.Any]) -> str:
    return str(content.get("name", ""))


def _objects(entries: t.Iterable[t.Any]) -> t.Iterator[t.Tuple[str, t.Mapping[str, t.Any]]]:
    for entry in entries:
        for kind, content in entry.items() if isinstance(entry, dict) else ():
            if isinstance(content, dict):
                yield kind, content


def _read_text(text: str) -> t.Tuple[t.Dict[t.Tuple[str, str, int], str], t.Set[Table]]:
    """Each rule as nft writes it, by family, table and handle; and the tables that are switched off."""
    words: t.Dict[t.Tuple[str, str, int], str] = {}
    dormant: t.Set[Table] = set()
    table = ("", "")
    for line in text.split("\n"):
        heading, rule = _HEADING.match(line), _RULE.match(line)
        if heading:
            table = heading[1], heading[2]
        elif rule:
            words[(*table, int(rule[2]))] = rule[1]
        elif re.match(r"\tflags [\w,]*\bdormant\b", line):
            dormant.add(table)
    return words, dormant
