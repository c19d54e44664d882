# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The results of all checks as lines for people, as JUnit XML for CI, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .._common.junit import Case, junit
from .._common.plan_marker import MARK
from .._common.texts import one_line
from .model import Result, State, counted

FORMAT = 1
JUNIT, JSON = "check.xml", "check.json"
_ORDER = (State.FAILED, State.NOTE)


def lines(results: Sequence[Result]) -> list[str]:
    """Failures first, then notes; what passed is only counted."""
    return [
        one_line(f"{result.state:<6}  {result.kind}: {result.about}: {result.text}")
        for state in _ORDER
        for result in results
        if result.state is state
    ]


def summary(results: Sequence[Result]) -> str:
    """The counts, as the last line of a run."""
    counts = counted(results)
    return f"{len(results)} checks: {counts[State.PASSED]} passed, {counts[State.NOTE]} with a note, {counts[State.FAILED]} failed"


def files(results: Sequence[Result]) -> Iterator[tuple[str, str]]:
    """The results as (file name, text)."""
    yield JUNIT, junit([_case(result) for result in results])
    entries = [result._asdict() for result in results]
    yield JSON, json.dumps({"made_by": MARK, "format": FORMAT, "results": entries}, indent=2) + "\n"


def _case(result: Result) -> Case:
    failure, note = (result.text if result.state is state else "" for state in (State.FAILED, State.NOTE))
    return Case(result.kind, result.about, failure, note)
