# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The drift of all hosts as a table, as JSON, as JUnit XML, and as metrics of Prometheus."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from .._common.days import utc_time
from .._common.junit import Case, junit
from .._common.plan_marker import MARK
from .._common.shapes import Unusable, list_of, number, one_of, record, text
from .._common.texts import one_line
from .drift import Drift, State

FORMAT = 1
JSON, JUNIT, METRICS = "drift.json", "drift.xml", "drift.prom"
_ORDER = (State.DIFFERS, State.NOT_COMPARED, State.IN_FORCE)
_TEXTS = list_of(text(4000), 20_000)
_HOST = record(
    {"state": one_of(*map(str, State)), "since": number(0, 2**53)},
    {"backend": text(), "places": _TEXTS, "missing": _TEXTS, "added": _TEXTS, "others": _TEXTS, "why": text(4000)},
)


def lines(drifts: Sequence[Drift]) -> Iterator[str]:
    """One line for each host and for each difference; hosts that differ come first."""
    for drift in sorted(drifts, key=lambda drift: (_ORDER.index(drift.state), drift.host)):
        facts = [drift.backend, f"since {utc_time(drift.since)}" if drift.since else "", ", ".join(drift.places), drift.why]
        yield f"{drift.state:<12}  {one_line(drift.host)}  {one_line('; '.join(filter(None, facts)))}".rstrip()
        for kind, entries in (("missing", drift.missing), ("not of the plan", drift.added), ("other rules", drift.others)):
            yield from (f"  {kind}: {one_line(entry)}" for entry in entries)


def summary(drifts: Sequence[Drift]) -> str:
    """The counts, as the last line of a run."""
    counts = {state: sum(drift.state is state for drift in drifts) for state in State}
    hosts = "1 host" if len(drifts) == 1 else f"{len(drifts)} hosts"
    return f"{hosts}: {', '.join(f'{count} {state}' for state, count in counts.items())}"


def files(drifts: Sequence[Drift], now: int, plan_digest: str = "") -> Iterator[tuple[str, str]]:
    """The reports as (file name, text). ``plan_digest`` says which plan the hosts were compared with."""
    hosts = {drift.host: {key: value for key, value in drift._asdict().items() if key != "host"} for drift in drifts}
    content = {"made_by": MARK, "format": FORMAT, "compared": utc_time(now), "plan_digest": plan_digest, "hosts": hosts}
    yield JSON, json.dumps(content, indent=2) + "\n"
    cases = [
        Case("drift", drift.host, "" if drift.state is State.IN_FORCE else "; ".join(filter(None, (drift.state, *drift.places, drift.why))))
        for drift in drifts
    ]
    yield JUNIT, junit(cases)
    yield METRICS, "\n".join((f"# {MARK}", *_metrics(drifts, now))) + "\n"


def read_earlier(content: str) -> dict[str, Drift]:
    """What an earlier report says of each host; nothing where it is not a report of this format."""
    try:
        found = json.loads(content)
        hosts: Mapping[str, object] = found["hosts"] if found["format"] == FORMAT and found["made_by"] == MARK else {}
        read = {name: _HOST(entry, "") for name, entry in hosts.items()}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, Unusable):
        return {}
    return {name: _drift(name, entry) for name, entry in read.items()}


def _drift(name: str, entry: Mapping[str, t.Any]) -> Drift:
    lists = {key: tuple(entry.get(key, ())) for key in ("places", "missing", "added", "others")}
    return Drift(name, State(entry["state"]), entry.get("backend", ""), **lists, why=entry.get("why", ""), since=entry["since"])


def _metrics(drifts: Sequence[Drift], now: int) -> Iterator[str]:
    """The text format of Prometheus, as the node exporter's textfile collector reads it."""
    values: tuple[tuple[str, str, t.Callable[[Drift], int | None]], ...] = (
        ("drift", "Whether the host differs from the plan (1) or not (0).", _differs),
        (
            "drift_compared",
            "Whether the host could be compared with the plan (1) or not (0).",
            lambda one: int(one.state is not State.NOT_COMPARED),
        ),
        ("drift_since_seconds", "When the difference was first seen, in seconds since 1970.", lambda one: one.since or None),
    )
    for name, meaning, value in values:
        yield f"# HELP federated_connectivity_{name} {meaning}"
        yield f"# TYPE federated_connectivity_{name} gauge"
        for drift in drifts:
            found = value(drift)
            if found is not None:
                yield f'federated_connectivity_{name}{{host="{_label(drift.host)}"}} {found}'
    yield "# HELP federated_connectivity_drift_time_seconds When the hosts were compared, in seconds since 1970."
    yield "# TYPE federated_connectivity_drift_time_seconds gauge"
    yield f"federated_connectivity_drift_time_seconds {now}"


def _differs(drift: Drift) -> int | None:
    return None if drift.state is State.NOT_COMPARED else int(drift.state is State.DIFFERS)


def _compared(drift: Drift) -> int:
    return int(drift.state is not State.NOT_COMPARED)


def _label(value: str) -> str:
    return re.sub(r'([\\"])', r"\\\1", one_line(value))
