# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said to have no effect has none, and what has none is said: the whole plan is made again without it, and with other values."""

from __future__ import annotations

import copy
import pathlib
import typing as t
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix, Option
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

CATALOGUE = Catalogue()
SYSTEMS = [CATALOGUE.matrix(name) for name in CATALOGUE.names() if name != "baseline" and CATALOGUE.matrix(name).options]
FEDERATIONS = ("north", "south")

Variables = dict[str, dict[str, t.Any]]


def values_of(option: Option) -> list[t.Any]:
    """Some values of an option, in the words of an inventory."""
    return list(option.choices) or [option.example or 20000, *([] if option.pattern else [option.default, 20001])]


@st.composite
def inventories(draw: st.DrawFn) -> Variables:
    """Hosts of one system in two federations, with few options, networks and optional flows, so that much of it changes nothing."""
    matrix = draw(st.sampled_from(SYSTEMS))
    variables: Variables = {}
    chosen = draw(st.lists(st.sampled_from(list(matrix.options.values())), min_size=1, max_size=3, unique_by=lambda option: option.name))
    agreed = {(name, option.name): draw(st.sampled_from(values_of(option))) for name in FEDERATIONS for option in chosen}
    for number in range(1, draw(st.integers(1, 4)) + 1):
        memberships = []
        for federation in draw(st.lists(st.sampled_from(FEDERATIONS), min_size=1, max_size=2, unique=True)):
            own = {option.name: draw(st.sampled_from(values_of(option))) for option in chosen if draw(st.booleans())}
            options = {
                name: agreed[federation, name] if matrix.options[name].owner == "federation" else value for name, value in own.items()
            }
            memberships.append(
                {
                    "matrix": matrix.name,
                    "federation": federation,
                    "roles": draw(st.lists(st.sampled_from(list(matrix.roles)), min_size=1, max_size=2, unique=True)),
                    "options": options,
                    "optional_flows": draw(st.sampled_from(([], ["all"]))),
                }
            )
        networks = draw(st.lists(st.sampled_from(matrix.networks), unique=True)) if matrix.networks else []
        variables[f"host{number}"] = {
            "ansible_host": f"198.51.100.{number}",
            "connectivity_managed": draw(st.sampled_from((True, True, False))),
            "connectivity_networks": {name: ["203.0.113.0/25"] for name in networks},
            "connectivity_memberships": memberships,
            "connectivity_defaults": draw(st.sampled_from(({}, {"ingress": "deny", "egress": "deny"}))),
            "connectivity_phases": draw(st.sampled_from((["install", "run"], ["run"]))),
        }
    return variables


def outcome(variables: Variables) -> t.Any:
    """The plan, or what is refused, without the echo of options and without what is said about them.

    A role without a flow is named together with all options of its federation.
    """
    try:
        plan = compute_plan(variables, CATALOGUE)
    except PlanRefused as refused:
        return refused.messages
    hosts = {name: plan.host(name) for name in variables}
    for host in hosts.values():
        host.pop("memberships")
    findings = [entry for entry in plan.index["findings"] if entry["id"] != "without-effect"]
    warnings = [line.partition(" has no flow with ")[0] for line in plan.index["warnings"] if "without-effect" not in line]
    return hosts, findings, plan.index["address_sets"], warnings


def said(variables: Variables) -> dict[str, list[str]] | None:
    """What the plan reports as without effect, with the hosts; None if there is no plan."""
    try:
        findings = compute_plan(variables, CATALOGUE).index["findings"]
    except PlanRefused:
        return None
    return {entry["about"]: entry["hosts"] for entry in findings if entry["id"] == "without-effect"}


def changed(variables: Variables, about: str, value: t.Any) -> Variables:
    """The same inventory with another value of an option or network wherever it is set; None: where it is not set."""
    found = copy.deepcopy(variables)
    federation, _, option = about.partition(".options.")
    usual = usual_values(CATALOGUE.matrix(federation.partition(".")[0]), option) if option else set()
    for host in found.values():
        places = [host["connectivity_networks"]]
        if option:
            places = [one["options"] for one in host["connectivity_memberships"] if f"{one['matrix']}.{one['federation']}" == federation]
        for place in places:
            name = option or about
            if name in place and not (option and place[name] in usual):
                place.pop(name)
                if value is not None:
                    place[name] = value
    return found


