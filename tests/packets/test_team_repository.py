# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A team with a repository of its own: it plans, reviews, applies in slices, loses a host, and follows a partner that moves."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import typing as t

import pytest
from namespaces import Namespace, both, outcomes
from team import Repository, Run, Team, install_collection, team

PEER_HTTP, API = 8443, 443


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The installed tarball."""
    return install_collection(tmp_path_factory.mktemp("tarball"))


@pytest.fixture
def ours(tmp_path: pathlib.Path, collections: pathlib.Path) -> t.Iterator[Team]:
    with team(tmp_path, collections) as made:
        planned = made.repository.make_plan()
        assert planned.code == 0, planned.text
        made.repository.commit("Plan")
        yield made


def test_slices_of_a_reviewed_plan_get_the_rules_of_the_whole(ours: Team) -> None:
    """Each slice admits the peers of all others, and leaves the hosts of other slices as they are."""
    first = ours.repository.apply("--limit", "graz")
    assert first.code == 0, first.text
    assert ours.applied() == {"graz"}
    assert "Deploy the applications" in first.tasks
    graz = ours.hosts["graz"]
    for peer in (ours.hosts["linz"], ours.others["bolzano"]):
        assert outcomes(peer, "tcp", graz, PEER_HTTP) == both("refused"), peer.name
    for other in (ours.hosts["vienna"], ours.others["stranger"], ours.others["zagreb"]):
        assert outcomes(other, "tcp", graz, PEER_HTTP) == both("silent"), other.name
    rest = ours.repository.apply("--limit", "ours:!graz:bastion")
    assert rest.code == 0, rest.text
    assert ours.applied() == set(ours.hosts)
    assert outcomes(ours.others["zagreb"], "tcp", ours.hosts["vienna"], API) == both("refused")
    assert outcomes(ours.others["bolzano"], "tcp", ours.hosts["vienna"], API) == both("silent")
    again = ours.repository.apply()
    assert again.code == 0, again.text
    assert again.changed == set()
    assert ", 0 failures" in again.words
    assert "3 flows proven by 12 connections" in again.words


def test_a_partner_that_moves_changes_the_hosts_that_it_talks_to(ours: Team) -> None:
    repository, vienna = ours.repository, ours.hosts["vienna"]
    assert repository.apply("--skip-tags", "verify").code == 0
    repository.edit("hosts.yml", '[198.51.100.60, "2001:db8:1::60"]', '[198.51.100.61, "2001:db8:1::61"]')
    planned = repository.make_plan()
    assert planned.code == 0, planned.text
    changed = repository.diff()
    assert "plan.json" in changed
    assert "hosts/zagreb.json" in changed
    assert {name for name in changed if name.startswith("hosts/")} == {"hosts/zagreb.json", "hosts/zagreb.md"}
    assert sum(changed.values()) <= 24, changed
    repository.commit("zagreb has moved")
    moved = repository.apply("--skip-tags", "verify")
    assert moved.code == 0, moved.text
    assert moved.changed == {"vienna"}
    assert outcomes(ours.others["zagreb_moved"], "tcp", vienna, API) == both("refused")
    assert outcomes(ours.others["zagreb"], "tcp", vienna, API) == both("silent")


def test_a_host_that_is_down_stops_no_other_and_is_one_cause(ours: Team) -> None:
    ours.hosts["linz"].ip("link set eth0 down")
    report = ours.repository.directory / "report.json"
    run = ours.repository.apply("-e", f"verify_report={report}")
    assert run.code == 4, run.text  # Ansible's own status for hosts that cannot be reached
    assert run.unreachable == {"linz"}
    assert run.failed == set(), run.text
    assert ours.applied() == {"graz", "vienna"}
    assert "Deploy the applications" in run.tasks
    judged = json.loads(report.read_text(encoding="utf-8"))["hosts"]
    findings = [(name, found["state"], found["what"]) for name, host in judged.items() for found in host["findings"]]
    assert [(name, what) for name, state, what in findings if state == "failed"] == [("linz", "linz")]
    assert ("graz", "proven", f"graz -> vienna {ours.hosts['vienna'].ipv4}:{API}/tcp") in findings
    assert "failed linz: not verified, since the host failed or could not be reached" in run.words
    assert run.words.count("connections to linz, which failed or could not be reached") == 2  # for graz, and in the sum
    assert ", 1 failures" in run.words


@pytest.fixture
def alone(tmp_path: pathlib.Path, collections: pathlib.Path) -> t.Iterator[Repository]:
    """The repository on a machine that reaches no host."""
    with contextlib.closing(Namespace("bastion")) as machine:
        yield Repository(tmp_path, collections, machine, str(tmp_path))


def test_one_group_for_each_federation_adds_up(alone: Repository) -> None:
    planned = alone.make_plan()
    assert planned.code == 0, planned.text
    host = json.loads((alone.plan / "hosts/graz.json").read_text(encoding="utf-8"))
    assert [(each["matrix"], each["federation"]) for each in host["memberships"]] == [("linksight", "north"), ("vantage6", "trials")]
    assert "replaced-variable" not in planned.text


def test_groups_that_replace_each_other_are_named(alone: Repository) -> None:
    for group, federation in (("linksight_north", "north"), ("trials_nodes", "trials")):
        alone.edit(f"group_vars/{group}.yml", f"connectivity_memberships_{federation}", "connectivity_memberships")
    planned = alone.make_plan()
    assert "replaced-variable" in planned.text
    assert "group_vars/linksight_north.yml" in planned.words
    assert "group_vars/trials_nodes.yml" in planned.words


def test_a_selection_that_is_for_looking_is_not_applied(alone: Repository) -> None:
    misspelt = alone.ansible("federated.connectivity.plan", "-e", json.dumps({"connectivity_select": "[?necesity=='mandatory']"}))
    assert misspelt.code == 2
    assert "matches no rule" in misspelt.words
    applied = alone.ansible("site.yml", "--tags", "firewall", "-e", json.dumps({"connectivity_select": "[?necessity=='mandatory']"}))
    assert applied.code == 2
    assert "a selection is for looking at a plan" in applied.words
    assert applied.unreachable == set()


def test_a_misspelt_extra_variable_stops_before_any_host(alone: Repository) -> None:
    assert alone.make_plan().code == 0
    run = alone.ansible("site.yml", "--tags", "firewall", "--limit", "graz", "-e", f"connectivity_reviewd_plan={alone.plan}")
    assert run.code == 2
    assert "connectivity_reviewed_plan" in run.words
    assert run.unreachable == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("group_vars/linksight_north.yml", "matrix: linksight", "matrix: linksigth", "linksight"),
        ("group_vars/linksight_north.yml", "data_station", "data_staton", "data_station"),
        ("group_vars/trials_server.yml", "connectivity_networks_trials", "connectivity_network_trials", "connectivity_networks_trials"),
        ("group_vars/ours.yml", "firewall_backend", "firewall_backnd", "firewall_backend"),
        ("group_vars/ours.yml", "connectivity_defaults", "conectivity_defaults", "connectivity_defaults"),
        ("group_vars/ours.yml", "ingress: deny", "ingres: deny", "ingress"),
        ("hosts.yml", "198.51.100.70", "198.51.100.700", "198.51.100.700"),
    ],
)
def test_a_typo_in_the_inventory_stops_before_any_host(alone: Repository, file: str, old: str, new: str, said: str) -> None:
    alone.edit(file, old, new)
    run = alone.ansible("site.yml", "--tags", "firewall")
    assert run.code == 2
    assert said in run.words
    assert pathlib.PurePath(file).name in run.words
    assert run.unreachable == set()
    assert "Sum up" not in run.tasks


def test_a_rule_that_somebody_removes_is_drift_until_the_plan_is_applied_again(ours: Team) -> None:
    """Drift names the host, the rule and since when; other hosts are in force, and nothing is changed."""
    repository, out = ours.repository, ours.repository.directory.parent / "drift"
    assert repository.apply("--skip-tags", "verify").code == 0

    def drift() -> tuple[Run, dict[str, t.Any]]:
        options = ["-e", f"connectivity_reviewed_plan={repository.plan}", "-e", f"connectivity_out={out}"]
        done = repository.ansible("federated.connectivity.drift", *options)
        return done, json.loads((out / "drift.json").read_text(encoding="utf-8"))["hosts"]

    run, hosts = drift()
    assert run.code == 0, run.text
    assert {entry["state"] for entry in hosts.values()} == {"in force"}
    linz = ours.hosts["linz"]
    listed = linz.run(["nft", "-a", "list", "table", "inet", "federated_connectivity"]).stdout
    chain, handle, rule = _a_rule(listed)
    linz.run(["nft", "delete", "rule", "inet", "federated_connectivity", chain, "handle", handle])
    run, hosts = drift()
    assert run.code == 2, run.text
    assert {name for name, entry in hosts.items() if entry["state"] == "differs"} == {"linz"}
    assert any(rule in line for line in hosts["linz"]["missing"]), hosts["linz"]
    since = hosts["linz"]["since"]
    assert "3 hosts: 2 in force, 1 differs, 0 not compared" in run.words
    metrics = (out / "drift.prom").read_text(encoding="utf-8")
    assert 'federated_connectivity_drift{host="linz"} 1' in metrics
    assert 'federated_connectivity_drift{host="graz"} 0' in metrics
    _run, hosts = drift()
    assert hosts["linz"]["since"] == since
    assert repository.apply("--skip-tags", "verify").changed == {"linz"}
    run, hosts = drift()
    assert run.code == 0, run.text
    assert {entry["state"] for entry in hosts.values()} == {"in force"}


def _a_rule(listed: str) -> tuple[str, str, str]:
    """The chain, the handle and the id of a rule of the plan."""
    chain = ""
    for line in listed.splitlines():
        named = re.match(r"\tchain (\w+)", line)
        chain = named[1] if named else chain
        found = re.search(r'comment "federated\.connectivity (\S+\.\S+)" # handle (\d+)', line)
        if found:
            return chain, found[2], found[1]
    raise AssertionError(listed)
