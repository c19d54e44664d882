# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a container puts together byte by byte does not leave a host whose egress is denied, and no stranger comes straight to it."""

from __future__ import annotations

import contextlib
import random
import typing as t

import frames
import pytest
from firewall_host import Network
from firewalls import FIREWALLS
from frames import ACK, FIN, RST, SYN, Wire, fragments, icmp, ipv4, packet, tcp, udp
from namespaces import Namespace, both, outcomes
from policies import PUBLISHED_HTTP, policy, rule

OUT = rule("x.y.z.egress", "443", direction="egress", placement="published")
NAMES = [
    rule(f"x.y.names_{protocol}.egress", "1-1024", direction="egress", protocol=protocol, peers=["partner2"]) for protocol in ("tcp", "udp")
]
ROUTED = {  # so that what holds is the guard alone
    "nftables": "true",
    "ufw": "ufw route allow in on docker0; ufw route allow out on docker0",
    "firewalld": "firewall-cmd --zone=trusted --add-interface=docker0; firewall-cmd --zone=trusted --add-interface=eth0",
}
SECRET, MARKER = "patient record ", "marker"
# What gets out of every host without a policy.
EASY = {
    name + family
    for name in (
        "udp 4000 to 53",
        "udp 68 to 67",
        "tcp flags 2 by 443",
        "tcp flags 16 by 443",
        "echo",
        "protocol 253",
        "fragments",
    )
    for family in ("", " 6")
}
DRAWN, DRAWN_WHOLE = 20, 500

on_every_firewall = pytest.mark.parametrize(
    ("firewall", "suite"),
    [
        pytest.param(firewall, suite, marks=[pytest.mark.suite(suite), *(() if often else [pytest.mark.whole])])
        for firewall, suite, often in (
            ("nftables", "bookworm", True),
            ("ufw", "trixie", True),
            ("firewalld", "trixie", True),
            ("nftables", "trixie", False),
            ("ufw", "bookworm", False),
            ("firewalld", "bookworm", False),
        )
    ],
)


@pytest.mark.every_run("ufw")
@on_every_firewall
def test_nothing_that_a_container_forges_gets_out_and_no_stranger_gets_in(net: Network, firewall: str, suite: str, whole: bool) -> None:
    host, stranger = net.host, net.stranger
    FIREWALLS[firewall](host)
    container = host.container({8443: 443})
    host.run(["sh", "-ec", ROUTED[firewall]])
    _know_each_other(net)
    known = dict(_ways_out(container, net))
    drawn = dict(_drawn(container, stranger, DRAWN_WHOLE if whole else DRAWN))
    before = _got_out(net, container, known)
    assert before >= EASY, EASY - before
    host.apply(policy(PUBLISHED_HTTP, OUT, *NAMES, ingress="deny", egress="deny"))
    host.run(["conntrack", "-F"])  # nobody has answered so far
    assert _got_out(net, container, {**known, **drawn}) == set()
    for neighbour in (net.partner2, stranger):
        neighbour.ip(f"route add {container.ipv4} via {host.ipv4}", f"route add {container.ipv6} via {host.ipv6}")
    with net.partner.listen("tcp", 443), net.partner2.listen("tcp", 53, 22), net.partner2.listen("udp", 53, 123):
        assert outcomes(container, "tcp", net.partner, 443) == both("open")
        for protocol, other in (("tcp", 22), ("udp", 123)):
            assert outcomes(container, protocol, net.partner2, 53) == both("open")
            assert "open" not in str(outcomes(container, protocol, net.partner2, other))
    with container.listen("tcp", 443, 9999), container.listen("udp", 7000):
        assert outcomes(net.partner, "tcp", host, 8443) == both("open")
        assert "open" not in str([outcomes(stranger, "tcp", container, 443, 9999), outcomes(stranger, "udp", container, 7000)])
        assert "open" not in str(outcomes(stranger, "tcp", host, 8443))


def _named(name: str) -> bytes:
    return (SECRET + name).encode().ljust(56, b".")


