# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What one row of a vendor's table says, or why nobody can tell: who opens the connection, to whom, on which ports."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection

from ...module_utils._plan.words import EGRESS, INGRESS, TCP, UDP
from .._matrix.model import INITIATOR, RESPONDER
from .ends import TOWARDS, read_end
from .row_ports import joined, read_ports
from .status import Need, check_action, check_heading, need
from .tables import Row
from .unclear import End, RowUnclear, identifier, shown, word_list
from .vocabulary import Vocabulary, vocabulary


class Connection(t.NamedTuple):
    """What a row says.

    Attributes:
        source: The end in the source column.
        destination: The end in the destination column.
        ports: Those of each protocol, in the order of the table.
        contradiction: Why the direction and these columns do not go together; empty if they do.
        need: How much it is needed.
    """

    row: Row
    source: End
    destination: End
    ports: t.Mapping[str, tuple[str, ...]]
    contradiction: str
    need: Need = Need("conditional")

    def ends(self, swapped: bool = False) -> dict[str, End]:
        ends = (self.destination, self.source) if swapped else (self.source, self.destination)
        return dict(zip((INITIATOR, RESPONDER), ends, strict=True))


def read_row(row: Row, perspective: Collection[str] = ()) -> Connection:
    """Read a row.

    Args:
        row: The row.
        perspective: The roles whose host the table describes, if all of it is written for one host.

    Raises:
        RowUnclear: if it cannot be read.
    """
    words = vocabulary()
    if row.surplus:
        raise RowUnclear("the row has more cells than the header; write | inside of a cell as \\|")
    if any("~~" in cell for cell in row.cells.values()):
        raise RowUnclear("some of it is struck out; write what is meant, or leave the row out")
    action = row.cells.get("action")
    check_action(action, row.cells.get("state", ""), words)
    if action is None:
        check_heading(row.headings, words)
        _check_purpose(row.cells.get("purpose", ""), words)
    needed = _need(row, words)
    ports = _ports(row, words)
    said = _directions(row.cells.get("direction", ""), words)
    above = set() if row.cells.get("direction") else _heading_directions(row, words)
    source, destination = _ends(row, said or above, perspective, words)
    for end in (source, destination):
        if end.ports and not all(port in _single(ports) for port in end.ports):
            raise RowUnclear(f"{shown(end.written)} says port {', '.join(end.ports)}, and the port column another one; write one of them")
    if "local" in (source.kind, destination.kind) and not set(ports) <= {TCP, UDP}:
        raise RowUnclear("it stays on one host, so it needs no rule")
    if "roles" not in (source.kind, destination.kind):
        ends = f"neither {shown(source.written)} nor {shown(destination.written)}"
        raise RowUnclear(f"{ends} is a component of the system, so nobody gets a rule")
    direction = row.cells.get("direction", "") or (next(iter(above)) if len(above) == 1 else "")
    contradiction = _contradiction(direction, said or above, source, destination, perspective, words)
    return Connection(row, source, destination, ports, contradiction, needed)


def _single(ports: t.Mapping[str, tuple[str, ...]]) -> set[str]:
    return {port for spans in ports.values() for port in spans}


def _need(row: Row, words: Vocabulary) -> Need:
    cell = row.cells.get("status", "")
    needed = need(row.headers.get("status", ""), cell, words) if cell else Need("conditional")
    condition = row.cells.get("condition", "")
    if word_list(condition) and word_list(condition) not in (*words.nobody, *words.anybody, "always"):
        return Need("optional" if needed.necessity == "optional" else "conditional", condition)
    return needed


def _check_purpose(purpose: str, words: Vocabulary) -> None:
    """A purpose that begins with a refusal: "Deny everything else", "Must not be reachable"."""
    first = word_list(purpose).split()[:3]
    clear = words.deny - words.no - words.allow - {"block", "blocks", "close", "closed", "drop", "drops", "disabled", "disable"}
    refused = bool(set(first[:1]) & clear) or " ".join(first[:2]) in words.refusals
    if refused:
        raise RowUnclear(f"its purpose is {shown(purpose)}: not a connection to open")


