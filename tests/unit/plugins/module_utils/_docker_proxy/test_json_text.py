# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One member of a JSON file is set and taken away, and nothing else of the file changes, whatever it holds and however it is written."""

from __future__ import annotations

import codecs
import json
import sys
import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.json_text import JsonBroken, JsonText

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=25)
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 2, 4, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
        "ensure_ascii": st.booleans(),
    }
)
MARKS = st.sampled_from([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
CODECS = {b"": "utf-8", codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
PROXIES = {"http-proxy": "http://proxy.example.org:3128", "no-proxy": "localhost,é"}


def written(value: object, style: dict[str, t.Any], mark: bytes = b"", around: str = "\n") -> bytes:
    return mark + (around + json.dumps(value, **style) + around).encode(CODECS[mark])


@given(OBJECTS, STYLES, MARKS)
def test_a_new_member_comes_last_and_leaves_without_a_trace(own: dict[str, t.Any], style: dict[str, t.Any], mark: bytes) -> None:
    own.pop("proxies", None)
    before = JsonText.from_bytes(written(own, style, mark))
    with_ours = before.with_member("proxies", PROXIES)
    assert list(with_ours.value.items()) == [*own.items(), ("proxies", PROXIES)]
    assert JsonText.from_bytes(with_ours.to_bytes()).value == with_ours.value
    assert with_ours.without("proxies").to_bytes() == before.to_bytes()


@given(OBJECTS, STYLES, MARKS, VALUES, st.integers(0, 25))
def test_a_member_that_is_there_changes_in_its_place(
    own: dict[str, t.Any], style: dict[str, t.Any], mark: bytes, theirs: object, place: int
) -> None:
    own.pop("proxies", None)
    items = list(own.items())
    items.insert(place, ("proxies", theirs))
    before = JsonText.from_bytes(written(dict(items), style, mark))
    changed = before.with_member("proxies", PROXIES)
    assert list(changed.value.items()) == [(name, PROXIES if name == "proxies" else value) for name, value in items]
    assert changed.with_raw("proxies", before.raw("proxies") or "").to_bytes() == before.to_bytes()
    assert list(before.without("proxies").value.items()) == [item for item in items if item[0] != "proxies"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{"x":1}', '{"x":1,"a":{"b":1}}'),
        ('{"x": 1, "y": 1}', '{"x": 1, "y": 1, "a": {"b": 1}}'),
        ('{\n\t"x" : 1\n}\n', '{\n\t"x" : 1,\n\t"a" : {\n\t\t"b" : 1\n\t}\n}\n'),
        ('{\r\n    "x": 1e2\r\n}', '{\r\n    "x": 1e2,\r\n    "a": {\r\n        "b": 1\r\n    }\r\n}'),
        ('{\n  "x": 1.50, "//": "a comment\\u0021"}', '{\n  "x": 1.50, "//": "a comment\\u0021",\n  "a": {\n    "b": 1\n  }}'),
    ],
)
def test_a_new_member_is_written_in_the_style_of_the_others(before: str, after: str) -> None:
    assert JsonText(before).with_member("a", {"b": 1}).to_bytes().decode() == after


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'{\n  "a": 1,\n}', "3:1"),
        (b'{"a": 1} {', "1:10"),
        (b"[]", "1:1"),
        (b"\n 7", "2:2"),
        (b'{"a": 1,\n "a": 2}', "2:2"),
        (b'{"a": NaN}', "1:1"),
        (b'{\n"a": "\xff"}', "2:7"),
        (b"\xff\xfe{", "1:"),
        (b"[" * 100000, "1:1"),
    ],
)
def test_a_broken_file_is_told_by_line_and_column(content: bytes, place: str) -> None:
    with pytest.raises(JsonBroken, match=f"^{place}"):
        JsonText.from_bytes(content)


def steps(work: t.Callable[[], object]) -> int:
    """How many of Python's own instructions some work takes."""
    count = 0

    def trace(frame: types.FrameType, event: str, _argument: object) -> t.Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "make",
    [
        lambda n: ("{" + ",".join(f'"k{i}": {{"a": {i}}}' for i in range(n)) + "}").encode(),
        lambda n: b"{" + b" " * n + b'"a"' + b" " * n + b":" + b"\n" * n + b"1" + b"\t" * n + b"}",
        lambda n: b'{"a": [' + b"[]," * n + b'{"b": "' + b'\\"[' * n + b'"}]}',
        lambda n: ("{" + ",".join(f'"{"k" * (i % 50)}{i}":1' for i in range(n)) + ',"k1": 2}').encode(),
        lambda n: b'{"a": "' + b'\\"' * n,
    ],
    ids=["members", "blanks", "brackets", "one name twice", "a string without an end"],
)
def test_twice_the_text_is_twice_the_work(make: t.Callable[[int], bytes]) -> None:
    def read(n: int) -> t.Callable[[], object]:
        def work() -> object:
            try:
                text = JsonText.from_bytes(make_of[n])
                return text.with_member("proxies", PROXIES).without("proxies").without("a")
            except JsonBroken:
                return None

        return work

    make_of = {n: make(n) for n in (500, 1000)}
    once, twice = steps(read(500)), steps(read(1000))
    assert twice < 2.2 * once + 100


def test_twenty_thousand_members_are_read_and_one_is_set() -> None:
    content = json.dumps({f"k{i}": {"a": [i]} for i in range(20_000)}).encode()
    text = JsonText.from_bytes(content)
    assert text.with_member("proxies", PROXIES).without("proxies").to_bytes() == content


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_depth_has_a_bound(brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    assert JsonText(f'{{"a": {opening * 99}1{closing * 99}}}').value
    with pytest.raises(JsonBroken, match="more than 100 objects and arrays stand in each other here"):
        JsonText(f'{{"a": {opening * 100}1{closing * 100}}}')
    assert JsonText('{"a": "' + "[" * 1000 + '\\"' + "{" * 1000 + '"}').value


def test_a_number_has_a_bound() -> None:
    assert JsonText(f'{{"a": {"9" * 1000}}}').value["a"] == int("9" * 1000)
    with pytest.raises(JsonBroken, match="a number has 1000000 digits"):
        JsonText(f'{{"a": {"9" * 1_000_000}}}')
