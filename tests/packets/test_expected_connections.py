# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that somebody's connection tracking helper expects ("related") open no port of the plan, in no direction."""

from __future__ import annotations

import json
import typing as t

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, policy, rule

FTP = rule("x.y.ftp.ingress", "21", peers=["any"])
PUBLISHED_FTP = {**FTP, "placement": "published"}
# What a server of FTP says to have its client come to port 8443, and to port 443.
ANNOUNCED = {
    ("ipv4", 8443): b"227 Entering Passive Mode (%s,32,251)\r\n",
    ("ipv6", 8443): b"229 Entering Extended Passive Mode (|||8443|)\r\n",
    ("ipv4", 443): b"227 Entering Passive Mode (%s,1,187)\r\n",
    ("ipv6", 443): b"229 Entering Extended Passive Mode (|||443|)\r\n",
}
HELPER = """table inet helper {
    ct helper ftp4 { type "ftp" protocol tcp; l3proto ip; }
    ct helper ftp6 { type "ftp" protocol tcp; l3proto ip6; }
    chain pre { type filter hook prerouting priority filter; policy accept;
        meta nfproto ipv4 tcp dport 21 ct helper set "ftp4"
        meta nfproto ipv6 tcp dport 21 ct helper set "ftp6"
    }
}"""
# A helper that reads nothing: whoever is asked at port 21 is expected to open connections to port 8443 of who asks.
EXPECTATIONS = """table {family} expected {{
    ct expectation stream {{ protocol tcp; dport 8443; timeout 1m; size 8; l3proto {family}; }}
    ct expectation datagram {{ protocol udp; dport 8443; timeout 1m; size 8; l3proto {family}; }}
    chain seen {{ type filter hook {hook} priority filter + 10; policy accept;
        tcp dport 21 ct expectation set "stream"
        tcp dport 21 ct expectation set "datagram"
    }}
}}"""
WATCH = (
    "table inet watch {{ chain seen {{ type filter hook {hook} priority -100; ct state related meta l4proto {{ tcp, udp }} counter; }}; }}"
)


every_firewall = pytest.mark.parametrize(
    ("firewall", "suite"),
    [
        pytest.param(firewall, suite, marks=[pytest.mark.suite(suite), *(() if often else [pytest.mark.whole])])
        for firewall, suite, often in (
            ("nftables", "bookworm", True),
            ("ufw", "trixie", True),
            ("firewalld", "bookworm", True),
            ("nftables", "trixie", False),
            ("ufw", "bookworm", False),
            ("firewalld", "trixie", False),
        )
    ],
)


@pytest.mark.every_run("firewalld")
@every_firewall
def test_no_server_of_ftp_opens_a_closed_port(net: Network, firewall: str, suite: str) -> None:
    """It says of port 8443 that data come there; ours repeats what its client says, as some do in their errors."""
    host = net.host
    FIREWALLS[firewall](host)
    _watch(host, "input")
    host.nft(HELPER)
    with host.listen("tcp", 21, 8443):
        for number, default in enumerate(("unchanged", "deny"), 1):
            host.apply(policy(PEER_HTTP, FTP, ingress=default))
            announced = [*_announce(net.stranger, host), *_announce(net.partner, host)]
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert _related(host) >= 4 * number, "the helper expected nothing"
            _close(announced)


