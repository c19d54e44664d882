# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads vendors' tables of connections: CSV, or Markdown tables anywhere on a page. What the cells mean is _table_row's business."""

from __future__ import annotations

import csv
import io
import re
import typing as t
from collections.abc import Iterator, Sequence

COLUMNS: dict[str, tuple[str, ...]] = {
    "direction": ("direction", "dir", "flow direction", "traffic direction", "in out", "inbound outbound", "ingress egress"),
    "protocol": ("protocol", "proto", "ip protocol", "transport", "transport protocol", "l4", "l4 protocol", "layer 4", "tcp udp"),
    "port": (
        "port",
        "ports",
        "port s",
        "destination port",
        "destination ports",
        "dest port",
        "dst port",
        "dport",
        "target port",
        "port number",
        "server port",
        "port range",
        "tcp port",
        "udp port",
    ),
    "source": (
        "source",
        "sources",
        "src",
        "from",
        "source machine",
        "source host",
        "source ip",
        "source address",
        "initiator",
        "client",
        "origin",
        "source ip address",
        "source component",
    ),
    "destination": (
        "destination",
        "destinations",
        "dest",
        "dst",
        "to",
        "target",
        "destination machine",
        "destination host",
        "destination ip",
        "destination address",
        "responder",
        "server",
        "destination ip address",
        "destination component",
        "remote",
    ),
    "purpose": (
        "purpose",
        "description",
        "comment",
        "comments",
        "usage",
        "used for",
        "use",
        "reason",
        "remark",
        "remarks",
        "notes",
        "note",
    ),
    "service": ("service", "application", "application protocol", "app", "service name", "l7", "layer 7"),
    "status": ("status", "required", "necessity", "mandatory", "mandatory optional", "optional"),
}
"""What vendors call the columns: letters and digits of the header, in lower case."""

NEEDED = ("port", "source", "destination")

DELIMITER_ROW = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class Row(t.NamedTuple):
    """One row: ``line`` counts from 1, ``cells`` has the text of every known column, ``surplus`` says that there were more than headers."""

    line: int
    cells: dict[str, str]
    surplus: bool


class TablesNotFound(Exception):
    """The text has no table of connections; the message says what it has instead."""


def read_tables(text: str) -> list[list[Row]]:
    """The rows of every table that has a port, a source and a destination; other tables are passed over.

    Raises:
        TablesNotFound: if there is none.
    """
    found = list(_markdown(text.splitlines())) or list(_csv(text))
    tables = [[_row(line, columns, cells) for line, cells in body] for columns, body in found if set(NEEDED) <= set(columns)]
    if not tables:
        seen = "; ".join(", ".join(filter(None, columns)) or "none" for columns, _body in found)
        wanted = ", ".join(f"{column} (or {', '.join(COLUMNS[column][1:4])})" for column in NEEDED)
        raise TablesNotFound(f"no table with the columns {wanted}" + (f"; known columns of the tables there are: {seen}" if found else ""))
    return tables


_Columns = list[t.Optional[str]]
_Body = list[tuple[int, Sequence[str]]]


def _columns(header: Sequence[str]) -> _Columns:
    """The known column of each cell of a header; of two that mean the same, the first in order of COLUMNS counts."""
    words = [" ".join(re.findall(r"[a-z0-9]+", clean(cell).lower())) for cell in header]
    columns: _Columns = [None] * len(words)
    for column, names in COLUMNS.items():
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
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _markdown(lines: Sequence[str]) -> Iterator[tuple[_Columns, _Body]]:
    for index, line in enumerate(lines):
        if index and "|" in lines[index - 1] and DELIMITER_ROW.fullmatch(line):
            body: _Body = []
            for number, row in enumerate(lines[index + 1 :], index + 2):
                if "|" not in row:
                    break
                body.append((number, _cells(row)))
            yield _columns(_cells(lines[index - 1])), body


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))


def _csv(text: str) -> Iterator[tuple[_Columns, _Body]]:
    """The table begins with the first row that names all that is needed; the delimiter that finds most columns is the right one."""
    best: tuple[_Columns, _Body] = ([], [])
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns: _Columns = []
        body: _Body = []
        end = 0
        try:
            for row in reader:
                start, end = end + 1, reader.line_num
                if len(set(NEEDED) & set(columns)) == len(NEEDED):
                    if any(cell.strip() for cell in row):
                        body.append((start, row))
                else:
                    columns = max(columns, _columns(row), key=_known)
        except csv.Error:
            continue
        best = max(best, (columns, body), key=lambda table: _known(table[0]))
    if _known(best[0]):
        yield best


def _known(columns: _Columns) -> int:
    return sum(column is not None for column in columns)
