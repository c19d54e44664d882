# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which sockets of this host listen, read from /proc/net (proc_pid_net(5)): no tool needs to be installed."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import struct
import typing as t

_STATES = {"tcp": "0A", "udp": "07"}  # include/net/tcp_states.h: TCP_LISTEN; an unconnected UDP socket is TCP_CLOSE
_ADDRESS = re.compile(r"([0-9A-F]{8}|[0-9A-F]{32})\Z")


class ListeningSocket(t.NamedTuple):
    """A socket that waits for others: ``family`` is 4 or 6, ``process`` its owner as "name (pid 1)" or empty if unknown.

    An IPv6 socket on ``::`` usually serves IPv4 too; /proc does not tell whether it does.
    """

    protocol: str
    family: int
    address: str
    port: int
    process: str

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.address)


def is_loopback(address: str) -> bool:
    """Whether an address is 127.0.0.0/8, ::1, or the former written as an IPv4-mapped IPv6 address."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def listening_sockets(wanted: t.Collection[t.Tuple[str, int]], proc: str = "/proc") -> t.List[ListeningSocket]:
    """The sockets of this network namespace that listen on one of the wanted (protocol, port), sorted."""
    found = [(socket, inode) for protocol in _STATES for socket, inode in _read(protocol, proc) if socket[:1] + socket[3:4] in wanted]
    owners = _owners({inode for _socket, inode in found}, proc)
    return sorted(socket._replace(process=owners.get(inode, "")) for socket, inode in found)


def _read(protocol: str, proc: str) -> t.Iterator[t.Tuple[ListeningSocket, str]]:
    for family, suffix in ((4, ""), (6, "6")):
        try:
            with open("%s/net/%s%s" % (proc, protocol, suffix), encoding="ascii", errors="replace") as file:
                lines = file.readlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        for line in lines:
            with contextlib.suppress(IndexError, ValueError):  # a line of another form, which no socket of ours has
                fields = line.split()
                if fields[3] == _STATES[protocol]:
                    address, port = fields[1].split(":")
                    yield ListeningSocket(protocol, family, kernel_address(address), int(port, 16), ""), fields[9]


def kernel_address(text: str) -> str:
    """The kernel prints an address as 32-bit words in the machine's own byte order. Raises ValueError where it is none."""
    if not _ADDRESS.match(text):
        raise ValueError("%r is not an address of the kernel" % text)
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    return str(ipaddress.ip_address(struct.pack("=%dI" % len(words), *words)))


def _owners(inodes: t.Set[str], proc: str) -> t.Dict[str, str]:
    """Inode -> "name (pid 1)", for the processes that this user may look into."""
    owners: t.Dict[str, str] = {}
    if not inodes:
        return owners
    for pid in sorted(filter(str.isdigit, os.listdir(proc)), key=int):
        with contextlib.suppress(OSError):
            for descriptor in os.listdir("%s/%s/fd" % (proc, pid)):
                with contextlib.suppress(OSError):
                    match = re.match(r"socket:\[(\d+)\]$", os.readlink("%s/%s/fd/%s" % (proc, pid, descriptor)))
                    if match and match.group(1) in inodes and match.group(1) not in owners:
                        owners[match.group(1)] = "%s (pid %s)" % (_name(pid, proc), pid)
    return owners


def _name(pid: str, proc: str) -> str:
    with open("%s/%s/comm" % (proc, pid), encoding="utf-8", errors="replace") as file:
        return file.read().strip()
