# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML of strangers: what is too much, or hidden, is named with its line; no text makes the reader fail, or takes long."""

from __future__ import annotations

import json
import pathlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES, MATRIX_BYTES, Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.located_yaml import CHARACTERS, DEPTH, PLACES, read_yaml
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix

SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
MANY = 200_000
TENFOLD = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
HOSTILE = {
    "brackets": ("[" * MANY, 1, "nested more than"),
    "braces": ("\n" + "{" * MANY, 2, "nested more than"),
    "dashes": ("a:\n" + "- " * MANY, 2, "nested more than"),
    "indents": ("".join(f"{' ' * n}a:\n" for n in range(500)), DEPTH + 1, "nested more than"),
    "aliases that multiply": (TENFOLD, 1, "aliases included"),
    "aliases in a chain": ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000)), 1, "aliases included"),
    "merges that multiply": (
        "a0: &a0 {"
        + ", ".join(f"k{n}: 1" for n in range(500))
        + "}\n"
        + "".join(f"a{n}: {{<<: [{', '.join(['*a0'] * 100)}]}}\n" for n in range(50)),
        1,
        "aliases included",
    ),
    "keys that are lists": ("a0: &a0 [x, x]\n? [*a0, *a0]\n: 1\n", 2, "a key must be a string"),
    "a long text": (f"a: 1\nb: {'x' * (CHARACTERS + 1)}\n", 2, f"the most is {CHARACTERS}"),
    "many values": ("a:\n" + "- x\n" * (2 * PLACES + 1), 2 * PLACES - 2, f"more than {PLACES} values"),
    "a number of thousands of digits": (f"a: 1\nb: {'9' * 9000}\n", 2, "is not a valid int"),
    "a number in base 60": (f"a: 1\nb: {'1:' * 4000}1\n", 2, "is not a valid int"),
    "a float in base 60": (f"a: 1\nb: {'9:' * 4000}1.5\n", 2, "is not a valid float"),
    "a tag without its value": ("a: 1\nb: !!int ''\n", 2, "is not a valid int"),
    "another tag": ("a: 1\nb: !!timestamp x\n", 2, "is not a valid timestamp"),
    "a mapping that is a text": ("a: 1\nb: !!map x\n", 2, "is not a valid map"),
    "a merge of a text": ("a: 1\n<<: x\n", 2, "takes a mapping"),
    "a merge of itself and a text": ("a: &a {<<: [*a, x]}\n", 1, "takes a mapping"),
    "an object of Python": ("a: 1\nb: !!python/object/apply:os.system [id]\n", 2, ""),
    "a hidden line end": ("a: 1\nb: 2 # \x85c: 3\n", 2, "U+0085 (NEXT LINE)"),
    "a lone carriage return": ("a: 1\nb: 2 # \rc: 3\n", 2, "U+000D (CARRIAGE RETURN)"),
    "a comment that turns round": ("a: 1 # \u202e\n", 1, "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
}


@pytest.mark.parametrize("case", [case for case in HOSTILE if case != "an object of Python"])
def test_what_is_too_much_or_hidden_is_named_with_its_line(case: str) -> None:
    text, line, said = HOSTILE[case]
    document = read_yaml(text)
    assert [(number, said in message) for number, message in document.problems[:1]] == [(line, True)], document.problems[:1]
    assert all(len(message) < 300 for _line, message in document.problems)


def test_sequences_of_python_objects_are_lists() -> None:
    """Tags of lists and mappings mean nothing here: only the data are taken."""
    assert read_yaml(HOSTILE["an object of Python"][0]).data == {"a": 1, "b": ["id"]}


def test_line_ends_of_windows_are_line_ends() -> None:
    document = read_yaml("a: 1\r\nb: >-\r\n  two\r\n  lines\r\n")
    assert document.data == {"a": 1, "b": "two lines"}
    assert document.line(("b",)) == 2


TOKENS = st.sampled_from(
    ["a: ", "- ", "? ", "[", "]", "{", "}", ", ", ": ", "&a ", "*a ", "<<: ", "!!int ", "!!set ", "|\n", "\n", "  ", "'", '"']
)


@given(st.lists(TOKENS | st.text(max_size=3), max_size=40).map("".join))
def test_any_text_gives_data_or_problems(text: str) -> None:
    document = read_yaml(text)
    assert all(1 <= line <= text.count("\n") + 2 for line, _message in document.problems)


def test_a_matrix_of_a_thousand_flows_is_read() -> None:
    data = yaml.safe_load((MATRICES / "linksight.yml").read_text(encoding="utf-8"))
    flows = [flow for flow in data["flows"].values() if "inside" not in flow and "fallback_for" not in flow]
    data["flows"].update({f"flow_{number}": flows[number % len(flows)] for number in range(1000)})
    text = json.dumps(data, indent=1)
    assert len(text) < MATRIX_BYTES
    assert len(read_matrix(text, "linksight.yml", "linksight", SCHEMA).flows) >= 1000


@pytest.mark.parametrize(
    "flows",
    [
        {f"f{number}": {} for number in range(5_000)},
        {f"f{number}": "x" for number in range(5_000)},
        {f"F{number}": {} for number in range(5_000)},
        {"f": {"initiator": {"roles": [*map(str, range(20_000))]}}},
        {"f": {"ports": [*({"option": {"a": number}} for number in range(5_000))]}},
    ],
)
def test_thousands_of_errors_are_bounded(flows: dict[str, object]) -> None:
    text = json.dumps({"matrix": "own", "title": "Own", "description": "Own.", "roles": {"peer": {"description": "x"}}, "flows": flows})
    with pytest.raises(PlanRefused) as refused:
        read_matrix(text, "own.yml", "own", SCHEMA)
    assert len(refused.value.messages) <= 101
    assert all(len(message) < 1_200 for message in refused.value.messages)


def test_unknown_names_among_thousands_are_told_shortly() -> None:
    flow = yaml.safe_load((MATRICES / "linksight.yml").read_text(encoding="utf-8"))["flows"]["peer_http"]
    own = {"purpose": "x", **{key: flow[key] for key in ("protocol", "application", "tls", "phases", "proxy", "exposure")}}
    own |= {"initiator": {"roles": ["peer"]}, "responder": {"roles": ["peer"]}, "ports": [1], "inspection": "unknown"}
    own |= {"necessity": "fallback", "fallback_for": "nothing"}
    data = {"matrix": "own", "title": "Own", "description": "Own.", "roles": {"peer": {"description": "x"}}}
    text = json.dumps({**data, "flows": {f"flow_{number}": own for number in range(2_000)}})
    with pytest.raises(PlanRefused) as refused:
        read_matrix(text, "own.yml", "own", SCHEMA)
    assert len(refused.value.messages) == 101
    assert refused.value.messages[-1] == "own.yml: 200 or more further errors"


def test_a_file_that_is_too_large_or_none_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "large.yml").write_text("#" * (MATRIX_BYTES + 1), encoding="utf-8")
    with pytest.raises(PlanRefused, match=r"^large\.yml: cannot be read: is larger than 2 MiB"):
        Catalogue([str(tmp_path)]).matrix("./large.yml")


def test_a_byte_order_mark_of_an_editor_is_accepted(tmp_path: pathlib.Path) -> None:
    (tmp_path / "baseline.yml").write_bytes(b"\xef\xbb\xbf" + (MATRICES / "baseline.yml").read_bytes())
    assert Catalogue([str(tmp_path)]).matrix("./baseline.yml").name == "baseline"