def _ports(row: Row, words: Vocabulary) -> dict[str, tuple[str, ...]]:
    protocol = row.cells.get("protocol", "")
    if "port" in row.broken and "protocol" in row.broken:
        raise RowUnclear("the ports and the protocols stand on several lines each; give each protocol a row")
    by_header = {key: row.cells.get(f"port_{key}", "") for key in ("tcp", "udp")}
    if "port" in row.cells and (row.cells["port"] or not any(by_header.values())):
        return read_ports(protocol, joined(row.cells["port"], row.cells.get("port_end", "")), words)
    found: dict[str, tuple[str, ...]] = {}
    for key, cell in by_header.items():
        if re.search(r"[^\W_]", cell) and word_list(cell) not in (*words.nobody, *words.no):
            for each, spans in read_ports(key, joined(cell, row.cells.get("port_end", "")), words).items():
                found[each] = (*found.get(each, ()), *spans)
    return found or read_ports(protocol, "", words)


def _directions(text: str, words: Vocabulary) -> set[str]:
    return {words.directions[word] for word in re.findall(r"[^\W_]+", text.lower()) if word in words.directions}


def _heading_directions(row: Row, words: Vocabulary) -> set[str]:
    """The direction that the nearest heading says, if one says exactly one."""
    for heading in row.headings:
        found = _directions(heading, words)
        if found:
            return found
    return set()


def _ends(row: Row, directions: set[str], perspective: Collection[str], words: Vocabulary) -> tuple[End, End]:
    """Both ends; a missing one is the machine that the table is about."""
    cells: dict[str, str] = {column: row.cells[column] for column in ("source", "destination") if column in row.cells}
    towards = TOWARDS.fullmatch(row.cells.get("other", ""))
    if towards and not cells:
        cells = {"source": towards[1], "destination": towards[2]}
    elif "other" in row.cells and len(cells) < 2:
        missing = [column for column in ("source", "destination") if column not in cells]
        if len(missing) == 2 and len(directions) != 1:
            raise RowUnclear(
                "nothing says who opens the connection: write Inbound or Outbound in a column Direction or in a heading above the table"
            )
        cells[missing[0] if len(missing) == 1 or directions == {INGRESS} else "destination"] = row.cells["other"]
    read: dict[str, End] = {}
    own = {"destination"} if directions == {INGRESS} else {"source"} if directions == {EGRESS} else set()
    for column in ("source", "destination"):
        absent = column not in cells
        empty = not absent and perspective and column in own and not re.search(r"[^\W_]|\*", cells[column])
        if absent or empty:
            read[column] = End("self", (), "this machine")
        else:
            read[column] = read_end(column, cells[column], words)
            if column in row.broken and read[column].kind in ("roles", "network"):
                raise RowUnclear(
                    f"the {column} {shown(cells[column])} stands on several lines: write it on one, or with commas between several"
                )
    if all(end.kind == "self" for end in read.values()) and (cells or "other" in row.cells):
        raise RowUnclear("it stays on the machine that the table is written for, so it needs no rule")
    if all(end.kind == "self" for end in read.values()):
        raise RowUnclear("no column says who is at the other end; write a column Source or Destination")
    for column, end in read.items():
        if end.kind != "self":
            continue
        if not perspective:
            raise RowUnclear(
                f"its {column} is the machine that the table is written for; say which, "
                'for example -e \'{"connectivity_perspective": ["server"]}\''
            )
        if own and column not in own:
            said = "Inbound" if directions == {INGRESS} else "Outbound"
            raise RowUnclear(f"{said}, but the machine that the table is written for is its {column}; write both ends")
        read[column] = End("roles", tuple(identifier(role, "role") for role in perspective), " and ".join(perspective))
    return read["source"], read["destination"]


def _contradiction(direction: str, meant: set[str], source: End, destination: End, perspective: Collection[str], words: Vocabulary) -> str:
    if not re.search(r"[^\W_]|[<>\u2190-\u21ff]", direction):
        return ""
    if len(meant) != 1:
        return f"{shown(direction)} does not say who opens the connection; replies need no rule"
    if set(word_list(direction).split()) & words.replies:
        return f"{shown(direction)} may be a reply; replies need no rule"
    own, other = (destination, source) if meant == {INGRESS} else (source, destination)
    column = "destination" if own is destination else "source"
    if own.kind != "roles" and other.kind == "roles":
        return f"{direction}, but its {column} {shown(own.written)} is not a component of the system, and {shown(other.written)} is one"
    if perspective and not set(perspective) & set(own.values):
        return f"{direction} of {' or '.join(perspective)}, but its {column} is {shown(own.written)}"
    return ""
