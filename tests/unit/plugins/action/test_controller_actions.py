# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions that run on the controller alone, on a plan that was made from an inventory: what one chooses, the other judges."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.federated.connectivity.plugins.action import (
    tls_audit_judge,
    tls_audit_plan,
    verify_judge,
    verify_plan,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._operator.results import record_result
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

STATION = {"connectivity_memberships": [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]}
HOSTS = {"alpha": "198.51.100.1", "beta": "198.51.100.2"}
Result = dict[str, t.Any]


class Play:
    """A play on the hosts of a plan; its actions run as its tasks would run them."""

    def __init__(self, plan: pathlib.Path) -> None:
        self.plan = plan
        self.registered: dict[str, Result] = {name: {"connectivity_addresses": [address]} for name, address in HOSTS.items()}

    def __call__(self, action: types.ModuleType, **options: t.Any) -> Result:
        loader = t.cast(t.Any, DataLoader)()
        name = action.__name__.rpartition(".")[2]
        task = types.SimpleNamespace(args=options, check_mode=False, diff=False, async_val=0, action=name)
        shell = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        hosts = [*HOSTS]
        play = {"ansible_play_hosts_all": hosts, "ansible_play_hosts": hosts, "ansible_play_batch": hosts, "groups": {}}
        variables = {**play, "hostvars": self.registered, "inventory_hostname": "alpha"}
        result: Result = action.ActionModule(task, shell, None, loader, Templar(loader), None).run(task_vars=variables)
        return result


@pytest.fixture
def play(plugins: None, tmp_path: pathlib.Path) -> Play:
    inventory = {name: {**STATION, "connectivity_addresses": [address]} for name, address in HOSTS.items()}
    plan = compute_plan(inventory, Catalogue())
    write_plan(plan, tmp_path / "plan")
    return Play(tmp_path / "plan")


def test_flows_are_chosen_and_judged(play: Play, tmp_path: pathlib.Path) -> None:
    chosen = play(verify_plan, plan=str(play.plan))
    assert (chosen["changed"], chosen["plan"], sorted(chosen["hosts"])) == (False, str(play.plan), ["alpha", "beta"])
    probes = chosen["hosts"]["alpha"]["probes"]
    assert {probe["port"] for probe in probes if probe["destination"] == HOSTS["beta"]} == {8443, 9090}
    refused = [{**probe, "outcome": "silent", "address": probe["destination"]} for probe in probes]
    empty = {"source": "", "by": "", "answered_by": "", "detail": ""}
    play.registered["alpha"]["probed"] = {"token": chosen["token"], "outcomes": [{**outcome, **empty} for outcome in refused]}
    steps = {step: step for step in verify_judge.STEPS}
    report = tmp_path / "reports" / "verdict.json"
    verdict = play(verify_judge, chosen=chosen, registered=steps, report=str(report))
    assert verdict["changed"] is False
    assert any("alpha -> beta 198.51.100.2:8443/tcp: silent" in failure for failure in verdict["hosts"]["alpha"]["failures"])
    assert verdict["counts"]["failed"] == len([line for line in verdict["summary"] if line.startswith("failed")]) > 0
    assert json.loads(report.read_text(encoding="utf-8"))["counts"] == verdict["counts"]
    play.registered["alpha"]["probed"]["token"] = "another run's"
    stale = play(verify_judge, chosen=chosen, registered=steps)
    assert not any("silent" in failure for failure in stale["hosts"]["alpha"]["failures"])


def test_tls_paths_are_chosen_and_judged(play: Play, tmp_path: pathlib.Path) -> None:
    chosen = play(tls_audit_plan, plan=str(play.plan))
    endpoints = chosen["hosts"]["alpha"]["endpoints"]
    silent = {"outcome": "silent", "detail": "", "address": "", "version": "", "alpn": "", "client_certificate": None}
    unseen = {**silent, "sha256": "", "certificate": "", "publicly_trusted": None, "untrusted": ""}
    handshakes = [{key: endpoint[key] for key in ("destination", "port", "server_name", "own")} | unseen for endpoint in endpoints]
    play.registered["alpha"]["seen"] = {"token": chosen["token"], "handshakes": handshakes}
    report = tmp_path / "audit.json"
    verdict = play(tls_audit_judge, chosen=chosen, registered="seen", report=str(report))
    assert verdict["changed"] is False
    assert sum(verdict["counts"][kind] for kind in ("direct", "inspected", "blocked", "unreachable", "unknown")) > 0
    assert verdict["summary"][-1].endswith(f"{verdict['counts']['failed']} failures")
    assert json.loads(report.read_text(encoding="utf-8"))["counts"] == verdict["counts"]
    play.registered["alpha"]["seen"]["token"] = "another run's"
    assert play(tls_audit_judge, chosen=chosen, registered="seen") != verdict


@pytest.mark.parametrize(
    ("action", "options", "message"),
    [
        (verify_plan, {"plan": "nowhere"}, r"plan\.json does not exist; compute the plan first"),
        (verify_plan, {"peers_maximum": 0}, "peers_maximum is 0; give 1 or more"),
        (tls_audit_plan, {"plan": "nowhere"}, r"plan\.json does not exist; compute the plan first"),
        (tls_audit_plan, {"peers_maximum": 0}, "peers_maximum is 0; give 1 or more"),
        (verify_judge, {"chosen": record_result({"hosts": {}, "plan": "nowhere", "token": ""})}, r"plan\.json does not exist"),
        (
            verify_judge,
            {"chosen": {"hosts": {}, "plan": "nowhere", "token": ""}},
            "chosen is not the result of an earlier task of this run",
        ),
        (verify_judge, {"chosen": record_result({"hosts": {}}), "run": {"verify_report": "x"}}, "run is not the result of an earlier task"),
        (tls_audit_judge, {"chosen": {"hosts": {}, "token": ""}}, "chosen is not the result of an earlier task"),
        (tls_audit_judge, {"chosen": record_result({"hosts": {}}), "run": {}}, "run is not the result of an earlier task"),
        (verify_plan, {"run": {"verify_plan": "x"}}, "run is not the result of an earlier task"),
        (tls_audit_plan, {"run": {"controller_record": "0" * 32}}, "run is not the result of an earlier task"),
    ],
)
def test_what_is_to_be_mended_fails_the_task(play: Play, action: types.ModuleType, options: Result, message: str) -> None:
    usual: Result = {"plan": str(play.plan)} if action in (verify_plan, tls_audit_plan) else {}
    if action is tls_audit_judge:
        usual = {"registered": "seen"}
    if action is verify_judge:
        usual = {"registered": {step: step for step in verify_judge.STEPS}}
    with pytest.raises(AnsibleActionFail, match=message):
        play(action, **(usual | options))


def test_an_unknown_option_is_refused(play: Play) -> None:
    with pytest.raises(AnsibleError, match="peers_minimum"):
        play(verify_plan, plan=str(play.plan), peers_minimum=1)


def test_a_report_that_cannot_be_written_fails_the_task(play: Play, tmp_path: pathlib.Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    for choose, judge, registered in (
        (verify_plan, verify_judge, {step: step for step in verify_judge.STEPS}),
        (tls_audit_plan, tls_audit_judge, "seen"),
    ):
        chosen = play(choose, plan=str(play.plan))
        with pytest.raises(AnsibleActionFail, match="the report could not be written"):
            play(judge, chosen=chosen, registered=registered, report=str(tmp_path / "taken" / "report.json"))
