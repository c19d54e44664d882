# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a denied default has to spare (DHCP, ICMP, open connections) is no way out for anything else, and no way in."""

from __future__ import annotations

import contextlib
import socket
import typing as t

import frames
import pytest
from firewall_host import FirewallHost, Network
from firewalls import FIREWALLS
from frames import ACK, FIN, RST, SYN, Wire, fragments, icmp, packet, tcp, udp
from namespaces import Namespace
from policies import PEER_HTTP, policy, rule

OUT = rule("x.y.marker.egress", "7777", direction="egress", protocol="udp")
MANAGEMENT = rule("baseline.host.management.ingress", "22", peers=["user"], closed_to_others=False)
USER = {"user": ["198.51.100.30/32", "2001:db8:1::30/128"]}
MARKER, DHCP_SERVERS, ALL_NODES = "marker", "ff02::1:2", "ff02::1"
SECRET = "patient record "

on_every_firewall = pytest.mark.parametrize(
    ("firewall", "suite"),
    [
        pytest.param(firewall, suite, marks=[pytest.mark.suite(suite), *(() if often else [pytest.mark.whole])])
        for firewall, suite, often in (
            ("nftables", "trixie", True),
            ("ufw", "bookworm", True),
            ("firewalld", "trixie", True),
            ("nftables", "bookworm", False),
            ("ufw", "trixie", False),
            ("firewalld", "bookworm", False),
        )
    ],
)


@pytest.mark.every_run("ufw")
@on_every_firewall
def test_nothing_gets_out_by_an_exception(net: Network, firewall: str, suite: str) -> None:
    """Whoever may send any packet (CAP_NET_RAW, as Docker's containers with ``--network host``), or ping, or use the ports of DHCP."""
    host = net.host
    FIREWALLS[firewall](host)
    _know_each_other(net)
    cases = dict(_ways_out(host, net.stranger))
    before = _got_out(net, cases)
    # A part alone waits for the others where connections are tracked, as ufw and firewalld do.
    assert before >= {name for name in cases if "part alone" not in name}, set(cases) - before
    host.apply(policy(PEER_HTTP, MANAGEMENT, OUT, ingress="deny", egress="deny", **USER), ssh=f"{net.user.ipv4} 50000 {host.ipv4} 22")
    host.run(["conntrack", "-F"])  # nobody has answered so far
    assert _got_out(net, cases) == set()


@pytest.mark.every_run("firewalld")
@on_every_firewall
def test_nothing_gets_in_by_an_exception(net: Network, firewall: str, suite: str) -> None:
    host, stranger = net.host, net.stranger
    FIREWALLS[firewall](host)
    link_local = host.run(["ip", "-6", "-o", "address", "show", "eth0", "scope", "link"]).stdout.split()[3].split("/")[0]
    near = "fe80::66"
    answers = {
        "answer": (stranger.ipv4, host.ipv4, 67, 68),
        "answer 6": (near, link_local, 547, 546),
    }
    others = {
        "by another port": (stranger.ipv4, host.ipv4, 4000, 68),
        "by the other family": (near, link_local, 67, 68),
        "by port 68": (stranger.ipv4, host.ipv4, 68, 68),
        "by another port 6": (near, link_local, 4000, 546),
        "from afar 6": (stranger.ipv6, host.ipv6, 547, 546),
        "the other family's ports": (stranger.ipv4, host.ipv4, 547, 546),
        "to another port": (stranger.ipv4, host.ipv4, 67, 9999),
        "to another port 6": (near, link_local, 547, 9999),
    }
    host.apply(policy(PEER_HTTP, ingress="deny"))
    to = frames.hardware_address(host, "eth0")
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(_bound(host, port)) for port in (68, 546, 9999)]
        wire = stack.enter_context(contextlib.closing(Wire(stranger)))
        with frames.on_one_processor():
            for name, (source, target, *ports) in {**others, **answers}.items():
                wire.send(to, packet(source, target, 17, udp(source, target, (ports[0], ports[1]), name.encode())))
        arrived: set[str] = set()

        def complete() -> bool:
            for sink in sinks:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        arrived.add(sink.recv(2048).decode())
            return arrived >= set(answers)

        frames.wait_for(complete, "a lease would not be renewed")
        assert arrived == set(answers)


