# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewalld backend on a Debian host with the real firewalld: packets of peers and strangers."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from namespaces import both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule
from suites import on_suite, suites

EGRESS = rule("linksight.north.peer_http.egress", "8443", direction="egress")
ATTEMPTS = 100

every_suite = suites("bookworm")


@pytest.mark.every_run("trixie-trusted")
@pytest.mark.parametrize(
    ("suite", "zone"),
    [
        on_suite("bookworm", "bookworm", "public"),
        on_suite("trixie", "trixie", "trusted"),
        on_suite("bookworm", "bookworm", "trusted", whole=True),
        on_suite("trixie", "trixie", "public", whole=True),
    ],
)
def test_matrix_ports_are_for_their_peers_alone(net: Network, firewalld: Firewalld, suite: str, zone: str) -> None:
    host = net.host
    firewalld.cmd(f"--set-default-zone={zone}")
    firewalld.cmd("--add-port=7002/tcp", "--add-port=8443/tcp")
    other = "open" if zone == "trusted" else "rejected"
    with host.listen("tcp", 22, 5000, 7000, 7001, 7002, 8443, 9000, 9002), host.listen("udp", 53, 51820):
        assert outcomes(net.stranger, "tcp", host, 22, 5000) == both("open", other)
        applied = host.apply(
            policy(
                rule("linksight.north.peer_http.ingress", "8443", "9000-9002", placement="published"),
                rule("linksight.north.vpn.ingress", "51820", protocol="udp", peers=["partners", "partner2"]),
                rule("linksight.north.old.ingress", "7000", peers=["partner_ipv4"]),
                rule("linksight.north.none.ingress", "7001", peers=["nobody"]),
                rule("linksight.north.all.ingress", "7002", peers=["any"]),
                rule("baseline.host.management.ingress", "22", closed_to_others=False),
            )
        )
        assert (applied["changed"], applied["backend"]) == (True, "firewalld")
        assert outcomes(net.partner, "tcp", host, 22, 8443, 9000, 9001, 9002) == both("open", "open", "open", "refused", "open")
        assert outcomes(net.partner2, "tcp", host, 8443, 9001) == both("silent", "silent")
        assert outcomes(net.stranger, "tcp", host, 22, 5000, 8443, 9000, 9002) == both("open", other, "silent", "silent", "silent")
        assert outcomes(net.partner, "tcp", host, 7000, 7001, 7002) == {
            "ipv4": ["open", "silent", "open"],
            "ipv6": ["silent", "silent", "open"],
        }
        assert outcomes(net.stranger, "tcp", host, 7000, 7001, 7002) == both("silent", "silent", "open")
        assert outcomes(net.partner2, "udp", host, 51820) == both("open")
        assert outcomes(net.stranger, "udp", host, 51820) == both("silent")
        host.nft("delete table inet federated_connectivity")  # firewalld alone does it, too
        assert outcomes(net.stranger, "tcp", host, 8443, 9000, 9002) == both("silent", "silent", "silent")


def test_flow_ids_show_in_firewalls_own_words(host: FirewallHost, firewalld: Firewalld) -> None:
    host.apply(policy(PEER_HTTP, EGRESS))
    service = 'service name="fedconn-linksight-north-peer_http-ingress"'
    assert [line.strip() for line in firewalld.cmd("--info-policy=fedconn-in").splitlines() if "rule " in line] == [
        f'rule priority="-300" family="ipv4" source ipset="fedconn4-partners" {service} accept',
        f'rule priority="-300" family="ipv6" source ipset="fedconn6-partners" {service} accept',
        f'rule priority="-200" {service} drop',
    ]
    assert "  ports: 8443/tcp\n" in firewalld.cmd("--info-service=fedconn-linksight-north-peer_http-egress") + "\n"
    assert "  entries: 2001:db8:1::20" in firewalld.cmd("--info-ipset=fedconn6-partners")
    time.sleep(2)  # as long as the daemon takes to notice files
    assert firewalld.cmd("--permanent", "--info-ipset=fedconn6-partners") == firewalld.cmd("--info-ipset=fedconn6-partners")
    assert firewalld.cmd("--check-config") == "success"


