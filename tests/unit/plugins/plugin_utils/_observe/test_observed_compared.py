# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles from groups, what a running federation uses that its plan lacks, and the action that does both."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given
from hypothesis import strategies as st
from test_observed_draft import ADDRESSES, ROLES, STRANGER, USERS, answer, connection, draft, listener, members, planned

from ansible_collections.federated.connectivity.plugins.action import observation_report
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.compare import compare
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.roles import cover, roles_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._observe.sightings import End, Member, end_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan

GROUPS = {"all": [*ROLES], "federation": [*ROLES], "Hub-Hosts": ["hub"], "site": ["site1", "site2"], "connectivity_managed": ["hub"]}
GROUPS["desks"] = ["desk"]


def test_the_smallest_group_of_a_host_is_its_role() -> None:
    assert roles_of(ROLES, GROUPS) == {"hub": ("hub_hosts",), "site1": ("site",), "site2": ("site",), "desk": ("desks",)}
    assert roles_of(["site1"], {**GROUPS, "berlin": ["site1", "hub"]}, ["site"]) == {"site1": ("site",)}
    assert roles_of(["site1"], {**GROUPS, "berlin": ["site1", "hub"]}, ["site", "berlin"]) == {"site1": ("berlin", "site")}


@pytest.mark.parametrize(
    ("hosts", "groups", "wanted", "why"),
    [
        (
            ["site1"],
            {**GROUPS, "berlin": ["site1", "hub"]},
            [],
            r"host site1 is in the groups berlin, site: name those .* \(ROLES=berlin\)",
        ),
        (["lost"], GROUPS, [], "host lost has no role: put it into a group of the inventory"),
        (["hub"], GROUPS, ["site"], "host hub has no role"),
        (["hub"], GROUPS, ["hubs"], "unknown group 'hubs'; the inventory has Hub-Hosts, desks, federation, site"),
        (["hub"], {**GROUPS, "hub hosts": ["x"]}, [], "the groups Hub-Hosts, hub hosts would be one role, hub_hosts: rename one"),
    ],
)
def test_a_role_that_is_not_clear_is_left_to_the_user(hosts: list[str], groups: dict[str, list[str]], wanted: list[str], why: str) -> None:
    with pytest.raises(PlanRefused, match=why):
        roles_of(hosts, groups, wanted)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("RSTU"), min_size=1), min_size=1), st.data())
def test_a_cover_gives_each_host_a_role_of_its_own_and_none_too_many(drawn: dict[str, set[str]], data: st.DataObject) -> None:
    roles = {host: tuple(sorted(own)) for host, own in drawn.items()}
    hosts = data.draw(st.sets(st.sampled_from(sorted(roles))))
    found = cover(hosts, roles)
    assert found.keys() == hosts
    assert all(role in roles[host] for host, role in found.items())
    common = set[str].intersection(*(set(roles[host]) for host in hosts)) if hosts else set()
    assert not common or len(set(found.values())) == 1


def test_an_address_is_whose_network_is_the_smallest() -> None:
    wide = Member("wide", ("198.51.100.0/24",), {"users": ("203.0.113.0/24",), "few": ("203.0.113.0/28",)})
    narrow = Member("narrow", ("198.51.100.10",))
    assert end_of("198.51.100.10", wide, [wide, narrow]) == End("host", "narrow")
    assert end_of("198.51.100.11", narrow, [wide, narrow]) == End("host", "wide")
    assert end_of("203.0.113.1", wide, [wide, narrow]) == End("network", "few")
    assert end_of("203.0.113.1", narrow, [wide, narrow]) == End("outside", "203.0.113.1")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """site -> hub 8000, users -> hub 8000, hub 9094 on loopback."""
    rows = [connection(ADDRESSES["site1"][0], 8000, True), connection(USERS, 8000, True)]
    return planned(draft(members({"hub": answer([listener(8000), listener(9094, "::1")], rows)})))


