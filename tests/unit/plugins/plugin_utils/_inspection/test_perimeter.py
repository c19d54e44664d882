# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What crosses the perimeter of a site: flows with others, and nothing between its own hosts or with its named networks."""

from __future__ import annotations

import ipaddress
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection.perimeter import Crossing, crossings
from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection.sites import site_flows
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

CATALOGUE = Catalogue()
USERS = {"users": ["203.0.113.0/24"]}
PROXY = {"http_proxy": "http://192.0.2.1:3128", "https_proxy": "http://192.0.2.1:3128"}
Crossed = dict[str, list[tuple[Crossing, tuple[str, ...]]]]


def station(number: int, site: str | None = None, roles: tuple[str, ...] = ("data_station",), **more: t.Any) -> dict[str, t.Any]:
    membership = {"matrix": "linksight", "federation": "north", "roles": list(roles)}
    place = {"connectivity_site": site} if site else {"connectivity_managed": False}
    return {"connectivity_addresses": [f"198.51.100.{2 * number}"], "connectivity_memberships": [membership], **place, **more}


def crossed(**hosts: dict[str, t.Any]) -> Crossed:
    plan = compute_plan(hosts, CATALOGUE)
    found = crossings(plan.hosts, plan.index["address_sets"])
    return {site: [(flow, tuple(host.name for host in own)) for flow, own in flows] for site, flows in found.items()}


def short(found: Crossed, site: str) -> list[str]:
    return [
        f"{flow.flow.rpartition('.')[2]} {flow.direction} {' '.join((*flow.networks, *flow.names))}: {' '.join(hosts)}"
        for flow, hosts in found[site]
    ]


def test_flows_with_others_cross_and_those_inside_do_not() -> None:
    found = crossed(a=station(1, "clinic"), b=station(2, "clinic"), c=station(3, "lab"), partner=station(4))
    others = "198.51.100.6/32 198.51.100.8/32"
    assert list(found) == ["clinic", "lab"]
    assert short(found, "clinic") == [
        f"peer_grpc egress {others}: a b",
        f"peer_grpc ingress {others}: a b",
        f"peer_http egress {others}: a b",
        f"peer_http ingress {others}: a b",
        "registry egress registry.linksight.network: a b",
        "services egress services.linksight.network: a b",
        "setup egress setup.linksight.network: a b",
    ]
    assert all("c" in line and "198.51.100.6/32" not in line for line in short(found, "lab") if "peer" in line)


def test_users_of_the_site_are_inside_and_everybody_is_outside() -> None:
    hub = station(1, "clinic", ("data_station", "analysis_hub"), connectivity_networks=USERS)
    flows = {flow.flow.rpartition(".")[2] for flow, _hosts in crossed(a=hub, partner=station(4))["clinic"]}
    assert flows == {"peer_grpc", "peer_http", "registry", "services", "setup"}
    node = {"matrix": "fedbiomed", "federation": "north", "roles": ["node"]}
    researcher = {**node, "roles": ["researcher"]}
    found = crossed(
        node={**station(1, "clinic"), "connectivity_memberships": [node]},
        researcher={**station(2), "connectivity_memberships": [researcher]},
    )
    assert "install_https egress 0.0.0.0/0 ::/0: node" in short(found, "clinic")


def test_a_system_whose_name_begins_like_a_set_of_ours_crosses_too() -> None:
    wall = {"matrix": "network_wall", "federation": "n"}
    workload = {
        **station(1, "clinic"),
        "connectivity_memberships": [{**wall, "roles": ["workload"]}],
        "connectivity_networks": {"management": []},
    }
    gateway = {**station(2, "lab"), "connectivity_memberships": [{**wall, "roles": ["web_gateway"]}]}
    found = crossed(workload=workload, gateway=gateway)
    assert any(line.startswith("tunnel ") for line in short(found, "clinic"))
    assert any(line.startswith("tunnel ") for line in short(found, "lab"))


def test_what_leaves_through_a_proxy_crosses_as_the_flow_that_it_is() -> None:
    found = crossed(a=station(1, "clinic", connectivity_forward_proxy=PROXY), partner=station(4))["clinic"]
    assert {flow.flow.rpartition(".")[2]: flow.via_proxy for flow, _hosts in found if flow.via_proxy} == dict.fromkeys(
        ("registry", "services", "setup"), PROXY["https_proxy"]
    )
    assert not any("forward_proxy" in flow.flow for flow, _hosts in found)


