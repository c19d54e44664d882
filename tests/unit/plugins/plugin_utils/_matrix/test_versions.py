# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions compare as people expect, and the code and the schema know the same ones."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.versions import Span, Version, is_version

numbers = st.lists(st.integers(0, 999_999_999), min_size=1, max_size=5)


def version(parts: list[int]) -> Version:
    return Version(".".join(map(str, parts)))


@given(numbers, numbers)
def test_order_is_that_of_the_numbers(one: list[int], other: list[int]) -> None:
    size = max(len(one), len(other))
    padded = [parts + [0] * (size - len(parts)) for parts in (one, other)]
    assert (version(one) < version(other)) == (padded[0] < padded[1])
    assert is_version(str(version(one)))


@pytest.mark.parametrize(("low", "high"), [("5.9", "5.10"), ("5", "5.0.1"), ("4.2.0", "10"), ("0", "0.1")])
def test_low_comes_before_high(low: str, high: str) -> None:
    assert Version(low) < Version(high)
    assert not Version(high) < Version(low)


def test_trailing_zeros_change_nothing() -> None:
    assert not Version("5.4") < Version("5.4.0")
    assert not Version("5.4.0") < Version("5.4")


@pytest.mark.parametrize(
    ("text", "inside"), [("1.9.9", False), ("2", True), ("2.0", True), ("2.5", True), ("2.10", True), ("3", False), ("3.0.0", False)]
)
def test_span_has_its_first_version_and_not_the_one_that_ends_it(text: str, inside: bool) -> None:
    assert (Version(text) in Span(Version("2"), Version("3"))) is inside


def test_no_bounds_hold_every_version() -> None:
    assert Version("0") in Span()
    assert None in Span(Version("2"), Version("3"))


@pytest.mark.parametrize(
    "text", ["5.4", "5.10.0", "0", "1.2.3.4.5.6", "", "v2", "5.", ".5", "5..4", "05", "5.4rc1", "5.4\n", "1.2.3.4.5.6.7", "\u0665"]
)
def test_schema_and_code_agree_on_what_a_version_is(text: str) -> None:
    pattern = json.loads((MATRICES / "matrix.schema.json").read_text())["$defs"]["version"]["pattern"]
    assert is_version(text) == (re.search(pattern, text) is not None and not text.endswith("\n"))
