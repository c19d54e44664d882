# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of a host after a fault, judged, and the table of all verdicts."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from scene import Observation


@dataclasses.dataclass
class Verdict:
    """One injected fault. ``lost`` and ``entered`` name flows of which the old and the new state say the same, and the host another."""

    backend: str
    fault: str
    detail: str
    lost: list[str]
    entered: list[str]
    halves: list[str]  # parts of the kernel's state and files that are neither as before nor as after
    one: bool  # all of it is as before, or all of it is as after
    mended: bool = False  # the next run has brought it to exactly the new state

    @property
    def reachable(self) -> bool:
        return not any(flow.startswith("management") for flow in self.lost)

    @property
    def holds(self) -> bool:
        return self.mended and not (self.lost or self.entered or self.halves)


def judge(backend: str, fault: str, detail: str, old: Observation, new: Observation, now: Observation) -> Verdict:
    """Compare what is there with what was there before and with what should be there."""
    sure = {flow for flow, passes in old.packets.items() if passes == new.packets[flow]}
    states = (old.runtime | old.files, new.runtime | new.files)
    left = {path for path in now.left_over if not any(path in state for state in states)}
    found: dict[str, t.Any] = now.runtime | {path: node for path, node in now.files.items() if path not in left}
    return Verdict(
        backend,
        fault,
        detail,
        lost=[flow for flow in sorted(sure) if old.packets[flow] and not now.packets[flow]],
        entered=[flow for flow in sorted(sure) if not old.packets[flow] and now.packets[flow]],
        halves=[
            part for part in sorted({*found, *states[0], *states[1]}) if not any(found.get(part) == state.get(part) for state in states)
        ],
        one=found in states,
    )


def table(verdicts: t.Sequence[Verdict]) -> list[str]:
    """Counts by firewall and fault, and their sum, as lines."""
    head = ("firewall", "fault", "injected", "reachable", "whole", "old or new", "flows lost", "let in", "repaired")
    rows = [head]
    ordered = sorted(verdicts, key=lambda verdict: (verdict.backend, verdict.fault))
    for key, group in itertools.groupby(ordered, lambda verdict: (verdict.backend, verdict.fault)):
        rows.append((*key, *_counts(list(group))))
    rows.append(("all", "", *_counts(ordered)))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))) for row in rows
    ]


def summary(verdicts: t.Sequence[Verdict]) -> str:
    """The counts in one line."""
    injected, reachable, whole, _one, lost, entered, mended = _counts(verdicts)
    backends = len({verdict.backend for verdict in verdicts})
    return (
        f"{injected} faults injected on {backends} firewalls: {reachable} hosts reachable afterwards, {whole} states whole, "
        f"{lost} flows lost, {entered} let in, {mended} repaired by the next run"
    )


def _counts(verdicts: t.Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(
        str(sum(values))
        for values in (
            [1 for _ in verdicts],
            [verdict.reachable for verdict in verdicts],
            [not verdict.halves for verdict in verdicts],
            [verdict.one for verdict in verdicts],
            [len(verdict.lost) for verdict in verdicts],
            [len(verdict.entered) for verdict in verdicts],
            [verdict.mended for verdict in verdicts],
        )
    )
