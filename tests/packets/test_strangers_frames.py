# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stranger on the link puts together byte by byte reaches no port that the plan closes, with each firewall."""

from __future__ import annotations

import contextlib
import random
import socket
import typing as t

import frames
import pytest
from firewall_host import FirewallHost, Network
from firewalls import FIREWALLS
from frames import Wire, fragments, ipv4, ipv6, packet, udp
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, policy, rule

CLOSED = 9000  # UDP; TCP 8443 is closed besides
UDP = rule("linksight.north.vpn.ingress", str(CLOSED), protocol="udp")
OPENED = {
    "nftables": "true",
    "ufw": f"ufw insert 1 allow {CLOSED}/udp; ufw insert 1 allow 8443/tcp",
    "firewalld": f"firewall-cmd --add-port={CLOSED}/udp --add-port=8443/tcp",
}
DRAWN, DRAWN_WHOLE = 20, 500
NOTRACK = f"""table inet others {{ chain raw {{ type filter hook prerouting priority raw; policy accept;
    udp dport {CLOSED} notrack; tcp dport 8443 notrack; }}; }}"""
SAMPLE = [("nftables", "trixie", "deny"), ("ufw", "bookworm", "unchanged"), ("firewalld", "trixie", "deny")]
EVERY = [(firewall, suite, default) for firewall in FIREWALLS for suite in ("bookworm", "trixie") for default in ("unchanged", "deny")]

Sent = tuple[bytes, list[bytes]]
"""The hardware address, and the packets in their order."""


@pytest.mark.every_run("nftables", "firewalld")
@pytest.mark.parametrize(
    ("firewall", "suite", "default"),
    [pytest.param(*each, marks=[pytest.mark.suite(each[1]), *(() if each in SAMPLE else [pytest.mark.whole])]) for each in EVERY],
)
def test_nothing_that_a_stranger_forges_reaches_a_closed_port(net: Network, firewall: str, suite: str, default: str, whole: bool) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    host.run(["sh", "-ec", OPENED[firewall]])
    with contextlib.closing(Wire(net.stranger)) as stranger, contextlib.closing(Wire(net.partner)) as partner, _Sink(host) as sink:
        to = frames.hardware_address(host, "eth0")
        known, drawn = _known(net.stranger, host), _drawn(net.stranger, host, DRAWN_WHOLE if whole else DRAWN)
        markers = _controls(net.partner, host)

        def arrived(some: t.Mapping[str, list[bytes]]) -> set[str]:
            with frames.on_one_processor():
                for name, packets in some.items():
                    for each in packets:
                        stranger.send(_hardware_address(name, to), each)
                for packets in markers.values():
                    for each in packets:
                        partner.send(to, each)
            return sink.read(until=set(markers)) - set(markers)

        before = arrived(known)  # whoever administers the firewall has opened the port to all
        assert before >= {"plain", "plain6", "fragments", "fragments6", "reversed", "atomic6", "options6", "port 67", "port 547 6"}, before
        host.apply(policy(PEER_HTTP, UDP, ingress=default))
        assert arrived({**known, **drawn}) == set()
        host.nft(NOTRACK)
        assert arrived(known) == set()
        with host.listen("tcp", 8443):
            assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")


class _Sink:
    """A service on the closed port, which notes the name that each datagram says."""

    def __init__(self, host: FirewallHost) -> None:
        self._socket = host.open_socket(socket.AF_INET6, socket.SOCK_DGRAM)

    def __enter__(self) -> _Sink:
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.bind(("::", CLOSED))
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def read(self, until: set[str]) -> set[str]:
        """All names that arrive, at least until certain ones have."""
        names: set[str] = set()

        def complete() -> bool:
            with contextlib.suppress(BlockingIOError):
                while True:
                    names.add(self._socket.recv(2048).rstrip(b".").decode())
            return names >= until

        frames.wait_for(complete, f"of the partner's packets some did not arrive: {until - names}")
        return names


def _named(name: str) -> bytes:
    return name.encode().ljust(64, b".")


def _hardware_address(name: str, host: bytes) -> bytes:
    return frames.multicast(name.rpartition(" ")[2]) if name.startswith("to group") else host


