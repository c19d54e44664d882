# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Both ends of a row, from whatever columns it has: source and destination, this machine and the other one, or an arrow between two."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ...module_utils._plan.words import EGRESS, INGRESS
from .ends import is_place, read_end
from .tables import Row
from .unclear import End, RowUnclear, identifier, shown, word_list
from .vocabulary import Vocabulary

_ONWARD = r"(?:-+>|=+>|\u2192|\u21d2|\u27f6|\u2794|\u279c|\u25ba)"
_BACK = r"(?:<-+|<=+|\u2190|\u21d0|\u27f5)"
TOWARDS = re.compile(rf"([^<>\u2190\u21d0]+?)\s*{_ONWARD}\s*(.+)")
FROM = re.compile(rf"([^<>\u2190\u21d0]+?)\s*{_BACK}\s*([^<>\u2192\u21d2]+)")
IN_WORDS = re.compile(r"(?:from )?((?:(?! to ).)+) to ((?:(?! to ).)+)", re.IGNORECASE)
_WHO = "nothing says who opens the connection: write Inbound or Outbound in a column Direction or in a heading above the table"


def directed(direction: str, words: Vocabulary) -> str:
    """Whether an arrow or a word of a direction goes "onward", from the first column to the second, or "back"; empty if it does not say."""
    text = direction.strip()
    if re.fullmatch(_ONWARD, text) or word_list(text) in words.onward or re.fullmatch(rf"a ?(?:{_ONWARD}|to) ?b", text.lower()):
        return "onward"
    return "back" if re.fullmatch(_BACK, text) or re.fullmatch(rf"b ?(?:{_ONWARD}|to) ?a|a ?{_BACK} ?b", text.lower()) else ""


def with_port(row: Row, directions: set[str]) -> Row:
    """The row with the port that is connected to, where the table has columns for the machine's own port and for the other end's.

    Raises:
        RowUnclear: if nothing says which of both it is.
    """
    local, remote = row.cells.get("local_port"), row.cells.get("remote_port")
    if "port" in row.cells or (local is None and remote is None):
        return row
    if len(directions) != 1:
        raise RowUnclear(_WHO)
    answers, asks = (local, remote) if directions == {INGRESS} else (remote, local)
    if answers is None:
        column = row.headers.get("remote_port" if directions == {INGRESS} else "local_port", "")
        raise RowUnclear(f"the column {shown(column)} has the ports of the end that opens the connection; write those of the other end")
    return row._replace(cells={**row.cells, "port": answers, **({"source_port": asks} if asks else {})})


def read_ends(row: Row, directions: set[str], perspective: Collection[str], words: Vocabulary) -> tuple[End, End]:
    """Both ends; a missing one is the machine that the table is about.

    Raises:
        RowUnclear: if they cannot be read.
    """
    cells: dict[str, str] = {column: _cell(row, column, words) for column in ("source", "destination") if column in row.cells}
    if not cells:
        cells = _pair(row, words)
    if "other" in row.cells and not cells:
        cells = _connection(row.cells["other"])
    if "other" in row.cells and len(cells) < 2:
        missing = [column for column in ("source", "destination") if column not in cells]
        if len(missing) == 2 and len(directions) != 1:
            raise RowUnclear(_WHO)
        own = "destination" if directions == {INGRESS} else "source"
        if len(missing) == 2 and row.cells.get("local") and not _is_anybody(row.cells["local"], words):
            cells[own] = row.cells["local"]
        cells[missing[0] if len(missing) == 1 or directions == {INGRESS} else "destination"] = row.cells["other"]
    own_end = {"destination"} if directions == {INGRESS} else {"source"} if directions == {EGRESS} else set()
    read = {column: _read(row, column, cells, bool(perspective) and column in own_end, words) for column in ("source", "destination")}
    if all(end.kind == "self" for end in read.values()) and (cells or "other" in row.cells):
        raise RowUnclear("it stays on the machine that the table is written for, so it needs no rule")
    if all(end.kind == "self" for end in read.values()):
        raise RowUnclear("no column says who is at the other end; write a column Source or Destination")
    for column, end in read.items():
        if end.kind == "self":
            read[column] = _self(column, directions, own_end, perspective)
    return read["source"], read["destination"]


def _self(column: str, directions: set[str], own: set[str], perspective: Collection[str]) -> End:
    """The machine that the table is about."""
    if not perspective:
        raise RowUnclear(
            f"its {column} is the machine that the table is written for; say which, "
            'for example -e \'{"connectivity_perspective": ["server"]}\''
        )
    if own and column not in own:
        said = "Inbound" if directions == {INGRESS} else "Outbound"
        raise RowUnclear(f"{said}, but the machine that the table is written for is its {column}; write both ends")
    return End("roles", tuple(identifier(role, "role") for role in perspective), " and ".join(perspective))


def _read(row: Row, column: str, cells: Mapping[str, str], may_be_empty: bool, words: Vocabulary) -> End:
    if column not in cells or (may_be_empty and not re.search(r"[^\W_]|\*", cells[column])):
        return End("self", (), "this machine")
    end = read_end(column, cells[column], words)
    if column in row.broken and end.kind in ("roles", "network"):
        raise RowUnclear(f"the {column} {shown(cells[column])} stands on several lines: write it on one, or with commas between several")
    return end


def _cell(row: Row, column: str, words: Vocabulary) -> str:
    """The cell of an end. Of several columns, such as a name and an address, the address stands behind the name in parentheses."""
    found = [(row.headers.get(column, ""), row.cells[column])]
    found += [(header, cell) for kind, header, cell in row.more if kind == column]
    said = [(header, cell) for header, cell in found if re.search(r"[^\W_]|\*|::", cell) and word_list(cell) not in words.nobody]
    if len(found) == 1 or len(said) < 2:
        return said[0][1] if said else found[0][1]
    places = [cell for _header, cell in said if is_place(cell) or _is_anybody(cell, words)]
    named = [(header, cell) for header, cell in said if cell not in places]
    if not named:
        return next((cell for cell in places if not _is_anybody(cell, words)), places[0])
    exact = [cell for header, cell in named if not set(word_list(header).split()) & words.networks] or [cell for _header, cell in named]
    return f"{exact[0]} ({places[0]})" if places else exact[0]


def _is_anybody(cell: str, words: Vocabulary) -> bool:
    return cell.strip() == "*" or word_list(cell) in words.anybody or cell.strip() in ("0.0.0.0/0", "::/0", "0.0.0.0", "::")


def _pair(row: Row, words: Vocabulary) -> dict[str, str]:
    """The ends of a row between two systems, which an arrow puts in order."""
    if "first" not in row.cells or "second" not in row.cells:
        return {}
    way = directed(row.cells.get("direction", ""), words)
    if not way:
        raise RowUnclear(
            f"nothing says whether {shown(row.cells['first'])} or {shown(row.cells['second'])} opens the connection; "
            "write columns Source and Destination"
        )
    ends = (row.cells["first"], row.cells["second"])
    return dict(zip(("source", "destination"), ends if way == "onward" else ends[::-1], strict=True))


def _connection(cell: str) -> dict[str, str]:
    """The ends of a cell such as "node -> hub" or "from node to hub"."""
    found = TOWARDS.fullmatch(cell) or IN_WORDS.fullmatch(cell)
    if found:
        return {"source": found[1], "destination": found[2]}
    back = FROM.fullmatch(cell)
    return {"source": back[2], "destination": back[1]} if back else {}
