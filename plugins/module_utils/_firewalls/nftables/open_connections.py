# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""TCP connections of this host that are open, entered into the kernel's connection tracking.

Tracking begins with the first rule that asks for it, and takes the next segment of an older connection for that of a new one. A denied
egress would refuse it: the answer of the very SSH session by which the policy comes, for one. Rules cannot tell such a segment from one
that a program with CAP_NET_RAW makes up. So the kernel's own list of sockets says which connections exist, once, before the rules hold.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import typing as t

from ..._errors import ToolFailed

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")

_LISTEN, _ESTABLISHED, _CLOSE_WAIT = "0A", "01", "08"  # include/net/tcp_states.h; only the last two have something to send
_MAPPED = bytes(10) + b"\xff\xff"  # RFC 4291, section 2.5.5.2: an IPv4 connection of an IPv6 socket

# include/uapi/linux/netlink.h, netfilter/nfnetlink_conntrack.h, netfilter/nf_conntrack_common.h, netfilter/nf_conntrack_tcp.h
_NETLINK_NETFILTER = 12
_NEW_CONNECTION = 1 << 8
_REQUEST_ACK_EXCL_CREATE = 0x1 | 0x4 | 0x200 | 0x400
_NESTED = 0x8000
_TUPLE_ORIG, _TUPLE_REPLY, _STATUS, _PROTOINFO, _TIMEOUT = 1, 2, 3, 4, 7
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_IP_SOURCE_AND_DESTINATION = {4: (1, 2), 16: (3, 4)}
_PROTO_NUMBER, _PROTO_SOURCE, _PROTO_DESTINATION = 1, 2, 3
_PROTOINFO_TCP, _TCP_STATE, _TCP_FLAGS_ORIGINAL, _TCP_FLAGS_REPLY = 1, 1, 4, 5
_CONFIRMED_SEEN_REPLY_ASSURED = 0x8 | 0x2 | 0x4
_STATE_ESTABLISHED = 3
_SACK_AND_LIBERAL = 0x2 | 0x8  # as the kernel itself picks a connection up, whose window scale it does not know
_SECONDS = 432000  # the kernel's own time limit of an idle connection
_ACKNOWLEDGEMENT_SECONDS = 5.0

End = t.Tuple[bytes, int]
"""Address, in 4 or 16 bytes, and port."""


class Connection(t.NamedTuple):
    """An open connection, as the end that opened it sees it."""

    source: End
    destination: End


def connections(tables: t.Iterable[str]) -> t.List[Connection]:
    """The open connections in texts of ``/proc/net/tcp`` and ``/proc/net/tcp6``. Who came to a port that listens has opened his."""
    sockets = [socket for text in tables for socket in map(_socket, text.splitlines()[1:]) if socket]
    listening = {local[1] for local, _remote, state in sockets if state == _LISTEN}
    return [
        Connection(*((remote, local) if local[1] in listening else (local, remote)))
        for local, remote, state in sockets
        if state in (_ESTABLISHED, _CLOSE_WAIT)
    ]


def _socket(line: str) -> t.Optional[t.Tuple[End, End, str]]:
    """Both ends of a socket, its own first, and its state; None for a line of another form."""
    try:
        local, remote, state = line.split()[1:4]
        return _end(local), _end(remote), state
    except (ValueError, struct.error):
        return None


def track() -> None:
    """Enter all open TCP connections of this host into connection tracking; those that it has stay as they are.

    Raises:
        ToolFailed: the kernel takes none.
    """
    try:
        open_now = connections(_read(table) for table in TABLES)
        refused = None
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as netlink:
            netlink.settimeout(_ACKNOWLEDGEMENT_SECONDS)
            netlink.bind((0, 0))
            for number, connection in enumerate(open_now, 1):
                netlink.send(message(connection, number))
                _length, _type, _flags, _sequence, _port, code = struct.unpack_from("=IHHIIi", netlink.recv(8192))
                if code not in (0, -errno.EEXIST):
                    refused = OSError(-code, os.strerror(-code))
        if refused:
            raise refused
    except (OSError, struct.error) as error:
        raise ToolFailed(
            "the kernel does not take open connections into its connection tracking (%s), so a denied egress would cut the connection of "
            "this run; load its module nf_conntrack_netlink, or leave the default of egress unchanged" % error
        ) from None


def message(connection: Connection, number: int) -> bytes:
    """The netlink message that makes an entry of a connection, with its own ``number``."""
    source, destination = connection
    flags = struct.pack("BB", _SACK_AND_LIBERAL, _SACK_AND_LIBERAL)
    tcp = [
        _attribute(_TCP_STATE, struct.pack("B", _STATE_ESTABLISHED)),
        _attribute(_TCP_FLAGS_ORIGINAL, flags),
        _attribute(_TCP_FLAGS_REPLY, flags),
    ]
    body = [
        struct.pack("=BBH", socket.AF_INET if len(source[0]) == 4 else socket.AF_INET6, 0, 0),
        _tuple(_TUPLE_ORIG, source, destination),
        _tuple(_TUPLE_REPLY, destination, source),
        _attribute(_STATUS, struct.pack(">I", _CONFIRMED_SEEN_REPLY_ASSURED)),
        _attribute(_TIMEOUT, struct.pack(">I", _SECONDS)),
        _nested(_PROTOINFO, _nested(_PROTOINFO_TCP, *tcp)),
    ]
    content = b"".join(body)
    return struct.pack("=IHHII", 16 + len(content), _NEW_CONNECTION, _REQUEST_ACK_EXCL_CREATE, number, 0) + content


def _tuple(kind: int, source: End, destination: End) -> bytes:
    from_address, to_address = _IP_SOURCE_AND_DESTINATION[len(source[0])]
    addresses = _nested(_TUPLE_IP, _attribute(from_address, source[0]), _attribute(to_address, destination[0]))
    ports = _nested(
        _TUPLE_PROTO,
        _attribute(_PROTO_NUMBER, struct.pack("B", socket.IPPROTO_TCP)),
        _attribute(_PROTO_SOURCE, struct.pack(">H", source[1])),
        _attribute(_PROTO_DESTINATION, struct.pack(">H", destination[1])),
    )
    return _nested(kind, addresses, ports)


def _attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def _nested(kind: int, *attributes: bytes) -> bytes:
    return _attribute(kind | _NESTED, b"".join(attributes))


def _end(text: str) -> End:
    """An end as /proc/net/tcp writes it: words of 32 bits in the processor's own order, then the port."""
    digits, _colon, port = text.partition(":")
    address = b"".join(struct.pack("=I", int(digits[start : start + 8], 16)) for start in range(0, len(digits), 8))
    if len(address) not in (4, 16) or not 0 <= int(port, 16) <= 0xFFFF:
        raise ValueError(text)
    return (address[12:] if address.startswith(_MAPPED) else address), int(port, 16)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except FileNotFoundError:  # a kernel without IPv6
        return ""
