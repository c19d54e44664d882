# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Literals of PowerShell, read back by a real grammar: nothing gets out of its quotes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from powershell_tree import SAME, Script

from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.powershell import hash_tables, verbatim

HOSTILE = [
    "'; Remove-NetFirewallRule; '",
    "\u2019; Remove-NetFirewallRule; \u2018",
    "\u201a; calc #\u201b",
    '\u201d\u201c$(calc)`"',
    "$env:Path `n $(calc) @(calc) %PATH% !x! ^&|<>",
    "'@; @'",
    "<# #> #",
    "''",
    "",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text("'\u2018\u2019\u201a\u201b`$\"(){}#;@ \u201cab"),
    st.text(st.characters(exclude_categories=["C", "Z"])),
)


def as_read(text: str) -> str:
    return text.translate(SAME)


@given(TEXTS)
@example("it's")
def test_a_text_is_one_literal_that_reads_as_it_is(text: str) -> None:
    script = Script(f"$one = {verbatim(text)}\n")
    assert script.texts() == [as_read(text)]
    assert script.statements() == []


@pytest.mark.parametrize("quote", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_each_apostrophe_of_powershell_is_doubled(quote: str) -> None:
    assert verbatim(f"a{quote}b") == f"'a{quote}{quote}b'"


@pytest.mark.parametrize("char", ["\n", "\r", "\0", "\x1b", "\u2028", "\u202e", "\ud800"])
def test_what_cannot_be_seen_is_refused(char: str) -> None:
    with pytest.raises(ValueError, match="do not belong into a script"):
        verbatim(f"a{char}b")


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["Name", "Protocol", "LocalPort"]), st.lists(TEXTS, min_size=1, max_size=3), min_size=1), max_size=3
    )
)
def test_tables_read_as_they_are(entries: list[dict[str, list[str]]]) -> None:
    script = Script(f"$all = {hash_tables(entries)}\n")
    assert script.tables("$all") == [{key: [*map(as_read, texts)] for key, texts in entry.items()} for entry in entries]
    assert script.statements() == []


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match="RemoteAddress is empty"):
        hash_tables([{"RemoteAddress": []}])