def test_a_federation_that_does_what_its_plan_says(plan: Plan) -> None:
    rows = [connection(ADDRESSES["site2"][1], 8000, True), connection(USERS, 8000, True)]
    answers = {"hub": answer([listener(8000), listener(9094, "127.0.0.1")], rows), "site1": answer(), "site2": answer()}
    found = compare(members(answers), plan)
    assert found._replace(unused=[]) == ([], [], [], [], 2)
    assert found.unused == ["seen.north.hub_tcp_8000, egress on site1, tcp 8000"]
    assert found.summary.startswith("2 connections fit the plan, 0 uses are lacking in it")


def test_what_the_plan_lacks_is_named_with_both_ends(plan: Plan) -> None:
    answers = {
        "hub": answer(
            [listener(8000), listener(9094), listener(7777)],
            [
                connection(ADDRESSES["desk"][0], 8000, True),
                connection(STRANGER, 8000, True),
                connection(USERS, 8001, True),
                connection("192.0.2.80", 443, False, answered=False),
                connection("192.0.2.81", 443, False, answered=False),
            ],
        )
    }
    found = compare(members(answers), plan)
    assert found.lacking == [
        "desk to hub, tcp 8000",
        f"{STRANGER} to hub, tcp 8000",
        f"the network users ({USERS}) to hub, tcp 8001",
        "hub listens on 0.0.0.0, tcp 7777; no rule admits or closes it",
        "hub listens on 0.0.0.0, tcp 9094; seen.north.hub_tcp_9094_local says that it listens on loopback alone",
    ]
    assert found.refused == ["hub to 192.0.2.80, tcp 443", "hub to 192.0.2.81, tcp 443"]
    assert found.unused == [
        "seen.north.hub_tcp_8000, ingress on hub, tcp 8000",
        "seen.north.hub_tcp_8000_from_users, ingress on hub, tcp 8000",
    ]
    assert f"used, but the plan lacks it: {found.lacking[0]}" in found.lines


def test_a_host_that_the_plan_does_not_know_is_lacking(plan: Plan) -> None:
    known = [*members({"hub": answer((), [connection("198.51.100.99", 8000, True)])}), Member("new", ("198.51.100.99",))]
    assert compare(known, plan).lacking == ["new to hub, tcp 8000; new is not in the plan"]


def test_names_of_a_plan_cannot_be_told_from_addresses() -> None:
    text = draft(members({"hub": answer((), [connection("192.0.2.80", 443, False)])}))
    matrix = yaml.safe_load(text)
    (flow,) = matrix["flows"].values()
    flow.update(responder={"names": ["api.example.org"]}, necessity="conditional")
    named = planned(yaml.safe_dump(matrix))
    found = compare(members({"hub": answer((), [connection("192.0.2.80", 443, False)])}), named)
    assert (found.lacking, found.unused) == ([], [])
    assert found.unsure == ["hub to 192.0.2.80, tcp 443; seen.north.to_outside_tcp_443"]


class Play:
    """A play of which nothing but its variables is there."""

    def __init__(self, answers: t.Mapping[str, t.Any]) -> None:
        self.hostvars: dict[str, dict[str, t.Any]] = {
            name: {"connectivity_addresses": list(ADDRESSES[name]), "observed": answers.get(name, {"skipped": True})} for name in ROLES
        }
        self.check = False
        self.lost: set[str] = set()

    def __call__(self, **options: t.Any) -> dict[str, t.Any]:
        loader = t.cast(t.Any, DataLoader)()
        task = types.SimpleNamespace(
            args={"processes": ["node"], **options}, check_mode=self.check, diff=True, async_val=0, action="observation_report"
        )
        shell = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        variables = {
            "ansible_play_hosts_all": [*ROLES],
            "ansible_play_hosts": [*ROLES],
            "ansible_play_batch": [name for name in ROLES if name not in self.lost],
            "groups": {name: hosts for name, hosts in GROUPS.items() if name != "connectivity_managed"},
            "hostvars": self.hostvars,
            "inventory_hostname": "hub",
        }
        found: dict[str, t.Any] = observation_report.ActionModule(task, shell, None, loader, Templar(loader), None).run(task_vars=variables)
        return found


