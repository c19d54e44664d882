# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The tables of an XLSX workbook, one for each sheet. The parser is openpyxl, with defusedxml against hostile XML."""

from __future__ import annotations

import io
import typing as t
import zipfile
from collections.abc import Iterator, Sequence

from .._common.texts import one_line, shortened
from .._libraries import library
from .columns import from_header
from .grids import COLUMNS_MOST, ROWS, Grid, TableTooLarge, bound_row

UNPACKED = 64 * 1024 * 1024
"""The most bytes that the parts of a workbook may have together."""
PARTS = 2_000
SHEETS = 50


class NotAWorkbook(Exception):
    """The file is not an XLSX workbook that can be read; the message says why."""


def is_workbook(data: bytes) -> bool:
    """Whether a file is an XLSX workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return "xl/workbook.xml" in parts.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def workbook_grids(data: bytes, known: t.Callable[[Sequence[str]], tuple[int, bool]]) -> Iterator[Grid]:
    """The table of each sheet that can be seen. Merged cells stand in each of their rows; struck-out texts have two tildes on both sides.

    Raises:
        LibrariesMissing: if openpyxl or defusedxml is not there.
        NotAWorkbook: if it cannot be read.
        TableTooLarge: if it is larger than any that people write.
    """
    _bound(data)
    library("defusedxml", "defusedxml")
    openpyxl = library("openpyxl", "openpyxl")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    except Exception as error:  # openpyxl has no common class for what a file of others can have
        raise NotAWorkbook(f"is not a workbook that openpyxl can read: {shortened(one_line(str(error)))}") from None
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if len(sheets) > SHEETS:
        raise TableTooLarge(1, f"the workbook has {len(sheets)} sheets; the most is {SHEETS}")
    for sheet in sheets:
        name = one_line(sheet.title)
        found = from_header(_rows(sheet), known, (name,), name if len(sheets) > 1 else "")
        if found:
            yield found._replace(hidden=frozenset(line for line, _cells in found.body if sheet.row_dimensions[line].hidden))


def _bound(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotAWorkbook(f"is not a workbook: {error}") from None
    if sum(sizes) > UNPACKED or len(sizes) > PARTS:
        raise TableTooLarge(1, f"the workbook unpacks to {sum(sizes)} bytes in {len(sizes)} parts")


def _rows(sheet: t.Any) -> list[tuple[int, list[str]]]:
    if sheet.max_column > 10 * COLUMNS_MOST or sheet.max_row > 10 * ROWS:
        raise TableTooLarge(1, f"the sheet {one_line(sheet.title)} has {sheet.max_row} rows and {sheet.max_column} columns")
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    for spanned in sheet.merged_cells.ranges:
        if spanned.size["rows"] * spanned.size["columns"] > ROWS * COLUMNS_MOST:
            raise TableTooLarge(spanned.min_row, "a merged cell is larger than any table")
        for row in range(spanned.min_row, min(spanned.max_row, sheet.max_row) + 1):
            for column in range(spanned.min_col, min(spanned.max_col, sheet.max_column) + 1):
                merged[row, column] = (spanned.min_row, spanned.min_col)
    rows = []
    for row in range(1, sheet.max_row + 1):
        cells = [_text(sheet.cell(*merged.get((row, column), (row, column)))) for column in range(1, sheet.max_column + 1)]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            bound_row(row, cells)
            rows.append((row, cells))
            if len(rows) > 2 * ROWS:
                raise TableTooLarge(row, f"the sheet has more than {2 * ROWS} rows")
    return rows


def _text(cell: t.Any) -> str:
    value = cell.value
    if value is None:
        return ""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return f"~~{text}~~" if cell.font is not None and cell.font.strike and text.strip() else text
