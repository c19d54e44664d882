# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The table of a CSV file, with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import typing as t
from collections.abc import Iterator, Sequence

from .columns import combined
from .grids import CELL, COLUMNS_MOST, HEADER_SOUGHT, Grid, TableTooLarge, bound_row, bound_rows

Known = t.Callable[[Sequence[str]], "tuple[int, bool]"]


def csv_grids(text: str, known: Known) -> Iterator[Grid]:
    """The table begins with the first row that names all that is needed; the delimiter that finds most columns is the right one."""
    best = Grid(0, [], [])
    most = 0
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        table, count, wanted = Grid(0, [], []), 0, False
        body: list[tuple[int, Sequence[str]]] = []
        end = 0
        above: list[str] = []
        last: tuple[int, Sequence[str]] = (0, [])
        try:
            for row in reader:
                start, end = end + 1, reader.line_num
                if wanted:
                    if any(cell.strip() for cell in row):
                        bound_row(start, row)
                        body.append((start, row))
                        bound_rows(start, len(body))
                elif start > HEADER_SOUGHT:
                    break
                elif len(row) <= COLUMNS_MOST and max(map(len, row), default=0) <= CELL:  # otherwise a line of something else
                    named, wanted = known(row)
                    both = None if wanted else combined(last[1], row, known)
                    if both:
                        table, count, wanted = Grid(last[0], both, body, tuple(reversed(above[-4:-1]))), known(both)[0], True
                    elif named > count or wanted:
                        table, count = Grid(start, row, body, tuple(reversed(above[-3:]))), named
                    above.append(" ".join(filter(None, row)))
                    last = (start, row)
        except csv.Error:
            if wanted:
                raise TableTooLarge(end + 1, "a cell does not end: a quotation mark is not closed") from None
            continue
        if count > most:
            best, most = table, count
    if most:
        yield best
