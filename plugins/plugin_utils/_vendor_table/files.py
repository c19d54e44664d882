# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The rows of a vendor's file, whatever kind of file it is."""

from __future__ import annotations

from .other_formats import binary_format
from .tables import Row, known_in, read_grids, read_tables
from .workbooks import NotAWorkbook, is_workbook, workbook_grids


class NotATable(Exception):
    """The file is of a kind that the importer does not read; the message says which, and what to do."""


def read_table_file(data: bytes) -> list[Row]:
    """The rows of all tables of connections.

    Raises:
        NotATable: if the file is of another kind.
        TablesNotFound: if it has no table of connections.
        TableTooLarge: if it is larger than any that people write.
        LibrariesMissing: if the library for its format is not there.
    """
    if is_workbook(data):
        try:
            grids = list(workbook_grids(data, known_in))
        except NotAWorkbook as error:
            raise NotATable(str(error)) from None
        return [row for table in read_grids(grids) for row in table]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotATable(
            binary_format(data) or "is not a text file in UTF-8; save the table as CSV (UTF-8), XLSX, HTML or Markdown"
        ) from None
    kind = binary_format(data)
    if kind:
        raise NotATable(kind)
    return [row for table in read_tables(text) for row in table]
