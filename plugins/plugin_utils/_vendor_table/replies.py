# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rows that are replies: from a fixed port, to the other end's ports that clients take for themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...module_utils._plan.protocols import WITH_PORTS
from .row import Connection

FIXED = 49_152
"""From here on are no ports that a service has for good."""
WIDE = 10_000
"""A range with more ports than this is one that clients take for themselves."""


def replies(connections: Sequence[Connection]) -> list[tuple[Connection, str]]:
    """The replies among connections, each with the reason."""
    asked: dict[tuple[object, object, str], Connection] = {}
    for connection in connections:
        for span in _ports(connection):
            asked.setdefault((_end(connection, False), _end(connection, True), span), connection)
    found = []
    for connection in connections:
        written = connection.row.cells.get("source_port", "").replace("\u2013", "-")
        source = [] if re.search(r"[<>+]", written) else [span for span in re.findall(r"\d+(?:-\d+)?", written) if not _is_wide(span)]
        if not source or set(source) & _ports(connection):
            continue
        questions = [asked.get((_end(connection, True), _end(connection, False), span)) for span in source]
        question = next((each for each in questions if each is not None and each is not connection), None)
        if question is not None:
            found.append((connection, f"its source port {written} is the port of line {question.row.line}: a reply; replies need no rule"))
        elif _is_fixed(written) and any(map(_is_wide, _ports(connection))):
            said = f"from port {written} to the ports that clients take for themselves"
            found.append((connection, f"{said}: a reply; replies need no rule"))
    return found


def _ports(connection: Connection) -> set[str]:
    return {span for protocol, spans in connection.ports.items() if protocol in WITH_PORTS for span in spans}


def _is_fixed(written: str) -> bool:
    return (
        bool(re.fullmatch(r"\D{0,9}\d{1,5}\D{0,9}", written))
        and not re.search(r"[<>+-]", written)
        and int(re.sub(r"\D", "", written)) < FIXED
    )


def _is_wide(span: str) -> bool:
    low, _dash, high = span.partition("-")
    return bool(high) and int(low) >= 1024 and int(high) - int(low) >= WIDE


def _end(connection: Connection, destination: bool) -> object:
    end = connection.destination if destination else connection.source
    return end.kind, end.values
