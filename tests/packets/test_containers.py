# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers by every way to and from them: their own host, loopback from the wire, straight to their address, the plan's egress."""

from __future__ import annotations

import socket
import typing as t

import pytest
from firewall_host import FirewallHost, Network, route_loopback
from firewalld_daemon import Firewalld
from namespaces import SECONDS, Namespace, both, outcomes, probe_all
from policies import PUBLISHED_HTTP, policy, rule
from suites import suites

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

USER_DEFINED, LAN = "br-0123456789ab", "br-lan"
RESOLVER = {"dns_servers": ["198.51.100.21", "2001:db8:1::21"]}  # partner2

every_default = pytest.mark.parametrize("default", ["unchanged", "deny"])
every_suite = suites("trixie")


@suites("bookworm")
@every_default
def test_containers_reach_the_ports_of_their_own_host_and_a_bridged_stranger_does_not(net: Network, suite: str, default: str) -> None:
    web = net.host.container({8443: 443})
    client, stranger = net.host.container({}, bridge=USER_DEFINED), net.host.container({}, bridge=LAN)
    net.host.apply(policy(PUBLISHED_HTTP, ingress=default, egress=default))
    with web.listen("tcp", 443):
        assert outcomes(client, "tcp", net.host, 8443) == both("open")
        assert outcomes(stranger, "tcp", net.host, 8443) == both("silent")
    with net.host.listen("tcp", 8443, 22):  # docker-proxy takes what comes from the port's own bridge
        assert outcomes(web, "tcp", net.host, 8443, 22) == both("open", "silent" if default == "deny" else "open")
        for nat in ("iptables", "ip6tables"):
            net.host.run([nat, "-t", "nat", "-F", "PREROUTING"])
        assert outcomes(stranger, "tcp", net.host, 8443) == both("silent")
    assert not net.host.apply(policy(PUBLISHED_HTTP, ingress=default, egress=default))["changed"]


def test_a_container_counts_by_the_address_that_it_has_on_its_own_bridge(net: Network) -> None:
    web, client = net.host.container({8443: 443}, "udp"), net.host.container({}, bridge=USER_DEFINED)
    client.ip("address add 198.51.100.77/32 dev eth0")
    net.host.apply(policy({**PUBLISHED_HTTP, "protocol": "udp"}))
    with web.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("", 443))
        service.settimeout(SECONDS)
        for source in ("198.51.100.77", client.ipv4):
            with client.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                datagram.bind((source, 0))
                datagram.sendto(source.encode(), (net.host.ipv4, 8443))
        assert service.recv(64).decode() == client.ipv4
        with pytest.raises(TimeoutError):
            service.recv(64)


@pytest.mark.every_run("deny")
@every_default
def test_a_neighbour_that_routes_to_a_container_reaches_no_port_behind_a_closed_one(net: Network, default: str) -> None:
    web, other, lan = net.host.container({8443: 443}), net.host.container({}, bridge=USER_DEFINED), net.host.container({}, bridge=LAN)
    for target in (web, other, lan):
        net.stranger.ip(f"route add {target.ipv4} via {net.host.ipv4}", f"route add {target.ipv6} via {net.host.ipv6}")
    with web.listen("tcp", 443), other.listen("tcp", 443), lan.listen("tcp", 443):
        assert outcomes(net.stranger, "tcp", web, 443) == both("open")
        net.host.apply(policy(PUBLISHED_HTTP, ingress=default))
        assert outcomes(net.stranger, "tcp", web, 443) == both("silent")
        assert outcomes(net.stranger, "tcp", other, 443) == both("silent")
        assert outcomes(net.stranger, "tcp", lan, 443) == both("silent" if default == "deny" else "open")


@every_suite
def test_a_port_that_is_published_on_loopback_is_for_the_host_alone(net: Network, suite: str) -> None:
    gui = net.host.container({})
    net.host.run(["iptables", "-t", "nat", "-I", "PREROUTING", *_to_loopback(gui)])
    net.host.run(["iptables", "-t", "nat", "-I", "OUTPUT", *_to_loopback(gui)])
    net.host.run(["iptables", "-t", "nat", "-I", "POSTROUTING", "-s", "127.0.0.0/8", "-o", "docker0", "-j", "MASQUERADE"])
    net.host.run(["sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1"])
    route_loopback(net.stranger, net.host)
    net.stranger.ip(f"route add {gui.ipv4} via {net.host.ipv4}", f"route add {gui.ipv6} via {net.host.ipv6}")
    with gui.listen("tcp", 88), net.host.listen("tcp", 8889):
        ways = [("127.0.0.1", 8888), ("127.0.0.1", 8889), (gui.ipv4, 88), (gui.ipv6, 88)]
        assert probe_all(*((net.stranger, "tcp", *way) for way in ways)) == ["open"] * 4
        net.host.apply({**policy(), "listeners": [{"flow": "gui", "protocol": "tcp", "ports": ["8888"], "bind": "loopback"}]})
        assert probe_all(*((net.stranger, "tcp", *way) for way in ways)) == ["silent"] * 4
        assert probe_all(*((net.host, "tcp", *way) for way in ways)) == ["open"] * 4


