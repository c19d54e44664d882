# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reviewed plan, checked as a whole: another host's content, edited files, foreign formats, missing parts."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
import typing as t
from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import LINUX, WINDOWS
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused, Problems
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.identity import own_version
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import (
    PlanUnreadable,
    read_host,
    read_note,
    read_plan,
    read_policy,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.review import Review, review
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

STATION = {"connectivity_memberships": [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]}
HOSTS = {
    "alpha": {**STATION, "connectivity_addresses": ["198.51.100.1"]},
    "beta": {**STATION, "connectivity_addresses": ["198.51.100.2"]},
    "partner": {**STATION, "connectivity_addresses": ["203.0.113.7"], "connectivity_managed": False},
}
RUN = ("alpha", "beta")
Change = Callable[[t.Any], object]


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    write_plan(compute_plan(HOSTS, Catalogue()), tmp_path / "plan")
    return tmp_path / "plan"


def reviewed(plan: pathlib.Path, run: Iterable[str] = RUN) -> Review:
    problems = Problems(lambda value: None)
    found = review(plan, dict.fromkeys(run, LINUX), problems)
    problems.stop()
    return found


def refused(plan: pathlib.Path, run: Iterable[str] = RUN) -> list[str]:
    """Everything that is wrong with a plan."""
    with pytest.raises(PlanRefused) as refusal:
        reviewed(plan, run)
    return list(refusal.value.messages)


def edit(file: pathlib.Path, change: Change) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def edit_unnoticed(plan: pathlib.Path, host: str, change: Change) -> None:
    """Edit a host's file, and its digest with it."""
    file = plan / "hosts" / f"{host}.json"
    edit(file, change)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    edit(plan / "plan.json", lambda index: index["hosts"][host].update(digest=digest))


def test_a_plan_as_it_was_written_fits(plan: pathlib.Path) -> None:
    assert reviewed(plan) == Review(2, 1, [])
    assert reviewed(plan, ["beta"]) == Review(2, 1, [])


def test_line_ends_that_git_writes_on_windows_are_no_edits(plan: pathlib.Path) -> None:
    for file in plan.glob("**/*.json"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert reviewed(plan) == Review(2, 1, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "the plan has format 2, but version .* reads format 1"),
        ({"format": "one"}, "the plan has format 'one', but version"),
        ({"format": 2, "address_sets": 7}, "the plan has format 2, but version"),
        ({"collection_version": "99.1.0"}, f"was made by version 99.1.0 of federated.connectivity, but this is version {own_version()}"),
        ({"selection": "[?id=='a']"}, "the plan is narrowed by the selection"),
        ({"hosts": []}, r"plan\.json: hosts: must be a mapping, not a list; restore the file from git"),
        ({"address_sets": {"a": ["198.51.100.300"]}}, r"plan\.json: address_sets\.a\[0\]: must be an address or a network"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(plan: pathlib.Path, change: dict[str, t.Any], message: str) -> None:
    edit(plan / "plan.json", lambda index: index.update(change))
    (said,) = refused(plan)
    assert re.search(message, said), said


@pytest.mark.parametrize("change", [{"format": 2}, {"collection_version": "99.1.0"}, {"selection": "[?id=='a']"}])
def test_whoever_reads_a_plan_refuses_what_does_not_fit(plan: pathlib.Path, change: dict[str, t.Any]) -> None:
    edit(plan / "plan.json", lambda index: index.update(change))
    for read in (read_policy, read_host, read_note):
        with pytest.raises(PlanUnreadable, match=r"plan\.json: the plan"):
            read(plan, "alpha")
    with pytest.raises(PlanUnreadable, match=r"plan\.json: the plan"):
        read_plan(plan)


def test_a_plan_of_an_earlier_version_is_read(plan: pathlib.Path) -> None:
    edit(plan / "plan.json", lambda index: index.update(collection_version="0.0.1"))
    assert reviewed(plan).managed == 2
    assert read_policy(plan, "alpha")["host"] == "alpha"


def test_the_file_of_another_host_is_refused(plan: pathlib.Path) -> None:
    shutil.copy(plan / "hosts/partner.json", plan / "hosts/alpha.json")
    (said,) = refused(plan)
    assert said.startswith("host alpha: the file in hosts/ holds the rules of another host, 'partner'; restore the file from git")
    for read in (read_policy, read_host):
        with pytest.raises(PlanUnreadable, match=r"alpha\.json holds the rules of host partner, not of host alpha"):
            read(plan, "alpha")


def test_edited_files_that_fit_are_named_in_a_warning(plan: pathlib.Path) -> None:
    for host in HOSTS:
        edit(plan / "hosts" / f"{host}.json", lambda content: content["rules"].pop())
    (warning,) = reviewed(plan).warnings
    assert warning.startswith("hosts alpha, beta, partner: the file in hosts/ was edited after the plan was made")
    assert read_policy(plan, "alpha")["host"] == "alpha"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda content: content["rules"][0].update(ports=["84433"]),
            "host alpha: the file in hosts/ is damaged: rules[0].ports[0]: must be a port",
        ),
        (lambda content: content["rules"][0].pop("peers"), "host alpha: the file in hosts/ is damaged: rules[0].peers is missing"),
        (
            lambda content: content.update(managed=False),
            "host alpha: plan.json and the file in hosts/ do not agree on whether the host is managed",
        ),
        (
            lambda content: content["rules"][0]["peers"].update(address_sets=["nowhere"]),
            "host alpha: a rule in the file in hosts/ names the address set nowhere, which plan.json lacks",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(plan: pathlib.Path, change: Change, message: str) -> None:
    edit_unnoticed(plan, "alpha", change)
    (said,) = refused(plan)
    assert said.startswith(message)


def test_a_plan_without_digests_fits(plan: pathlib.Path) -> None:
    edit(plan / "plan.json", lambda index: index["hosts"]["alpha"].pop("digest"))
    assert reviewed(plan) == Review(2, 1, [])


def test_a_host_that_the_index_does_not_name_has_no_part(plan: pathlib.Path) -> None:
    edit(plan / "plan.json", lambda index: index["hosts"].pop("alpha"))
    (said,) = refused(plan)
    assert said.startswith("host alpha: managed in this run, but without a part in the plan: plan.json does not name this host")
    with pytest.raises(PlanUnreadable, match=r"alpha\.json is not part of the plan: plan\.json does not name host alpha"):
        read_policy(plan, "alpha")


def test_everything_that_is_wrong_is_named_at_once(plan: pathlib.Path) -> None:
    edit(plan / "plan.json", lambda index: index.update(selection="[]", collection_version="99.0.0"))
    (plan / "hosts/alpha.json").unlink()
    (plan / "hosts/beta.json").write_text("{", encoding="utf-8")
    (plan / "hosts/partner.json").unlink()
    (plan / "hosts/partner.json").symlink_to("/etc/hostname")
    said = refused(plan, ["alpha", "beta", "gamma", "partner"])
    assert len(said) == 7
    for part in (
        "was made by version 99.0.0",
        "is narrowed by the selection",
        "host alpha: plan.json names this host, but the file in hosts/ is missing",
        "host beta: ",
        "host gamma: managed in this run, but without a part in the plan",
        "hosts/partner.json is a symbolic link",
        "host partner: managed in this run, but a partner's host in the plan",
    ):
        assert any(part in line for line in said), said


def test_a_directory_without_a_plan(tmp_path: pathlib.Path) -> None:
    assert refused(tmp_path) == refused(tmp_path / "nowhere")
    assert refused(tmp_path)[0].startswith("there is no plan.json: give the directory of a plan")
    (tmp_path / "plan.json").write_text("[" * 5000, encoding="utf-8")
    assert "is nested more than" in refused(tmp_path)[0]


def test_a_missing_note_is_a_warning_for_hosts_of_the_run(plan: pathlib.Path) -> None:
    for host in RUN:
        (plan / f"inspection/hosts/{host}.md").unlink()
    (warning,) = reviewed(plan, ["beta"]).warnings
    assert warning.startswith("host beta: the note in inspection/hosts/ is missing")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["format", "collection_version", "selection", "hosts", "address_sets"]),
        JSON | st.dictionaries(st.sampled_from([*HOSTS, "../x"]), JSON, max_size=3),
        min_size=1,
    ),
    st.dictionaries(st.sampled_from(["host", "managed", "rules", "listeners", "addresses"]), JSON, max_size=3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_that_somebody_writes_makes_the_check_crash(plan: pathlib.Path, index: t.Any, host: t.Any) -> None:
    before = {file: file.read_bytes() for file in (plan / "plan.json", plan / "hosts/alpha.json")}
    try:
        edit_unnoticed(plan, "alpha", lambda content: content.update(host))
        edit(plan / "plan.json", lambda content: content.update(index))
        problems = Problems(lambda value: None)
        found = review(plan, dict.fromkeys(RUN, LINUX), problems)
        try:
            problems.stop()
            fits = True
        except PlanRefused:
            fits = False
        assert not fits or found.managed == len(RUN)
    finally:
        for file, content in before.items():
            file.write_bytes(content)


def test_rules_for_another_platform_are_refused(plan: pathlib.Path) -> None:
    problems = Problems(lambda value: None)
    review(plan, {"alpha": LINUX, "beta": WINDOWS}, problems)
    with pytest.raises(PlanRefused) as refusal:
        problems.stop()
    (message,) = refusal.value.messages
    assert message.startswith(
        "host beta: its rules in the plan are for 'linux', but its platform in the inventory is 'windows'. Make the plan"
    )
