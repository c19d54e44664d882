# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds the tables of connections in a vendor's file, and names their columns. What the cells mean is the business of row.py."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Sequence

from .._common.texts import shortened, visible
from .csv_grids import csv_grids
from .grids import BREAK, CELL, COLUMNS_MOST, LINE, ROWS, TABLES, Grid, TableTooLarge, bound_row
from .html_grids import html_grids
from .markdown_grids import markdown_grids
from .other_formats import other_format
from .unclear import without_footnote, word_list
from .vocabulary import vocabulary

__all__ = ("CELL", "COLUMNS_MOST", "LINE", "ROWS", "TABLES", "Row", "TableTooLarge", "TablesNotFound", "clean", "read_grids", "read_tables")

NEEDED = ("port", "source", "destination")
PORTS = ("port", "port_tcp", "port_udp")
ENDS = ("source", "destination", "other")
LISTED = (*PORTS, "protocol")
"""The columns whose cells are lists, where they have several lines."""
LACKING_SHOWN = 10

LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")  # stops at the next bracket, so that its time grows with the text, not with its square


class Row(t.NamedTuple):
    """One row of a table.

    Attributes:
        line: Counts from 1.
        cells: The text of every known column.
        surplus: Whether there were more cells than headers.
        headers: What each known column is called in the table.
        headings: What stands above the table, the nearest first.
        broken: The columns whose cell has several lines that nothing separates.
        sheet: The sheet of a workbook; empty where there is one alone.
    """

    line: int
    cells: dict[str, str]
    surplus: bool
    headers: t.Mapping[str, str] = {}
    headings: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()
    sheet: str = ""

    @property
    def place(self) -> str:
        return f"{self.sheet}, line {self.line}" if self.sheet else f"line {self.line}"


class TablesNotFound(Exception):
    """The text has no table of connections; the message says what it has instead."""


def read_tables(text: str) -> list[list[Row]]:
    """The rows of every table of a text that has ports and somebody at an end; other tables are passed over.

    Raises:
        TablesNotFound: if there is none.
        TableTooLarge: if there are more rows, columns or characters than a table of connections can have.
    """
    grids = [*markdown_grids(text), *(html_grids(text) if re.search(r"<table", text, re.IGNORECASE) else [])]
    found = grids or list(csv_grids(text, known_in))
    try:
        return read_grids(found)
    except TablesNotFound as error:
        other = other_format(text)
        if other:
            raise TablesNotFound(other) from error
        raise


def read_grids(found: Sequence[Grid]) -> list[list[Row]]:
    """The rows of every grid that is a table of connections.

    Raises:
        TablesNotFound: if there is none.
        TableTooLarge: if there are more rows, columns or characters than a table of connections can have.
    """
    some = any(_is_wanted(_columns(grid.header)) for grid in found)
    tables = []
    rows = 0
    for grid in found:
        columns = _columns(grid.header)
        if not _is_wanted(columns) and not (some and "protocol" in columns and any(column in PORTS for column in columns)):
            continue
        table = list(_rows(grid, columns))
        rows += len(table)
        if rows > ROWS:
            raise TableTooLarge(table[-1].line, f"the tables have more than {ROWS} rows")
        tables.append(table)
    if not tables:
        wanted = ", ".join(f"{column} (or {', '.join(vocabulary().columns[column][1:4])})" for column in NEEDED)
        raise TablesNotFound("; ".join([f"no table with the columns {wanted}", *map(_lack, found[:LACKING_SHOWN])]))
    return tables


_Columns = list[t.Optional[str]]


def _is_wanted(columns: _Columns) -> bool:
    return any(column in PORTS for column in columns) and any(column in ENDS for column in columns)


def known_in(header: Sequence[str]) -> tuple[int, bool]:
    """How many of a header's columns are known, and whether they are those of a table of connections."""
    columns = _columns(header)
    return sum(column is not None for column in columns), _is_wanted(columns)