def test_no_service_of_firewalld_with_a_helper_opens_a_closed_port(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    firewalld.cmd("--add-service=ftp")
    _watch(host, "input")
    with host.listen("tcp", 21, 8443):
        host.apply(policy(PEER_HTTP))
        announced = _announce(net.stranger, host)
        assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
        assert _related(host) >= 2, "the helper expected nothing"
        _close(announced)


@pytest.mark.every_run("firewalld")
@every_firewall
def test_nobody_is_expected_at_a_closed_port_by_any_protocol(net: Network, firewall: str, suite: str) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    _watch(host, "input")
    _expect(host, "output")
    closed = [PEER_HTTP, {**PEER_HTTP, "id": "x.y.udp.ingress", "protocol": "udp"}]
    with host.listen("tcp", 8443), host.listen("udp", 8443), net.stranger.listen("tcp", 21):
        for rules, default in ((closed, "unchanged"), ([], "deny")):
            host.apply(policy(*rules, ingress=default))
            opened = _ask(host, net.stranger)
            for protocol in ("tcp", "udp"):
                assert outcomes(net.stranger, protocol, host, 8443) == both("silent"), (default, protocol)
            _close(opened)
    assert _related(host) >= 8, "nobody was expected"


@pytest.mark.every_run("ufw")
@every_firewall
def test_a_denied_egress_lets_out_nobody_who_is_expected_outside(net: Network, firewall: str, suite: str) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    _watch(host, "output")
    _expect(host, "input")
    out = rule("x.y.data.egress", "8443", direction="egress")
    host.apply(policy(FTP, out, egress="deny"))
    with host.listen("tcp", 21), net.stranger.listen("tcp", 8443), net.stranger.listen("udp", 8443), net.partner.listen("tcp", 8443):
        opened = [*_ask(net.stranger, host), *_ask(net.partner, host)]
        assert outcomes(host, "tcp", net.partner, 8443) == both("open")
        for protocol in ("tcp", "udp"):
            assert "open" not in str(outcomes(host, protocol, net.stranger, 8443))
        _close(opened)
    assert _related(host) >= 6, "nobody was expected"


@pytest.mark.every_run("ufw")
@every_firewall
@pytest.mark.parametrize("announced", [443, pytest.param(8443, marks=pytest.mark.whole)])
def test_no_container_that_speaks_ftp_opens_a_closed_port_or_what_is_behind_it(
    net: Network, firewall: str, suite: str, announced: int
) -> None:
    """The helper rewrites what the container says, and leads its client to the container's own port."""
    host = net.host
    FIREWALLS[firewall](host)
    container = host.container({21: 21, 8443: 443})
    if firewall == "ufw":
        host.run(["sh", "-ec", "ufw route allow in on docker0; ufw route allow out on docker0"])
    if firewall == "firewalld":
        host.run(["firewall-cmd", "--zone=trusted", "--add-interface=docker0"])
    _watch(host, "forward")
    host.nft(HELPER)
    published = {**PEER_HTTP, "placement": "published"}
    with container.listen("tcp", 21, 443):
        host.apply(policy(published, PUBLISHED_FTP))
        opened = _announce(net.stranger, host, announced, container)
        assert "open" not in str(outcomes(net.stranger, "tcp", host, announced))
        assert outcomes(net.partner, "tcp", host, 8443) == both("open")
        assert _related(host) >= 2, "the helper expected nothing"
        _close(opened)


def _announce(client: Namespace, host: FirewallHost, port: int = 8443, server: Namespace | None = None) -> list[t.Any]:
    """Control connections of FTP on either family, whose server has said where data come in."""
    opened = []
    for family, address in zip(("ipv4", "ipv6"), host.addresses):
        text = ANNOUNCED[family, port]
        said = text % (server or host).ipv4.replace(".", ",").encode() if b"%s" in text else text
        connection = client.connect(address, 21)
        opened.append(connection)
        for line in (b"220 welcome\r\n", said):
            connection.sendall(line)
            assert connection.recv(100)[:4] == line[:4]
    return opened


def _ask(client: Namespace, server: Namespace) -> list[t.Any]:
    return [client.connect(address, 21) for address in server.addresses]


def _close(opened: t.Iterable[t.Any]) -> None:
    for connection in opened:
        connection.close()


def _expect(host: FirewallHost, hook: str) -> None:
    for family in ("ip", "ip6"):
        host.nft(EXPECTATIONS.format(family=family, hook=hook))


def _watch(host: FirewallHost, hook: str) -> None:
    host.nft(WATCH.format(hook=hook))


def _related(host: FirewallHost) -> int:
    """How many packets were related to a connection, but for ICMP, before any filter."""
    listed = json.loads(host.run(["nft", "-j", "list", "table", "inet", "watch"]).stdout)["nftables"]
    (counter,) = [part["counter"] for entry in listed if "rule" in entry for part in entry["rule"]["expr"] if "counter" in part]
    return int(counter["packets"])
