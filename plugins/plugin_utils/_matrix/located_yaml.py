# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""YAML that remembers its lines and refuses duplicate keys. It is bounded: the author of a file may be a stranger."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import yaml

from .._common.texts import first_unseen, shortened, unseen_message

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DEPTH = 32
"""The most levels that lists and mappings may be nested."""
PLACES = 150_000
"""The most values that a document may have, each alias counted with all that it stands for: more than 1,000 flows need."""
CHARACTERS = 10_000
"""The most characters that one text may have."""

BITS = 64
"""The most bits of a number: Python refuses to show very large ones."""

PLAIN = (str, int, float, bytes, datetime.date, type(None))
MERGE = "tag:yaml.org,2002:merge"

Path = tuple[t.Union[str, int], ...]
"""The way to a value: keys and indexes."""

Pairs = dict[str, tuple[yaml.Node, yaml.Node]]


@dataclasses.dataclass(frozen=True)
class Document:
    """A YAML document as plain data; ``lines`` has the line, from 1, of every key and item; ``problems`` are (line, message)."""

    data: object
    lines: dict[Path, int]
    problems: tuple[tuple[int, str], ...]

    def line(self, path: Path) -> int:
        """The line of the value, or of the closest thing around it that has one."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


class _TooMuch(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(text: str) -> Document:
    """Read one document of the safe YAML subset. Syntax errors, and what is too large, are among its problems, with None as data."""
    try:
        return _read(text)
    except _TooMuch as too_much:
        return _refused(too_much.line, str(too_much))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _refused((mark.line + 1) if mark else 1, f"not YAML: {error.problem or error.context}")
    except (yaml.YAMLError, ValueError) as error:
        return _refused(1, f"not YAML: {error}")
    except RecursionError:
        return _refused(1, f"is nested more than {DEPTH} levels deep")


def _refused(line: int, message: str) -> Document:
    return Document(None, {(): 1}, ((line, message),))


def _read(text: str) -> Document:
    for number, line in enumerate(text.split("\n"), 1):
        char = first_unseen(line.removesuffix("\r"), allowed="\t")
        if char is not None:
            return _refused(number, unseen_message(char))
    _check_events(text)
    loader = LOADER(text)
    try:
        return _Composer(loader).document()
    finally:
        loader.dispose()


def _check_events(text: str) -> None:
    """Bound what the text itself has, before anything is built from it."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, LOADER)):
        line = (event.start_mark.line if event.start_mark else 0) + 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and len(event.value) > CHARACTERS:
            raise _TooMuch(line, f"a string of {len(event.value)} characters; the most is {CHARACTERS}")
        if depth > DEPTH:
            raise _TooMuch(line, f"is nested more than {DEPTH} levels deep")
        if count > 2 * PLACES:
            raise _TooMuch(line, f"the document has more than {PLACES} values")


class _Composer:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._lines: dict[Path, int] = {(): 1}
        self._problems: list[tuple[int, str]] = []
        self._open: list[yaml.Node] = []
        self._pairs: dict[yaml.Node, Pairs] = {}
        self._count = 0

    def document(self) -> Document:
        node = self._loader.get_single_node()
        data = None if node is None else self._value(node, ())
        return Document(data, self._lines, tuple(self._problems))

    def _value(self, node: yaml.Node, path: Path) -> object:
        if node in self._open:
            self._problem(node, "an alias stands inside its own anchor")
            return None
        if len(self._open) > DEPTH:
            raise _TooMuch(node.start_mark.line + 1, f"is nested more than {DEPTH} levels deep, aliases included")
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                pairs = self._mapping(node)
                return {name: self._entry(key, value, (*path, name)) for name, (key, value) in pairs.items()}
            if isinstance(node, yaml.SequenceNode):
                return [self._entry(item, item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._open.pop()

    def _scalar(self, node: yaml.Node) -> object:
        try:
            value = t.cast(object, self._loader.construct_object(node))
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
            value = self  # PyYAML raises what happens to it where a tag does not fit
        if not isinstance(value, PLAIN) or (isinstance(value, int) and value.bit_length() > BITS):
            kind = node.tag.rpartition(":")[2]
            raise _TooMuch(node.start_mark.line + 1, f"not YAML: {shortened(repr(node.value), 60)} is not a valid {kind}")
        return value

    def _mapping(self, node: yaml.MappingNode) -> Pairs:
        """The entries of a mapping with those that it merges in; an anchor is read once for each of its aliases."""
        if node in self._pairs:
            return self._pairs[node]
        self._pairs[node] = {}  # for a mapping that merges itself
        own: Pairs = {}
        merged: Pairs = {}
        names: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._problem(key, "a key must be a string, not a list or a mapping")
                continue
            if key.value in names:
                self._problem(key, f"duplicate key {shortened(repr(key.value), 60)}; keep one")
            names.add(key.value)
            if key.tag == MERGE:
                self._merge(merged, value)
            else:
                own[key.value] = (key, value)
        self._pairs[node] = {**merged, **own}
        return self._pairs[node]

    def _merge(self, merged: Pairs, value: yaml.Node) -> None:
        """Add what a merge key names; of mappings in a list the earlier ones count."""
        for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(source, yaml.MappingNode):
                raise _TooMuch(source.start_mark.line + 1, "not YAML: a merge key (<<) takes a mapping, or a list of mappings")
            for name, pair in self._mapping(source).items():
                self._counted(source)
                merged.setdefault(name, pair)

    def _entry(self, place: yaml.Node, value: yaml.Node, path: Path) -> object:
        self._counted(place)
        self._lines[path] = place.start_mark.line + 1
        return self._value(value, path)

    def _counted(self, node: yaml.Node) -> None:
        self._count += 1
        if self._count > PLACES:
            raise _TooMuch(node.start_mark.line + 1, f"the document has more than {PLACES} values, aliases included")

    def _problem(self, node: yaml.Node, message: str) -> None:
        self._problems.append((node.start_mark.line + 1, message))
