# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in front of hosts, in what verification tries: names, ports in front, and fronts that hide sources."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.front import PlanFront
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import choose
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.fronts import HIDES_SOURCES, Fronts, own_port
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import BLOCKED, OPEN, Choice

STRANGER = "203.0.113.66"


def choices(server: dict[str, t.Any]) -> dict[str, Choice]:
    networks = {"connectivity_networks": {"admins": ["192.0.2.0/28"], "management": ["192.0.2.0/28"]}, "connectivity_phases": ["run"]}
    members: dict[str, t.Any] = {
        "server": {**server, "connectivity_memberships": [{"matrix": "nvflare", "federation": "n", "roles": ["server"]}]},
        "site": {
            "connectivity_addresses": ["198.51.100.20"],
            "connectivity_memberships": [{"matrix": "nvflare", "federation": "n", "roles": ["client"]}],
        },
    }
    computed = compute_plan({name: {**networks, **host} for name, host in members.items()}, Catalogue())
    hosts = {name: HostPlan.from_json(computed.host(name)) for name in members}
    plan = Plan(computed.index["address_sets"], hosts)
    return choose(plan, [*members, "stranger"], {"stranger": [STRANGER]}, 3)


def tried(chosen: dict[str, Choice], host: str, expect: str) -> list[tuple[str, int, int]]:
    return [
        (proof.destination, proof.port, proof.own_port)
        for proof in chosen[host].proofs
        if proof.expect == expect and proof.flow == "nvflare.n.federated"
    ]


def test_partners_and_strangers_try_the_port_in_front_and_the_host_listens_on_its_own() -> None:
    chosen = choices({"connectivity_addresses": ["203.0.113.10"], "connectivity_front": {"ports": {8002: 10000}}})
    assert tried(chosen, "site", OPEN) == [("203.0.113.10", 10000, 8002)]
    assert tried(chosen, "stranger", BLOCKED) == [("203.0.113.10", 10000, 8002)]
    assert ("tcp", 8002) in chosen["server"].listen
    assert ("tcp", 10000) not in chosen["server"].listen


def test_partners_try_the_name_of_a_host_and_mean_the_host() -> None:
    chosen = choices({"connectivity_front": {"names": ["fl.example.org"]}})
    assert tried(chosen, "site", OPEN) == [("fl.example.org", 8002, 0)]
    (proof,) = chosen["site"].proofs
    assert (proof.responder, proof.managed) == ("server", True)
    assert tried(chosen, "stranger", BLOCKED) == []


def test_a_front_that_hides_sources_is_tried_by_partners_and_by_no_stranger() -> None:
    chosen = choices({"connectivity_addresses": ["203.0.113.10"], "connectivity_front": {"sources": ["10.0.3.4"]}})
    assert tried(chosen, "site", OPEN) == [("203.0.113.10", 8002, 0)]
    assert tried(chosen, "stranger", BLOCKED) == []
    assert HIDES_SOURCES in {untried.why for untried in chosen["server"].untried}


def test_a_host_without_a_front_has_one_that_changes_nothing() -> None:
    assert Fronts({}).of("any") == PlanFront()
    assert Fronts({}).names == frozenset()


ports = st.integers(1, 65535)


@given(st.dictionaries(ports, ports, max_size=5).filter(lambda pairs: len(set(pairs.values())) == len(pairs)), st.lists(ports, max_size=5))
def test_ports_in_front_lead_back_to_own_ports(pairs: dict[int, int], others: list[int]) -> None:
    front = PlanFront(ports=tuple(sorted(pairs.items())))
    assert PlanFront.from_json(front.to_json()) == front
    assert front.outside(map(str, pairs)) == tuple(map(str, pairs.values()))
    for own, outside in pairs.items():
        assert front.own_port(outside) == own
        assert own_port(front, outside) == (own if own != outside else 0)
    untouched = [str(port) for port in others if port not in pairs]
    assert front.outside(untouched) == tuple(dict.fromkeys(untouched))
