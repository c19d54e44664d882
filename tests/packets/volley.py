# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many first packets at once, without waiting for any: all are sent, then a marker, and when it has arrived everything else has.

A SYN that arrives is answered by a reset, for nothing listens; a datagram that arrives is read by the receiver. A batch is sent by
one thread on one processor, so packets of a batch do not overtake each other.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import time
import typing as t

from firewall_host import FirewallHost
from model import Packet
from namespaces import Namespace

MARKER = 60000  # UDP; every policy admits it
BATCH = 250  # sockets open at once
SECONDS = 60.0  # at most, for packets that are admitted on a busy machine


def arrivals(host: FirewallHost, neighbour: Namespace, packets: t.Iterable[Packet], expected: t.Container[Packet]) -> set[Packet]:
    """The packets that arrive of those sent between a host and addresses of one neighbour.

    Args:
        host: The host under test.
        neighbour: Has every peer of the packets among its addresses.
        packets: Of both directions.
        expected: Those that may be late; nobody waits for any other.
    """
    arrived: set[Packet] = set()
    for direction, source, target in (("ingress", neighbour, host), ("egress", host, neighbour)):
        some = [packet for packet in packets if packet.direction == direction]
        ports = {packet.port for packet in some} | {MARKER}
        with contextlib.ExitStack() as stack, _on_one_processor():
            receivers = [stack.enter_context(_receiver(target, port)) for port in sorted(ports)]
            for start in range(0, len(some), BATCH):
                arrived |= _volley(host, source, receivers, some[start : start + BATCH], expected)
    return arrived


def _volley(
    host: FirewallHost, source: Namespace, receivers: list[socket.socket], batch: list[Packet], expected: t.Container[Packet]
) -> set[Packet]:
    arrived: set[Packet] = set()
    seen: set[int] = set()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_send(host, source, packet, number)) for number, packet in enumerate(batch)]
        end = time.monotonic() + SECONDS
        markers = [stack.enter_context(_send(host, source, packet, number)) for number, packet in enumerate(_markers(batch), len(batch))]
        while True:
            for receiver in receivers:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        seen.add(int(receiver.recv(16)))
            for number, (packet, sent) in enumerate(zip(batch, sockets)):
                if number in seen or (packet.protocol == "tcp" and _is_answered(sent)):
                    arrived.add(packet)
            marked = seen.issuperset(range(len(batch), len(batch) + len(markers)))
            if marked and all(packet in arrived for packet in batch if packet in expected):
                return arrived
            if time.monotonic() > end:
                assert marked, "the marker did not arrive: the network of the test does not work"
                return arrived
            time.sleep(0.001)


def _markers(batch: list[Packet]) -> t.Iterator[Packet]:
    """One marker for each family, by the way of a packet of the batch."""
    for family in (4, 6):
        for packet in batch:
            if (":" in packet.peer) == (family == 6):
                yield packet._replace(protocol="udp", port=MARKER)
                break


def _send(host: FirewallHost, source: Namespace, packet: Packet, number: int) -> socket.socket:
    """The socket that the packet has left, or would have, had the host not refused it."""
    family = socket.AF_INET6 if ":" in packet.peer else socket.AF_INET
    own = host.ipv6 if family == socket.AF_INET6 else host.ipv4
    local, remote = (packet.peer, own) if packet.direction == "ingress" else (own, packet.peer)
    sender = source.open_socket(family, socket.SOCK_STREAM if packet.protocol == "tcp" else socket.SOCK_DGRAM)
    sender.setblocking(False)
    sender.bind((local, 0))
    if packet.protocol == "tcp":
        sender.connect_ex((remote, packet.port))
    else:
        with contextlib.suppress(OSError):
            sender.sendto(b"%d" % number, (remote, packet.port))
    return sender


def _is_answered(sent: socket.socket) -> bool:
    return sent.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def _receiver(target: Namespace, port: int) -> socket.socket:
    receiver = target.open_socket(socket.AF_INET6, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    receiver.bind(("::", port))
    receiver.setblocking(False)
    return receiver


@contextlib.contextmanager
def _on_one_processor() -> t.Iterator[None]:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {random.choice(sorted(allowed))})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