def _ways_out(host: FirewallHost, stranger: Namespace) -> t.Iterator[tuple[str, bytes]]:
    """Packets for a stranger, each with its own name in it."""

    def named(name: str) -> bytes:
        return (SECRET + name).encode().ljust(60, b".")

    for source, target, error, echo in ((host.ipv4, stranger.ipv4, 3, 8), (host.ipv6, stranger.ipv6, 1, 128)):
        family = " 6" if ":" in target else ""
        protocol = 58 if family else 1
        for flags in (ACK, FIN, RST, SYN, SYN | ACK, SYN | FIN, FIN | ACK, 0, 63):
            for port in (22, 8443, 40000):
                name = f"tcp flags {flags} by {port}{family}"
                yield name, packet(source, target, 6, tcp(source, target, (port, 4430), flags, named(name)))
        for ports in ((40000, 67), (40000, 547), (68, 547), (546, 547), (68, 123), (546, 67), (40000, 123), (40000, 5353)):
            name = f"udp {ports[0]} to {ports[1]}{family}"
            yield name, packet(source, target, 17, udp(source, target, ports, named(name)))
        for name, kind in ((f"error{family}", error), (f"echo request{family}", echo), (f"echo reply{family}", 129 if family else 0)):
            yield name, packet(source, target, protocol, icmp(source, target, kind, 3, named(name)))
        name = f"error about nobody's connection{family}"
        quoted = packet(target, source, 17, udp(target, source, (4000, 4000), named(name)))
        yield name, packet(source, target, protocol, icmp(source, target, error, 3, quoted))
        for number in (1 if family else 58, 2, 47, 50, 132, 136, 253):
            name = f"protocol {number}{family}"
            yield name, packet(source, target, number, icmp(source, target, error, 3, named(name)))
    for source, target in zip(host.addresses, stranger.addresses):
        for part, what in enumerate(("first part", "later part")):
            name = f"{what} alone{' 6' if ':' in target else ''}"
            content = udp(source, target, (40000, 9000), named(name) + named(name))
            yield name, fragments(source, target, 17, content, 72, 70 + part)[part]
    source, target, near = host.ipv6, stranger.ipv6, "fe80::10"
    yield "udp 68 to 67 6", packet(source, target, 17, udp(source, target, (68, 67), named("udp 68 to 67 6")))
    for kind, what in ((130, "query"), (131, "report"), (133, "router solicitation"), (134, "router advertisement"), (143, "report 2")):
        yield f"{what} from afar", packet(source, target, 58, icmp(source, target, kind, 0, named(f"{what} from afar")), hops=64)
        yield f"{what} on the link", packet(source, target, 58, icmp(source, target, kind, 0, named(f"{what} on the link")), hops=255)
    for kind, what in ((135, "solicitation"), (136, "advertisement")):
        yield f"long {what}", packet(source, target, 58, icmp(source, target, kind, 0, named(f"long {what}")), hops=255)
        yield f"{what} with few hops", packet(source, target, 58, icmp(source, target, kind, 0, named(f"{what} with few hops")), hops=64)
    yield "echo to all", packet(near, ALL_NODES, 58, icmp(near, ALL_NODES, 128, 0, named("echo to all")), hops=255)
    for ports in ((40000, 547), (546, 123)):
        name = f"udp {ports[0]} to {ports[1]} of all servers"
        yield name, packet(near, DHCP_SERVERS, 17, udp(near, DHCP_SERVERS, ports, named(name)))


def _got_out(net: Network, cases: t.Mapping[str, bytes]) -> set[str]:
    """The names of the packets that the stranger hears."""
    host = net.host
    names: set[str] = set()
    with contextlib.ExitStack() as stack:
        heard = {member: stack.enter_context(contextlib.closing(Wire(member))) for member in (net.stranger, net.partner)}
        senders = {
            False: stack.enter_context(host.open_socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)),
            True: stack.enter_context(host.open_socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)),
        }
        with frames.on_one_processor():
            for content in [*cases.values(), *_markers(host, net.partner)]:
                _send(host, senders, content)
        markers = 0

        def complete() -> bool:
            nonlocal markers
            names.update(_name(frame) for frame in heard[net.stranger].heard() if SECRET.encode() in frame)
            markers += sum(MARKER.encode() in frame for frame in heard[net.partner].heard())
            return markers >= 2

        frames.wait_for(complete, "what a rule allows did not get out")
        complete()
    return names


def _name(frame: bytes) -> str:
    return frame.rpartition(SECRET.encode())[2].split(b".")[0].decode()


def _markers(host: FirewallHost, partner: Namespace) -> list[bytes]:
    """What a rule of the policy allows, by either family."""
    ends = zip(host.addresses, partner.addresses)
    return [packet(source, target, 17, udp(source, target, (40000, 7777), MARKER.encode())) for source, target in ends]


def _send(host: FirewallHost, senders: t.Mapping[bool, socket.socket], content: bytes) -> None:
    by_ipv6 = content[0] >> 4 == 6
    where = socket.inet_ntop(*((socket.AF_INET6, content[24:40]) if by_ipv6 else (socket.AF_INET, content[16:20])))
    scope = int(host.run(["cat", "/sys/class/net/eth0/ifindex"]).stdout) if where.startswith("ff02") else 0
    with contextlib.suppress(OSError):  # a refusal is told to who sends
        senders[by_ipv6].sendto(content, (where, 0, 0, scope) if by_ipv6 else (where, 0))


def _know_each_other(net: Network) -> None:
    """Nothing is lost for want of a hardware address."""
    for member in (net.stranger, net.partner):
        mac = ":".join(f"{byte:02x}" for byte in frames.hardware_address(member, "eth0"))
        net.host.ip(*(f"neigh replace {address} lladdr {mac} dev eth0 nud permanent" for address in member.addresses))


def _bound(host: FirewallHost, port: int) -> socket.socket:
    sink = host.open_socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sink.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sink.bind(("::", port))
    sink.setblocking(False)
    return sink