def _controls(partner: Namespace, host: FirewallHost) -> dict[str, list[bytes]]:
    """What the partner sends in the same ways, which arrives."""
    controls = {}
    for source, target in zip(partner.addresses, host.addresses):
        for name in (f"partner {target}", f"partner's fragments {target}"):
            content = udp(source, target, (4000, CLOSED), _named(name))
            whole = [packet(source, target, 17, content)]
            controls[name] = fragments(source, target, 17, content, 8, 77) if "fragments" in name else whole
    return controls


def _known(stranger: Namespace, host: FirewallHost) -> dict[str, list[bytes]]:
    """Ways round packet filters that are known, each a packet or several."""
    s4, h4, s6, h6 = stranger.ipv4, host.ipv4, stranger.ipv6, host.ipv6
    link_local = host.run(["ip", "-6", "-o", "address", "show", "eth0", "scope", "link"]).stdout.split()[3].split("/")[0]

    def plain(name: str, source: str, target: str, port: int = 4000) -> list[bytes]:
        return [packet(source, target, 17, udp(source, target, (port, CLOSED), _named(name)))]

    def content(name: str, source: str = s4, target: str = h4) -> bytes:
        return udp(source, target, (4000, CLOSED), _named(name))

    quoted = ipv4(h4, s4, 17, udp(h4, s4, (CLOSED, 4000), b"")[:8])
    groups = ("198.51.100.255", "255.255.255.255", "224.0.0.1")
    return {
        "plain": plain("plain", s4, h4),
        "plain6": plain("plain6", s6, h6),
        **{f"port {port}": plain(f"port {port}", s4, h4, port) for port in (22, 53, 67, 123)},
        **{f"port {port} 6": plain(f"port {port} 6", s6, h6, port) for port in (53, 546, 547)},
        "fragments": fragments(s4, h4, 17, content("fragments"), 8, 7),
        "reversed": fragments(s4, h4, 17, content("reversed"), 8, 8)[::-1],
        "later part alone": fragments(s4, h4, 17, content("later part alone"), 8, 9)[1:],
        "atomic6": [ipv6(s6, h6, 44, frames.fragment_header(17, 0, False, 5) + content("atomic6", s6, h6))],
        "fragments6": fragments(s6, h6, 17, content("fragments6", s6, h6), 8, 6),
        "options6": [ipv6(s6, h6, 0, frames.options_header(60) + frames.options_header(17) + content("options6", s6, h6))],
        "no-operation options": [ipv4(s4, h4, 17, content("no-operation options"), options=b"\x01\x01\x01\x00")],
        "from loopback": plain("from loopback", "127.0.0.1", h4),
        "to loopback": plain("to loopback", s4, "127.0.0.1"),
        "to loopback 6": plain("to loopback 6", s6, "::1"),
        "from its own address": plain("from its own address", h4, h4),
        "from a mapped address": plain("from a mapped address", "::ffff:198.51.100.20", h6),
        "on the link": plain("on the link", "fe80::66", link_local),
        "to group ff02::1": plain("to group ff02::1", "fe80::66", "ff02::1"),
        **{f"to group {group}": plain(f"to group {group}", s4, group) for group in groups},
        "after an error": [ipv4(s4, h4, 1, frames.icmp(s4, h4, 3, 3, quoted)), *plain("after an error", s4, h4)],
    }


def _drawn(stranger: Namespace, host: FirewallHost, count: int) -> dict[str, list[bytes]]:
    """Packets drawn at random, the same in each run: family, source port, options, where they are cut and in which order the parts come."""
    draw = random.Random(9000)
    drawn = {}
    for number in range(count):
        name = f"drawn {number}"
        source, target = draw.choice([(stranger.ipv4, host.ipv4), (stranger.ipv6, host.ipv6)])
        content = udp(source, target, (draw.choice((0, 22, 53, 67, 68, 546, 547, 8443, draw.randrange(65536))), CLOSED), _named(name))
        protocol = 17
        for _ in range(draw.randrange(3) if ":" in target else 0):
            content, protocol = frames.options_header(protocol) + content, 60
        parts = fragments(source, target, protocol, content, 8 * draw.randrange(1, 8), 1000 + number)
        if draw.random() < 0.4:
            more = {} if ":" in target else {"options": b"\x01" * (4 * draw.randrange(10))}
            parts = [packet(source, target, protocol, content, **more)]
        draw.shuffle(parts)
        drawn[name] = parts
    return drawn
