# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of text that others wrote."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._host.printable import LIMIT, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("/etc/docker/größe µ-日本 'x' \"y\" C:\\new", "/etc/docker/größe µ-日本 'x' \"y\" C:\\new"),
        ("\x1b]0;title\x07\x1b[31mred", r"\x1b]0;title\x07\x1b[31mred"),
        ("a\nb\r\tc\x00\x7f\x85\x9b", r"a\nb\r\tc\x00\x7f\x85\x9b"),
        ("\u202etxt.exe\u2066\u200b\ufeff\u2028", r"\u202etxt.exe\u2066\u200b\ufeff\u2028"),
        ("no\u00a0break", r"no\xa0break"),
        ("\udc9b\ud800", r"\udc9b\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_long_texts_are_cut() -> None:
    assert printable("x" * LIMIT) == "x" * LIMIT
    assert printable("x" * (LIMIT + 1)) == "x" * (LIMIT - 6) + " (cut)"
    assert len(printable("\x1b" * 10**7)) == LIMIT
    assert printable("four", 3) == " (c"


@given(st.text(), st.integers(0, 60))
def test_the_result_prints_and_is_bounded(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for each in shown)
    assert printable(shown, limit) == shown
    shown.encode()
