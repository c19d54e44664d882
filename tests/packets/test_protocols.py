# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ESP, AH, GRE, SCTP and ICMP on each firewall, by raw sockets: no kernel and no program here needs to speak them.

A raw socket hears what the input chains let pass, and what it sends meets the output chains.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import struct
import time
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalls import FIREWALLS
from frames import icmp
from namespaces import Namespace
from policies import PEER_HTTP, policy, rule
from suites import on_suite

NUMBERS = {"icmp": 1, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "sctp": 132}
TUNNELS = ("esp", "ah", "gre")
ECHO = {"icmp": 8, "icmpv6": 128}
TIMESTAMP, RENUMBERING = 13, 138
SECONDS = 20.0  # at most, for a packet that does arrive
QUIET = 2.0  # for packets that must not arrive; what comes to a link comes to the raw sockets behind it at once, or never
_marks = itertools.count(1)

every_firewall = pytest.mark.parametrize(
    ("suite", "firewall"),
    [
        on_suite("bookworm", "bookworm", "nftables"),
        on_suite("bookworm", "bookworm", "ufw"),
        on_suite("bookworm", "bookworm", "firewalld"),
        *(on_suite(suite, suite, each, whole=True) for suite in ("bullseye", "trixie", "forky") for each in FIREWALLS),
    ],
)


class Sent(t.NamedTuple):
    """A packet of a kind, ``port`` or type where the protocol has one, from one namespace to another."""

    source: Namespace
    target: Namespace
    protocol: str
    port: int = 0
    family: int = 4


def arrived(*packets: Sent) -> list[bool]:
    """Which of these packets a raw socket of their target hears; all of them are sent at once, and must come to its link."""
    with contextlib.ExitStack() as stack:
        links, ears, marks = [], [], []
        for each in packets:
            links.append(_link(stack, each))
            ears.append(stack.enter_context(each.target.open_socket(_family(each), socket.SOCK_RAW, NUMBERS[each.protocol])))
            marks.append(_send(each))
        end = time.monotonic() + SECONDS
        assert [_heard(*one, end) for one in zip(links, marks, strict=True)] == [True] * len(packets)
        end = time.monotonic() + QUIET
        return [_heard(*one, end) for one in zip(ears, marks, strict=True)]


def sent(*packets: Sent) -> list[bool]:
    """Which of these packets come to the link of their target."""
    with contextlib.ExitStack() as stack:
        links = [_link(stack, each) for each in packets]
        marks = [_send(each) for each in packets]
        end = time.monotonic() + QUIET
        return [_heard(*one, end) for one in zip(links, marks, strict=True)]


def _family(each: Sent) -> socket.AddressFamily:
    return socket.AF_INET if each.family == 4 else socket.AF_INET6


def _link(stack: contextlib.ExitStack, each: Sent) -> socket.socket:
    return stack.enter_context(each.target.open_socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)))


def _send(each: Sent) -> bytes:
    """Send a packet; the mark by which it is known."""
    mark = b"mark%08d" % next(_marks)
    source, target = (one.addresses[each.family == 6] for one in (each.source, each.target))
    with each.source.open_socket(_family(each), socket.SOCK_RAW, NUMBERS[each.protocol]) as mouth, contextlib.suppress(PermissionError):
        mouth.sendto(_payload(each, source, target, mark), (target, 0))  # the sender's own firewall may refuse it
    return mark


def _heard(sock: socket.socket, mark: bytes, end: float) -> bool:
    while select.select([sock], [], [], max(0.0, end - time.monotonic()))[0]:
        if mark in sock.recv(65535):
            return True
    return False


def _payload(packet: Sent, source: str, target: str, mark: bytes) -> bytes:
    if packet.protocol in ECHO:
        return icmp(source, target, packet.port, 0, mark, next(_marks) << 16)
    if packet.protocol == "esp":
        return struct.pack("!II", 0x1000, next(_marks)) + mark + bytes(20)
    if packet.protocol == "ah":
        return struct.pack("!BBHII", 41 if packet.family == 6 else 4, 4, 0, 0x2000, next(_marks)) + bytes(12) + mark
    if packet.protocol == "gre":
        return struct.pack("!HH", 0, 0x0800) + mark
    chunk = struct.pack("!BBHIIHHI", 1, 0, 32, 0x1234, 65535, 1, 1, 1) + mark
    head = struct.pack("!HHI", 40000, packet.port, 0)
    return head + struct.pack("<I", _crc32c(head + bytes(4) + chunk)) + chunk