@given(inventories())
def test_what_is_named_has_no_effect(variables: Variables) -> None:
    found = said(variables) or {}
    given_plan, without = outcome(variables), variables
    for about in found:
        matrix = CATALOGUE.matrix(variables["host1"]["connectivity_memberships"][0]["matrix"])
        option = matrix.options.get(about.partition(".options.")[2])
        for value in (None, *(values_of(option) if option else ([], ["198.18.0.0/24"]))):
            assert outcome(changed(variables, about, value)) == given_plan
        without = changed(without, about, None)
    assert outcome(without) == given_plan


@given(inventories())
def test_what_has_no_effect_is_named(variables: Variables) -> None:
    found = said(variables)
    if found is None:
        return
    given_plan = outcome(variables)
    matrix = CATALOGUE.matrix(variables["host1"]["connectivity_memberships"][0]["matrix"])
    for federation in FEDERATIONS:
        for option in matrix.options.values():
            about = f"{matrix.name}.{federation}.options.{option.name}"
            if about in found or not is_set(variables, matrix, federation, option):
                continue
            assert [value for value in (None, *values_of(option)) if outcome(changed(variables, about, value)) != given_plan] != []


def usual_values(matrix: Matrix, option: str) -> set[t.Any]:
    """What counts anyway where nobody sets an option."""
    return {matrix.options[option].default} | {one.usual for one in matrix.containments.values() if one.bridge == option}


def is_set(variables: Variables, matrix: Matrix, federation: str, option: Option) -> bool:
    """Whether a managed host sets an option to what would not count anyway."""
    usual = usual_values(matrix, option.name)
    return any(
        host["connectivity_managed"] and one["federation"] == federation and one["options"].get(option.name, option.default) not in usual
        for host in variables.values()
        for one in host["connectivity_memberships"]
    )


@given(inventories())
def test_what_the_matrix_reads_decides_where_no_rule_is_looked_at(variables: Variables) -> None:
    module = "ansible_collections.federated.connectivity.plugins.plugin_utils._rules.without_effect"
    with mock.patch(f"{module}._is_seen", return_value=False), mock.patch(f"{module}._may_use", return_value=True):
        found = said(variables) or {}
    given_plan = outcome(variables)
    for about in found:
        matrix = CATALOGUE.matrix(variables["host1"]["connectivity_memberships"][0]["matrix"])
        option = matrix.options.get(about.partition(".options.")[2])
        for value in (None, *(values_of(option) if option else ())):
            assert outcome(changed(variables, about, value)) == given_plan


FLOW = "protocol: tcp, application: x, tls: none, phases: [run], proxy: forbidden, inspection: not_applicable, exposure: partners"
OWN = f"""
matrix: own
title: Own
description: A system whose options wait for each other.
roles:
  a: {{description: One.}}
  b: {{description: Another.}}
  c: {{description: Only with y., when: {{mode: [y]}}}}
options:
  mode: {{owner: federation, choices: [x, y, z], description: A mode.}}
  one: {{owner: federation, choices: [away, here], description: Half of a switch.}}
  other: {{owner: federation, choices: [away, here], description: The other half.}}
  port: {{owner: responder, type: port, default: 7000, description: The port of the flow by names.}}
  proxied: {{owner: initiator, choices: [one, two], description: What knows the proxy.}}
networks:
  yard: {{description: Where installers come from.}}
flows:
  always: &flow {{purpose: x, initiator: {{roles: [a]}}, responder: {{roles: [b]}}, ports: [7001], necessity: mandatory, {FLOW}}}
  in_z: {{<<: *flow, ports: [7002], when: {{mode: [z]}}}}
  both_away: {{<<: *flow, ports: [7003], when: {{one: [away], other: [away]}}}}
  optional: {{<<: *flow, ports: [{{option: port}}], necessity: optional}}
  yard: {{<<: *flow, initiator: {{network: yard}}, ports: [7004], phases: [install]}}
  outside:
    <<: *flow
    responder: {{names: [x.example.org]}}
    ports: [443]
    application: https
    tls: server
    inspection: exclude
    inspection_reason: x
    proxy: allowed
    proxy_mechanisms: {{option: proxied, cases: {{one: [environment], two: [docker_daemon]}}}}
    exposure: internet
"""
PROXY = {"connectivity_forward_proxy": {"https_proxy": "http://192.0.2.9:3128"}}


