# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memberships and networks give the same plan, in however many variables they stand."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

CATALOGUE = Catalogue([])
PARTS = ("connectivity_memberships", "connectivity_memberships_a", "connectivity_memberships_b", "connectivity_memberships_c")
ROLES = ("data_station", "analysis_hub", "supervisor")
CIDRS = ("203.0.113.0/25", "203.0.113.128/25", "198.51.100.0/28", "2001:db8::/64")


def plan(own: dict[str, t.Any], locate: t.Callable[[object], str | None] = lambda value: None) -> dict[str, t.Any]:
    partner = {"connectivity_managed": False, "connectivity_memberships": [{"matrix": "linksight", "federation": "n", "roles": [*ROLES]}]}
    users = {"connectivity_networks": {"users": ["192.0.2.0/24"]}}
    inventory = {"own": {"ansible_host": "192.0.2.1", **own}, "partner": {"ansible_host": "192.0.2.2", **partner, **users}}
    computed = compute_plan(inventory, CATALOGUE, locate)
    return {"index": computed.index, "own": computed.host("own")}


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(PARTS)), min_size=1))
def test_roles_add_up_in_however_many_variables(said: list[tuple[str, str]]) -> None:
    networks = {"connectivity_networks": {"users": ["192.0.2.0/24"]}}
    apart: dict[str, t.Any] = {}
    for part in {part for _role, part in said}:
        roles = sorted({role for role, other in said if other == part})
        apart[part] = [{"matrix": "linksight", "federation": "n", "roles": roles}]
    together = [{"matrix": "linksight", "federation": "n", "roles": sorted({role for role, _part in said})}]
    assert plan({**apart, **networks}) == plan({"connectivity_memberships": together, **networks})


@given(st.lists(st.tuples(st.sampled_from(CIDRS), st.sampled_from(["", "_a", "_b"])), min_size=1))
def test_networks_add_up_in_however_many_variables(said: list[tuple[str, str]]) -> None:
    member = {"connectivity_memberships": [{"matrix": "linksight", "federation": "n", "roles": ["analysis_hub"]}]}
    apart: dict[str, t.Any] = {}
    for cidr, part in said:
        apart.setdefault(f"connectivity_networks{part}", {"users": []})["users"].append(cidr)
    assert plan({**member, **apart}) == plan({**member, "connectivity_networks": {"users": [cidr for cidr, _part in said]}})


def test_a_contradiction_names_both_variables_with_their_places() -> None:
    first: dict[str, t.Any] = {"matrix": "fedbiomed", "federation": "n", "roles": ["node"], "version": "6.2"}
    second = {**first, "version": "6.3"}
    places = {id(first): "group_vars/a.yml:3", id(second): "group_vars/b.yml:5"}
    own = {"connectivity_memberships_a": [first], "connectivity_memberships_b": [second]}
    with pytest.raises(PlanRefused) as refused:
        plan(own, lambda value: places.get(id(value)))
    assert refused.value.messages[-1] == (
        "group_vars/b.yml:5: host own: connectivity_memberships_b[0]: version of fedbiomed.n is 6.3 here, and 6.2 in "
        "connectivity_memberships_a[0] (group_vars/a.yml:3); let both say the same, or only one of them"
    )


def test_a_version_that_one_variable_names_counts_for_the_optional_flows_of_all() -> None:
    part = {"matrix": "fedbiomed", "federation": "n", "roles": ["node"]}
    partner = {"matrix": "fedbiomed", "federation": "n", "roles": ["researcher"]}
    inventory: dict[str, dict[str, t.Any]] = {
        "own": {
            "ansible_host": "192.0.2.1",
            "connectivity_memberships_a": [{**part, "optional_flows": ["all"]}],
            "connectivity_memberships_b": [{**part, "version": "6.0"}],
        },
        "partner": {"ansible_host": "192.0.2.2", "connectivity_managed": False, "connectivity_memberships": [partner]},
    }
    apart = compute_plan(inventory, CATALOGUE).host("own")
    inventory["own"] = {"ansible_host": "192.0.2.1", "connectivity_memberships": [{**part, "version": "6.0", "optional_flows": ["all"]}]}
    assert apart == compute_plan(inventory, CATALOGUE).host("own")
    assert apart["memberships"][0]["version"] == "6.0"