SEEN = answer([listener(8000)], [connection(ADDRESSES["site1"][0], 8000, True)])


def test_the_action_writes_a_draft_and_never_over_a_file(tmp_path: pathlib.Path) -> None:
    play, file = Play({"hub": SEEN, "site1": answer()}), tmp_path / "matrices/mine.yml"
    play.check = True
    assert play(path=str(file), registered="observed")["flows"] == 1
    assert not file.exists()
    play.check = False
    play.lost = {"site2"}
    result = play(path=str(file), registered="observed")
    assert (result["changed"], result["path"], result["diff"]["after"]) == (True, str(file), file.read_text(encoding="utf-8"))
    assert result["summary"].endswith("1 flows drafted, 0 to decide")
    assert result["warnings"] == ["host site2 did not answer: what it does is known from its partners alone"]
    assert [*yaml.safe_load(result["diff"]["after"])["flows"]] == ["hub_hosts_tcp_8000"]
    with pytest.raises(AnsibleActionFail, match=r"exists and is left as it is"):
        play(path=str(file), registered="observed")


def test_a_draft_that_cannot_be_written_is_refused_before_hosts_are_watched(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = Play({"hub": SEEN})
    assert play(path=str(tmp_path / "new/below/mine.yml"))["lines"] == []
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match=r"mine\.yml cannot be written: .*file is not a directory; name another directory"):
        play(path=str(tmp_path / "file/below/mine.yml"))
    monkeypatch.setattr(observation_report.os, "access", lambda *_: False)
    with pytest.raises(AnsibleActionFail, match=r"mine\.yml cannot be written: you may not write to .*; name another directory"):
        play(path=str(tmp_path / "mine.yml"))


def test_what_an_answer_leaves_open_is_a_warning_and_a_comment(tmp_path: pathlib.Path) -> None:
    open_ends = {**SEEN, "tracked": False, "cut": True, "unmatched": ["odd"], "hidden": ["nginx"]}
    play = Play({"hub": open_ends, "site1": {"failed": True, "msg": "no"}, "site2": {**SEEN, "looks": -1}, "desk": "words"})
    result = play(path=str(tmp_path / "mine.yml"), registered="observed")
    assert result["warnings"] == [
        "host hub: never seen there: odd",
        "host hub: nginx runs in a container: choose it by the name of the container",
        "host hub: there was more than it could return: choose fewer processes or ports",
        "host hub: its kernel does not show tracked connections, so short ones may be missing",
        "host site1 did not answer: what it does is known from its partners alone",
        "host site2: its answer to observation_info is not usable: looks is not a number from 1 to 1000000",
    ]
    assert all(f"# {warning}" in result["diff"]["after"] for warning in result["warnings"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "say where the draft goes"),
        ({"path": "Mine.yml"}, "call it like the system"),
        ({"path": "flower.yml"}, "the catalogue has a matrix called flower"),
        ({"path": "mine.yml", "processes": []}, "nothing is chosen"),
        ({"path": "mine.yml", "roles": ["odd"]}, "unknown group 'odd'"),
        ({"compare": "nowhere"}, r"plan\.json does not exist"),
        ({"path": "mine.yml", "registered": "observed"}, "no host was watched"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(options: dict[str, t.Any], why: str) -> None:
    with pytest.raises(AnsibleActionFail, match=why):
        Play({})(**options)
    assert not pathlib.Path("mine.yml").exists()


def test_what_is_asked_for_is_checked_before_hosts_are_watched() -> None:
    assert Play({})(path="mine.yml")["summary"] == ""
