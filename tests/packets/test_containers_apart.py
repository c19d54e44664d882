# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network wall: containers of a workload reach the gateway, and each other by flows of the matrix alone; a gateway in a container."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from firewall_host import FirewallHost, Network, assign_addresses
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from suites import suites

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

NAMES = {"dns_servers": ["198.51.100.21", "2001:db8:1::21"]}

every_suite = suites("trixie")


def planned(roles: dict[str, str], **members: Namespace) -> dict[str, t.Any]:
    """What the catalogue says for the host under test, which is the first member; the others are partners."""
    inventory: dict[str, dict[str, t.Any]] = {
        name: {
            "connectivity_addresses": list(member.addresses),
            "connectivity_managed": name == "host",
            "connectivity_memberships": [{"matrix": "network_wall", "federation": "wall", "roles": [roles[name]]}],
            "connectivity_networks": {"management": ["198.51.100.30"], **NAMES},
        }
        for name, member in members.items()
    }
    plan = compute_plan(inventory, Catalogue())
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


def workload(net: Network) -> dict[str, t.Any]:
    return planned({"host": "workload", "gateway": "web_gateway"}, host=net.host, gateway=net.partner)


@contextlib.contextmanager
def neighbour(host: FirewallHost) -> t.Iterator[Namespace]:
    """A second container on the bridge docker0 of the first one."""
    with contextlib.closing(Namespace("other", "203.0.113.20", "2001:db8:17:1::4")) as other:
        host.ip(f"link add other master docker0 type veth peer name eth0 netns {other.path}", "link set other up")
        assign_addresses(other, f"{other.ipv4}/28", f"{other.ipv6}/64", "203.0.113.17", "2001:db8:17:1::1")
        yield other


@every_suite
def test_containers_of_two_networks_reach_each_other_by_the_flows_of_the_matrix_alone(net: Network, suite: str) -> None:
    server, client = net.host.container({}), net.host.container({}, bridge="docker_gwbridge")
    plan = workload(net)
    with server.listen("tcp", 8080, 5432), net.partner.listen("tcp", 18000), net.partner2.listen("udp", 53):
        assert outcomes(client, "tcp", server, 8080, 5432) == both("open", "open")
        assert net.host.apply(plan)["changed"]
        assert outcomes(client, "tcp", server, 8080, 5432) == both("open", "rejected")
        assert outcomes(client, "tcp", net.partner, 18000) == both("open")
        assert outcomes(client, "udp", net.partner2, 53) == both("rejected")
        assert not net.host.apply(plan)["changed"]
        net.host.apply(None)
        assert outcomes(client, "tcp", server, 8080, 5432) == both("open", "open")


@pytest.mark.every_run("ufw")
@pytest.mark.parametrize("firewall", ["ufw", "firewalld"])
def test_beside_another_firewall_they_are_apart_too(net: Network, firewall: str) -> None:
    FIREWALLS[firewall](net.host)
    server, plan = net.host.container({}), workload(net)
    net.host.run(
        ["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0"]
    )  # its own FORWARD drops
    with neighbour(net.host) as client, server.listen("tcp", 8080, 5432):
        net.host.apply(plan, backend=firewall)
        assert outcomes(client, "tcp", server, 8080) == both("open")
        assert outcomes(client, "tcp", server, 5432) in (both("silent"), both("rejected"))
        assert not net.host.apply(plan, backend=firewall)["changed"]


@pytest.mark.every_run("0")
@every_suite
@pytest.mark.parametrize("br_netfilter", [0, 1])
def test_containers_of_one_bridge_are_apart_with_and_without_br_netfilter(net: Network, suite: str, br_netfilter: int) -> None:
    keys = ("iptables", "ip6tables")
    server = net.host.container({})
    net.host.run(["sysctl", "-qw", *(f"net.bridge.bridge-nf-call-{key}={br_netfilter}" for key in keys)])
    plan = workload(net)
    with neighbour(net.host) as client, server.listen("tcp", 8080, 5432), server.listen("udp", 5353), net.partner.listen("tcp", 18000):
        assert outcomes(client, "tcp", server, 8080, 5432) == both("open", "open")
        net.host.apply(plan)
        closed = "rejected" if br_netfilter else "silent"
        assert {tuple(found) for found in outcomes(client, "tcp", server, 8080, 5432).values()} <= {("open", "silent"), ("open", closed)}
        assert "open" not in {found for family in outcomes(client, "udp", server, 5353).values() for found in family}
        assert outcomes(client, "tcp", net.partner, 18000) == both("open")
        assert not net.host.apply(plan)["changed"]
        assert "table bridge federated_connectivity" in net.host.ruleset()
        net.host.apply(None)
        assert outcomes(client, "tcp", server, 8080, 5432) == both("open", "open")
        assert "federated_connectivity" not in net.host.ruleset()


def test_where_no_role_demands_it_there_is_no_table_of_bridges(net: Network) -> None:
    plan = workload(net)
    net.host.apply(plan)
    assert "table bridge" in net.host.ruleset()
    net.host.apply({key: value for key, value in plan.items() if key != "containers_apart"})
    assert "table bridge" not in net.host.ruleset()


@every_suite
def test_a_gateway_in_a_container_with_a_routed_address_takes_the_flows_of_its_matrix_alone(net: Network, suite: str) -> None:
    gateway = net.host.container({})
    plan = planned({"host": "web_gateway", "workload": "workload"}, host=net.host, workload=net.partner)
    for outsider in (net.partner, net.stranger):
        outsider.ip(f"route add {gateway.ipv4} via {net.host.ipv4}", f"route add {gateway.ipv6} via {net.host.ipv6}")
    with gateway.listen("tcp", 443, 80, 18000, 6379):
        assert outcomes(net.stranger, "tcp", gateway, 443, 80, 18000, 6379) == both("open", "open", "open", "open")
        net.host.apply(plan)
        assert outcomes(net.partner, "tcp", gateway, 443, 80, 18000, 6379) == both("open", "open", "open", "silent")
        assert outcomes(net.stranger, "tcp", gateway, 443, 80, 18000, 6379) == both("open", "open", "silent", "silent")
        net.host.apply(None)
        assert outcomes(net.stranger, "tcp", gateway, 18000, 6379) == both("open", "open")
