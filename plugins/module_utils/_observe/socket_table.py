# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""All sockets of a network namespace with both ends, read from /proc/net (proc_pid_net(5)): no tool needs to be installed."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import typing as t

from .._host.listening_sockets import kernel_address

ESTABLISHED, SYN_SENT, UNCONNECTED, LISTEN = "01", "02", "07", "0A"  # include/net/tcp_states.h; an unconnected UDP socket is TCP_CLOSE
MOST_ROWS = 100000
_HIGHEST = 65535


class Row(t.NamedTuple):
    """A line of the table. ``inode`` is 0 where no process holds the socket, as in TIME_WAIT."""

    protocol: str
    local: str
    port: int
    remote: str
    remote_port: int
    state: str
    inode: str


def rows(net: str) -> t.Iterator[Row]:
    """The sockets of the namespace whose ``/proc/<pid>/net`` this is; at most MOST_ROWS of each kind."""
    for protocol in ("tcp", "udp"):
        for suffix in ("", "6"):
            for line in _lines("%s/%s%s" % (net, protocol, suffix))[1:]:  # none of a kernel without IPv6, or a process that has ended
                row = _row(protocol, line.split())
                if row:
                    yield row


def _row(protocol: str, fields: t.List[str]) -> t.Optional[Row]:
    try:
        (local, port), (remote, remote_port) = fields[1].split(":"), fields[2].split(":")
        row = Row(protocol, _plain(local), int(port, 16), _plain(remote), int(remote_port, 16), fields[3], fields[9])
    except (IndexError, ValueError):
        return None
    return row if 0 <= row.port <= _HIGHEST and 0 <= row.remote_port <= _HIGHEST else None


def _plain(text: str) -> str:
    """An address; one of IPv4 that an IPv6 socket serves as what it is."""
    address = ipaddress.ip_address(kernel_address(text))
    return str(getattr(address, "ipv4_mapped", None) or address)


def own_addresses(net: str) -> t.Set[str]:
    """The addresses of the namespace itself, both families."""
    found: t.Set[str] = set()
    last = ""
    for line in _lines("%s/fib_trie" % net):
        words = line.split()
        if words[:1] == ["|--"]:
            last = " ".join(words[1:])
        elif words == ["/32", "host", "LOCAL"]:
            with contextlib.suppress(ValueError):
                found.add(str(ipaddress.IPv4Address(last)))
    for line in _lines("%s/if_inet6" % net):
        try:
            found.add(str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))))
        except (IndexError, ValueError):
            continue
    return found


def _lines(path: str) -> t.List[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return list(itertools.islice(file, MOST_ROWS))
    except OSError:
        return []
