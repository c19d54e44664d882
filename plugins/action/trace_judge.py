# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import time
import typing as t
from collections.abc import Iterator, Mapping

from ..plugin_utils._common.days import utc_time
from ..plugin_utils._common.report_file import ReportUnwritable, write_report
from ..plugin_utils._common.shapes import Unusable
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._host_answers.results import judge_answer
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run
from ..plugin_utils._plan.reader import PlanUnreadable, read_digest
from ..plugin_utils._trace.reading import read_trace
from ..plugin_utils._trace.report import FILE, Judged, lines, report, summary
from ..plugin_utils._trace.targets import Target
from ..plugin_utils._trace.verdict import Ends, judge

MISSING = "the command traceroute is not installed there; install it, or set connectivity_install_traceroute: true"


class NoTraces(Exception):
    """A host has not traced its connections; the message says why."""


class ActionModule(ControllerAction):
    """Judges on the controller where the connections stop that the hosts of the play have traced."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "chosen": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
        "out": {"type": "path"},
    }
    MISTAKES = (NotOfThisRun, PlanUnreadable, ReportUnwritable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen = of_this_run(options["chosen"], "chosen")
        judged: list[Judged] = []
        untraced: list[str] = list(chosen["untraced"])
        for name, targets in chosen["hosts"].items():
            try:
                answer = _answer(name, options["registered"], variables)
                judged += _judged([Target(**target) for target in targets], answer, tuple(chosen["addresses"][name]))
            except NoTraces as error:
                untraced.append(f"{name}: {error}")
        if options["out"]:
            said = {"time": utc_time(time.time()), "plan_digest": read_digest(pathlib.Path(chosen["plan"]))}
            write_report(pathlib.Path(os.path.abspath(options["out"])) / FILE, report(judged) | said)
        return {
            "lines": lines(judged),
            "summary": summary(judged) + (f"; not traced: {len(untraced)}" if untraced else ""),
            "not_traced": untraced,
            "traces": report(judged)["traces"],
        }


def _answer(name: str, registered: str, variables: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """What a host answered, judged again, since a fact of that name could stand there."""
    found = variables["hostvars"][name].get(registered, {}) if name in variables["ansible_play_batch"] else {}
    try:
        answer = judge_answer("trace_info", found).content
    except Unusable as error:
        raise NoTraces("it failed or could not be reached" if not found else f"its answer is not usable: {error}") from None
    if answer.get("failed"):
        raise NoTraces(str(answer.get("msg", "")) or "it failed")
    if answer["missing"]:
        raise NoTraces(MISSING)
    return answer


def _judged(targets: list[Target], answer: Mapping[str, t.Any], own: tuple[str, ...]) -> Iterator[Judged]:
    traces = {(trace["destination"], trace["port"]): trace["output"] for trace in answer["traces"]}
    for target in targets:
        output = traces.get((target.destination, target.port))
        if output is None:
            raise NoTraces("its traces are not those that it was asked for")
        ends = Ends(target.initiator, own, target.responder, target.destination, target.port)
        yield Judged(target, judge(read_trace(output), ends), tuple(output.splitlines()))
