# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Drafts a matrix from a vendor's table. What the table does not say is written as unknown; what contradicts itself is left to the user."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence

import yaml

from ...module_utils._plan.protocols import TRIED, WITH_TYPES, traffic
from ...module_utils._plan.words import TCP
from .._matrix.model import INITIATOR, RESPONDER
from .replies import replies
from .row import Connection, read_row
from .status import stronger
from .tables import Row, clean, read_tables
from .unclear import NAME, End, RowUnclear, identifier

QUESTIONS = (
    "tls, inspection and proxy of every flow, which the table does not say",
    "necessity: what the table does not call mandatory or optional is conditional, a rule wherever both ends exist",
    "phases: install as well, or instead, for what only the installation needs",
    "exposure and any: who is meant by everybody; name roles or a network where it is partners or a site",
    "options: ports that can be changed, and choices on which flows depend",
    "placement: published, for containers behind published ports",
)
Ends = Mapping[str, End]


@dataclasses.dataclass
class Draft:
    """A drafted matrix.

    Attributes:
        text: The file.
        flows: How many flows it has.
        contradictions: "file:line: why" for rows whose direction does not go with their source and destination.
        unread: "file:line: why" for rows that say nothing a firewall could do.
        hints: What else is worth a look.
    """

    text: str
    flows: int
    contradictions: list[str]
    unread: list[str]
    hints: list[str]


class _Flow:
    def __init__(self, connection: Connection, protocol: str, ends: Ends) -> None:
        self.connection = connection
        self.protocol = protocol
        self.ports = connection.ports[protocol]
        self.ends = ends
        self.rows = [connection.row]
        self.id = ""
        self.need = connection.need

    def add(self, connection: Connection) -> None:
        """A further row that says the same: the stronger need counts, and each condition."""
        self.rows.append(connection.row)
        self.need = stronger(self.need, connection.need)

    @property
    def key(self) -> object:
        return self.protocol, self.ports, *((self.ends[end].kind, self.ends[end].values) for end in (INITIATOR, RESPONDER))

    def as_matrix(self) -> dict[str, t.Any]:
        cells = self.connection.row.cells
        need = self.need
        return {
            "purpose": cells.get("purpose") or cells.get("service") or self.shown(),
            "initiator": _endpoint(self.ends[INITIATOR]),
            "responder": _endpoint(self.ends[RESPONDER]),
            "protocol": self.protocol,
            **self._selected(),
            "application": identifier(cells.get("service", "").partition("/")[0] or "unknown", "application"),
            "tls": "unknown",
            "necessity": need.necessity,
            **({"condition": need.condition} if need.condition else {}),
            "phases": ["run"],
            "proxy": "unknown" if self.protocol == TCP else "forbidden",
            "inspection": "unknown" if self.protocol in TRIED else "not_applicable",
            "exposure": _exposure(self.ends),
            "citations": [f"table: {row.place}" for row in self.rows],
            "confidence": "low",
        }

    def _selected(self) -> dict[str, t.Any]:
        if self.protocol in WITH_TYPES:
            return {"ports": [], "types": [int(text) if text.isdecimal() else text for text in self.ports]}
        return {"ports": [port if "-" in port else int(port) for port in self.ports]}

    def shown(self) -> str:
        return f"{self.ends[INITIATOR].written} to {self.ends[RESPONDER].written}, {traffic(self.protocol, self.ports)}"


def draft_matrix(text: str, file: str, name: str, perspective: Collection[str] = ()) -> Draft:
    """Draft a matrix from a page with tables.

    Args:
        text: The page, CSV or Markdown.
        file: The page, as messages and citations should name it.
        name: The matrix's name.
        perspective: The roles whose host the tables describe, if all rows are written for one host.

    Raises:
        TablesNotFound: if there is no table of connections.
        TableTooLarge: if a table is larger than any of connections.
    """
    return draft_rows([row for table in read_tables(text) for row in table], file, name, perspective)


def draft_rows(rows: Sequence[Row], file: str, name: str, perspective: Collection[str] = ()) -> Draft:
    """Draft a matrix from the rows of all tables of a file: each becomes flows, or is named with the reason."""
    file = clean(file)
    read: list[Connection] = []
    said: list[tuple[Row, str]] = []
    for row in rows:
        try:
            read.append(read_row(row, perspective))
        except RowUnclear as unclear:
            said.append((row, str(unclear)))
    answers = replies(read)
    said += [(connection.row, why) for connection, why in answers]
    connections = [connection for connection in read if not any(connection is answer for answer, _why in answers)]
    unread = [f"{_place(file, row)}: {why}" for row, why in sorted(said, key=lambda each: (each[0].sheet, each[0].line))]
    plurals = _plurals(connections)
    flows: dict[object, _Flow] = {}
    readings: list[_Flow] = []
    for connection in connections:
        if connection.contradiction:
            readings += (flow for swapped in (False, True) for flow in _flows(connection, plurals, swapped))
            continue
        for flow in _flows(connection, plurals):
            known = flows.setdefault(flow.key, flow)
            if known is not flow:
                known.add(connection)
    contradictions = [f"{_place(file, each.row)}: {each.contradiction}" for each in connections if each.contradiction]
    _name([*flows.values(), *readings])
    draft = Draft("", len(flows), contradictions, unread, list(_hints(flows.values(), file)))
    draft.text = _render(draft, _head(file, name, [*flows.values(), *readings]), file, list(flows.values()), readings)
    return draft


def _place(file: str, row: Row) -> str:
    return f"{file}, {row.sheet}:{row.line}" if row.sheet else f"{file}:{row.line}"


