# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""The actions that write reports and read traces: what they take from hosts and files, and what they write."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.federated.connectivity.plugins.action import (
    connection_info,
    connection_state,
    observation_report,
    plan_report,
    trace_judge,
    trace_plan,
)
from ansible_collections.federated.connectivity.tests.network_reports import write_example

Result = dict[str, t.Any]


class Run:
    """Actions over a network of seven hosts; ``answers`` is what hosts have registered."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.plan, self.results = write_example(directory, 7)
        self.hosts = sorted(file.stem for file in (self.plan / "hosts").glob("*.json"))
        self.answers: dict[str, Result] = {name: {} for name in self.hosts}

    def __call__(self, action: types.ModuleType, check_mode: bool = False, **options: t.Any) -> Result:
        loader = t.cast(t.Any, DataLoader)()
        name = action.__name__.rpartition(".")[2]
        task = types.SimpleNamespace(args=options, check_mode=check_mode, diff=False, async_val=0, action=name)
        shell = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        play = {"ansible_play_hosts_all": self.hosts, "ansible_play_hosts": self.hosts, "ansible_play_batch": self.hosts}
        variables = {**play, "playbook_dir": "/nowhere", "groups": {}, "hostvars": self.answers, "inventory_hostname": self.hosts[0]}
        result: Result = action.ActionModule(task, shell, None, loader, Templar(loader), None).run(task_vars=variables)
        return result


@pytest.fixture
def run(plugins: None, tmp_path: pathlib.Path) -> Run:
    return Run(tmp_path)


def test_a_report_is_written_and_replaces_only_reports(run: Run, tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    assert run(plan_report, check_mode=True, plan=str(run.plan), out=str(out))["status"] == "unknown"
    assert not out.exists()
    found = run(plan_report, plan=str(run.plan), results=str(run.results), out=str(out))
    assert found["status"] == "bad"
    assert found["summary"].startswith(f"{found['headline']}. The list is below.")
    assert sorted(file.name for file in out.iterdir()) == ["report.html", "report.md"]
    assert oct((out / "report.html").stat().st_mode)[-3:] == "600"
    run(plan_report, plan=str(run.plan), out=str(out))
    (out / "report.md").write_text("mine", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match="is not a report of this collection"):
        run(plan_report, plan=str(run.plan), out=str(out))
    with pytest.raises(AnsibleActionFail, match=r"give the directory for report\.html and report\.md"):
        run(plan_report, plan=str(run.plan), out="")


def test_results_about_another_plan_are_named_and_do_not_count(run: Run, tmp_path: pathlib.Path) -> None:
    index = run.plan / "plan.json"
    index.write_text(index.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found = run(plan_report, plan=str(run.plan), results=str(run.results), out=str(tmp_path / "out"))
    assert found["status"] == "unknown"
    assert "verify.json is about another plan, so it does not count. Run verify again with this plan" in found["warnings"]
    with pytest.raises(AnsibleActionFail, match="has no report of verify about this plan"):
        run(trace_plan, plan=str(run.plan), results=str(run.results))


def test_what_verify_could_not_prove_is_traced_and_judged(run: Run, tmp_path: pathlib.Path) -> None:
    chosen = run(trace_plan, plan=str(run.plan), results=str(run.results))
    (first, *others) = chosen["hosts"]
    assert {target["port"] for targets in chosen["hosts"].values() for target in targets} >= {9090}
    targets = chosen["hosts"][first]
    output = " 1  198.18.0.1  1 ms\n 2  * *\n"
    traces = [{"destination": one["destination"], "port": one["port"], "output": output} for one in targets]
    run.answers[first]["traced"] = {"missing": False, "traces": traces}
    if others:
        run.answers[others[0]]["traced"] = {"missing": True, "traces": []}
    found = run(trace_judge, chosen=chosen, registered="traced", out=str(tmp_path / "out"))
    assert len(found["traces"]) == len(targets)
    assert found["lines"][0].startswith("own site's perimeter  ")
    assert [line.partition(":")[0] for line in found["not_traced"]] == others
    assert json.loads((tmp_path / "out" / "trace.json").read_text(encoding="utf-8"))["traces"] == found["traces"]
    verified = json.loads((run.results / "verify.json").read_text(encoding="utf-8")) | {"time": "2020-01-01T00:00:00Z"}
    (tmp_path / "out" / "verify.json").write_text(json.dumps(verified), encoding="utf-8")
    shown = run(plan_report, plan=str(run.plan), results=str(tmp_path / "out"), out=str(tmp_path))
    assert any("stops at: own site's perimeter" in problem["stop"] for problem in shown["problems"])
    assert "stops at: own site&#39;s perimeter" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({}, "it failed or could not be reached"),
        ({"failed": True, "msg": "no\x1b root"}, "no\\x1b root"),
        ({"missing": True, "traces": []}, "the command traceroute is not installed there"),
        ({"missing": False, "traces": []}, "its traces are not those that it was asked for"),
        ({"missing": False, "traces": "x"}, "its answer is not usable: traces is not a list"),
        (
            {"missing": False, "traces": [{"destination": "198.18.0.10", "port": 0, "output": ""}]},
            "its answer is not usable: traces[0].port",
        ),
    ],
)
def test_a_host_that_answers_nonsense_is_not_traced(run: Run, answer: Result, why: str) -> None:
    chosen = run(trace_plan, **{"plan": str(run.plan), "from": "hospital01", "to": "clinic01", "port": 9090})
    run.answers["hospital01"]["traced"] = answer
    found = run(trace_judge, chosen=chosen, registered="traced")
    assert found["traces"] == []
    (said,) = found["not_traced"]
    assert said.startswith(f"hospital01: {why}")
    with pytest.raises(AnsibleActionFail, match="chosen is not the result of an earlier task of this run"):
        run(trace_judge, chosen={"hosts": {}, "untraced": []}, registered="traced")


def test_only_managed_hosts_of_the_run_trace(run: Run) -> None:
    chosen = run(trace_plan, **{"plan": str(run.plan), "from": "insurer01", "to": "clinic01", "port": 9090})
    assert chosen["hosts"] == {}
    assert chosen["untraced"] == ["insurer01 is a partner's host, so its administrator has to trace from there"]
    run.hosts.remove("hospital01")
    chosen = run(trace_plan, **{"plan": str(run.plan), "from": "hospital01", "to": "clinic01", "port": 9090})
    assert chosen["untraced"] == ["hospital01 failed, could not be reached, or is not part of this run"]
    with pytest.raises(AnsibleActionFail, match="say which connection"):
        run(trace_plan, plan=str(run.plan))
    with pytest.raises(AnsibleActionFail, match="port 70000 is not a valid port"):
        run(trace_plan, **{"plan": str(run.plan), "from": "hospital01", "to": "clinic01", "port": 70000})


def test_a_host_with_windows_is_not_asked_and_the_others_trace(run: Run) -> None:
    first, *others = run(trace_plan, plan=str(run.plan), results=str(run.results))["hosts"]
    part = run.plan / "hosts" / f"{first}.json"
    part.write_text(json.dumps({**json.loads(part.read_text(encoding="utf-8")), "platform": "windows"}), encoding="utf-8")
    chosen = run(trace_plan, plan=str(run.plan), **{"from": first, "to": others[0] if others else run.hosts[1], "port": 9090})
    assert chosen["hosts"] == {}
    assert chosen["untraced"] == [f"{first} has Windows, so it was not asked; trace from there with Test-NetConnection -TraceRoute"]
    found = run(trace_judge, chosen=chosen, registered="traced")
    assert found["not_traced"] == chosen["untraced"]
    assert found["summary"].endswith("; not traced: 1")


@pytest.mark.parametrize("variable", ["connectivity_platform", "connectivity_firewall"])
def test_hosts_with_windows_are_not_watched_and_are_named(run: Run, variable: str) -> None:
    windows, partner, linux, *_others = run.hosts
    run.answers[windows]["seen"] = run.answers[partner]["seen"] = {"skipped": True, "changed": False}
    run.answers[linux]["seen"] = {"failed": True, "msg": "no"}
    hosts = {windows: {variable: "windows"}, partner: {variable: "windows", "connectivity_managed": False}}
    play = {"ansible_play_hosts_all": [windows, partner, linux], "ansible_play_batch": [windows, partner, linux], "hostvars": run.answers}
    answers, notes = observation_report._answers("seen", play, t.cast(t.Any, {linux: {}, **hosts}))
    assert answers == {}
    assert notes == [
        f"host {windows} has Windows, where this playbook cannot watch software: what it does is known from its partners alone",
        f"host {linux} did not answer: what it does is known from its partners alone",
    ]


def test_an_answer_has_what_both_ends_said_and_since_when_one_differs(run: Run, tmp_path: pathlib.Path) -> None:
    question = {"plan": str(run.plan), "from": "clinic01", "to": "hospital01", "port": 8443}
    planned = run(connection_info, **question)
    assert "ends" not in planned
    assert run(connection_state, answered=planned, registered="seen")["lines"] == planned["lines"]
    answered = run(connection_info, **question, live=True)
    rule = "linksight.north.peer_http"
    assert answered["ends"] == {
        "hosts": {"clinic01": [f"{rule}.egress"], "hospital01": [f"{rule}.ingress"]},
        "partners": [],
        "missing": [],
    }
    missing = {"rule": f"{rule}.egress", "place": "ufw", "disk": "missing", "kernel": "missing"}
    run.answers["clinic01"]["seen"] = {"changed": True, "changes": ["ufw"], "rules": [missing]}
    run.answers["hospital01"]["seen"] = {"unreachable": True, "msg": "no route\x1b"}
    found = run(connection_state, answered=answered, registered="seen", results=str(run.results))
    assert found["lines"] == [
        *answered["lines"],
        "live: clinic01: differs from the plan since 2026-11-29T06:00:00Z, in ufw",
        f"  {rule}.egress: in the plan; on disk: missing (ufw); in the kernel: missing (ufw)",
        "not asked: hospital01: no route\\x1b",
    ]
    assert found["unanswered"] == ["hospital01"]
    lost = run(connection_state, answered=answered, registered="seen", results=str(tmp_path / "nowhere"))
    assert lost["lines"][: len(answered["lines"])] == answered["lines"]
    assert "nowhere: No such file or directory" in lost["warnings"][0]
    with pytest.raises(AnsibleActionFail, match="answered is not the result of an earlier task of this run"):
        run(connection_state, answered={"lines": [], "ends": {}}, registered="seen")
