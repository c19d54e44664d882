# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The traces of all hosts as lines for people, and as JSON for other tools."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Sequence

from ...module_utils._host.printable import printable
from .._common.plan_marker import MARK
from .targets import Target
from .verdict import Place, Verdict

FORMAT = 1
FILE = "trace.json"
LINE = 4000


class Judged(t.NamedTuple):
    """A connection and where it stops; ``hops`` are the lines of the trace."""

    target: Target
    verdict: Verdict
    hops: tuple[str, ...] = ()


def lines(judged: Sequence[Judged]) -> list[str]:
    """One line for each connection, and one for what to do; those that pass come last."""
    found: list[str] = []
    for one in sorted(judged, key=lambda one: one.verdict.place is Place.PASSES):
        target, verdict = one.target, one.verdict
        address = f"[{target.destination}]" if ":" in target.destination else target.destination
        ends = f"{target.initiator} -> {target.responder} {address}:{target.port}/tcp"
        found.append(printable(f"{verdict.place:<20}  {ends}{f' ({target.flow})' if target.flow else ''}: {verdict.why}", LINE))
        if verdict.do:
            found.append(printable(f"  to do: {verdict.do}", LINE))
    return found


def summary(judged: Sequence[Judged]) -> str:
    """The counts, as the last line of a run."""
    counts = Counter(one.verdict.place for one in judged)
    said = ", ".join(f"{counts[place]} {place}" for place in Place if counts[place])
    connections = "1 connection" if len(judged) == 1 else f"{len(judged)} connections"
    return f"{connections}: {said}" if judged else "no connections: there was none to trace"


def report(judged: Sequence[Judged]) -> dict[str, t.Any]:
    """The traces for other tools."""
    traces = [{**one.target._asdict(), **one.verdict._asdict(), "place": str(one.verdict.place), "trace": list(one.hops)} for one in judged]
    return {"format": FORMAT, "made_by": MARK, "traces": traces}
