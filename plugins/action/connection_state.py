# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adds to an answer about the plan what the hosts at both ends have in force. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._drift.answers import answer_of
from ..plugin_utils._drift.drift import State
from ..plugin_utils._drift.report import JSON, read_earlier
from ..plugin_utils._live.state import lines, state_of, summary
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run
from ..plugin_utils._report.loader import ResultsUnreadable, load_results


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "answered": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
        "results": {"type": "path"},
    }
    MISTAKES = (NotOfThisRun,)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        answered = of_this_run(options["answered"], "answered")
        if "ends" not in answered:
            return {"lines": answered["lines"], "summary": answered["summary"], "hosts": {}, "unanswered": []}
        ends, earlier = answered["ends"], {}
        warnings: list[str] = []
        if options["results"]:
            try:
                earlier = read_earlier(load_results(pathlib.Path(os.path.abspath(options["results"]))).get(JSON, ""))
            except ResultsUnreadable as error:  # the answer is worth more than since when a host differs
                warnings.append(str(error))
        said = {host: answer_of(host, options["registered"], variables) for host in ends["hosts"]}
        states = [state_of(host, rules, said[host], earlier) for host, rules in ends["hosts"].items()]
        counted = summary(states, len(ends["partners"]), len(ends["missing"]))
        return {
            "lines": [*answered["lines"], *lines(states, ends["partners"], ends["missing"])],
            "summary": f"{answered['summary']}; {counted}",
            "hosts": {state.host: _data(state) for state in states},
            "unanswered": [*(state.host for state in states if state.drift.state is State.NOT_COMPARED), *ends["missing"]],
            **({"warnings": warnings} if warnings else {}),
        }


def _data(state: t.Any) -> dict[str, t.Any]:
    rules = {rule: [place._asdict() for place in places] for rule, places in state.rules.items()}
    drift = {key: list(value) if isinstance(value, tuple) else value for key, value in state.drift._asdict().items() if key != "host"}
    return {**drift, "state": str(state.drift.state), "rules": rules, "others": list(state.others)}
