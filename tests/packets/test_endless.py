# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies that take turns without end, all of which admit the partner and refuse the stranger: so must every moment between them.

The administrator's own firewall lets everybody in; whatever is closed is closed by us.
"""

from __future__ import annotations

import collections
import contextlib
import errno
import itertools
import socket
import threading
import typing as t

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from namespaces import Namespace
from policies import policy, rule
from suites import suites

PORT, UDP_PORT, PARTNERS_PORT = 8443, 9000, 443
RULES = (
    rule("linksight.north.peer_http.ingress", str(PORT)),
    rule("linksight.north.udp.ingress", str(UDP_PORT), protocol="udp"),
    rule("linksight.north.peer_http.egress", str(PARTNERS_PORT), direction="egress"),
)
MORE = rule("linksight.north.published.ingress", "7000-7010", peers=["partner2"], placement="published")
PEERS = ["198.51.100.16/29", "203.0.113.0/24", "2001:db8:1::20/126"]
FEW = policy(*RULES)
MANY = policy(*RULES, ingress="deny", egress="deny", partners=PEERS)
OTHERS = policy(*RULES, MORE, ingress="deny")  # firewalld has to reload for it
TURNS = (MANY, FEW, OTHERS, FEW)

Deed = t.Generator[str, None, None]
PAUSE = 0.01  # seconds between attempts of one kind
HELD = 10  # attempts whose answer is still waited for
STALLED = 60.0  # seconds after which a connection counts as cut, on a busy machine


def _open_ufw(host: FirewallHost) -> None:
    host.run(["sh", "-ec", f"ufw default allow incoming; ufw allow {PORT}/tcp; ufw --force enable"])


def _open_firewalld(host: FirewallHost) -> None:
    Firewalld(host).cmd("--set-default-zone=trusted")


OPEN: dict[str, t.Callable[[FirewallHost], None]] = {"nftables": lambda _host: None, "ufw": _open_ufw, "firewalld": _open_firewalld}


@pytest.mark.every_run("nftables", "ufw")
@suites("trixie")
@pytest.mark.parametrize("firewall", OPEN)
def test_no_stranger_gets_in_and_no_partner_is_cut(
    net: Network, suite: str, firewall: str, rounds: int, record_property: t.Callable[[str, object], None]
) -> None:
    host, count = net.host, collections.Counter[str]()
    OPEN[firewall](host)
    host.apply(FEW)
    with contextlib.ExitStack() as stack:
        stack.enter_context(host.listen("tcp", PORT))
        stack.enter_context(net.partner.listen("tcp", PARTNERS_PORT))
        connections = [stack.enter_context(net.partner.connect(address, PORT)) for address in host.addresses]
        connections += [stack.enter_context(host.connect(address, PARTNERS_PORT)) for address in net.partner.addresses]
        with _meanwhile(
            count,
            *(_exchange(connection) for connection in connections),
            *(_visit(net.partner, address) for address in host.addresses),
            *(_intrude(net.stranger, address) for address in host.addresses),
            _datagrams(host, net.partner, net.stranger),
        ):
            for declared in itertools.islice(itertools.cycle(TURNS), rounds):
                assert host.apply(declared)["changed"]
    record_property(
        "endless",
        f"{firewall}, {suite}: applied {rounds} times; strangers in: {count['intruded']} of {count['attempts']} attempts; "
        f"partners cut: {count['cut']} in {count['exchanges']} exchanges, turned away: {count['turned away']} of {count['visits']} visits",
    )
    assert not count["intruded"] + count["cut"] + count["turned away"], count
    assert min(count[word] for word in ("attempts", "exchanges", "visits", "datagrams")) > rounds, count


@contextlib.contextmanager
def _meanwhile(count: collections.Counter[str], *deeds: Deed) -> t.Iterator[None]:
    """Let everybody go on with what they do, each in a thread; every step is counted by the word that it comes to."""
    stop = threading.Event()
    lock = threading.Lock()

    def go_on(deed: Deed) -> None:
        with contextlib.closing(deed):
            for word in deed:
                with lock:
                    count[word] += 1
                if stop.wait(PAUSE):
                    return

    threads = [threading.Thread(target=go_on, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _exchange(connection: socket.socket) -> Deed:
    """Both ends of a long-lived connection speak in turn."""
    connection.settimeout(STALLED)
    for number in itertools.count():
        text = b"%08d" % number
        try:
            connection.sendall(text)
            answer = connection.recv(8, socket.MSG_WAITALL)
        except OSError:
            answer = b""
        if answer != text:
            yield "cut"
            return
        yield "exchanges"


def _visit(partner: Namespace, address: str) -> Deed:
    """New connections; one may wait while firewalld reloads, but it arrives."""
    while True:
        yield "visits"
        try:
            partner.connect(address, PORT, STALLED).close()
        except OSError:
            yield "turned away"


def _intrude(stranger: Namespace, address: str) -> Deed:
    """SYN after SYN, nobody waits for an answer; whatever answers, a listener or a reset, has been reached."""
    held: collections.deque[socket.socket] = collections.deque()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        while True:
            attempt = stranger.open_socket(family, socket.SOCK_STREAM)
            attempt.setblocking(False)
            attempt.connect_ex((address, PORT))
            held.append(attempt)
            yield "attempts"
            if len(held) > HELD and _has_reached(held.popleft()):
                yield "intruded"
    finally:
        for attempt in held:
            attempt.close()


def _has_reached(attempt: socket.socket) -> bool:
    """Whether a connection attempt was answered by the host itself; it is given up."""
    with attempt:
        if attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED:
            return True
        try:
            attempt.getpeername()
        except OSError:
            return False
        return True


def _datagrams(host: FirewallHost, partner: Namespace, stranger: Namespace) -> Deed:
    """The stranger's datagrams, each followed by one of the partner that shows that the way is open."""
    with host.open_socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        receiver.bind(("::", UDP_PORT))
        receiver.setblocking(False)
        for address in itertools.cycle(host.addresses):
            for member in (stranger, partner):
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                with member.open_socket(family, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
                    sender.sendto(member.name.encode(), (address, UDP_PORT))
            yield "attempts"
            with contextlib.suppress(BlockingIOError):
                while True:
                    yield {b"stranger": "intruded", b"partner": "datagrams"}[receiver.recv(64)]
