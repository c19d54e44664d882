# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port that the policy closes stays closed, whatever becomes of the firewall that carries it, and whatever rewrites ports before it."""

from __future__ import annotations

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from firewalls import FIREWALLS
from namespaces import both, outcomes
from policies import PEER_HTTP, policy
from suites import suites

INSIDE = 8005  # open to all, as far as the firewalls' administrators are concerned


def redirect(host: FirewallHost, outside: int, inside: int, protocol: str = "tcp") -> None:
    for tool in ("iptables", "ip6tables"):
        match = ["-i", "eth0", "-p", protocol, "--dport", str(outside)]
        host.run([tool, "-t", "nat", "-A", "PREROUTING", *match, "-j", "REDIRECT", "--to-ports", str(inside)])


@pytest.mark.every_run("ufw")
@suites("trixie")
@pytest.mark.parametrize("firewall", FIREWALLS)
def test_from_a_closed_port_or_to_it(net: Network, suite: str, firewall: str) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    redirect(host, 8443, INSIDE, "udp")
    redirect(host, 80, 8443)
    with host.listen("tcp", 8443), host.listen("udp", INSIDE):
        assert host.apply(policy(PEER_HTTP, {**PEER_HTTP, "id": "a.b.c.ingress", "protocol": "udp"}))["changed"]
        assert outcomes(net.partner, "udp", host, 8443, INSIDE) == both("open", "open")
        assert outcomes(net.stranger, "udp", host, 8443, INSIDE) == both("silent", "open")
        assert outcomes(net.partner, "tcp", host, 80, 8443) == both("open", "open")
        assert outcomes(net.stranger, "tcp", host, 80, 8443) == both("silent", "silent")


def test_what_firewalld_forwards_is_refused_where_the_policy_refuses(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    firewalld.cmd("--add-forward-port=port=80:proto=tcp:toport=8080")
    with host.listen("tcp", 8080, 22):
        host.apply(policy(PEER_HTTP))
        assert net.stranger.probe("tcp", host.ipv4, 80) == "open"
        redirect(host, 2222, 22)
        host.apply(policy(PEER_HTTP, ingress="deny"), ssh=f"{net.user.ipv4} 50000 {host.ipv4} 22")
        assert [who.probe("tcp", host.ipv4, 80) for who in (net.stranger, net.partner)] == ["silent", "silent"]
        assert [who.probe("tcp", host.ipv4, 2222) for who in (net.user, net.stranger)] == ["open", "silent"]
        assert host.apply(None)["changed"]
        assert net.stranger.probe("tcp", host.ipv4, 80) == "open"


@pytest.mark.every_run("firewalld")
@pytest.mark.parametrize("firewall", ["ufw", "firewalld"])
def test_while_the_other_firewall_is_away_or_has_another_rule_first(net: Network, firewall: str, request: pytest.FixtureRequest) -> None:
    host = net.host
    if firewall == "ufw":
        host.run(["sh", "-ec", "ufw allow 22/tcp; ufw --force enable"])
        opened, away = "ufw insert 1 allow 8443/tcp", "ufw disable"
    else:
        request.getfixturevalue("firewalld")
        opened, away = "nft insert rule inet firewalld filter_INPUT tcp dport 8443 accept", "pkill -x firewalld"
    container = host.container({})
    assert host.apply(policy(PEER_HTTP))["backend"] == firewall
    with host.listen("tcp", 8443, 22):
        for command in (opened, away):
            host.run(["sh", "-ec", command])
            assert outcomes(net.partner, "tcp", host, 8443) == both("open")
            assert outcomes(container, "tcp", host, 8443) == both("open")
            assert outcomes(net.stranger, "tcp", host, 8443, 22) == both("silent", "open")