FRONT = {"names": ["b.example.org"], "ports": {8443: 10443}, "sources": ["10.0.3.4/32"]}


def test_a_host_behind_a_front_of_its_site_is_inside_by_its_name_too() -> None:
    found = crossed(
        a=station(1, "clinic"),
        b=station(2, "clinic", connectivity_front=FRONT),
        c=station(3, "lab"),
        partner=station(4, connectivity_front=FRONT),
    )
    assert not any("b.example.org" in flow.names for flow, _hosts in found["clinic"])
    assert {flow.ports for flow, _hosts in found["lab"] if "b.example.org" in flow.names} == {("9090",), ("10443",)}


def test_a_partner_behind_a_front_is_outside_by_its_name() -> None:
    partner = station(4, connectivity_front={"names": ["f.example.org"], "ports": {9090: 19090}})
    found = crossed(a=station(1, "clinic"), partner=partner)["clinic"]
    assert [flow.ports for flow, _hosts in found if flow.names == ("f.example.org",)] == [("19090",), ("8443",)]


def test_what_comes_in_through_a_front_crosses_with_the_partners_own_addresses_and_the_port_in_front() -> None:
    front = {**FRONT, "health_checks": ["10.0.4.0/28"]}
    for named in (front, {**front, "names": []}):
        found = crossed(
            a=station(1, "clinic", connectivity_front=named),
            b=station(2, "clinic"),
            c=station(3, "lab", connectivity_forward_proxy=PROXY),
            partner=station(4),
        )["clinic"]
        incoming = {(flow.flow.rpartition(".")[2], host): flow for flow, hosts in found if flow.direction == "ingress" for host in hosts}
        for flow, port in (("peer_http", "10443"), ("peer_grpc", "9090")):
            assert incoming[flow, "a"].networks == ("198.51.100.6/32", "198.51.100.8/32")
            assert incoming[flow, "a"].ports == (port,)
        assert incoming["peer_http", "b"].ports == ("8443",)


def test_health_checks_of_a_front_do_not_cross_and_unknown_partners_may_come_from_anywhere() -> None:
    checked = crossed(a=station(1, "clinic", connectivity_front={"health_checks": ["10.0.4.0/28"]}), partner=station(4))["clinic"]
    assert {flow.networks for flow, _hosts in checked if flow.direction == "ingress"} == {("198.51.100.8/32",)}
    a = station(1, "clinic", connectivity_front={"sources": ["10.0.3.4/32"]})
    a["connectivity_memberships"][0]["federation_scope"] = "any"
    found = crossed(a=a, partner=station(4))["clinic"]
    assert {flow.networks for flow, _hosts in found if flow.direction == "ingress"} == {("0.0.0.0/0", "::/0")}


@given(st.lists(st.sampled_from(["clinic", "lab", None]), min_size=2, max_size=7))
def test_no_address_of_a_site_is_outside_of_it_and_every_other_partner_is(places: list[str | None]) -> None:
    places = ["clinic", *places]
    hosts = {f"host{number}": station(number + 1, place) for number, place in enumerate(places)}
    addresses = {name: ipaddress.ip_address(host["connectivity_addresses"][0]) for name, host in hosts.items()}
    for site, flows in crossed(**hosts).items():
        own = {f"host{number}" for number, place in enumerate(places) if place == site}
        peers = [networks for flow, _hosts in flows if ".peer_" in flow.flow for networks in [flow.networks]]
        assert bool(peers) == (len(own) < len(hosts))
        for networks in peers:
            outside = {name for name, address in addresses.items() if any(address in ipaddress.ip_network(cidr) for cidr in networks)}
            assert outside == set(hosts) - own


def test_excluded_flows_of_a_site_are_among_those_of_its_hosts() -> None:
    plan = compute_plan({"a": station(1, "clinic"), "partner": station(4)}, CATALOGUE)
    crossing = {(flow.flow, flow.direction) for flow, _hosts in crossings(plan.hosts, plan.index["address_sets"])["clinic"]}
    excluded = {(flow.label, flow.exclusion.direction) for flow in site_flows(plan.hosts)["clinic"]}
    assert excluded
    assert excluded <= crossing
