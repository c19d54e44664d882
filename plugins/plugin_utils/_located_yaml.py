# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""YAML that remembers its lines and refuses duplicate keys."""

from __future__ import annotations

import dataclasses
import typing as t

import yaml

LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[t.Union[str, int], ...]
"""The way to a value: keys and indexes."""


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


def read_yaml(text: str) -> Document:
    """Read one document of the safe YAML subset. Syntax errors are among its problems, with None as data."""
    loader = LOADER(text)
    try:
        return _Composer(loader).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Document(None, {(): 1}, (((mark.line + 1) if mark else 1, f"not YAML: {error.problem or error.context}"),))
    except (yaml.YAMLError, ValueError) as error:
        return Document(None, {(): 1}, ((1, f"not YAML: {error}"),))
    finally:
        loader.dispose()


class _Composer:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._lines: dict[Path, int] = {(): 1}
        self._problems: list[tuple[int, str]] = []
        self._open: list[yaml.Node] = []
        self._read: set[yaml.Node] = set()

    def document(self) -> Document:
        node = self._loader.get_single_node()
        data = None if node is None else self._value(node, ())
        return Document(data, self._lines, tuple(self._problems))

    def _value(self, node: yaml.Node, path: Path) -> object:
        if node in self._open:
            self._problem(node, "an alias stands inside its own anchor")
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self._entry(item, item, (*path, index)) for index, item in enumerate(node.value)]
            return t.cast(object, self._loader.construct_object(node))
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        if node not in self._read:  # an anchor is read once for each of its aliases
            self._read.add(node)
            names: set[str] = set()
            for key, _value in node.value:
                if str(key.value) in names:
                    self._problem(key, f"duplicate key {key.value!r}; keep one")
                names.add(str(key.value))
            self._loader.flatten_mapping(node)
        return {str(key.value): self._entry(key, value, (*path, str(key.value))) for key, value in node.value}

    def _entry(self, place: yaml.Node, value: yaml.Node, path: Path) -> object:
        self._lines[path] = place.start_mark.line + 1
        return self._value(value, path)

    def _problem(self, node: yaml.Node, message: str) -> None:
        self._problems.append((node.start_mark.line + 1, message))