def _ways_out(container: Namespace, net: Network) -> t.Iterator[tuple[str, list[bytes]]]:
    """Packets for a stranger, each with its own name in it."""
    for source, target in zip(container.addresses, net.stranger.addresses):
        family, by_icmp = (" 6", 58) if ":" in target else ("", 1)
        for ports in ((4000, 53), (68, 67), (67, 68), (123, 123), (5, 443), (546, 547), (500, 500)):
            name = f"udp {ports[0]} to {ports[1]}{family}"
            yield name, [packet(source, target, 17, udp(source, target, ports, _named(name)))]
        for flags in (SYN, ACK, FIN, RST, SYN | ACK, FIN | ACK, SYN | FIN, 0, 63):
            for port in (22, 443, 5000):
                name = f"tcp flags {flags} by {port}{family}"
                yield name, [packet(source, target, 6, tcp(source, target, (port, 443), flags, _named(name)))]
        kinds = {"echo": 128, "unreachable": 1, "too big": 2, "time exceeded": 3, "redirect": 137, "solicitation": 135, "report": 143}
        if not family:
            kinds = {"echo": 8, "unreachable": 3, "time exceeded": 11, "redirect": 5, "timestamp": 13}
        for what, kind in kinds.items():
            name = f"{what}{family}"
            quoted = packet(target, source, 17, udp(target, source, (1, 2), _named(name)))
            yield name, [packet(source, target, by_icmp, icmp(source, target, kind, 0, quoted))]
        for number in (1 if family else 58, 2, 4, 41, 47, 50, 51, 132, 136, 253):
            name = f"protocol {number}{family}"
            yield name, [packet(source, target, number, _named(name))]
        name = f"fragments{family}"
        yield name, fragments(source, target, 17, udp(source, target, (4000, 53), _named(name)), 8, 5)
        name = f"later part alone{family}"
        yield name, fragments(source, target, 17, udp(source, target, (4000, 53), _named(name)), 8, 6)[1:]
        for whose, forged in (("host", net.host), ("partner", net.partner), ("name server", net.partner2)):
            name = f"as the {whose}{family}"
            own = forged.ipv6 if family else forged.ipv4
            yield name, [packet(own, target, 17, udp(own, target, (443, 53), _named(name)))]
    for group in ("224.0.0.251", "239.255.255.250", "198.51.100.255"):
        name = f"to group {group}"
        yield name, [ipv4(container.ipv4, group, 17, udp(container.ipv4, group, (5353, 5353), _named(name)))]


def _drawn(container: Namespace, stranger: Namespace, count: int) -> t.Iterator[tuple[str, list[bytes]]]:
    """Packets drawn at random, the same in each run: family, protocol, ports, flags, and where they are cut."""
    draw = random.Random(4430)
    for number in range(count):
        name = f"drawn {number}"
        source, target = draw.choice(list(zip(container.addresses, stranger.addresses)))
        ports = draw.choice((22, 53, 67, 68, 443, 546, 547, draw.randrange(65536))), draw.choice((53, 67, 443, 547, draw.randrange(65536)))
        protocol = draw.choice((6, 17, 17, 58, 1, draw.randrange(1, 255)))
        content = _named(name)
        if protocol == 6:
            content = tcp(source, target, ports, draw.randrange(256), content)
        elif protocol == 17:
            content = udp(source, target, ports, content)
        elif protocol in (1, 58):
            content = icmp(source, target, draw.randrange(256), draw.randrange(16), content)
        whole = [packet(source, target, protocol, content)]
        yield name, whole if draw.random() < 0.7 else fragments(source, target, protocol, content, 8 * draw.randrange(1, 4), 100 + number)


def _got_out(net: Network, container: Namespace, cases: t.Mapping[str, list[bytes]]) -> set[str]:
    """The names of the packets that the stranger hears."""
    names: set[str] = set()
    gateway = frames.hardware_address(net.host, "docker0")
    with contextlib.ExitStack() as stack:
        wire, stranger, partner = (
            stack.enter_context(contextlib.closing(Wire(member))) for member in (container, net.stranger, net.partner)
        )
        with frames.on_one_processor():
            for packets in [*cases.values(), *_markers(container, net.partner)]:
                for each in packets:
                    wire.send(gateway, each)
        markers = 0

        def complete() -> bool:
            nonlocal markers
            names.update(_name(frame) for frame in stranger.heard() if SECRET.encode() in frame)
            markers += sum(MARKER.encode() in frame for frame in partner.heard())
            return markers >= 4

        frames.wait_for(complete, "what a rule allows did not get out")
        complete()
    return names


def _name(frame: bytes) -> str:
    return frame.rpartition(SECRET.encode())[2].split(b".." if b".." in frame else b".")[0].decode()


def _markers(container: Namespace, partner: Namespace) -> t.Iterator[list[bytes]]:
    """What a rule of the policy allows, by either family, whole and in parts."""
    for number, (source, target) in enumerate(zip(container.addresses, partner.addresses)):
        content = tcp(source, target, (40000, 443), SYN, MARKER.encode() * 4)
        yield [packet(source, target, 6, content)]
        yield fragments(source, target, 6, tcp(source, target, (40001, 443), SYN, MARKER.encode() * 4), 24, 900 + number)


def _know_each_other(net: Network) -> None:
    """Nothing is lost for want of a hardware address."""
    for member in (net.stranger, net.partner):
        mac = ":".join(f"{byte:02x}" for byte in frames.hardware_address(member, "eth0"))
        net.host.ip(*(f"neigh replace {address} lladdr {mac} dev eth0 nud permanent" for address in member.addresses))
