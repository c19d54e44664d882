# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The table that closes a run: one line for each host, one column for each job that the run had for it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ...module_utils._host.printable import printable
from .._common.wanted import NOT_ASKED

# The actions whose results the table shows, with the heading of their column. The order is that of the columns.
STEPS = {
    "firewall_policy": "firewall",
    "docker_proxy": "Docker proxy",
    "inspection_note": "note",
    "verify_judge": "connections",
}
_COUNTED = ("proven", "closed", "unproven", "warning", "failed")
_CELL_MAXIMUM = 200


class Line(t.NamedTuple):
    """One line of the table, and whether its host failed."""

    text: str
    failed: bool = False


class HostSteps:
    """What each step of a run did on each host, as it comes in."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[str, str]] = {}

    def note(self, action: str, host: str, data: Mapping[str, t.Any], *, trial: bool, run_is_trial: bool) -> None:
        """Keep the result ``data`` of one step. A step in check mode that is part of a real run only looks, and is passed over."""
        if data.get(NOT_ASKED):
            return
        if action == "verify_judge":
            for name, verdict in (data.get("hosts") or {}).items():
                self._cell(action, name, _counted(verdict.get("counts") or {}))
        elif run_is_trial or not trial:
            self._cell(action, host, _outcome(data, trial))

    def of(self, host: str) -> Mapping[str, str]:
        """Action -> what it did on ``host``."""
        return self._cells.get(host, {})

    def _cell(self, action: str, host: str, text: str) -> None:
        if text:
            self._cells.setdefault(host, {})[action] = text


def closing_table(steps: HostSteps, ended: Mapping[str, Mapping[str, int]]) -> Iterator[Line]:
    """The lines of the table.

    Args:
        steps: What each step did.
        ended: Host -> how many tasks ended in which way, as Ansible counts them: ``failures`` and ``unreachable`` are used.
    """
    runs = {host: _end(counts) for host, counts in ended.items()}
    shown = [host for host in runs if steps.of(host) or runs[host]]
    if not shown:
        return
    actions = [action for action in STEPS if any(action in steps.of(host) for host in shown)]
    rows = [["host", *(STEPS[action] for action in actions)]]
    rows += [[host, *(steps.of(host).get(action, "-") for action in actions)] for host in shown]
    if any(runs[host] for host in shown):
        for row, end in zip(rows, ["run", *(runs[host] or "ok" for host in shown)], strict=True):
            row.append(end)
    texts = [[printable(cell, _CELL_MAXIMUM) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]
    yield Line(lines[0])
    for host, line in zip(shown, lines[1:], strict=True):
        yield Line(line, bool(runs[host]))


def _end(counts: Mapping[str, int]) -> str:
    return "unreachable" if counts["unreachable"] else "failed" if counts["failures"] else ""


def _outcome(data: Mapping[str, t.Any], trial: bool) -> str:
    if data.get("failed"):
        return "failed"
    if data.get("changed"):
        return "would change" if trial else "changed"
    return "unchanged"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in _COUNTED if counts.get(state))