@every_suite
def test_egress_is_refused_by_default_only_when_denied(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    rules = (EGRESS, rule("linksight.north.vpn.egress", "51820", direction="egress", protocol="udp", peers=["any"]))
    with net.partner.listen("tcp", 443, 8443), net.partner.listen("udp", 53, 51820), net.stranger.listen("tcp", 8443), host.listen(
        "tcp", 22
    ):
        host.apply(policy(*rules))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("open", "open")
        host.apply(policy(*rules, egress="deny"))
        host.ip("neighbour flush all")
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
        assert outcomes(host, "udp", net.partner, 53, 51820) == both("rejected", "open")
        assert outcomes(host, "tcp", net.stranger, 8443) == both("rejected")
        assert outcomes(net.stranger, "tcp", host, 22) == both("open")
        assert outcomes(host, "tcp", host, 22) == both("open")
        host.apply(policy(*rules))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("open", "open")


@pytest.mark.every_run("ipv6")
@pytest.mark.parametrize("family", ["ipv4", pytest.param("ipv6", marks=pytest.mark.suite("trixie"))])
def test_a_default_of_deny_keeps_the_live_management_connection(net: Network, firewalld: Firewalld, family: str) -> None:
    host, controller = net.host, net.user
    with host.listen("tcp", 22, 80, 8443):
        session = controller.connect(getattr(host, family), 22)
        host.apply(policy(PEER_HTTP, ingress="deny", egress="deny"), ssh=f"{getattr(controller, family)} 50000 {getattr(host, family)} 22")
        host.ip("neighbour flush all")
        session.sendall(b"still here")
        assert session.recv(64) == b"still here"
        session.close()
        other = "ipv6" if family == "ipv4" else "ipv4"
        assert outcomes(controller, "tcp", host, 22, 80) == {family: ["open", "silent"], other: ["silent", "silent"]}
        assert outcomes(net.stranger, "tcp", host, 22) == both("silent")
        assert outcomes(net.partner, "tcp", host, 22, 8443) == both("silent", "open")


@every_suite
def test_everything_outlives_reloads_and_restarts(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    declared = policy(PEER_HTTP, EGRESS, egress="deny")
    host.apply(declared)
    ours = firewalld.ours()
    with host.listen("tcp", 8443), net.partner.listen("tcp", 443, 8443):
        for again in (
            lambda: firewalld.cmd("--reload"),
            lambda: firewalld.cmd("--complete-reload"),
            firewalld.restart,
        ):
            again()
            assert firewalld.ours() == ours
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
            assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
            assert not host.apply(declared)["changed"]


@pytest.mark.suite("trixie")
def test_a_second_run_changes_nothing(host: FirewallHost, firewalld: Firewalld) -> None:
    declared = policy(PEER_HTTP, EGRESS, rule("x.y.all.egress", "53", direction="egress", peers=["any"]), ingress="deny", egress="deny")
    foreseen = host.apply(declared, check=True)
    assert (foreseen["changed"], foreseen.before, firewalld.ours()) == (True, "", [])
    first = host.apply(declared)
    assert first.after == foreseen.after
    table, files = firewalld.table(), firewalld.files()
    for second in (host.apply(declared, check=True), host.apply(declared)):
        assert (second["changed"], second["changes"]) == (False, [])
    assert (firewalld.table(), firewalld.files()) == (table, files)


@every_suite
def test_peers_and_defaults_change_in_place(net: Network, firewalld: Firewalld, suite: str) -> None:
    """Without a reload; a peer that stays is never refused, a stranger never gets in."""
    host = net.host
    host.apply(policy(PEER_HTTP))
    table = firewalld.table()
    partners = ["198.51.100.20/32", "2001:db8:1::20/128"]
    with host.listen("tcp", 8443), attempts(net, 8443) as outcomes_of:
        for peers, default in (
            ([*partners, "198.51.100.21/32", "2001:db8:1::21/128"], "unchanged"),
            (["198.51.100.16/28", "2001:db8:1::/122"], "deny"),
            (partners, "deny"),
            ([*partners, "203.0.113.0/24"], "unchanged"),
        ):
            assert host.apply(policy(PEER_HTTP, ingress=default, egress=default, partners=peers))["changed"]
            assert firewalld.table() == table
    assert set(outcomes_of["partner"]) == {"open"}
    assert set(outcomes_of["stranger"]) == {"silent"}


@contextlib.contextmanager
def attempts(net: Network, port: int) -> t.Iterator[dict[str, list[str]]]:
    """Connect from partner and stranger again and again, at most ATTEMPTS times, quicker than a lost SYN is sent again."""
    stop = threading.Event()
    found: dict[str, list[str]] = {"partner": [], "stranger": []}

    def attempt(name: str) -> None:
        for _ in range(ATTEMPTS):
            for address in net.host.addresses:
                found[name].append(getattr(net, name).probe("tcp", address, port, 0.9))
            if stop.wait(0.05):
                return

    threads = [threading.Thread(target=attempt, args=(name,)) for name in found]
    for thread in threads:
        thread.start()
    yield found
    stop.set()
    for thread in threads:
        thread.join()


def test_an_open_connection_survives(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    host.apply(policy(PEER_HTTP))
    with host.listen("tcp", 8443), net.partner.listen("tcp", 443):
        connections = [net.partner.connect(address, 8443) for address in host.addresses]
        connections += [host.connect(address, 443) for address in net.partner.addresses]
        for declared in (policy(PEER_HTTP, ingress="deny", egress="deny"), policy(ingress="deny", egress="deny"), None):
            host.apply(declared)
            for connection in connections:
                connection.sendall(b"still here")
                assert connection.recv(64) == b"still here"
        for connection in connections:
            connection.close()


@pytest.mark.suite("trixie")
def test_rules_that_left_the_plan_go(net: Network, firewalld: Firewalld) -> None:
    net.host.apply(policy(PEER_HTTP, rule("linksight.north.peer_grpc.ingress", "9090", peers=["partner2"])))
    assert net.host.apply(policy(PEER_HTTP))["changed"]
    assert not [name for name in firewalld.files() if "peer_grpc" in name or "partner2" in name]
    assert "grpc" not in "".join(firewalld.ours())
    with net.host.listen("tcp", 8443):
        assert outcomes(net.stranger, "tcp", net.host, 8443, 9090) == both("silent", "rejected")


@every_suite
def test_a_published_port_keeps_its_way_to_the_container(net: Network, firewalld: Firewalld, suite: str) -> None:
    """A reload of firewalld 1.3 empties the tables that Docker keeps its rules in."""
    container = net.host.container({8443: 443})
    with container.listen("tcp", 443):
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("open")
        net.host.apply(policy(PUBLISHED_HTTP))
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


@pytest.mark.suite("trixie")
def test_many_peers(net: Network, firewalld: Firewalld) -> None:
    many = [f"203.0.{i >> 7}.{2 * (i & 127)}" for i in range(500)] + [f"2001:db8:2::{2 * i:x}" for i in range(500)]
    partners = ["198.51.100.20/32", "2001:db8:1::20/128"]
    for peers in (partners, [*partners, *many[::5]], [*partners, *many]):
        assert net.host.apply(policy(PEER_HTTP, partners=peers))["changed"]
    assert not net.host.apply(policy(PEER_HTTP, partners=peers[::-1]))["changed"]
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
