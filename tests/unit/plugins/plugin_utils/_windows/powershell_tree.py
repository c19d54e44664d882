# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PowerShell script says, by a real grammar (tree-sitter-powershell)."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import tree_sitter
import tree_sitter_powershell

# What PowerShell's own tokenizer takes for the same, and the grammar does not know (about_Quoting_Rules, about_Parsing).
SAME = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e"), '"'),
    **dict.fromkeys(map(ord, "\u2013\u2014\u2015"), "-"),
}

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


class Command(t.NamedTuple):
    """A command, its parameters with their arguments as they stand in the script, and what it is splatted with."""

    name: str
    parameters: dict[str, str]
    splatted: tuple[str, ...]


class Script:
    """A script that parses without an error."""

    def __init__(self, text: str) -> None:
        self._root = _PARSER.parse(text.removeprefix("\ufeff").translate(SAME).encode()).root_node
        assert not self._root.has_error, f"no PowerShell: {self._root}"

    def texts(self) -> list[str]:
        """All verbatim strings, as PowerShell reads them."""
        return [_verbatim(node) for node in _all(self._root, "verbatim_string_characters")]

    def commands(self) -> list[Command]:
        return [_command(node) for node in _all(self._root, "command")]

    def tables(self, variable: str) -> list[dict[str, list[str]]]:
        """The hash tables that are first assigned to a variable, of verbatim strings alone."""
        value = next(right for left, right in self._assignments() if left == variable)
        return [_table(node) for node in _all(value, "hash_literal_expression")]

    def value(self, variable: str) -> str:
        """What is first assigned to a variable, as it stands in the script."""
        value = next(right for left, right in self._assignments() if left == variable)
        return _text(value)

    def statements(self) -> list[str]:
        """The kinds of all nodes that can run something."""
        return sorted({node.type for kind in ("command", "invokation_expression", "sub_expression") for node in _all(self._root, kind)})

    def _assignments(self) -> Iterator[tuple[str, tree_sitter.Node]]:
        for node in _all(self._root, "assignment_expression"):
            yield _text(node.named_children[0]), node.named_children[-1]


def _all(node: tree_sitter.Node, kind: str) -> Iterator[tree_sitter.Node]:
    if node.type == kind:
        yield node
    for child in node.named_children:
        yield from _all(child, kind)


def _text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode()


def _verbatim(node: tree_sitter.Node) -> str:
    return _text(node)[1:-1].replace("''", "'")


def _table(node: tree_sitter.Node) -> dict[str, list[str]]:
    entries = {}
    for entry in _all(node, "hash_entry"):
        key, value = entry.named_children
        literals = list(_all(value, "unary_expression"))
        assert all([child.type for child in literal.named_children] == ["string_literal"] for literal in literals), _text(value)
        entries[_text(key)] = [_verbatim(string) for literal in literals for string in _all(literal, "verbatim_string_characters")]
    return entries


def _command(node: tree_sitter.Node) -> Command:
    parameters: dict[str, str] = {}
    splatted = []
    latest = ""
    for element in (child for elements in node.named_children if elements.type == "command_elements" for child in elements.named_children):
        text = _text(element)
        if element.type == "command_parameter":
            latest = text
            parameters[latest] = ""
        elif text.startswith("@") and not text.startswith("@("):
            splatted.append(text)
        elif element.type != "command_argument_sep":
            parameters[latest] = text
    return Command(_text(node.named_children[0]), parameters, tuple(splatted))
