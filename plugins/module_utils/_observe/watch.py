# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Watches what chosen software of this host does on the network. Whatever belongs to other software is forgotten at once."""

from __future__ import annotations

import ipaddress
import time
import typing as t

from .._host.host import Host
from .choice import Choice
from .containers import Container, containers
from .processes import Process, all_processes, in_unit, inodes, matches, network_of, with_children
from .socket_table import ESTABLISHED, LISTEN, SYN_SENT, UNCONNECTED, Row, own_addresses, rows
from .tracked import Entry, tracked

HOST, PUBLISHED = "host", "published"
INTERVAL = 0.5
TRACKED_EVERY = 5  # looks: what the kernel tracks stays longer than a socket
CONTAINERS_EVERY = 20  # looks
MOST_SOCKETS = 1000
MOST_CONNECTIONS = 5000
MOST_CLIENTS = 1000  # different connections of one kind that are counted
TEMPORARY = 32768  # where Linux begins to take ports for clients


class Socket(t.NamedTuple):
    """A port that the software listens on, as others reach it."""

    protocol: str
    address: str
    port: int
    placement: str


class Kind(t.NamedTuple):
    """Connections of one kind. ``incoming``: the peer opened them. ``own``: both ends are on this host; ``peer`` is empty then."""

    protocol: str
    incoming: bool
    own: bool
    peer: str
    port: int
    placement: str


class Seen:
    """What was seen of one kind: from which ends it was opened, in how many looks, and whether anybody answered."""

    def __init__(self) -> None:
        self.clients: t.Set[t.Tuple[str, int]] = set()
        self.looks = 0
        self.last = -1
        self.answered = False
        self.program = ""


class Watch:
    """The looks of one observation."""

    def __init__(self, choice: Choice, host: Host, proc: str = "/proc") -> None:
        self._choice = choice
        self._host = host
        self._proc = proc
        self._look = -1
        self._containers: t.List[Container] = []
        self._found: t.Set[str] = set()
        self._before: t.Set[t.Tuple[str, int, str, int]] = set()  # connections that had ended when the first look came
        self.sockets: t.Dict[Socket, str] = {}
        self.connections: t.Dict[Kind, Seen] = {}
        self.hidden: t.Set[str] = set()
        self.tracks = False
        self.cut = False

    @property
    def looks(self) -> int:
        return self._look + 1

    @property
    def unmatched(self) -> t.List[str]:
        """What was chosen and never seen."""
        chosen = (*self._choice.processes, *self._choice.units, *self._choice.containers)
        return [name for name in chosen if name not in self._found]

    def watch(self, seconds: float, now: t.Callable[[], float] = time.monotonic, sleep: t.Callable[[float], None] = time.sleep) -> None:
        """Look again and again until the time is over, at least once."""
        end = now() + seconds
        while True:
            self.look()
            if now() + INTERVAL >= end:
                return
            sleep(INTERVAL)

    def look(self) -> None:
        """Look once."""
        self._look += 1
        choice = self._choice
        if choice.containers and self._look % CONTAINERS_EVERY == 0:
            self._containers = containers(choice.containers, self._host)
            self._found.update(container.name for container in self._containers)
        processes = all_processes(self._proc) if choice[:3] != ((), (), ()) else {}
        home = network_of("self", self._proc)
        own = own_addresses("%s/net" % self._proc)
        inside = self._networks(processes, home)
        apart = {address for container in self._containers for address in container.addresses} - own
        views = [_View(self, "%s/net" % self._proc, inside.pop(home, {}), own, apart, None, processes)]
        for network, pids in inside.items():
            container = next((one for one in self._containers if network_of(one.pid, self._proc) == network), None)
            if container is None:
                self.hidden.update(processes[pid].program for pid in pids)
            else:
                views.append(_View(self, "%s/%d/net" % (self._proc, container.pid), pids, own, apart, container, processes))
        for view in views:
            view.look(self._proc)
        if self._look % TRACKED_EVERY == 0:
            self._look_at_tracked(own, apart)

    def _networks(self, processes: t.Mapping[int, Process], home: str) -> t.Dict[str, t.Dict[int, str]]:
        """The chosen processes by their network namespace: pid -> program. This host's own namespace is always there."""
        first: t.Set[int] = set()
        choice = self._choice
        for process in processes.values():
            hits = [name for name in choice.processes if matches(process, name)]
            hits += [unit for unit in choice.units if in_unit(process, unit)]
            hits += [one.name for one in self._containers if process.pid == one.pid or any(one.id in group for group in process.groups)]
            self._found.update(hits)
            if hits:
                first.add(process.pid)
        found: t.Dict[str, t.Dict[int, str]] = {home: {}}
        for pid in with_children(first, processes):
            network = network_of(pid, self._proc)
            if network:
                found.setdefault(network, {})[pid] = processes[pid].program
        return found

    def wanted(self, protocol: str, port: int) -> bool:
        return (protocol, port) in self._choice.ports

    def is_over(self, ends: t.Tuple[str, int, str, int], ending: bool) -> bool:
        """Whether a connection is from before the first look."""
        if self._look == 0 and ending:
            self._before.add(ends)
        return ends in self._before

    def listens(self, protocol: str, address: str, port: int) -> t.Optional[Socket]:
        """The socket of the software that takes what comes to an address and port of this host."""
        for placement in (PUBLISHED, HOST):
            for at in (address, "::", "0.0.0.0"):
                socket = Socket(protocol, at, port, placement)
                if socket in self.sockets:
                    return socket
        return None

    def add_socket(self, socket: Socket, program: str) -> None:
        if socket in self.sockets or len(self.sockets) < MOST_SOCKETS:
            self.sockets[socket] = self.sockets.get(socket) or program
        else:
            self.cut = True

    def add(self, kind: Kind, client: t.Tuple[str, int], answered: bool, program: str) -> None:
        if not kind.own and not _can_be_peer(kind.peer):
            return
        if kind not in self.connections and len(self.connections) >= MOST_CONNECTIONS:
            self.cut = True
            return
        seen = self.connections.setdefault(kind, Seen())
        if seen.last != self._look:
            seen.last, seen.looks = self._look, seen.looks + 1
        if len(seen.clients) < MOST_CLIENTS:
            seen.clients.add(client)
        seen.answered |= answered
        seen.program = seen.program or program

    def _look_at_tracked(self, own: t.Set[str], apart: t.Set[str]) -> None:
        found = tracked(self._host, self._proc)
        self.tracks |= found is not None
        for entry in found or ():
            kind = self._kind_of(entry, own, apart)
            over = kind and self.is_over((entry.source, entry.source_port, entry.target, entry.port), entry.protocol == "tcp")
            if kind and not over:
                self.add(kind, (entry.source, entry.source_port), entry.answered, "")

    def _kind_of(self, entry: Entry, own: t.Set[str], apart: t.Set[str]) -> t.Optional[Kind]:
        protocol, port = entry.protocol, entry.port
        here = entry.source in own or entry.source in apart or ipaddress.ip_address(entry.source).is_loopback
        if entry.target in own or ipaddress.ip_address(entry.target).is_loopback:
            socket = self.listens(protocol, entry.target, port)
            if socket is None and not self.wanted(protocol, port):
                return None
            rewritten = entry.replied_by != entry.target and entry.replied_by not in own
            placement = PUBLISHED if rewritten or (socket and socket.placement == PUBLISHED) else HOST
            return Kind(protocol, True, here, "" if here else entry.source, port, placement)
        if entry.source in apart and entry.target not in apart:
            return Kind(protocol, False, False, entry.target, port, PUBLISHED)
        if entry.source in own and self.wanted(protocol, port):
            return Kind(protocol, False, False, entry.target, port, HOST)
        return None


