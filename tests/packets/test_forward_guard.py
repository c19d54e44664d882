# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forward guard: published ports of containers, whose destination is rewritten before any filter sees it."""

from __future__ import annotations

import typing as t

import pytest
from firewall_host import FirewallHost, Network
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule
from suites import suites

GRPC = rule("linksight.north.peer_grpc.ingress", "9090-9091", placement="published")
EGRESS = rule("linksight.north.peer_http.egress", "8443", direction="egress", placement="published")

every_suite = suites("trixie")


@every_suite
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_published_port_is_for_its_peers_alone(net: Network, suite: str, protocol: str) -> None:
    container = net.host.container({8443: 443, 9090: 90, 9091: 91, 8080: 80}, protocol)
    rules = [{**PUBLISHED_HTTP, "protocol": protocol}, {**GRPC, "protocol": protocol}]
    with container.listen(protocol, 443, 90, 91, 80):
        assert outcomes(net.stranger, protocol, net.host, 8443) == both("open")
        net.host.apply(policy(*rules))
        assert outcomes(net.partner, protocol, net.host, 8443, 9090, 9091, 8080) == both("open", "open", "open", "open")
        assert outcomes(net.stranger, protocol, net.host, 8443, 9090, 9091, 8080) == both("silent", "silent", "silent", "open")
        net.host.apply(policy(*rules, ingress="deny"))
        assert outcomes(net.partner, protocol, net.host, 8443, 8080) == both("open", "silent")
        assert outcomes(net.stranger, protocol, net.host, 8443, 8080) == both("silent", "silent")


