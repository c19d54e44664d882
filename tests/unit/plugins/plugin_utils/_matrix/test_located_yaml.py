# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML with lines: the same data as PyYAML reads, and a line for every key and item."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.located_yaml import Path, read_yaml

keys = st.text("abcdefghij", min_size=1, max_size=4)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99999) | st.text("abc: #-'\"\n", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def paths(value: object, path: Path = ()) -> t.Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@given(data)
def test_reads_what_pyyaml_reads(value: object) -> None:
    document = read_yaml(yaml.safe_dump(value))
    assert document.problems == ()
    assert document.data == value
    assert set(document.lines) == set(paths(value))


def test_lines() -> None:
    document = read_yaml("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    assert {path: document.line(path) for path in (("a",), ("a", "b"), ("a", "c"), ("a", "c", 1), ("a", "c", 1, "d"))} == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 1): 5,
        ("a", "c", 1, "d"): 5,
    }
    assert document.line(("a", "c", 1, "nowhere")) == 5


def test_merge_keys_are_no_duplicates_however_often_they_are_used() -> None:
    document = read_yaml("base: &base {x: 1, y: 2}\none: &one {<<: *base, y: 3}\ntwo: *one\n")
    assert document.problems == ()
    assert document.data == {"base": {"x": 1, "y": 2}, "one": {"x": 1, "y": 3}, "two": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [\n", 2), ("a: 1\nb: }\n", 2), ("a: *nothing\n", 1), ("a: 1\n--- \nb: 2\n", 2), ("a: 2026-99-99\n", 1), ("a: \x07\n", 1)],
)
def test_what_is_no_yaml(text: str, line: int) -> None:
    document = read_yaml(text)
    assert document.data is None
    assert [problem for problem, _message in document.problems] == [line]


def test_an_empty_document_is_nothing() -> None:
    assert read_yaml("").data is None
    assert read_yaml("").problems == ()
