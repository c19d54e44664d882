# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/statements.md: what the systems' documents ask for, statement by statement, and what covers it."""

from __future__ import annotations

import functools
import pathlib
import re
import typing as t
from collections import Counter
from collections.abc import Iterator, Mapping

import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.markdown import code, link, table, text
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.page import anchor

ROOT = pathlib.Path(__file__).parents[1]
STATEMENTS = ROOT / "tests" / "cases" / "statements.yml"
PAGE = ROOT / "docs" / "statements.md"
TABLES = "tests/unit/plugins/plugin_utils/_matrix/source_tables.yml"

STATES = {
    "covered": "A rule, a check or a judgement holds it, and a test proves it",
    "told": "Only people can do it. A page, a note or a finding says so",
    "partly": "Some of it is covered. The last column says what is not",
    "not covered": "Nothing covers it. The last column says why",
}

HEAD = """\
# What the documents ask for

Five vendors' documents say what their systems need of a network. Their tables of ports are a small part of that. This page
has every statement that asks something of hosts, paths, certificates, ports or people, in our own words, and what covers it.
It also says what is not covered.

`make docs` makes the page from `tests/cases/statements.yml`. A test walks that file. Every line of a document belongs to a
statement, or to a range of lines that asks nothing. Every flow, row, case, test, finding and page that is named exists.
"""

Document = Mapping[str, t.Any]


def statements_page(documents: Mapping[str, Document]) -> str:
    """The page.

    Args:
        documents: The content of ``tests/cases/statements.yml``.
    """
    return "\n".join(_page(documents)).rstrip("\n") + "\n"


def read_documents() -> dict[str, Document]:
    return t.cast("dict[str, Document]", yaml.safe_load(STATEMENTS.read_text(encoding="utf-8")))


@functools.cache
def test_file(reference: str) -> str:
    """The file of a test, from the end of its path and its name: ``packets/test_verify.py::test_batches_are_judged_one_by_one``.

    Raises:
        LookupError: where there is no such test, or several.
    """
    end, _colons, function = reference.partition("::")
    files = [
        path
        for path in sorted((ROOT / "tests").rglob(end.rpartition("/")[2]))
        if f"/{path.relative_to(ROOT).as_posix()}".endswith(f"/{end}")
        and re.search(rf"^def {re.escape(function)}\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    if not function or len(files) != 1:
        raise LookupError(f"{reference}: {len(files)} tests have this name; give the end of a test's path and its function")
    return files[0].relative_to(ROOT).as_posix()


def _page(documents: Mapping[str, Document]) -> Iterator[str]:
    yield HEAD
    yield from table(("state", "means"), ((state, meaning) for state, meaning in STATES.items()))
    yield from table(
        ("document", "statements", *STATES),
        ((f"[{text(document['title'])}](#{_section(name)})", *_counts(document)) for name, document in documents.items()),
    )
    for name, document in documents.items():
        yield from _document(name, document)


def _counts(document: Document) -> tuple[str, ...]:
    states = Counter(statement["state"] for statement in document["statements"])
    return (str(states.total()), *(str(states[state]) for state in STATES))


def _document(name: str, document: Document) -> Iterator[str]:
    yield from (
        f'<a id="{_section(name)}"></a>',
        "",
        f"## {text(document['title'])}",
        "",
        f"{link('The document', document['url'])}.",
        f"The text that was read has {document['lines']} lines and the SHA-256 value {code(document['sha256'])}.",
        "",
    )
    yield from table(
        ("lines", "statement", "state", "covered by", "what is missing"),
        (
            (
                statement["lines"],
                text(statement["says"]),
                f"**{statement['state']}**" if statement["state"] in ("partly", "not covered") else statement["state"],
                "; ".join(_covers(statement)),
                text(statement.get("why", "")),
            )
            for statement in document["statements"]
        ),
    )
    nothing = (f"{lines} ({text(why.rstrip('.'))})" for lines, why in document["asks_nothing"].items())
    yield from ("Lines that ask nothing of a network:", "", *(f"- {entry}" for entry in nothing), "")


def _section(name: str) -> str:
    return f"document-{name}"


def _covers(statement: Mapping[str, t.Any]) -> Iterator[str]:
    for flow in statement.get("flows", ()):
        matrix, _dot, identifier = flow.partition(".")
        yield f"flow [{code(flow)}](matrices/{matrix}.md#{anchor(identifier)})"
    for rows in statement.get("rows", {}).values():
        yield f"{len(rows)} [table {'row' if len(rows) == 1 else 'rows'}](../{TABLES})"
    for case in statement.get("cases", ()):
        file, _colon, title = case.partition(": ")
        yield f"case [{code(title)}](../tests/cases/{file}.yml)"
    for reference in statement.get("tests", ()):
        yield f"test [{code(reference.partition('::')[2])}](../{test_file(reference)})"
    for finding in statement.get("findings", ()):
        yield f"finding [{code(finding)}](lints.md#{finding})"
    for page in statement.get("pages", ()):
        path, _hash, heading = page.removeprefix("docs/").partition("#")
        yield f"page [{code(path)}]({path}#{heading})"


def main() -> None:
    PAGE.write_text(statements_page(read_documents()), encoding="utf-8")
    print(f"1 page written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
