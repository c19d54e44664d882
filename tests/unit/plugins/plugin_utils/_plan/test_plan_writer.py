# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan directory: same plan, same bytes; nothing is touched that need not be."""

from __future__ import annotations

import hashlib
import json
import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.plan_marker import MARK
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.identity import own_version
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import DIFFS_KEPT, render_plan, write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

FILES = ["hosts/a.json", "hosts/b.json", "plan.json", "traps.json", "hosts/a.md", "hosts/b.md"]
GONE = ["hosts/gone.json", "hosts/gone.md", *(f"inspection/hosts/gone.{form}" for form in ("json", "md", "txt"))]


def a_plan(*hosts: str, roles: tuple[str, ...] = ("data_station",)) -> Plan:
    membership = {"matrix": "linksight", "federation": "north", "roles": list(roles)}
    variables = {
        host: {"connectivity_addresses": [f"198.51.100.{number}", f"2001:db8::{number}"], "connectivity_memberships": [membership]}
        for number, host in enumerate(hosts, 1)
    }
    return compute_plan(variables, Catalogue())


def content(directory: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def notes(kind: str, *names: str) -> list[str]:
    return [f"inspection/{kind}/{name}.{form}" for name in names for form in ("json", "txt", "md")]


def test_each_file_is_plain_sorted_json_that_ends_in_a_newline() -> None:
    plan = a_plan("a", "b")
    expected = {"plan.json": plan.index, "hosts/a.json": plan.host("a"), "hosts/b.json": plan.host("b")}
    rendered = dict(render_plan(plan))
    assert rendered.keys() == {*FILES, *notes("sites", "all"), *notes("hosts", "a", "b")}
    digests = {host: hashlib.sha256(rendered[f"hosts/{host}.json"].encode()).hexdigest() for host in "ab"}
    hosts = {host: {**entry, "digest": digests[host]} for host, entry in plan.index["hosts"].items()}
    expected["plan.json"] = {**plan.index, "hosts": hosts, "collection_version": own_version()}
    assert {name: rendered[name] for name in expected} == {
        name: json.dumps(data, indent=2, sort_keys=True) + "\n" for name, data in expected.items()
    }


def test_host_names_and_addresses_are_escaped() -> None:
    plan = a_plan('quo"te', "ünïcode")
    assert json.loads(dict(render_plan(plan))['hosts/quo"te.json'])["host"] == 'quo"te'
    assert json.loads(dict(render_plan(plan))["hosts/ünïcode.json"])["addresses"] == ["198.51.100.2", "2001:db8::2"]


def test_a_host_that_is_not_in_the_plan_has_no_part_in_it() -> None:
    with pytest.raises(KeyError):
        a_plan("a", "b").host("c")


def test_the_same_plan_again_changes_nothing(tmp_path: pathlib.Path) -> None:
    assert write_plan(a_plan("a", "b"), tmp_path).changed == [*FILES, *notes("sites", "all"), *notes("hosts", "a", "b")]
    before = content(tmp_path)
    assert write_plan(a_plan("a", "b"), tmp_path).changed == []
    assert content(tmp_path) == before


def test_only_what_differs_is_written(tmp_path: pathlib.Path) -> None:
    write_plan(a_plan("a", "b"), tmp_path)
    (tmp_path / "hosts" / "a.json").write_text("tampered")
    written = write_plan(a_plan("a", "b"), tmp_path)
    assert written.changed == ["hosts/a.json"]
    ((name, before, after),) = written.diffs
    assert (name, before) == ("hosts/a.json", "tampered")
    assert after == (tmp_path / "hosts" / "a.json").read_text()


def test_hosts_of_earlier_plans_go_and_what_others_put_there_stays(tmp_path: pathlib.Path) -> None:
    write_plan(a_plan("a", "b", "gone"), tmp_path)
    foreign = {
        "hosts/notes.json": "{}",
        "hosts/list.json": "[]",
        "hosts/text.json": "not JSON",
        "hosts/other.json": json.dumps({"host": "someone else", "rules": [], "defaults": {}}),
        "hosts/README.md": "ours",
        "README.md": "ours",
        "inspection/hosts/gone.html": "ours",
        "inspection/sites/notes.txt": "ours",
    }
    for name, text in foreign.items():
        (tmp_path / name).write_text(text)
    assert write_plan(a_plan("a", "b"), tmp_path).changed == ["plan.json", *notes("sites", "all"), *GONE]
    assert content(tmp_path).keys() == {*FILES, *notes("sites", "all"), *notes("hosts", "a", "b"), *foreign}
    assert {name: (tmp_path / name).read_text() for name in foreign} == foreign


def test_plans_that_others_keep_inside_a_plan_stay(tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "plan"
    for other in (directory / "hosts", directory / "scripts" / "deep", tmp_path / "linked"):
        write_plan(a_plan("c", "d"), other)
    (directory / "inspection").mkdir()
    (directory / "inspection" / "elsewhere").symlink_to(tmp_path / "linked")
    (directory / "hosts" / "image.png").write_bytes(b"\xff")
    (directory / "proxies").write_text("ours")
    before = content(tmp_path)
    write_plan(a_plan("a", "b"), directory)
    assert content(tmp_path).items() >= before.items()


def test_directories_whose_last_file_goes_go(tmp_path: pathlib.Path) -> None:
    write_plan(a_plan("a", "b"), tmp_path)
    old = tmp_path / "proxies" / "http_proxy.example.org_3128" / "allow.txt"
    old.parent.mkdir(parents=True)
    old.write_text(f"What a forward proxy has to permit ({MARK}; do not edit)\n")
    assert write_plan(a_plan("a", "b"), tmp_path).changed == ["proxies/http_proxy.example.org_3128/allow.txt"]
    assert not old.parent.exists()


def test_a_dry_run_tells_and_touches_nothing(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "plan"
    assert write_plan(a_plan("a", "b"), target, dry=True).changed == [*FILES, *notes("sites", "all"), *notes("hosts", "a", "b")]
    assert not target.exists()
    write_plan(a_plan("a", "b", "gone"), target)
    before = content(target)
    assert write_plan(a_plan("a", "b"), target, dry=True).changed == ["plan.json", *notes("sites", "all"), *GONE]
    assert content(target) == before


def test_of_many_changes_only_the_first_are_shown(tmp_path: pathlib.Path) -> None:
    written = write_plan(a_plan(*(f"host{number:02}" for number in range(1, DIFFS_KEPT + 10))), tmp_path)
    assert len(written.changed) == 5 * (DIFFS_KEPT + 9) + 5
    assert len(written.diffs) == DIFFS_KEPT


def test_a_place_that_cannot_be_written_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanRefused, match=f"the plan cannot be written to {tmp_path}/file/plan"):
        write_plan(a_plan("a", "b"), tmp_path / "file" / "plan")


def test_hosts_that_are_alike_share_everything_but_name_and_addresses() -> None:
    plan = a_plan(*(f"host{number}" for number in range(1, 100)))
    assert len(plan.hosts) == 1
    assert max(len(text) for name, text in render_plan(plan) if name.startswith("hosts/")) < 12_000


def test_the_summary_counts_roles_and_rules() -> None:
    federation, whole = a_plan("a", "b").summary()
    assert federation == "linksight.north: 2 data_station"
    assert whole == "14 rules for 2 managed hosts; partners that are not managed: 0"
