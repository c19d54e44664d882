# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan directory read back: what a host enforces, and what is said of directories that are no plan."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import (
    AddressSetIndex,
    PlanUnreadable,
    read_address_sets,
    read_host,
    read_plan,
    read_policy,
)

SETS = {"partners": ["198.51.100.20/32"], "others": ["203.0.113.0/24"]}


RULE = {"id": "a", "direction": "egress", "protocol": "tcp", "ports": ["1"], "peers": {"address_sets": ["partners"], "names": []}}


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "hosts").mkdir()
    (tmp_path / "plan.json").write_text(json.dumps({"address_sets": SETS, "hosts": {"station": {}, "partner": {}}}), encoding="utf-8")
    for host, managed in (("station", True), ("partner", False)):
        _write(tmp_path, host, {"host": host, "managed": managed, "rules": [RULE]})
    return tmp_path


def _write(plan: pathlib.Path, host: str, data: t.Any) -> None:
    (plan / "hosts" / f"{host}.json").write_text(json.dumps(data), encoding="utf-8")


def test_a_plan_comes_back_as_it_stands_in_its_files(plan: pathlib.Path) -> None:
    whole = read_plan(plan)
    assert whole.address_sets == read_address_sets(plan) == SETS
    assert whole.hosts == {"station": read_host(plan, "station"), "partner": read_host(plan, "partner")}


def test_a_rule_that_lacks_what_every_rule_has_is_named_with_its_file(plan: pathlib.Path) -> None:
    _write(plan, "station", {"host": "station", "managed": True, "rules": [{key: RULE[key] for key in RULE if key != "direction"}]})
    for read in (read_plan, lambda directory: read_host(directory, "station")):
        with pytest.raises(PlanUnreadable, match=r"station\.json: direction is missing"):
            read(plan)


def test_a_host_gets_its_rules_and_only_the_sets_that_they_name(plan: pathlib.Path) -> None:
    policy = read_policy(plan, "station")
    assert policy["address_sets"] == {"partners": ["198.51.100.20/32"]}
    assert policy["rules"][0]["peers"]["address_sets"] == ["partners"]


@pytest.mark.parametrize(
    ("host", "message"),
    [("partner", "host partner is a partner's: connectivity_managed is false"), ("unknown", "host unknown is not in the plan")],
)
def test_hosts_that_are_not_ours(plan: pathlib.Path, host: str, message: str) -> None:
    with pytest.raises(PlanUnreadable, match=message):
        read_policy(plan, host)


def test_no_plan_and_a_damaged_one(plan: pathlib.Path) -> None:
    with pytest.raises(PlanUnreadable, match=r"holds no plan\.json"):
        read_policy(plan / "hosts", "station")
    with pytest.raises(PlanUnreadable, match=r"hosts/unknown\.json does not exist; compute the plan first"):
        read_host(plan, "unknown")
    _write(plan, "station", {"host": "station", "managed": True})
    with pytest.raises(PlanUnreadable, match=r"station\.json: rules is missing; compute the plan again"):
        read_policy(plan, "station")
    _write(plan, "station", {"managed": True, "rules": []})
    (plan / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(PlanUnreadable, match=r"plan\.json: .*; compute the plan again"):
        read_policy(plan, "station")


def test_who_is_in_a_set() -> None:
    membership = AddressSetIndex({"north": ["198.51.100.8/29", "198.51.100.32/32", "2001:db8::/64"]})
    inside = ["198.51.100.8", "198.51.100.15", "198.51.100.8/30", "198.51.100.32", "2001:db8::ffff", "2001:db8::/65"]
    outside = ["198.51.100.7", "198.51.100.16", "198.51.100.0/28", "198.51.100.33", "2001:db8:0:1::", "2001:db8::/63"]
    assert [membership.holds(["north"], address) for address in inside] == [True] * len(inside)
    assert [membership.holds(["north"], address) for address in outside] == [False] * len(outside)
    with pytest.raises(PlanUnreadable, match=r"address set south is missing, and a rule names it"):
        membership.holds(["south"], "198.51.100.8")
