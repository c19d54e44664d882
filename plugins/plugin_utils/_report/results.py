# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads what verify, audit, drift and trace have left in a directory. What hosts said stands in these files, so each is judged again."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Mapping

from .._common.plan_marker import MARK
from .._common.shapes import Unusable, empty_or, exact, flag, list_of, number, one_of, record, text
from .._common.texts import shortened
from .._verify.report import STATES

FORMAT = 1
FILES_MAXIMUM = 100
"""How many files of a directory are read."""

VERIFY, AUDIT, DRIFT, TRACE = "verify", "audit", "drift", "trace"
_LONG = text(4000)
_TEXTS = list_of(_LONG, 20_000)
_TIME = exact(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", 20)
_DIGEST = exact(r"[0-9a-f]{64}", 64)

_FINDING = record(
    {"state": one_of(*STATES), "host": text(), "flow": text(), "what": _LONG, "why": _LONG}, {"other": text(), "cause": text()}
)
_PATH = record(
    {"flow": text(), "initiator": text(), "responder": text(), "destination": text(), "port": number(1, 65535)},
    {"verdict": text(), "why": _LONG, "failed": flag},
)
_DRIFT = record(
    {"state": one_of("in force", "differs", "not compared")},
    {"backend": text(), "places": _TEXTS, "missing": _TEXTS, "added": _TEXTS, "others": _TEXTS, "why": _LONG, "since": number(0, 2**53)},
)
_TRACE = record(
    {"initiator": text(), "destination": text(), "port": number(1, 65535), "place": text(), "why": _LONG},
    {"do": _LONG},
)
_OF_HOST: Mapping[str, t.Any] = {
    VERIFY: record({"findings": list_of(_FINDING, 200_000)}),
    AUDIT: record({"paths": list_of(_PATH, 200_000)}),
    DRIFT: _DRIFT,
    TRACE: record({"traces": list_of(_TRACE, 200_000)}),
}


class Result(t.NamedTuple):
    """One report of a run.

    Attributes:
        kind: VERIFY, AUDIT, DRIFT or TRACE.
        file: Its name.
        time: When the hosts were looked at, as ``YYYY-MM-DDTHH:MM:SSZ``; empty: the report does not say.
        plan: The digest of the plan that the run was about; empty: the report does not say.
        hosts: Inventory name -> what was found there.
    """

    kind: str
    file: str
    time: str
    plan: str
    hosts: Mapping[str, Mapping[str, t.Any]]


class Results(t.NamedTuple):
    """The newest usable report of each kind, and what is to be said about the others."""

    reports: Mapping[str, Result]
    remarks: tuple[str, ...] = ()

    @property
    def verify(self) -> Result | None:
        return self.reports.get(VERIFY)

    @property
    def audit(self) -> Result | None:
        return self.reports.get(AUDIT)

    @property
    def drift(self) -> Result | None:
        return self.reports.get(DRIFT)

    @property
    def trace(self) -> Result | None:
        return self.reports.get(TRACE)


NOTHING = Results({})


def read_results(files: Mapping[str, str], plan: str) -> Results:
    """Judge the reports of a directory.

    Args:
        files: Name -> text of every JSON file there.
        plan: The digest of the plan that is shown. Reports about another plan do not count.
    """
    found: dict[str, Result] = {}
    remarks: list[str] = []
    for name, content in sorted(files.items()):
        try:
            result = read_result(name, content)
        except Unusable as error:
            remarks.append(f"{name} cannot be used: {shortened(str(error))}. Write it again")
            continue
        if result is None:
            continue
        if result.plan != plan:
            about = "is about another plan" if result.plan else "does not say about which plan it is"
            remarks.append(f"{name} {about}, so it does not count. Run {result.kind} again with this plan")
        elif result.kind not in found or found[result.kind].time <= result.time:
            found[result.kind] = result
    if TRACE in found and VERIFY in found and found[TRACE].time < found[VERIFY].time:
        remarks.append(
            f"{found.pop(TRACE).file} is older than the results of verify, so it does not count. Run trace again with these results"
        )
    if not found and not remarks:
        remarks.append(f"the directory of results does not count: {_no_reports(len(files))}. Name the directory of the reports")
    return Results(found, tuple(remarks))


def _no_reports(files: int) -> str:
    if not files:
        return "it has no JSON file"
    which = f"none of its {files} JSON files is" if files > 1 else "its JSON file is not"
    return f"{which} a report of verify, audit or drift"


def read_result(name: str, content: str) -> Result | None:
    """One report; None: the file is not one of ours that says something about hosts.

    Raises:
        Unusable: it is one of ours, and it is damaged.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        if MARK in content:
            raise Unusable("it is not complete JSON") from None
        return None
    if not isinstance(data, dict) or data.get("made_by") != MARK:
        return None
    if isinstance(data.get("traces"), list) and "hosts" not in data:
        data["hosts"] = _by_initiator(data["traces"])
    if not isinstance(data.get("hosts"), dict):
        return None
    kind = kind_of(data)
    if kind is None:
        return None
    if data.get("format") != FORMAT:
        raise Unusable(f"this version reads format {FORMAT}")
    head = record({}, {"time": _TIME, "compared": _TIME, "plan_digest": empty_or(_DIGEST)})(data, "")
    hosts = dict(_hosts(kind, data["hosts"]))
    return Result(kind, name, head.get("time", head.get("compared", "")), head.get("plan_digest", ""), hosts)


def kind_of(data: Mapping[str, t.Any]) -> str | None:
    """Which run a report of ours is from."""
    if "compared" in data:
        return DRIFT
    if "own_certificates" in data:
        return AUDIT
    if "traces" in data:
        return TRACE
    counts = data.get("counts")
    return VERIFY if isinstance(counts, dict) and "proven" in counts else None


def _by_initiator(traces: list[object]) -> dict[str, t.Any]:
    """The traces by the host that made them; what is not a trace is refused later, as every entry is."""
    found: dict[str, t.Any] = {}
    for one in traces:
        initiator = one.get("initiator") if isinstance(one, dict) else None
        found.setdefault(initiator if isinstance(initiator, str) else "", {"traces": []})["traces"].append(one)
    return found


def _hosts(kind: str, hosts: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, t.Any]]]:
    take = text()
    for name, entry in hosts.items():
        yield take(name, "a host's name"), _OF_HOST[kind](entry, "an entry of hosts")