class _View:
    """The chosen software in one network namespace: this host's own, or a container's."""

    def __init__(
        self,
        watch: Watch,
        net: str,
        pids: t.Mapping[int, str],
        own: t.Set[str],
        apart: t.Set[str],
        container: t.Optional[Container],
        processes: t.Mapping[int, Process],
    ) -> None:
        self._watch = watch
        self._net = net
        self._pids = pids
        self._own = own
        self._apart = apart
        self._container = container
        self._placement = HOST if container is None else PUBLISHED

    def look(self, proc: str) -> None:
        holders = inodes(self._pids, proc)
        table = [(row, self._pids[holders[row.inode]] if row.inode in holders else None) for row in rows(self._net)]
        inner: t.Dict[t.Tuple[str, int], str] = {}  # what listens: protocol and port, and the program
        for row, program in table:
            if row.state == (LISTEN if row.protocol == "tcp" else UNCONNECTED) and not row.remote_port:
                self._listener(row, program, inner)
        for row, program in table:
            if row.remote_port and row.state not in (LISTEN, UNCONNECTED):
                ends = (row.local, row.port, row.remote, row.remote_port)
                if not self._watch.is_over(ends, row.state not in (ESTABLISHED, SYN_SENT)):
                    self._connection(row, program, inner)

    def _listener(self, row: Row, program: t.Optional[str], inner: t.Dict[t.Tuple[str, int], str]) -> None:
        named = self._container is None and self._watch.wanted(row.protocol, row.port)
        client = row.protocol == "udp" and row.port >= TEMPORARY
        if not named and (program is None or client):
            return
        inner[row.protocol, row.port] = program or ""
        if self._container is None:
            self._watch.add_socket(Socket(row.protocol, row.local, row.port, HOST), program or "")
            return
        for outer in self._container.published:
            if (outer.protocol, outer.inner_port) == (row.protocol, row.port):
                self._watch.add_socket(Socket(row.protocol, outer.address, outer.port, PUBLISHED), program or "")

    def _connection(self, row: Row, program: t.Optional[str], inner: t.Mapping[t.Tuple[str, int], str]) -> None:
        answered = row.state != SYN_SENT
        own = row.remote == row.local or row.remote in self._own or ipaddress.ip_address(row.remote).is_loopback
        if self._container is None:
            socket = self._watch.listens(row.protocol, row.local, row.port)
            incoming, ports = socket is not None, [row.port]
        else:
            known = [one for one in self._container.published if (one.protocol, one.inner_port) == (row.protocol, row.port)]
            incoming, ports = (row.protocol, row.port) in inner, [one.port for one in known]
        if incoming:
            peer = "" if own or row.remote in self._apart else row.remote
            for port in ports:
                self._watch.add(
                    Kind(row.protocol, True, not peer, peer, port, self._placement),
                    (row.remote, row.remote_port),
                    answered,
                    inner.get((row.protocol, row.port), ""),
                )
        elif (program is not None or self._watch.wanted(row.protocol, row.remote_port)) and row.remote not in self._apart:
            if self._container is not None and ipaddress.ip_address(row.remote).is_loopback:
                return  # within the container
            # Within a host it does not matter which of the two ends was seen.
            kind = Kind(row.protocol, own, own, "" if own else row.remote, row.remote_port, HOST if own else self._placement)
            self._watch.add(kind, (row.local, row.port), answered, program or "")


def _can_be_peer(text: str) -> bool:
    """Whether a firewall can name an address as somebody's."""
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified)