@pytest.mark.parametrize(
    ("options", "roles", "more", "expected"),
    [
        ({"mode": "y"}, ["b"], {}, set()),  # another value, z, would change the plan
        ({"mode": "z"}, ["b"], {}, set()),
        ({"mode": "y"}, ["b", "c"], {}, set()),  # the role needs it
        ({"one": "here", "other": "here"}, ["b"], {}, {"own.f.options.one"}),  # without both of them the plan is another one
        ({"one": "here"}, ["b"], {}, set()),
        ({"port": 7009}, ["b"], {}, {"own.f.options.port"}),
        ({"port": 7000}, ["b"], {}, set()),
        ({"proxied": "two"}, ["a"], {}, {"own.f.options.proxied"}),
        ({"proxied": "two"}, ["a"], PROXY, set()),
        ({"proxied": "two"}, ["b"], PROXY, {"own.f.options.proxied"}),
        ({}, ["b"], {"connectivity_networks": {"yard": ["192.0.2.0/28"]}, "connectivity_phases": ["run"]}, set()),  # the plan needs it
        ({}, ["a"], {"connectivity_networks": {"yard": ["192.0.2.0/28"]}}, {"yard"}),
    ],
)
def test_options_that_wait_for_each_other(
    options: dict[str, t.Any], roles: list[str], more: dict[str, t.Any], expected: set[str], tmp_path: pathlib.Path
) -> None:
    (tmp_path / "own.yml").write_text(OWN, encoding="utf-8")
    place = {"matrix": "own.yml", "federation": "f"}
    yard = {"connectivity_networks": {"yard": []}}
    variables = {
        "host": {
            "ansible_host": "198.51.100.1",
            **yard,
            **more,
            "connectivity_memberships": [{**place, "roles": roles, "options": options}],
        },
        "a": {"ansible_host": "198.51.100.2", **yard, "connectivity_memberships": [{**place, "roles": ["a"]}]},
        "b": {"ansible_host": "198.51.100.3", **yard, "connectivity_memberships": [{**place, "roles": ["b"]}]},
    }
    findings = compute_plan(variables, Catalogue([str(tmp_path)])).index["findings"]
    assert {entry["about"] for entry in findings if entry["id"] == "without-effect"} == expected


@pytest.mark.parametrize(
    ("membership", "expected"),
    [
        ({"matrix": "coinstac", "roles": ["client"], "options": {"containment": "full", "computation_bridge": "br-x"}}, set()),
        ({"matrix": "coinstac", "roles": ["client"], "options": {"computation_bridge": "docker0"}}, set()),
        (
            {"matrix": "coinstac", "roles": ["client"], "options": {"computation_bridge": "br-x"}},
            {"coinstac.f.options.computation_bridge"},
        ),
        ({"matrix": "shrine", "roles": ["downstream_site"], "options": {"messaging": "sqs", "sqs_region": "eu-west-3"}}, set()),
        ({"matrix": "linksight", "roles": ["data_station"], "options": {"hub_tls": "acme"}}, {"linksight.f.options.hub_tls"}),
    ],
)
def test_options_of_the_catalogue(membership: dict[str, t.Any], expected: set[str]) -> None:
    others = {"coinstac": "remote", "shrine": "hub", "linksight": "data_station"}
    agreed = {name: value for name, value in membership["options"].items() if name in ("messaging", "sqs_region")}
    other = {"matrix": membership["matrix"], "federation": "f", "roles": [others[membership["matrix"]]], "options": agreed}
    variables = {
        "host": {"ansible_host": "198.51.100.1", "connectivity_memberships": [{**membership, "federation": "f"}]},
        "other": {"ansible_host": "198.51.100.2", "connectivity_memberships": [other]},
    }
    assert set(said(variables) or {}) == expected