def _lack(table: Grid) -> str:
    """What a table lacks, and which of its columns could be it."""
    columns = _columns(table.header)
    missing = [column for column in NEEDED if column not in columns]
    unknown = [clean(cell) for cell, column in zip(table.header, columns, strict=True) if column is None]
    others = [shortened(repr(cell), 60) for cell in unknown if cell]
    lack = f"the table of line {table.line} lacks {' and '.join(missing)}"
    return f"{lack}; if {' or '.join(others)} is meant, write so" if others else lack


def _columns(header: Sequence[str]) -> _Columns:
    """The known column of each cell of a header; of two that mean the same, the first in the order of the vocabulary counts.

    Words such as "network" or "address" are left out of a header that is not known with them.
    """
    words = vocabulary()
    noise = {*words.addressing, *words.networks, "host", "hosts", "component", "components", "system", "systems", "name", "s"}
    exact = [word_list(re.sub(r"(?<=\w)\((?:e?s|e?n)\)", "s", without_footnote(clean(cell)))) for cell in header]
    bare = [" ".join(word for word in name.split() if word not in noise) for name in exact]
    columns: _Columns = [None] * len(exact)
    for written in (exact, bare):
        for column, names in words.columns.items():
            if column in columns:
                continue
            free = [name if columns[place] is None else "" for place, name in enumerate(written)]
            place = next((free.index(name) for name in names if name in free), None)
            if place is not None:
                columns[place] = column
    return columns


def _rows(grid: Grid, columns: _Columns) -> Iterator[Row]:
    headers = {column: clean(cell) for column, cell in zip(columns, grid.header, strict=True) if column}
    headings = tuple(filter(None, map(clean, grid.headings)))
    for line, cells in grid.body:
        bound_row(line, cells)
        said = {clean(cell) for cell in cells if re.search(r"[^\W_]|\*", cell)}
        if not said and len(cells) <= len(columns):
            continue
        if len(said) == 1 and len(columns) > 2 and _is_section(*said):
            headings = (*said, *headings[-3:])
            continue
        known = {column: clean(cell) for column, cell in zip(columns, cells, strict=False) if column}
        broken = {column for column, cell in zip(columns, cells, strict=False) if column and _is_broken(cell)}
        known.update(
            {column: clean(_listed(cell)) for column, cell in zip(columns, cells, strict=False) if column in LISTED and column in broken}
        )
        filled = {**{column: "" for column in columns if column}, **known}
        yield Row(line, filled, len(cells) > len(columns), headers, headings, frozenset(broken), grid.sheet)


def _is_section(text: str) -> bool:
    """Whether the only text of a row is a heading for the next rows: it says a direction, or that they are refused."""
    words = vocabulary()
    said = word_list(text).split()
    return any(word in words.directions for word in said) or bool(set(said) & words.deny - words.no)


def _is_broken(cell: str) -> bool:
    """Whether a cell has several lines that say something each, and nothing stands between them."""
    lines = [" ".join(visible(line).split()) for line in BREAK.split(cell)]
    kept = [line for line in lines if re.search(r"[^\W_]", line)]
    noise = vocabulary().addressing
    apart = [
        not re.search(r"([,;+&/]|\b(and|or|und|oder))$", before) and not re.match(r"[,;+&/(\[]", after) and word_list(after) not in noise
        for before, after in zip(kept, kept[1:], strict=False)
    ]
    return any(apart)


def _listed(cell: str) -> str:
    return ", ".join(filter(None, (line.strip(" ,;") for line in BREAK.split(cell))))


def clean(cell: str) -> str:
    """A cell as a line of plain text: no Markdown, nothing unprintable, single spaces."""
    text = LINK.sub(r"\1", BREAK.sub(" ", cell)).replace("\\|", "|").replace("`", "").replace("**", "")
    return " ".join(visible(text).split())
