# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements of the systems' documents are complete, what is said to cover them exists, and their page is made from them."""

from __future__ import annotations

import functools
import pathlib
import re
import runpy
import typing as t
from collections import Counter

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.findings import EXPLANATIONS
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES

ROOT = pathlib.Path(__file__).parents[3]
SCRIPT: dict[str, t.Any] = runpy.run_path(str(ROOT / "docs" / "statements_page.py"))
DOCUMENTS: dict[str, dict[str, t.Any]] = SCRIPT["read_documents"]()
TABLES: dict[str, dict[str, t.Any]] = yaml.safe_load((ROOT / SCRIPT["TABLES"]).read_text(encoding="utf-8"))

Statement = dict[str, t.Any]
STATEMENTS = [
    pytest.param(statement, id=f"{name}:{statement['lines']} {statement['says']}")
    for name, document in DOCUMENTS.items()
    for statement in document["statements"]
]
PROOFS = {"rows", "cases", "tests"}
REFERENCES = PROOFS | {"flows", "findings", "pages"}
KEYS = {"lines", "says", "state", "why"} | REFERENCES

every_document = pytest.mark.parametrize("name", DOCUMENTS)
every_statement = pytest.mark.parametrize("statement", STATEMENTS)


def _lines(text: str) -> range:
    first, _dash, last = str(text).partition("-")
    return range(int(first), int(last or first) + 1)


@functools.cache
def _cases() -> frozenset[str]:
    return frozenset(
        f"{path.stem}: {case['title']}"
        for path in (ROOT / "tests" / "cases").glob("*.yml")
        if path != SCRIPT["STATEMENTS"]
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )


@functools.cache
def _flows(matrix: str) -> dict[str, t.Any]:
    flows: dict[str, t.Any] = yaml.safe_load((MATRICES / f"{matrix}.yml").read_text(encoding="utf-8"))["flows"]
    return flows


def _anchors(page: pathlib.Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {*(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings), *re.findall(r'<a id="([^"]+)">', text)}


def test_the_documents_are_those_of_the_first_systems() -> None:
    assert set(DOCUMENTS) == {"linksight", "fedbiomed", "coinstac", "network_wall", "shrine"}


@every_document
def test_every_line_belongs_to_a_statement_or_asks_nothing(name: str) -> None:
    document = DOCUMENTS[name]
    stated = {number for statement in document["statements"] for number in _lines(statement["lines"])}
    silent = Counter(number for lines in document["asks_nothing"] for number in _lines(lines))
    assert sorted(stated | silent.keys()) == list(range(1, document["lines"] + 1))
    assert not stated & silent.keys()
    assert max(silent.values()) == 1
    assert all(document["asks_nothing"].values()), "say what is in lines that ask nothing"


@every_document
def test_statements_are_in_the_order_of_their_lines(name: str) -> None:
    lines = [_lines(statement["lines"])[0] for statement in DOCUMENTS[name]["statements"]]
    assert lines == sorted(lines)


@every_document
def test_every_row_of_the_tables_is_covered(name: str) -> None:
    document = DOCUMENTS[name]
    named: dict[str, set[str]] = {}
    for statement in document["statements"]:
        for table, rows in statement.get("rows", {}).items():
            named.setdefault(table, set()).update(rows)
    assert {table: set(TABLES[table]["rows"]) - named.get(table, set()) for table in document["tables"]} == {
        table: set() for table in document["tables"]
    }
    with_rows = {number for statement in document["statements"] if "rows" in statement for number in _lines(statement["lines"])}
    assert set(document["table_rows"]) <= with_rows


@every_document
def test_every_flow_that_cites_the_document_has_a_statement(name: str) -> None:
    matrix = yaml.safe_load((MATRICES / f"{name}.yml").read_text(encoding="utf-8"))
    first = next(iter(matrix["documents"]))  # the document of the system's own title
    cited = {f"{name}.{flow}" for flow, data in matrix["flows"].items() if any(c.startswith(f"{first}: ") for c in data["citations"])}
    named = {flow for statement in DOCUMENTS[name]["statements"] for flow in statement.get("flows", ())}
    assert cited - named == set(), f"add these flows to the statements of {name} in tests/cases/statements.yml that ask for them"


@every_statement
def test_what_is_said_to_cover_a_statement_exists(statement: Statement) -> None:
    assert statement.keys() <= KEYS
    for flow in statement.get("flows", ()):
        matrix, _dot, identifier = flow.partition(".")
        assert identifier in _flows(matrix)
    for table, rows in statement.get("rows", {}).items():
        assert set(rows) <= set(TABLES[table]["rows"])
    assert set(statement.get("cases", ())) <= _cases()
    for reference in statement.get("tests", ()):
        assert (ROOT / SCRIPT["test_file"](reference)).is_file()
    assert set(statement.get("findings", ())) <= set(EXPLANATIONS)
    for page in statement.get("pages", ()):
        path, _hash, heading = page.partition("#")
        assert heading in _anchors(ROOT / path)


@every_statement
def test_nothing_is_claimed_without_proof_and_nothing_is_missing_without_a_reason(statement: Statement) -> None:
    state = statement["state"]
    assert state in SCRIPT["STATES"]
    assert ("why" in statement) == (state in ("partly", "not covered"))
    assert bool(statement.keys() & PROOFS) or state in ("told", "not covered")
    if state == "told":
        assert statement.keys() & {"pages", "findings", "flows"}
    if state == "not covered":
        assert not statement.keys() & REFERENCES


def test_a_test_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(LookupError, match="0 tests have this name"):
        SCRIPT["test_file"]("test_statements.py::test_no_such_test")
    itself = "unit/docs/test_statements.py::test_a_test_that_does_not_exist_is_noticed"
    assert SCRIPT["test_file"](itself) == "tests/unit/docs/test_statements.py"


def test_the_page_is_what_the_statements_give() -> None:
    page = SCRIPT["PAGE"]
    assert page.is_file(), "make docs was not run, or the page not committed"
    assert page.read_text(encoding="utf-8") == SCRIPT["statements_page"](DOCUMENTS), "make docs was not run after a change"