@pytest.mark.every_run("docker-bridges")
@every_suite
@pytest.mark.parametrize("others", ["DOCKER-USER", "docker-bridges"])
def test_what_others_accept_or_drop_on_the_forward_path_stays_theirs(net: Network, suite: str, others: str) -> None:
    """vantage6 inserts into DOCKER-USER; Docker's nftables backend has tables of its own and no DOCKER-USER."""
    web = net.host.container({8443: 443, 8080: 80})
    _others_rules(net.host, others, web)
    net.host.apply(policy(PUBLISHED_HTTP))
    before = _others(net.host, others)
    with web.listen("tcp", 443, 80):
        assert outcomes(net.partner, "tcp", net.host, 8443, 8080) == both("open", "silent")
        assert outcomes(net.stranger, "tcp", net.host, 8443, 8080) == both("silent", "silent")
        net.host.apply(None)
        assert outcomes(net.stranger, "tcp", net.host, 8443, 8080) == both("open", "silent")
    assert _others(net.host, others) == before


@pytest.mark.suite("trixie")
def test_with_strict_forward_ports_firewalld_and_the_guard_both_have_to_agree(net: Network, firewalld: Firewalld) -> None:
    settings = net.host.file("/etc/firewalld/firewalld.conf")
    settings.write_text(settings.read_text(encoding="utf-8").replace("StrictForwardPorts=no", "StrictForwardPorts=yes"), encoding="utf-8")
    firewalld.restart()
    web = net.host.container({8443: 443})
    net.host.apply(policy(PUBLISHED_HTTP))
    with web.listen("tcp", 443):
        assert net.partner.probe("tcp", net.host.ipv4, 8443) == "rejected"
        firewalld.cmd(f"--add-forward-port=port=8443:proto=tcp:toport=443:toaddr={web.ipv4}")
        assert net.partner.probe("tcp", net.host.ipv4, 8443) == "open"
        assert net.stranger.probe("tcp", net.host.ipv4, 8443) == "silent"


@pytest.fixture(params=["ufw", "firewalld"])
def manager(request: pytest.FixtureRequest, host: FirewallHost) -> str:
    """A firewall that knows containers by their addresses alone."""
    if request.param == "ufw":
        host.run(["ufw", "--force", "enable"])
    else:
        request.getfixturevalue("firewalld")
    return str(request.param)


@pytest.mark.every_run("ufw")
@every_suite
def test_a_host_and_its_containers_reach_each_other_beside_ufw_and_firewalld(net: Network, manager: str, suite: str) -> None:
    """The ways of docker-proxy: from it to the container, and to it from a container, while neither way is open to strangers."""
    web, lan = net.host.container({}), net.host.container({}, bridge=LAN)
    denied = policy(PUBLISHED_HTTP, ingress="deny", egress="deny")
    with web.listen("tcp", 443), lan.listen("tcp", 443), net.host.listen("tcp", 8443, 8080):
        assert net.host.apply(denied)["backend"] == manager
        assert outcomes(net.host, "tcp", web, 443) == both("open")
        assert "open" not in str(outcomes(net.host, "tcp", lan, 443))
        assert outcomes(web, "tcp", net.host, 8443) == both("open")
        for stranger, port in ((web, 8080), (lan, 8443), (net.stranger, 8443)):
            assert "open" not in str(outcomes(stranger, "tcp", net.host, port))
    assert not net.host.apply(denied)["changed"]
    assert net.host.apply(None)["changed"]


@every_suite
def test_containers_that_may_go_somewhere_may_ask_for_its_name(net: Network, suite: str) -> None:
    container, gateway, resolver = net.host.container({}), net.partner, net.partner2
    names = [
        rule(f"baseline.host.dns_{protocol}.egress", "53", direction="egress", protocol=protocol, peers=["partner2"])
        for protocol in ("tcp", "udp")
    ]
    outward = rule("a.b.tunnel.egress", "18000", direction="egress", placement="published")
    with resolver.listen("tcp", 53), resolver.listen("udp", 53), gateway.listen("tcp", 18000):
        net.host.apply(policy(*names, outward, egress="deny"))
        assert outcomes(container, "tcp", gateway, 18000) == both("open")
        assert [outcomes(container, protocol, resolver, 53) for protocol in ("tcp", "udp")] == [both("open")] * 2
        net.host.apply(policy(*names, egress="deny"))
        assert [outcomes(container, protocol, resolver, 53) for protocol in ("tcp", "udp")] == [both("rejected")] * 2


