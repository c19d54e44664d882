# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets byte by byte, as no operating system would send them, put on the wire of a namespace; and what arrives on another one's."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
import typing as t

from namespaces import Namespace

FIN, SYN, RST, ACK = 1, 2, 4, 16
IPV4, IPV6 = 0x0800, 0x86DD
SECONDS = 5.0  # at most, for a packet that does arrive, on a busy machine


def packet(source: str, destination: str, protocol: int, payload: bytes, **header: t.Any) -> bytes:
    """An IP packet of the family of its destination; ``header``: as :func:`ipv4` or :func:`ipv6` take it."""
    return (ipv6 if ":" in destination else ipv4)(source, destination, protocol, payload, **header)


def ipv4(
    source: str, destination: str, protocol: int, payload: bytes, ident: int = 1, offset: int = 0, more: bool = False, options: bytes = b""
) -> bytes:
    words = 5 + len(options) // 4
    fragment = (more << 13) | (offset // 8)
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack("!BBHHHBBH", 0x40 | words, 0, 4 * words + len(payload), ident, fragment, 64, protocol, 0) + ends + options
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + payload


def ipv6(source: str, destination: str, protocol: int, payload: bytes, hops: int = 64) -> bytes:
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return struct.pack("!IHBB", 0x60000000, len(payload), protocol, hops) + ends + payload


def fragment_header(protocol: int, offset: int, more: bool, ident: int) -> bytes:
    return struct.pack("!BBHI", protocol, 0, offset | more, ident)


def options_header(protocol: int) -> bytes:
    """A hop-by-hop or destination options header that holds nothing but padding."""
    return bytes([protocol, 0, 1, 4, 0, 0, 0, 0])


def fragments(source: str, destination: str, protocol: int, payload: bytes, at: int, ident: int) -> list[bytes]:
    """The packet in two parts, the second from byte ``at`` of the payload on, a multiple of 8."""
    first, second = payload[:at], payload[at:]
    if ":" in destination:
        parts = (fragment_header(protocol, 0, True, ident) + first, fragment_header(protocol, at, False, ident) + second)
        return [ipv6(source, destination, 44, part) for part in parts]
    return [ipv4(source, destination, protocol, first, ident, 0, True), ipv4(source, destination, protocol, second, ident, at, False)]


def udp(source: str, destination: str, ports: tuple[int, int], data: bytes, protocol: int = 17) -> bytes:
    header = struct.pack("!HHHH", *ports, 8 + len(data), 0)
    total = _checksum(_pseudo(source, destination, protocol, 8 + len(data)) + header + data) or 0xFFFF
    return header[:6] + struct.pack("!H", total) + data


def tcp(source: str, destination: str, ports: tuple[int, int], flags: int, data: bytes = b"") -> bytes:
    header = struct.pack("!HHIIBBHHH", *ports, 1000, 1000, 0x50, flags, 65535, 0, 0)
    total = _checksum(_pseudo(source, destination, 6, len(header) + len(data)) + header + data)
    return header[:16] + struct.pack("!H", total) + header[18:] + data


def icmp(source: str, destination: str, kind: int, code: int, body: bytes, rest: int = 0) -> bytes:
    message = struct.pack("!BBHI", kind, code, 0, rest) + body
    pseudo = _pseudo(source, destination, 58, len(message)) if ":" in destination else b""
    return message[:2] + struct.pack("!H", _checksum(pseudo + message)) + message[4:]


def _pseudo(source: str, destination: str, protocol: int, length: int) -> bytes:
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    return ends + (struct.pack("!IBBBB", length, 0, 0, 0, protocol) if ":" in destination else struct.pack("!BBH", 0, protocol, length))


def _checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Wire:
    """The link ``eth0`` of a namespace: sends packets as they are, and hears what arrives there."""

    def __init__(self, member: Namespace) -> None:
        self.mac = hardware_address(member, "eth0")
        self._socket = member.open_socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind(("eth0", 3))  # ETH_P_ALL
        self._socket.setblocking(False)

    def close(self) -> None:
        self._socket.close()

    def send(self, to: bytes, content: bytes) -> None:
        """Put a packet on the wire, to a hardware address."""
        self._socket.send(to + self.mac + struct.pack("!H", IPV6 if content[0] >> 4 == 6 else IPV4) + content)

    def heard(self) -> t.Iterator[bytes]:
        """The frames that have arrived since, without those that were sent from here."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self._socket.recv(65535)
                if frame[6:12] != self.mac:
                    yield frame


def hardware_address(member: Namespace, link: str) -> bytes:
    shown = member.run(["ip", "-o", "link", "show", link]).stdout
    return bytes.fromhex(shown.split("link/ether ")[1].split()[0].replace(":", ""))


def multicast(address: str) -> bytes:
    """The hardware address of a broadcast or a multicast group."""
    if ":" in address:
        return b"\x33\x33" + socket.inet_pton(socket.AF_INET6, address)[12:]
    octets = socket.inet_aton(address)
    return b"\x01\x00\x5e" + bytes([octets[1] & 0x7F]) + octets[2:] if 224 <= octets[0] < 240 else b"\xff" * 6


def wait_for(arrived: t.Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not arrived():
        assert time.monotonic() < end, what
        time.sleep(0.005)


@contextlib.contextmanager
def on_one_processor() -> t.Iterator[None]:
    """Packets that are sent here do not overtake each other."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
