# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every port that a system opens by default is in the plan: as a rule that closes it to others, as a closure, or as a loopback listener.

The ports are those of the tables in published_ports, which the matrices do not depend on. Each is looked for on one host that has all
roles of its system, and on a host that has its role alone. Nobody else is in the federation, but where a system has no sense without a
partner; networks have no addresses where they must be defined, and are not defined elsewhere.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan
from ansible_collections.federated.connectivity.tests.installations import (
    HELD_OUT,
    LOOPBACK,
    TABLES,
    Row,
    installation,
    name_of,
    one_host,
    own_hosts,
)

CATALOGUE = Catalogue()
SYSTEMS = sorted(TABLES)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_port_that_is_open_by_default_is_in_the_plan_of_one_host(system: str) -> None:
    assert [name_of(row) for row in TABLES[system] if not _is_planned(system, _plan(system, row, one_host), "everything", row)] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_port_that_is_open_by_default_is_in_the_plan_of_its_role_s_own_host(system: str) -> None:
    assert [name_of(row) for row in TABLES[system] if not _is_planned(system, _plan(system, row, own_hosts), row["role"], row)] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_containers_publish_is_closed_where_they_are(system: str) -> None:
    """A published port passes by the host's own rules, and neighbours may reach the container's own address."""
    for row in TABLES[system]:
        if row["published"] and row["address"] not in LOOPBACK:
            for host, hosts in (("everything", one_host), (row["role"], own_hosts)):
                placements = {rule["placement"] for rule in _rules(_plan(system, row, hosts), host, row)}
                assert "published" in placements, f"{name_of(row)} of {host}"


@pytest.mark.parametrize("system", SYSTEMS)
def test_nobody_may_use_a_port_of_one_host_but_whom_its_matrix_names(system: str) -> None:
    """On one host nobody else takes part: who is admitted is a partner that the system cannot do without, or everybody by its design."""
    for row in TABLES[system]:
        plan = _plan(system, row, one_host)
        admitted = {name for rule in _rules(plan, "everything", row) for name in rule["peers"]["address_sets"]}
        partners = {name for name in plan.index["address_sets"] if name.startswith(f"{system}_f_")}
        assert admitted <= partners | ({"any"} if system == "network_wall" else set())


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_listener_that_is_taken_out_of_its_matrix_is_missed(system: str) -> None:
    for row in TABLES[system]:
        without = _Without(CATALOGUE, system, row)
        hosts = one_host(system, row, CATALOGUE)
        for variables in hosts.values():
            for membership in variables["connectivity_memberships"]:
                membership["optional_flows"] = [flow for flow in membership.get("optional_flows", ()) if flow not in without.taken]
        planned = _is_planned(system, compute_plan(hosts, t.cast(Catalogue, without)), "everything", row)
        assert without.taken, f"no flow of {system} has {name_of(row)}"
        assert not planned, f"{name_of(row)} is in the plan without {', '.join(without.taken)}"


def test_only_ports_that_cannot_be_closed_are_held_out() -> None:
    """One port of a wide range is taken at run time: closing all of them would cut other programs off."""
    assert {("openfl", "49152-60998"), ("nvflare", "1025-65535")} == HELD_OUT


class _Without:
    """The catalogue without the flows that have a port: what a plan would be if nobody had written them down."""

    def __init__(self, catalogue: Catalogue, system: str, row: Row) -> None:
        self._catalogue = catalogue
        self._system = system
        matrix = catalogue.matrix(system)
        options = {**matrix.defaults, **installation(system, row).options}
        self.taken = [
            flow.id
            for flow in matrix.flows.values()
            if flow.protocol == row["protocol"]
            and flow.ends["responder"].kind == "roles"
            and all(options[condition.option] in condition.values for condition in flow.conditions)
            and any(_overlap(port, str(row["port"])) for port in flow.ports_with(options))
        ]
        flows = {flow_id: flow for flow_id, flow in matrix.flows.items() if flow_id not in self.taken}
        self._matrix = dataclasses.replace(matrix, flows=flows)

    def matrix(self, name: str) -> Matrix:
        return self._matrix if name == self._system else self._catalogue.matrix(name)

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._catalogue, name)


def _plan(system: str, row: Row, hosts: t.Callable[[str, Row, Catalogue], dict[str, dict[str, t.Any]]]) -> Plan:
    return compute_plan(hosts(system, row, CATALOGUE), CATALOGUE)


def _rules(plan: Plan, host: str, row: Row) -> list[dict[str, t.Any]]:
    """The ingress rules of a host that are about a port."""
    return [
        rule
        for rule in plan.host(host)["rules"]
        if (rule["direction"], rule["protocol"]) == ("ingress", row["protocol"])
        and any(_covers(port, str(row["port"])) for port in rule["ports"])
    ]


def _is_planned(system: str, plan: Plan, host: str, row: Row) -> bool:
    is_held_out = (system, str(row["port"])) in HELD_OUT
    if any(rule["closed_to_others"] or is_held_out for rule in _rules(plan, host, row)):
        return True
    on_loopback = row["address"] in LOOPBACK or is_held_out
    listeners = [one for one in plan.host(host)["listeners"] if one["protocol"] == row["protocol"]]
    return on_loopback and any(_covers(port, str(row["port"])) for one in listeners for port in one["ports"])


def _covers(ports: str, wanted: str) -> bool:
    (low, high), (first, last) = bounds(ports), bounds(wanted)
    return low <= first and last <= high


def _overlap(ports: str, wanted: str) -> bool:
    (low, high), (first, last) = bounds(ports), bounds(wanted)
    return low <= last and first <= high
