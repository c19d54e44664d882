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
from .refusals import check_text, is_optional, said_both_ways
from .row_ends import directed, read_ends, with_port
from .row_ports import joined, read_ports
from .status import YES, Need, check_action, check_heading, check_marks, check_unknown, need, remarked
from .tables import Row
from .unclear import End, RowUnclear, shown, word_list
from .vocabulary import Vocabulary, vocabulary

REMARK = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
ASIDE = re.compile(r" [-\u2013\u2014] ")
TRANSPORT = re.compile(r"(?<![a-z])(?:tcp|udp|sctp)(?![a-z])", re.IGNORECASE)


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
    if any("~~" in cell for cell in (*row.cells.values(), *(cell for _column, _header, cell in row.more))):
        raise RowUnclear("some of it is struck out; write what is meant, or leave the row out")
    if row.hidden:
        raise RowUnclear("the row is hidden in the workbook; show it, or delete it there")
    _check_opens(row, words)
    needed = _need(row, words)
    said = _directions(row.cells.get("direction", ""), words) or _marked_directions(row, words)
    above = set() if row.cells.get("direction") else _heading_directions(row, words)
    row = with_port(row, said or above)
    ports = _ports(row, words)
    source, destination = read_ends(row, said or above, perspective, words)
    for end in (source, destination):
        if end.ports and not all(port in _single(ports) for port in end.ports):
            raise RowUnclear(f"{shown(end.written)} says port {', '.join(end.ports)}, and the port column another one; write one of them")
    if "local" in (source.kind, destination.kind) and not set(ports) <= {TCP, UDP}:
        raise RowUnclear("it stays on one host, so it needs no rule")
    if "roles" not in (source.kind, destination.kind):
        ends = f"neither {shown(source.written)} nor {shown(destination.written)}"
        raise RowUnclear(f"{ends} is a component of the system, so nobody gets a rule")
    direction = row.cells.get("direction", "") or (next(iter(above)) if len(above) == 1 else "")
    contradiction = ""
    if not _is_symmetric(direction, source, destination, words) and not _is_arrow(row, direction, words):
        contradiction = _contradiction(direction, said or above, source, destination, perspective, words)
    if source.values != destination.values and any(said_both_ways(purpose, words) for _header, purpose in _purposes(row)):
        contradiction = contradiction or "its purpose says both directions; write a row for each end that opens connections"
    return Connection(row, source, destination, ports, contradiction, needed)


def _single(ports: t.Mapping[str, tuple[str, ...]]) -> set[str]:
    return {port for spans in ports.values() for port in spans}


def _need(row: Row, words: Vocabulary) -> Need:
    cells = [(row.headers.get("status", ""), row.cells.get("status", ""))]
    cells += [(header, cell) for column, header, cell in row.more if column == "status"]
    found = [need(header, cell, words) for header, cell in cells if cell]
    needed = found[0] if found else Need("conditional")
    condition = row.cells.get("condition", "")
    if word_list(condition) and word_list(condition) not in (*words.nobody, *words.anybody, "always"):
        return Need("optional" if needed.necessity == "optional" else "conditional", condition)
    action = row.cells.get("action", "")
    if set(word_list(action).split()) & words.conditions:
        return Need("optional" if needed.necessity == "optional" else "conditional", action)
    if found:
        return needed
    return remarked((purpose for _header, purpose in _purposes(row)), words) or (
        _need_of_heading(row.headings[0], words) if row.headings else needed
    )


def _need_of_heading(heading: str, words: Vocabulary) -> Need:
    if is_optional(heading, words):
        return Need("optional")
    return Need("mandatory" if word_list(heading) in words.mandatory - words.yes else "conditional")


def _check_opens(row: Row, words: Vocabulary) -> None:
    """Check that no cell or heading says that the row opens nothing."""
    action = row.cells.get("action")
    check_action(action, row.cells.get("state", ""), words)
    for column, header, cell in row.more:
        if column in ("enabled", "disabled"):
            check_marks(header, cell, column == "enabled", words)
        elif column in ("", "destination"):
            check_unknown(header, cell, words)
    for column in ("enabled", "disabled"):
        if column in row.cells:
            check_marks(row.headers.get(column, column), row.cells[column], column == "enabled", words)
    direction = row.cells.get("direction", "")
    if set(word_list(direction).split()) & (words.deny | words.negations):
        raise RowUnclear(f"its direction is {shown(direction)}: not a connection to open")
    if action is None:
        check_heading(row.headings, words)
    _check_alone(row)
    for header, purpose in _purposes(row):
        if action is None:
            _check_purpose(header, purpose, words)
        check_text(header, purpose, words)


def _check_alone(row: Row) -> None:
    said = {cell for cell in row.cells.values() if re.search(r"[^\W_]|\*", cell)}
    if len(said) == 1 and len(row.cells) > 2 and not re.search(r"[^\W_]|\*", row.cells.get("port", "")):
        raise RowUnclear(f"{shown(next(iter(said)))} is all that it says: a note or a heading, and not a connection")