def test_behind_the_network_wall_containers_reach_the_gateway_and_nothing_else(net: Network) -> None:
    plan = _planned("network_wall", {}, workload=net.host, web_gateway=net.partner)
    workload = net.host.container({8080: 80})
    net.host.apply(plan)
    with net.partner.listen("tcp", 18000, 443), net.stranger.listen("tcp", 18000), net.partner2.listen("udp", 53), workload.listen(
        "tcp", 80
    ):
        assert outcomes(workload, "tcp", net.partner, 18000, 443) == both("open", "rejected")
        assert outcomes(workload, "tcp", net.stranger, 18000) == both("rejected")
        assert outcomes(workload, "udp", net.partner2, 53) == both("rejected")
        with net.host.listen("tcp", 22):
            assert outcomes(workload, "tcp", net.host, 22) == both("silent")
        for visitor in (net.partner, net.stranger):
            assert outcomes(visitor, "tcp", net.host, 8080) == both("silent")


def test_a_computation_of_coinstac_has_no_network_but_its_client(net: Network) -> None:
    plan = _planned("coinstac", {"connectivity_defaults": {"egress": "deny"}}, client=net.host, remote=net.partner)
    computation = net.host.container({})
    net.host.run(["iptables", "-t", "nat", "-I", "PREROUTING", *_to_loopback(computation)])
    net.host.apply(plan)
    route_loopback(net.stranger, net.host)
    with net.partner.listen("tcp", 443, 80), net.partner2.listen("udp", 53), computation.listen("tcp", 88):
        assert outcomes(net.host, "tcp", net.partner, 443, 80) == both("open", "open")
        assert outcomes(computation, "tcp", net.partner, 443, 80) == both("rejected", "rejected")
        assert outcomes(computation, "udp", net.partner2, 53) == both("rejected")
        assert outcomes(net.host, "tcp", computation, 88) == both("open")
        assert net.stranger.probe("tcp", "127.0.0.1", 8888) == "silent"


def _planned(matrix: str, variables: dict[str, t.Any], **roles: Namespace) -> dict[str, t.Any]:
    """What the catalogue and the inventory say for the host under test, whose role comes first."""
    inventory: dict[str, dict[str, t.Any]] = {
        member.name: {
            "connectivity_addresses": list(member.addresses),
            "connectivity_managed": member.name == "host",
            "connectivity_memberships": [{"matrix": matrix, "federation": "north", "roles": [role]}],
            "connectivity_networks": {"management": ["198.51.100.30"], **RESOLVER},
        }
        for role, member in roles.items()
    }
    inventory["host"].update(variables)
    plan = compute_plan(inventory, Catalogue())
    content = dict(plan.host("host"))
    for each in content["rules"]:
        each["peers"]["names"] = []  # nothing here answers for registries
    return {**content, "address_sets": plan.index["address_sets"]}


def _to_loopback(container: Namespace) -> list[str]:
    """Docker's rule for ``--publish 127.0.0.1:8888:88``."""
    return ["-p", "tcp", "-d", "127.0.0.1", "--dport", "8888", "-j", "DNAT", "--to-destination", f"{container.ipv4}:88"]


def _others_rules(host: FirewallHost, others: str, web: Namespace) -> None:
    if others == "DOCKER-USER":
        for tool in ("iptables", "ip6tables"):
            lines = [
                "*filter",
                ":DOCKER-USER - [0:0]",
                "-A FORWARD -j DOCKER-USER",
                "-I DOCKER-USER 1 -p tcp -m conntrack --ctorigdstport 8080 -j DROP",
                "-I DOCKER-USER 1 -p tcp --dport 443 -j ACCEPT",
                "COMMIT\n",
            ]
            host.run([f"{tool}-restore", "--noflush"], input="\n".join(lines))
    else:
        for family, address in (("ip", web.ipv4), ("ip6", web.ipv6)):
            host.nft(
                f"table {family} docker-bridges {{ chain filter-FORWARD {{ type filter hook forward priority filter; policy accept;\n"
                f"meta l4proto tcp ct original proto-dst 8080 drop\n {family} daddr {address} tcp dport 443 accept\n }}\n }}"
            )


def _others(host: FirewallHost, others: str) -> str:
    if others == "DOCKER-USER":
        return "".join(host.run([tool, "-S"]).stdout for tool in ("iptables", "ip6tables"))
    return "".join(host.nft(f"list table {family} docker-bridges") for family in ("ip", "ip6"))
