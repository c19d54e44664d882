# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's scripts are PowerShell by a real grammar, and the ones that look change nothing. They are not run here."""

from __future__ import annotations

import pathlib
import re

import pytest
import tree_sitter
import tree_sitter_powershell

SCRIPTS = sorted((pathlib.Path(__file__).parents[4] / "roles" / "firewall" / "files" / "windows").glob("*.ps1"))
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))

each = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)


def commands(node: tree_sitter.Node) -> set[str]:
    found = {node.text.decode()} if node.type == "command_name" and node.text else set()
    return found.union(*map(commands, node.children))


def test_there_are_scripts() -> None:
    assert [script.stem for script in SCRIPTS] == ["restore", "save", "settle", "state"]


@each
def test_it_parses(script: pathlib.Path) -> None:
    root = PARSER.parse(script.read_bytes()).root_node
    assert not root.has_error
    assert commands(root)


@each
def test_it_is_plain_ascii_which_every_powershell_reads_alike(script: pathlib.Path) -> None:
    assert script.read_text().isascii()


@each
def test_it_assigns_none_of_powershell_s_own_variables(script: pathlib.Path) -> None:
    names = re.findall(r"(?:foreach \()?\$(\w+)(?: =| in )", script.read_text())
    assert names
    assert not {"profile", "input", "args", "matches", "host", "error", "event", "sender", "this"} & {name.lower() for name in names}


def test_looking_runs_nothing_that_changes() -> None:
    state = next(script for script in SCRIPTS if script.stem == "state")
    verbs = {name.partition("-")[0] for name in commands(PARSER.parse(state.read_bytes()).root_node)}
    assert verbs <= {"Get", "Join", "ForEach", "Where", "Test", "ConvertFrom"}