def test_the_bridge_of_a_container_may_have_any_name(net: Network) -> None:
    container = net.host.container({8443: 443}, bridge="analysis")
    net.host.apply(policy(PUBLISHED_HTTP))
    with container.listen("tcp", 443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


def test_a_proxy_process_or_host_networking_passes_no_stranger_either(net: Network) -> None:
    net.host.apply(policy(PUBLISHED_HTTP))
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


def test_a_port_of_the_host_is_closed_also_where_a_container_has_it_after_all(net: Network) -> None:
    container = net.host.container({8443: 443})
    with container.listen("tcp", 443):
        for default in ("unchanged", "deny"):
            net.host.apply(policy(PEER_HTTP, ingress=default))
            assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


def test_a_container_reaches_the_same_port_of_a_partner(net: Network) -> None:
    container = net.host.container({8443: 443})
    net.host.apply(policy(PUBLISHED_HTTP))
    with net.partner.listen("tcp", 8443), net.stranger.listen("tcp", 443):
        assert outcomes(container, "tcp", net.partner, 8443) == both("open")
        assert outcomes(container, "tcp", net.stranger, 443) == both("open")


def test_routing_to_the_containers_own_address_goes_round_nothing(net: Network) -> None:
    container = net.host.container({8443: 8443})
    net.host.apply(policy(PUBLISHED_HTTP))
    for neighbour in (net.partner, net.stranger):
        neighbour.ip(f"route add {container.ipv4} via {net.host.ipv4}", f"route add {container.ipv6} via {net.host.ipv6}")
    with container.listen("tcp", 8443, 80):
        assert outcomes(net.partner, "tcp", container, 8443, 80) == both("open", "silent")
        assert outcomes(net.stranger, "tcp", container, 8443, 80) == both("silent", "silent")


@every_suite
def test_behind_a_link_with_a_name_like_a_bridge_of_containers_are_strangers(net: Network, suite: str) -> None:
    host, container = net.host, net.host.container({8443: 443})
    host.ip(
        "link add br-lan type bridge mcast_snooping 0",
        "link set br-lan up",
        "address flush dev eth0 scope global",
        "link set eth0 master br-lan",
        f"address add {host.ipv4}/24 dev br-lan",
        f"address add {host.ipv6}/64 dev br-lan nodad",
    )
    net.stranger.ip(f"route add {container.ipv4} via {host.ipv4}", f"route add {container.ipv6} via {host.ipv6}")
    with container.listen("tcp", 443, 80), net.partner.listen("tcp", 8443), net.stranger.listen("tcp", 8443):
        for default, outward in (("unchanged", "open"), ("deny", "rejected")):
            host.apply(policy(PUBLISHED_HTTP, EGRESS, egress=default))
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
            assert outcomes(net.stranger, "tcp", container, 443, 80) == both("silent", "silent")
            assert outcomes(container, "tcp", net.partner, 8443) == both("open")
            assert outcomes(container, "tcp", net.stranger, 8443) == both(outward)


@every_suite
def test_egress_of_containers_is_refused_by_default_only_when_denied(net: Network, suite: str) -> None:
    container, neighbour = net.host.container({8443: 443}), net.host.container({}, bridge="br-0123456789ab")
    with net.partner.listen("tcp", 443, 8443), net.stranger.listen("tcp", 8443), neighbour.listen("tcp", 80), container.listen("tcp", 443):
        net.host.apply(policy(PUBLISHED_HTTP, EGRESS))
        assert outcomes(container, "tcp", net.partner, 443, 8443) == both("open", "open")
        net.host.apply(policy(PUBLISHED_HTTP, EGRESS, egress="deny"))
        assert outcomes(container, "tcp", net.partner, 443, 8443) == both("rejected", "open")
        assert outcomes(container, "tcp", net.stranger, 8443) == both("rejected")
        assert outcomes(container, "tcp", neighbour, 80) == both("open")
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        net.host.apply(policy(PUBLISHED_HTTP, EGRESS, egress="deny"), container_interfaces=["docker0"])
        assert outcomes(neighbour, "tcp", net.partner, 443) == both("open")
        assert outcomes(container, "tcp", net.partner, 443) == both("rejected")


def test_it_survives_what_others_do_to_their_own_tables(net: Network) -> None:
    container = net.host.container({8443: 443})
    net.host.apply(policy(PUBLISHED_HTTP))
    saved = {tool: net.host.run([f"{tool}-save"]).stdout for tool in ("iptables", "ip6tables")}
    for tool, tables in saved.items():
        net.host.run([tool, "-t", "nat", "-F"])
        net.host.run([f"{tool}-restore"], input=tables)
    with container.listen("tcp", 443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
    assert not net.host.apply(policy(PUBLISHED_HTTP))["changed"]


def test_an_open_connection_to_a_container_survives(net: Network) -> None:
    container = net.host.container({8443: 443})
    with container.listen("tcp", 443):
        connections = [net.partner.connect(address, 8443) for address in net.host.addresses]
        for default in ("unchanged", "deny"):
            net.host.apply(policy(PUBLISHED_HTTP, ingress=default, egress=default))
            for connection in connections:
                connection.sendall(b"still here")
                assert connection.recv(64) == b"still here"
        for connection in connections:
            connection.close()


@pytest.fixture
def ufw(host: FirewallHost) -> FirewallHost:
    host.run(["sh", "-ec", "ufw allow 22/tcp; ufw default allow routed; ufw --force enable"])
    return host


def test_beside_ufw_our_table_holds_what_ufw_cannot_see(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    container = ufw.container({8443: 443})
    result = ufw.apply(policy(PUBLISHED_HTTP))
    assert result["backend"] == "ufw"
    assert _hooks(ufw) == {"input", "forward"}
    with container.listen("tcp", 443):
        assert outcomes(partner, "tcp", ufw, 8443) == both("open")
        assert outcomes(stranger, "tcp", ufw, 8443) == both("silent")
    ufw.run(["ufw", "reload"])
    with container.listen("tcp", 443):
        assert outcomes(stranger, "tcp", ufw, 8443) == both("silent")
    assert not ufw.apply(policy(PUBLISHED_HTTP))["changed"]


def test_another_backend_takes_over_in_one_run(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    rules = ufw.file("/etc/ufw/user.rules").read_bytes()
    ufw.apply(policy(PUBLISHED_HTTP))
    ufw.run(["ufw", "disable"])
    assert ufw.apply(policy(PUBLISHED_HTTP))["backend"] == "nftables"
    assert ufw.file("/etc/ufw/user.rules").read_bytes() == rules
    assert _hooks(ufw) == {"input", "output", "forward"}
    ufw.run(["ufw", "--force", "enable"])
    assert ufw.apply(policy(PUBLISHED_HTTP))["backend"] == "ufw"
    assert _hooks(ufw) == {"input", "forward"}
    with ufw.listen("tcp", 8443):
        assert outcomes(partner, "tcp", ufw, 8443) == both("open")
        assert outcomes(stranger, "tcp", ufw, 8443) == both("silent")
    assert not ufw.apply(policy(PUBLISHED_HTTP))["changed"]


def _hooks(host: FirewallHost) -> set[t.Any]:
    listed = host.run(["nft", "list", "table", "inet", "federated_connectivity"]).stdout
    return {line.split()[3] for line in listed.splitlines() if "type filter hook" in line}
