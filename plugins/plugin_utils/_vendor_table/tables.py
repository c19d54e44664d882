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
from .columns import PORTS, Columns, clean, columns_of, pieces
from .csv_grids import csv_grids
from .grids import BREAK, CELL, COLUMNS_MOST, LINE, ROWS, TABLES, Grid, TableTooLarge, bound_row
from .html_grids import html_grids
from .markdown_grids import markdown_grids
from .other_formats import other_format
from .refusals import is_optional
from .status import refused_by_heading
from .unclear import is_ditto, word_list
from .vocabulary import vocabulary

__all__ = ("CELL", "COLUMNS_MOST", "LINE", "ROWS", "TABLES", "Row", "TableTooLarge", "TablesNotFound", "clean", "read_grids", "read_tables")

NEEDED = ("port", "source", "destination")
LISTED = (*PORTS, "protocol")
"""The columns whose cells are lists, where they have several lines."""
SERVICE_PORT = re.compile(r"\b(?:tcp|udp|sctp)[ /:_-]*\d|\d[ /_-]*(?:tcp|udp|sctp)\b", re.IGNORECASE)
LACKING_SHOWN = 10


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
        more: Further columns: the kind, if it is known, the header, and the cell, if it is not empty.
        hidden: Whether the row cannot be seen in its workbook.
    """

    line: int
    cells: dict[str, str]
    surplus: bool
    headers: t.Mapping[str, str] = {}
    headings: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()
    sheet: str = ""
    more: tuple[tuple[str, str, str], ...] = ()
    hidden: bool = False

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
    parts = [piece for grid in found for piece in pieces(grid, known_in)]
    parts = [_with_services(grid) for grid in parts]
    some = any(known_in(grid.header)[1] for grid in parts)
    tables = []
    rows = 0
    for grid in parts:
        columns = columns_of(grid.header, vocabulary())
        if not columns.are_wanted and not (some and "protocol" in columns.first and any(column in PORTS for column in columns.first)):
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


def _with_services(grid: Grid) -> Grid:
    """A grid whose ports stand in the column of services, as rules of firewalls have them: tcp/443."""
    columns = columns_of(grid.header, vocabulary())
    if columns.are_wanted or "service" not in columns.first or not {"source", "destination"} <= set(columns.first):
        return grid
    place = columns.first.index("service")
    if not any(SERVICE_PORT.search(cells[place]) for _line, cells in grid.body if len(cells) > place):
        return grid
    return grid._replace(header=[*grid.header[:place], vocabulary().columns["port"][0], *grid.header[place + 1 :]])


def known_in(header: Sequence[str]) -> tuple[int, bool]:
    """How many of a header's columns are known, and whether they are those of a table of connections."""
    columns = columns_of(header, vocabulary())
    return sum(column is not None for column in columns.first), columns.are_wanted


def _lack(table: Grid) -> str:
    """What a table lacks, and which of its columns could be it."""
    columns = columns_of(table.header, vocabulary()).first
    missing = [column for column in NEEDED if column not in columns]
    unknown = [clean(cell) for cell, column in zip(table.header, columns, strict=True) if column is None]
    others = [shortened(repr(cell), 60) for cell in unknown if cell]
    lack = f"the table of line {table.line} lacks {' and '.join(missing)}"
    return f"{lack}; if {' or '.join(others)} is meant, write so" if others else lack


def _rows(grid: Grid, columns: Columns) -> Iterator[Row]:
    headers = {column: clean(cell) for column, cell in zip(columns.first, grid.header, strict=True) if column}
    headings = tuple(filter(None, map(clean, grid.headings)))
    above: dict[str, str] = {}
    for line, cells in grid.body:
        bound_row(line, cells)
        said = {clean(cell) for cell in cells if re.search(r"[^\W_]|\*", cell)}
        if not said and len(cells) <= len(columns.first):
            continue
        if len(said) == 1 and len(columns.first) > 2 and _is_section(*said):
            headings = (*said, *headings[-3:])
            continue
        known = {column: clean(cell) for column, cell in zip(columns.first, cells, strict=False) if column}
        broken = {column for column, cell in zip(columns.first, cells, strict=False) if column and _is_broken(cell)}
        known.update(
            {
                column: clean(_listed(cell))
                for column, cell in zip(columns.first, cells, strict=False)
                if column in LISTED and column in broken
            }
        )
        filled = {**{column: "" for column in columns.first if column}, **known}
        filled = {column: above.get(column, cell) if is_ditto(cell, vocabulary()) else cell for column, cell in filled.items()}
        above = filled
        more = tuple(
            (further or "", clean(header), clean(cell))
            for first, further, header, cell in zip(columns.first, columns.further, grid.header, cells, strict=False)
            if not first and cell.strip()
        )
        surplus = len(cells) > len(columns.first)
        yield Row(line, filled, surplus, headers, headings, frozenset(broken), grid.sheet, more, line in grid.hidden)


def _is_section(text: str) -> bool:
    """Whether the only text of a row is a heading for the next rows: it says a direction, or that they are refused."""
    words = vocabulary()
    said = word_list(text).split()
    if " ".join(said) in words.mandatory - words.yes:
        return True
    allowed = bool(set(said) & words.allow - words.yes) and len(said) < 6
    return allowed or any(word in words.directions for word in said) or refused_by_heading(text, words) or is_optional(text, words)


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
