# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refused peers are remembered and found, and a peer has a limited number of connections at each listener, whatever firewall is there."""

from __future__ import annotations

import contextlib
import socket
import typing as t

import pytest
from firewall_host import Network
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule
from suites import suites

HTTP = "linksight.north.peer_http.ingress"
GRPC = rule("linksight.north.peer_grpc.ingress", "9090")
CLOSED = rule("a federation.with~odd names.flow.ingress", "7000", peers=["nobody"])

every_suite = suites("trixie")


def logging(*rules: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {**policy(*rules, **more), "log_refused": True}


def limited(*rules: dict[str, t.Any], limit: int) -> dict[str, t.Any]:
    return {**policy(*rules), "connection_limit": limit}


def refused(net: Network, *rules: str) -> tuple[list[tuple[str, str]], list[str]]:
    answer = net.host._module("refused_info", {"rules": list(rules)}, None)
    return [(peer["rule"], peer["address"]) for peer in answer["refused"]], answer["missing"]


@every_suite
def test_a_refused_peer_is_found_with_its_listener_and_a_partner_is_not(net: Network, suite: str) -> None:
    net.host.apply(logging(PEER_HTTP, GRPC, CLOSED))
    with net.host.listen("tcp", 8443, 9090, 7000):
        assert outcomes(net.partner, "tcp", net.host, 8443, 9090) == both("open", "open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
        assert outcomes(net.partner, "tcp", net.host, 7000) == both("silent")
    strangers, partners = ([(id, address) for address in who.addresses] for id, who in ((HTTP, net.stranger), (CLOSED["id"], net.partner)))
    assert refused(net, HTTP, GRPC["id"], CLOSED["id"]) == ([*partners, *strangers], [])
    assert not net.host.apply(logging(PEER_HTTP, GRPC, CLOSED))["changed"]
    assert refused(net, HTTP)[0] == strangers
    net.host.apply(policy(PEER_HTTP))
    assert refused(net, HTTP) == ([], [HTTP])


@pytest.mark.every_run("ufw")
@pytest.mark.parametrize("firewall", ["ufw", "firewalld"])
def test_beside_another_firewall_it_is_the_same(net: Network, firewall: str) -> None:
    FIREWALLS[firewall](net.host)
    net.host.apply({**logging(PEER_HTTP), "connection_limit": 1}, backend=firewall)
    with net.host.listen("tcp", 8443), contextlib.ExitStack() as stack:
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
        for address in net.host.addresses:
            held(net.partner, address, 8443, 1, stack)
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("silent")
    assert refused(net, HTTP) == ([(HTTP, address) for address in net.stranger.addresses], [])


@every_suite
def test_a_stranger_at_a_published_port_is_found(net: Network, suite: str) -> None:
    container = net.host.container({8443: 443})
    net.host.apply(logging(PUBLISHED_HTTP))
    with container.listen("tcp", 443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")
    assert refused(net, HTTP) == ([(HTTP, address) for address in net.stranger.addresses], [])


def held(source: Namespace, address: str, port: int, count: int, stack: contextlib.ExitStack) -> list[socket.socket]:
    return [stack.enter_context(contextlib.closing(source.connect(address, port))) for _number in range(count)]


@pytest.mark.every_run("True")
@every_suite
@pytest.mark.parametrize("published", [False, True])
def test_a_peer_has_so_many_connections_and_another_peer_its_own(net: Network, suite: str, published: bool) -> None:
    listening: Namespace = net.host.container({8443: 443}) if published else net.host
    both_peers = {**(PUBLISHED_HTTP if published else PEER_HTTP), "peers": {"address_sets": ["any"], "names": []}}
    net.host.apply(limited(both_peers, limit=3))
    with listening.listen("tcp", 443 if published else 8443), contextlib.ExitStack() as stack:
        for address in net.host.addresses:
            held(net.partner, address, 8443, 2, stack)
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        last = [held(net.partner, address, 8443, 1, stack) for address in net.host.addresses]
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("silent")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("open")
        assert not net.host.apply(limited(both_peers, limit=3))["changed"]
        assert len(last) == 2
        net.host.apply(policy(both_peers))
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
