# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The tables of an HTML page. The parser is lxml."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

from .._libraries import library
from .grids import COLUMNS_MOST, ROWS, Grid, TableTooLarge, bound_row, bound_rows, bound_tables

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
UNSEEN = frozenset(("script", "style", "template", "sup", "sub"))
STRUCK = frozenset(("del", "s", "strike"))
BLOCKS = frozenset(("p", "div", "br", "tr"))


def html_grids(text: str) -> Iterator[Grid]:
    """The tables of a page, in the order of the page; cells that span rows or columns stand in each of them.

    Raises:
        LibrariesMissing: if lxml is not there.
        TableTooLarge: if one is larger than any that people write.
    """
    lxml = library("lxml.html", "lxml")
    parser = lxml.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        page = lxml.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except library("lxml.etree", "lxml").ParserError:  # nothing but ends of elements
        return
    heading = ""
    tables = 0
    for element in page.iter(*HEADINGS, "table"):
        line = int(element.sourceline or 1)
        if element.tag in HEADINGS:
            heading = _text(element).replace("\n", " ")
            continue
        tables += 1
        bound_tables(line, tables)
        caption = next((_text(each) for each in element.iterchildren("caption")), "")
        rows = list(_rows(element))
        if rows and not any(each is not element for each in element.iter("table")):
            yield Grid(rows[0][0], rows[0][1], rows[1:], tuple(filter(None, (caption, heading))))


def _rows(table: t.Any) -> Iterator[tuple[int, list[str]]]:
    spans: dict[int, tuple[int, str]] = {}  # of each column: how many more rows a cell of above stands in, and its text
    for count, row in enumerate(table.iter("tr")):
        line = int(row.sourceline or 1)
        bound_rows(line, count)
        cells: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        for cell in (*row.iterchildren("td", "th"), None):
            while len(cells) in spans:
                left, text = spans.pop(len(cells))
                _place(cells, below, text, left - 1)
            if cell is not None:
                down, across = (_number(cell.get(name)) for name in ("rowspan", "colspan"))
                if across > COLUMNS_MOST:
                    raise TableTooLarge(line, f"a cell spans {across} columns; the most is {COLUMNS_MOST}")
                text = _text(cell)
                for _column in range(across):
                    _place(cells, below, text, down - 1)
        spans = {**spans, **below}
        bound_row(line, cells)
        if cells:
            yield line, cells


def _place(cells: list[str], below: dict[int, tuple[int, str]], text: str, left: int) -> None:
    if left:
        below[len(cells)] = (left, text)
    cells.append(text)


def _number(text: str | None) -> int:
    return min(int(text), ROWS) if text and text.isdecimal() and len(text) < 9 and int(text) else 1


def _text(element: t.Any) -> str:
    """The text of a cell: raised texts are footnotes, lines end with line feeds, struck-out texts have two tildes on both sides."""
    parts: list[str] = []
    _collect(element, parts, 0)
    lines = [" ".join(line.split()) for line in "".join(parts).split("\0")]
    return "\n".join(line for line in lines if line)


def _collect(element: t.Any, parts: list[str], depth: int) -> None:
    if element.tag in UNSEEN or depth > 50:
        return
    struck = "~~" if element.tag in STRUCK else ""
    before = ", " if element.tag == "li" and "".join(parts).strip(" \0") else "\0" if element.tag in BLOCKS and parts else ""
    parts.append(before + struck + (element.text or ""))
    for child in element:
        _collect(child, parts, depth + 1)
        parts.append(child.tail or "")
    parts.append(struck)