def _plurals(connections: Sequence[Connection]) -> dict[str, str]:
    """Roles that the table also names in the singular."""
    roles = {role for row in connections for end in (row.source, row.destination) if end.kind == "roles" for role in end.values}
    return {role: role[:-1] for role in roles if role.endswith("s") and role[:-1] in roles}


def _flows(connection: Connection, plurals: Mapping[str, str], swapped: bool = False) -> Iterator[_Flow]:
    for protocol in connection.ports:
        ends = {
            which: end._replace(values=tuple(dict.fromkeys(plurals.get(value, value) for value in end.values)))
            for which, end in connection.ends(swapped).items()
        }
        yield _Flow(connection, protocol, ends)


def _endpoint(end: End) -> dict[str, t.Any]:
    if end.kind in ("any", "local"):
        return {end.kind: True}
    return {end.kind: end.values[0] if end.kind == "network" else list(end.values)}


def _exposure(ends: Ends) -> str:
    initiator, responder = ends[INITIATOR].kind, ends[RESPONDER].kind
    if initiator == "local":
        return "loopback"
    if responder == "local":
        return "host"
    if responder in ("names", "any"):
        return "internet"
    return "site" if "network" in (initiator, responder) else "partners"


def _hints(flows: Collection[_Flow], file: str) -> Iterator[str]:
    """A port that comes from anybody and goes to anybody is most often one flow between partners."""
    outgoing = {(flow.protocol, flow.ports): flow for flow in flows if flow.ends[RESPONDER].kind == "any"}
    roles = {value: flow for flow in reversed(list(flows)) for end in flow.ends.values() if end.kind == "roles" for value in end.values}
    for role in sorted(role for role in roles if role.startswith("other_")):
        meant = role.removeprefix("other_")
        known = next((name for name in (meant, meant.removesuffix("s"), f"{meant}s") if name in roles), "")
        if known:
            yield f"{_place(file, roles[role].rows[0])}: the role {role} may be {known} on the other end; if so, write {known}"
    for flow in flows:
        other = outgoing.get((flow.protocol, flow.ports))
        if flow.ends[INITIATOR].kind == "any" and other:
            ends = [", ".join(end.values) for end in (other.ends[INITIATOR], flow.ends[RESPONDER])]
            lines = f"{_place(file, flow.rows[0])} and {other.rows[0].line}"
            yield f"{lines}: from anybody and to anybody; if partners are meant, write one flow, from {ends[0]} to {ends[1]}"


def _head(file: str, name: str, flows: Sequence[_Flow]) -> dict[str, t.Any]:
    """What stands before the flows."""
    ends = [end for flow in flows for end in flow.ends.values()]
    roles = {role: end.written for end in reversed(ends) if end.kind == "roles" for role in end.values}
    networks = {end.values[0]: end.written for end in reversed(ends) if end.kind == "network"}
    head: dict[str, t.Any] = {
        "matrix": name,
        "title": title(name),
        "description": f"Drafted from {file}.",
        "documents": {"table": {"title": file}},
        "roles": {role: {"description": f"What the table calls {roles[role]}."} for role in sorted(roles)},
    }
    if networks:
        head["networks"] = {network: {"description": f"What the table calls {networks[network]}."} for network in sorted(networks)}
    return head


def _comments(draft: Draft, file: str) -> str:
    """What the user has to look at, as the beginning of the file."""
    comments = [f"Drafted from {file}: a beginning, to be read against the vendor's document.", ""]
    for heading, entries in (
        ("Decide which reading is right; both stand at the end, commented out", draft.contradictions),
        ("Not read", draft.unread),
        ("Look at", draft.hints),
        ("Fill in", list(QUESTIONS)),
    ):
        comments += [f"{heading}:", *(f"  - {entry}" for entry in entries), ""] if entries else []
    return "".join(f"# {line}".rstrip() + "\n" for line in comments[:-1])


def _render(draft: Draft, head: Mapping[str, t.Any], file: str, flows: Sequence[_Flow], readings: Sequence[_Flow]) -> str:
    parts = [_comments(draft, file), as_yaml(dict(head)), "flows:\n" + "\n".join(map(_indented, flows))]
    for flow in readings:
        lines = _indented(flow).splitlines(keepends=True)
        parts.append(
            f"  # {_place(file, flow.rows[0])}, if this is who opens the connection: {flow.shown()}\n"
            + "".join(f"  # {line[2:]}" for line in lines)
        )
    return "\n".join(parts)


def title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _indented(flow: _Flow) -> str:
    return "".join(f"  {line}" for line in as_yaml({flow.id: flow.as_matrix()}).splitlines(keepends=True))


def as_yaml(data: object) -> str:
    """Data as people write it in a matrix."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=10000)


def _name(flows: Sequence[_Flow]) -> None:
    """Give each flow an id: its purpose, short, or its service and port; a number follows where that is taken."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for flow in flows:
        cells = flow.connection.row.cells
        words = identifier(cells.get("purpose", ""), "").split("_")[:5]
        service = identifier(cells.get("service", "").partition("/")[0] or flow.protocol, "flow")
        wanted = "_".join(words).strip("_") or "_".join((service, *flow.ports[:1])).replace("-", "_")
        wanted = identifier(wanted, "flow")
        number, flow.id = numbers.get(wanted, 1), wanted
        while flow.id in taken:
            number += 1
            flow.id = f"{wanted[: NAME - 1 - len(str(number))]}_{number}"
        numbers[wanted] = number
        taken.add(flow.id)