def _purposes(row: Row) -> list[tuple[str, str]]:
    """The purpose and the remarks, each with what its column is called in messages."""
    purposes = [("purpose", row.cells.get("purpose", ""))]
    purposes += ((f"column {shown(header)}", cell) for column, header, cell in row.more if column == "purpose")
    for column in ("port", "protocol", "source", "destination", "other", "service"):
        purposes += ((column, inside) for inside in REMARK.findall(row.cells.get(column, "")))
    for column in ("source", "destination", "other"):
        purposes += ((column, part) for part in ASIDE.split(row.cells.get(column, ""))[1:])
    return purposes


def _check_purpose(header: str, purpose: str, words: Vocabulary) -> None:
    """A purpose that begins with a refusal: "Deny everything else", "Must not be reachable"."""
    first = word_list(purpose).split()[:1]
    clear = words.deny - words.no - words.allow - {"block", "blocks", "close", "closed", "drop", "drops", "disabled", "disable"}
    if set(first) & clear:
        raise RowUnclear(f"its {header} is {shown(purpose)}: not a connection to open")


def _ports(row: Row, words: Vocabulary) -> dict[str, tuple[str, ...]]:
    protocol = _protocol(row)
    if "port" in row.broken and "protocol" in row.broken:
        raise RowUnclear("the ports and the protocols stand on several lines each; give each protocol a row")
    by_header = {key: row.cells.get(f"port_{key}", "") for key in ("tcp", "udp")}
    if "port" in row.cells and (row.cells["port"] or not any(by_header.values())):
        return read_ports(protocol, joined(_port(row), row.cells.get("port_end", "")), words)
    found: dict[str, tuple[str, ...]] = {}
    for key, cell in by_header.items():
        if re.search(r"[^\W_]", cell) and word_list(cell) not in (*words.nobody, *words.no):
            for each, spans in read_ports(key, joined(cell, row.cells.get("port_end", "")), words).items():
                found[each] = (*found.get(each, ()), *spans)
    return found or read_ports(protocol, "", words)


def _protocol(row: Row) -> str:
    """The protocol. Where it has several columns, such as the application's and the transport's, the one that names a transport."""
    cells = [row.cells.get("protocol", ""), *(cell for column, _header, cell in row.more if column == "protocol")]
    return next((cell for cell in cells if TRANSPORT.search(cell)), cells[0])


def _port(row: Row) -> str:
    """The port, where no other column of ports says another one."""
    cells = [
        (row.headers.get("port", "port"), row.cells["port"]),
        *((header, cell) for column, header, cell in row.more if column == "port"),
    ]
    with_digits = [(header, cell) for header, cell in cells if re.search(r"\d", cell)]
    for header, cell in with_digits[1:]:
        if set(re.findall(r"\d+", cell)) != set(re.findall(r"\d+", with_digits[0][1])):
            both = f"{shown(with_digits[0][1])} in {shown(with_digits[0][0])} and {shown(cell)} in {shown(header)}"
            raise RowUnclear(f"it says two ports, {both}; keep the column with the port that the other end connects to")
    return with_digits[0][1] if with_digits else cells[0][1]


def _directions(text: str, words: Vocabulary) -> set[str]:
    return {words.directions[word] for word in re.findall(r"[^\W_]+", text.lower()) if word in words.directions}


def _marked_directions(row: Row, words: Vocabulary) -> set[str]:
    """The directions that columns Inbound and Outbound tick."""
    marks = {direction: row.cells.get(column, "") for column, direction in (("inbound", INGRESS), ("outbound", EGRESS))}
    ticked = {direction for direction, cell in marks.items() if word_list(cell) in words.yes or set(cell) & YES}
    clear = all(direction in ticked or not cell or word_list(cell) in {*words.no, *words.nobody, ""} for direction, cell in marks.items())
    return ticked if clear else set()


def _heading_directions(row: Row, words: Vocabulary) -> set[str]:
    """The direction that the nearest heading says, if one says exactly one."""
    for heading in row.headings:
        found = _directions(heading, words)
        if found:
            return found
    return set()


def _is_arrow(row: Row, direction: str, words: Vocabulary) -> bool:
    """Whether the direction is the way from one column to the other, which the ends have been read with."""
    way = directed(direction, words)
    return way == "onward" or (way == "back" and "source" not in row.cells and "destination" not in row.cells)


def _is_symmetric(direction: str, source: End, destination: End, words: Vocabulary) -> bool:
    """Whether both directions are meant, between components that are the same."""
    both = word_list(direction) in words.both or bool(re.fullmatch(r"<[-=]*>|[\u2194\u21d4\u21c4\u21c6]", direction.strip()))
    return both and source.kind == "roles" and source.values == destination.values


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
