# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every plan, on federations that nobody thought of."""

from __future__ import annotations

import ipaddress
import random
import typing as t

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix, fit
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

CATALOGUE = Catalogue()
SYSTEMS = [CATALOGUE.matrix(name) for name in CATALOGUE.names() if name != "baseline"]
OF_ALL = ("plan.json", "traps.json")
MANAGEMENT = {"management": ["203.0.113.128/28"]}

Variables = dict[str, dict[str, t.Any]]


def _roles(matrix: Matrix, options: dict[str, t.Any]) -> list[str]:
    """The roles that exist with these options."""
    conditions = matrix.role_conditions
    return [role for role in matrix.roles if role not in conditions or fit(conditions[role], {**matrix.defaults, **options})]


@st.composite
def inventories(draw: st.DrawFn) -> Variables:
    """Hosts with one membership each, in two federations of one system, with ports of their own and some optional flows."""
    matrix = draw(st.sampled_from(SYSTEMS))
    ports = [name for name, option in matrix.options.items() if isinstance(option.default, int)]
    choices = {name: option.choices for name, option in matrix.options.items() if option.choices and option.owner != "federation"}
    agreed = {
        (federation, name): draw(st.sampled_from(option.choices))
        for federation in ("north", "south")
        for name, option in matrix.options.items()
        if option.owner == "federation" and option.choices
    }
    variables: Variables = {}
    for number in range(1, draw(st.integers(2, 7)) + 1):
        federation = draw(st.sampled_from(("north", "south")))
        options: dict[str, t.Any] = {name: value for (group, name), value in agreed.items() if group == federation}
        options |= {name: draw(st.sampled_from(values)) for name, values in choices.items()}
        options |= {name: 20000 + 100 * index + draw(st.integers(0, 1)) for index, name in enumerate(ports) if draw(st.booleans())}
        families = draw(st.sampled_from((("4", "6"), ("4",), ("6",))))
        variables[f"host{number}"] = {
            "connectivity_addresses": [f"198.51.100.{number}" if family == "4" else f"2001:db8::{number}" for family in families],
            "connectivity_managed": draw(st.booleans()),
            "connectivity_networks": {name: ["203.0.113.0/25"] for name in matrix.networks} | MANAGEMENT,
            "connectivity_memberships": [
                {
                    "matrix": matrix.name,
                    "federation": federation,
                    "roles": draw(st.lists(st.sampled_from(_roles(matrix, options)), min_size=1, unique=True)),
                    "options": options,
                    "optional_flows": draw(st.sampled_from(([], ["all"]))),
                }
            ],
        }
    return variables


def planned(variables: Variables) -> Plan:
    """The plan, or no example where the federation makes no sense."""
    try:
        return compute_plan(variables, CATALOGUE)
    except PlanRefused as refused:
        assume(not all("no partner" in message or "both claim" in message for message in refused.messages))
        raise


def holds(plan: Plan, rule: dict[str, t.Any], address: str) -> bool:
    cidrs = [cidr for name in rule["peers"]["address_sets"] for cidr in plan.index["address_sets"][name]]
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(cidr) for cidr in cidrs)


@given(inventories(), st.randoms(use_true_random=False))
def test_the_order_of_hosts_does_not_matter(variables: Variables, order: random.Random) -> None:
    names = list(variables)
    order.shuffle(names)
    assert dict(render_plan(planned(variables))) == dict(render_plan(planned({name: variables[name] for name in names})))


@given(inventories())
def test_a_host_of_another_federation_changes_nothing_for_the_others(variables: Variables) -> None:
    before = dict(render_plan(planned(variables)))
    other = {
        "connectivity_addresses": ["198.51.100.200", "2001:db8::200"],
        "connectivity_site": "elsewhere",
        "connectivity_networks": MANAGEMENT,
        "connectivity_memberships": [{"matrix": "linksight", "federation": "other", "roles": ["data_station"], "federation_scope": "any"}],
    }
    after = dict(render_plan(planned({**variables, "aaa": other})))
    assert {name: text for name, text in after.items() if name in before and name not in OF_ALL} == {
        name: text for name, text in before.items() if name not in OF_ALL
    }


@given(inventories())
def test_whoever_is_let_in_is_let_out_and_the_other_way_round(variables: Variables) -> None:
    plan = planned(variables)
    hosts = {name: plan.host(name) for name in variables}
    # What is open at a host, and what a host may open, between any two: (initiator, responder, flow, protocol, port).
    seen: dict[str, set[tuple[str, ...]]] = {"ingress": set(), "egress": set()}
    for one in hosts.values():
        for other in hosts.values():
            if one is other:
                continue
            for rule in one["rules"]:
                flow = f"{rule['matrix']}.{rule['federation']}.{rule['flow']}"
                if not rule["peers"]["address_sets"] or rule["peers"]["address_sets"] == ["any"] or rule["flow"].endswith("users"):
                    continue
                ends = (other["host"], one["host"]) if rule["direction"] == "ingress" else (one["host"], other["host"])
                if rule["matrix"] != "baseline" and any(holds(plan, rule, address) for address in other["addresses"]):
                    seen[rule["direction"]].update((*ends, flow, rule["protocol"], port) for port in rule["ports"])
    assert seen["ingress"] == seen["egress"]


@given(inventories())
def test_nobody_is_let_in_who_is_no_member(variables: Variables) -> None:
    plan = planned(variables)
    for name in variables:
        for rule in plan.host(name)["rules"]:
            matrix = CATALOGUE.matrix(rule["matrix"])
            asked_for = any(end.kind == "any" for end in matrix.flows[rule["flow"]].ends.values())
            if not asked_for:
                assert "any" not in rule["peers"]["address_sets"]
                assert not holds(plan, rule, "198.51.100.254")
                assert not holds(plan, rule, "2001:db8::254")


@given(inventories())
def test_ids_are_unique_and_sets_are_there_and_used(variables: Variables) -> None:
    plan = planned(variables)
    used: set[str] = set()
    for name in variables:
        rules = plan.host(name)["rules"]
        ids = [(rule["matrix"] != "baseline", rule["id"]) for rule in rules]
        assert ids == sorted(set(ids))
        assert all(rule["ports"] for rule in rules)
        used.update(peer for rule in rules for peer in rule["peers"]["address_sets"])
    assert used == plan.index["address_sets"].keys()
    assert all(plan.index["address_sets"].values())


@given(inventories())
def test_hosts_computed_together_have_the_rules_they_would_have_alone(variables: Variables) -> None:
    """Sharing the work among equal hosts must not show: a host with a network of its own is equal to nobody."""
    plan = planned(variables)
    for name in variables:
        distinct = {**variables, name: {**variables[name], "connectivity_phases": ["run", "install", "run"]}}
        own = {**variables[name]["connectivity_networks"], "dns_servers": ["203.0.113.53"]}
        alone = planned({**distinct, name: {**distinct[name], "connectivity_networks": own}}).host(name)["rules"]
        assert [rule for rule in alone if not rule["flow"].startswith("dns")] == plan.host(name)["rules"]
