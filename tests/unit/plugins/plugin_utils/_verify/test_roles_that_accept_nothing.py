# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node roles that accept nothing: which they are, that their ports are closed, and that verification tries these from a second host."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import choose
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import BLOCKED

NODE = {"matrix": "fedbiomed", "federation": "n", "roles": ["node", "gui"], "version": "5.3"}
RESEARCHER = {**NODE, "roles": ["researcher"]}
CLIENT = {"matrix": "coinstac", "federation": "n", "roles": ["client"]}
REMOTE = {**CLIENT, "roles": ["remote"]}


def planned(*memberships: dict[str, t.Any], centre: dict[str, t.Any]) -> Plan:
    hosts = {f"site{number}": [membership] for number, membership in enumerate(memberships, 1)} | {"centre": [centre]}
    variables = {
        name: {"connectivity_addresses": [f"198.51.100.{i}", f"2001:db8:1::{i}"], "connectivity_memberships": own}
        for i, (name, own) in enumerate(hosts.items(), 1)
    }
    plan = compute_plan(variables, Catalogue())
    return Plan(plan.index["address_sets"], {name: HostPlan.from_json(plan.host(name)) for name in hosts})


@pytest.mark.parametrize(
    ("site", "centre", "ports"),
    [
        (NODE, RESEARCHER, {8484, 14000, 14009}),
        ({**NODE, "version": "6.3"}, {**RESEARCHER, "version": "6.3"}, {8484}),
        ({**NODE, "options": {"deployment": "vpn"}}, {**RESEARCHER, "roles": ["researcher", "vpn_server"]}, {8443, 8444, 8484, 8485}),
        (CLIENT, REMOTE, {3500}),
    ],
)
def test_verification_tries_the_ports_from_a_second_host(site: dict[str, t.Any], centre: dict[str, t.Any], ports: set[int]) -> None:
    plan = planned(site, centre=centre)
    choices = choose(plan, ["site1", "centre", "stranger"], {"stranger": ["203.0.113.9", "2001:db8:9::9"]}, 5)
    tried = [proof for choice in choices.values() for proof in choice.proofs if proof.responder == "site1"]
    assert {proof.port for proof in tried if proof.expect == BLOCKED and proof.initiator == "stranger"} == ports
    assert {proof.destination for proof in tried} == {"198.51.100.1", "2001:db8:1::1"}
    assert {proof.expect for proof in tried} == {BLOCKED}


def test_an_opened_negotiation_admits_partners_and_the_gui_stays_closed() -> None:
    rules = planned({**NODE, "optional_flows": ["secagg"]}, centre=RESEARCHER).hosts["site1"].part.rules
    peers = {rule.flow: bool(rule.peers.address_sets) for rule in rules if rule.direction == "ingress" and rule.matrix == "fedbiomed"}
    assert peers == {"secagg": True, "node_gui": False}


def test_roles_of_the_catalogue_that_accept_nothing() -> None:
    catalogue = Catalogue()
    expected = {("fedbiomed", "node"), ("fedbiomed", "gui"), ("coinstac", "client"), ("nvflare", "client"), ("swarm_learning", "swci")}
    refused = {("fedbiomed", "researcher"), ("coinstac", "remote"), ("linksight", "data_station"), ("shrine", "downstream_site")}
    matrices = [catalogue.matrix(name) for name in catalogue.names()]
    found = {(matrix.name, role) for matrix in matrices for role in matrix.roles if matrix.accepts_nothing(role)}
    assert expected <= found
    assert not refused & found
