# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads vendors' tables of connections: CSV, or Markdown tables anywhere on a page. What the cells mean is the business of row.py."""

from __future__ import annotations

import csv
import io
import re
import typing as t
from collections.abc import Iterable, Iterator, Sequence

from .._common.texts import shortened, visible
from .vocabulary import vocabulary

NEEDED = ("port", "source", "destination")

ROWS = 2_000
"""The most rows that all tables together may have."""
COLUMNS_MOST = 100
LINE = 20_000
"""The most characters of a row."""
CELL = 2_000
TABLES = 500
HEADER_SOUGHT = 2_000
"""How many rows of CSV may stand before the header."""
LACKING_SHOWN = 10

DELIMITER = re.compile(r":?-+:?")
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")  # stops at the next bracket, so that its time grows with the text, not with its square


class Row(t.NamedTuple):
    """One row: ``line`` counts from 1, ``cells`` has the text of every known column, ``surplus`` says that there were more than headers."""

    line: int
    cells: dict[str, str]
    surplus: bool


class TablesNotFound(Exception):
    """The text has no table of connections; the message says what it has instead."""


class TableTooLarge(Exception):
    """A row is larger than any that people write; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"{message}; is it the right file?")
        self.line = line


def read_tables(text: str) -> list[list[Row]]:
    """The rows of every table that has a port, a source and a destination; other tables are passed over.

    Raises:
        TablesNotFound: if there is none.
        TableTooLarge: if there are more rows, columns or characters than a table of connections can have.
    """
    found = list(_markdown(_lines(text))) or list(_csv(text))
    wanted_tables = [table for table in found if set(NEEDED) <= set(table.columns)]
    _bound(row for table in wanted_tables for row in table.body)
    tables = [[_row(line, table.columns, cells) for line, cells in table.body] for table in wanted_tables]
    if not tables:
        wanted = ", ".join(f"{column} (or {', '.join(vocabulary().columns[column][1:4])})" for column in NEEDED)
        raise TablesNotFound("; ".join([f"no table with the columns {wanted}", *map(_lack, found[:LACKING_SHOWN])]))
    return tables


def _lines(text: str) -> list[str]:
    """The lines as editors count them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _bound(rows: Iterable[tuple[int, Sequence[str]]]) -> None:
    for count, (line, cells) in enumerate(rows, 1):
        if count > ROWS:
            raise TableTooLarge(line, f"the tables have more than {ROWS} rows")
        _bound_row(line, cells)


def _bound_row(line: int, cells: Sequence[str]) -> None:
    if len(cells) > COLUMNS_MOST:
        raise TableTooLarge(line, f"the row has {len(cells)} columns; the most is {COLUMNS_MOST}")
    longest = max(map(len, cells), default=0)
    if longest > CELL:
        raise TableTooLarge(line, f"a cell has {longest} characters; the most is {CELL}")


_Columns = list[t.Optional[str]]
_Body = list[tuple[int, Sequence[str]]]


class _Table(t.NamedTuple):
    """A table that may be one of connections: ``line`` and ``header`` are those of its first row."""

    line: int
    header: Sequence[str]
    columns: _Columns
    body: _Body


def _lack(table: _Table) -> str:
    """What a table lacks, and which of its columns could be it."""
    missing = [column for column in NEEDED if column not in table.columns]
    unknown = [clean(cell) for cell, column in zip(table.header, table.columns, strict=True) if column is None]
    others = [shortened(repr(cell), 60) for cell in unknown if cell]
    lack = f"the table of line {table.line} lacks {' and '.join(missing)}"
    return f"{lack}; if {' or '.join(others)} is meant, write so" if others else lack


def _columns(header: Sequence[str]) -> _Columns:
    """The known column of each cell of a header; of two that mean the same, the first in the order of the vocabulary counts."""
    words = [" ".join(re.findall(r"[^\W_]+", clean(cell).lower())) for cell in header]
    columns: _Columns = [None] * len(words)
    for column, names in vocabulary().columns.items():
        place = next((words.index(name) for name in names if name in words), None)
        if place is not None:
            columns[place] = column
    return columns


def _row(line: int, columns: _Columns, cells: Sequence[str]) -> Row:
    known = {column: clean(cell) for column, cell in zip(columns, cells, strict=False) if column}
    return Row(line, {**{column: "" for column in columns if column}, **known}, len(cells) > len(columns))


def clean(cell: str) -> str:
    """A cell as a line of plain text: no Markdown, nothing unprintable, single spaces."""
    text = re.sub(r"<br ?/?>", " ", LINK.sub(r"\1", cell)).replace("\\|", "|").replace("`", "").replace("**", "")
    return " ".join(visible(text).split())


def _markdown(lines: Sequence[str]) -> Iterator[_Table]:
    tables = 0
    for index, line in enumerate(lines):
        if index and "|" in lines[index - 1] and _is_delimiter_row(line):
            tables += 1
            if tables > TABLES:
                raise TableTooLarge(index, f"the page has more than {TABLES} tables")
            header = _cells(lines[index - 1], index)
            columns = _columns(header)
            body: _Body = []
            for number in range(index + 2, len(lines) + 1):
                if "|" not in lines[number - 1]:
                    break
                body.append((number, _cells(lines[number - 1], number)))
                if len(body) > ROWS:
                    raise TableTooLarge(number, f"the table has more than {ROWS} rows")
            yield _Table(index, header, columns, body)


def _is_delimiter_row(line: str) -> bool:
    """Whether the line separates a header from its rows: ``|---|:-:|``, with or without the outer lines."""
    if len(line) > LINE or "-" not in line:
        return False
    *cells, last = line.strip().removeprefix("|").split("|")
    return bool(cells) and all(DELIMITER.fullmatch(cell.strip()) for cell in (*cells, *([last] if last.strip() else [])))


def _cells(line: str, number: int) -> list[str]:
    if len(line) > LINE:
        raise TableTooLarge(number, f"the row has {len(line)} characters; the most is {LINE}")
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    _bound_row(number, cells)
    return cells


def _csv(text: str) -> Iterator[_Table]:
    """The table begins with the first row that names all that is needed; the delimiter that finds most columns is the right one."""
    best = _Table(0, [], [], [])
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        table = _Table(0, [], [], [])
        end = 0
        try:
            for row in reader:
                start, end = end + 1, reader.line_num
                if len(set(NEEDED) & set(table.columns)) == len(NEEDED):
                    if any(cell.strip() for cell in row):
                        table.body.append((start, row))
                        if len(table.body) > ROWS:
                            raise TableTooLarge(start, f"the table has more than {ROWS} rows")
                elif start > HEADER_SOUGHT:
                    break
                elif len(row) <= COLUMNS_MOST and max(map(len, row), default=0) <= CELL:  # otherwise a line of something else
                    table = max(table, _Table(start, row, _columns(row), []), key=_known)
        except csv.Error:
            if set(NEEDED) <= set(table.columns):
                raise TableTooLarge(end + 1, "a cell does not end: a quotation mark is not closed") from None
            continue
        best = max(best, table, key=_known)
    if _known(best):
        yield best


def _known(table: _Table) -> int:
    return sum(column is not None for column in table.columns)