def _crc32c(data: bytes) -> int:
    """RFC 9260, appendix A."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _bit in range(8):
            remainder = (remainder >> 1) ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def tunnel(protocol: str, direction: str = "ingress") -> dict[str, t.Any]:
    return rule(f"mip.f.{protocol}.{direction}", direction=direction, protocol=protocol)


def pings(direction: str = "ingress") -> list[dict[str, t.Any]]:
    return [rule(f"mip.f.{protocol}.{direction}", direction=direction, protocol=protocol, types=["echo-request"]) for protocol in ECHO]


def streams(direction: str = "ingress") -> dict[str, t.Any]:
    return rule(f"mip.f.sctp.{direction}", "2905", direction=direction, protocol="sctp")


def rules_of(firewall: str, direction: str = "ingress") -> list[dict[str, t.Any]]:
    more = [] if firewall == "ufw" else [streams(direction), *pings(direction)]
    return [*(tunnel(protocol, direction) for protocol in TUNNELS), *more]


def kinds_of(firewall: str) -> list[tuple[str, int, int]]:
    """Protocol, port or type, and family of what :func:`rules_of` allows."""
    both = [(protocol, 0, family) for protocol in TUNNELS for family in (4, 6)]
    both += [] if firewall == "ufw" else [("sctp", 2905, 4), ("sctp", 2905, 6), ("icmp", 8, 4), ("icmpv6", 128, 6)]
    return both


@pytest.fixture
def member(net: Network, firewall: str) -> FirewallHost:
    """The host with one firewall as its administrator runs it."""
    FIREWALLS[firewall](net.host)
    return net.host


@pytest.mark.every_run("deny")
@every_firewall
@pytest.mark.parametrize("default", ["unchanged", "deny"])
def test_protocols_without_ports_are_for_their_peers_alone(
    net: Network, member: FirewallHost, suite: str, firewall: str, default: str
) -> None:
    assert member.apply(policy(PEER_HTTP, *rules_of(firewall), ingress=default))["backend"] == firewall
    kinds = kinds_of(firewall)
    of_partner = arrived(*(Sent(net.partner, member, protocol, port, family) for protocol, port, family in kinds))
    of_stranger = arrived(*(Sent(net.stranger, member, protocol, port, family) for protocol, port, family in kinds))
    assert dict(zip(kinds, of_partner, strict=True)) == dict.fromkeys(kinds, True)
    assert dict(zip(kinds, of_stranger, strict=True)) == dict.fromkeys(kinds, False)
    assert not member.apply(policy(PEER_HTTP, *rules_of(firewall), ingress=default))["changed"]


@pytest.mark.every_run("bookworm-firewalld")
@every_firewall
def test_a_denied_egress_lets_out_what_flows_allow(net: Network, member: FirewallHost, suite: str, firewall: str) -> None:
    member.apply(policy(*rules_of(firewall, "egress"), egress="deny"))
    kinds = kinds_of(firewall)
    to_partner = arrived(*(Sent(member, net.partner, protocol, port, family) for protocol, port, family in kinds))
    assert dict(zip(kinds, to_partner, strict=True)) == dict.fromkeys(kinds, True)
    others = [Sent(member, net.partner, "icmp", TIMESTAMP), *(Sent(member, net.stranger, *kind) for kind in kinds)]
    if firewall != "ufw":
        others.append(Sent(member, net.partner, "sctp", 2906))
    assert sent(*others) == [False] * len(others)


@pytest.mark.parametrize("firewall", ["nftables", "firewalld"])
def test_only_the_types_of_a_flow_are_closed_and_what_links_need_is_not(net: Network, member: FirewallHost, firewall: str) -> None:
    essential = rule("mip.f.errors.ingress", protocol="icmpv6", types=["packet-too-big", "nd-neighbor-solicit", "echo-request"])
    before = arrived(Sent(net.stranger, member, "icmp", TIMESTAMP))
    member.apply(policy(*pings(), essential))
    member.ip("neighbour flush all")
    net.stranger.ip("neighbour flush all")
    assert arrived(Sent(net.stranger, member, "icmp", TIMESTAMP)) == before == [True]
    assert arrived(Sent(net.stranger, member, "icmpv6", 135, 6), Sent(net.stranger, member, "icmpv6", 128, 6)) == [True, False]
    assert arrived(Sent(net.partner, member, "icmpv6", 128, 6)) == [True]


def test_answers_pass_denied_defaults(net: Network) -> None:
    """A tunnel is a connection for the kernel: who was asked may answer."""
    host = net.host
    host.apply(policy(*rules_of("nftables", "egress"), ingress="deny", egress="deny"))
    for protocol in TUNNELS:
        assert arrived(Sent(net.partner, host, protocol)) == [False]
        assert arrived(Sent(host, net.partner, protocol), Sent(net.partner, host, protocol)) == [True, True]


@pytest.mark.parametrize(
    ("firewall", "refused"),
    [
        ("ufw", ["sctp 2905", "icmp echo-request", "icmpv6 echo-request"]),
        ("firewalld", ["info-request", "138"]),
    ],
)
def test_what_a_firewall_cannot_express_is_refused_by_name_and_nothing_changes(
    net: Network, member: FirewallHost, firewall: str, refused: list[str]
) -> None:
    before = member.ruleset()
    more = [streams(), *pings()] if firewall == "ufw" else []
    if firewall == "firewalld":
        more = [
            rule("mip.f.old.ingress", protocol="icmp", types=["info-request"]),
            rule("mip.f.routers.ingress", protocol="icmpv6", types=["router-renumbering"]),
        ]
        refused = ["info-request", "router-renumbering"]
    with pytest.raises(PolicyFailed) as failed:
        member.apply(policy(PEER_HTTP, tunnel("esp"), *more))
    message = str(failed.value)
    assert all(each["id"] in message for each in more)
    assert all(word in message for word in refused)
    assert member.ruleset() == before
