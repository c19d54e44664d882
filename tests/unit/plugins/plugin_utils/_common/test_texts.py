# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of others: what cannot be seen is found, named and escaped; a line stays a line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.texts import (
    character,
    escaped,
    first_unseen,
    is_unseen,
    joined_lines,
    one_line,
    visible,
)

UNSEEN = (
    "\0\t\n\r\x0b\x1b\x7f\x85\x9b\xad\u061c\u200b\u200d\u200e\u2028\u2029\u202a\u202e"
    "\u2066\u2069\ufeff\ud800\udfff\ue000\ufff9\u3164\U000e0041"
)


@pytest.mark.parametrize("char", UNSEEN)
def test_what_cannot_be_seen_is_found(char: str) -> None:
    assert first_unseen(f"a{char}b") == char
    assert first_unseen(f"a{char}b", allowed=char) is None


@pytest.mark.parametrize(
    "text", ["", "plain ~", "\u00e4\u00df \u0416 \u6f22\u5b57 \u0627\u0644", "a\u00a0b\u3000c", "\U0001f3e5", "e\u0301"]
)
def test_what_people_write_is_not(text: str) -> None:
    assert first_unseen(text) is None
    assert escaped(text) == visible(text) == text


def test_a_character_in_words() -> None:
    assert character("\u202e") == "U+202E (RIGHT-TO-LEFT OVERRIDE)"
    assert character("\n") == "U+000A (LINE FEED)"
    assert character("\ue000") == "U+E000"


def test_prose_of_several_lines_is_one() -> None:
    assert joined_lines("One\n  two  \n\n three\n") == "One two three"
    assert joined_lines(" as  it is ") == " as  it is "


@given(st.text())
def test_any_text_fits_on_one_line_that_can_be_seen(text: str) -> None:
    for made in (one_line(text), escaped(text), visible(text)):
        assert len(f"{made}x".splitlines()) == 1
        assert first_unseen(made) is None
        assert made.encode("utf-8", "strict") is not None
    assert len(visible(text)) == len(text)


def test_every_character_that_python_does_not_print_is_unseen_but_for_blanks() -> None:
    for code in range(0x110000):
        char = chr(code)
        assert is_unseen(char) >= (not char.isprintable() and unicodedata.category(char) != "Zs"), hex(code)
