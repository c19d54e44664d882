# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the readers of all file formats give: tables of texts, with the lines where they stand, in bounds."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Sequence

ROWS = 2_000
"""The most rows that all tables together may have."""
COLUMNS_MOST = 100
LINE = 20_000
"""The most characters of a row."""
CELL = 2_000
TABLES = 500
HEADER_SOUGHT = 2_000
"""How many rows may stand before the header."""
BREAK = re.compile(r"<br ?/?>|\r\n|\r|\n")
"""Where a line ends in a cell."""


class Grid(t.NamedTuple):
    """A table that may be one of connections.

    Attributes:
        line: Where its header stands, counted from 1.
        header: The cells of its header.
        body: Its rows, each with its line.
        headings: What stands above it, the nearest first.
        sheet: The sheet of a workbook; empty where there is one alone.
        hidden: The lines that cannot be seen in their workbook.
    """

    line: int
    header: Sequence[str]
    body: Sequence[tuple[int, Sequence[str]]]
    headings: tuple[str, ...] = ()
    sheet: str = ""
    hidden: frozenset[int] = frozenset()


class TableTooLarge(Exception):
    """A row is larger than any that people write; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"{message}; is it the right file?")
        self.line = line


def bound_row(line: int, cells: Sequence[str]) -> None:
    """Check one row.

    Raises:
        TableTooLarge: if it has more columns or longer cells than any that people write.
    """
    if len(cells) > COLUMNS_MOST:
        raise TableTooLarge(line, f"the row has {len(cells)} columns; the most is {COLUMNS_MOST}")
    longest = max(map(len, cells), default=0)
    if longest > CELL:
        raise TableTooLarge(line, f"a cell has {longest} characters; the most is {CELL}")


def bound_rows(line: int, count: int) -> None:
    if count > ROWS:
        raise TableTooLarge(line, f"the table has more than {ROWS} rows")


def bound_tables(line: int, count: int) -> None:
    if count > TABLES:
        raise TableTooLarge(line, f"the page has more than {TABLES} tables")
