# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A listener that ends by itself: the responder's half of a proof.

It waits on ports where nothing else listens, says its name to whoever gets through, and takes nothing in. The sockets are
bound before the process detaches, so that what could not be bound is known at once; a kernel timer ends it whatever happens.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import signal
import socket
import time
import typing as t

from .._errors import ToolFailed
from .._host.listening_sockets import listening_sockets
from .._host.regular_file import read_regular
from .probe import banner

STATE_FILE = "/run/federated_connectivity_listener.json"

LISTENING = "listening"
FREE = "free"
IN_USE = "in_use"
FAILED = "failed"

STOPPED = "stopped"
ENDED = "ended"
ABSENT = "absent"

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_NOBODY = 65534
_STOP_SECONDS = 2.0
_STATE_BYTES = 4096

# linux/in.h: the socket module names it only since Python 3.14. struct in_pktinfo is {ifindex, spec_dst, addr}.
_IP_PKTINFO = 8


class Port(t.NamedTuple):
    """What became of one port in one family: ``listening`` (ours), ``free`` (nobody's), ``in_use`` or ``failed``."""

    protocol: str
    family: int
    port: int
    state: str
    detail: str = ""


def survey(wanted: t.Iterable[t.Tuple[str, int]]) -> t.List[Port]:
    """Tell for each (protocol, port) and family whether somebody listens there already, touching nothing."""
    ports = sorted(set(wanted))
    taken = listening_sockets(ports)
    return [_surveyed(protocol, family, port, taken) for protocol, port in ports for family in _FAMILIES]


def _surveyed(protocol: str, family: int, port: int, taken: t.Iterable[t.Any]) -> Port:
    holders = [
        "%s on %s" % (holder.process or "a process", holder.address)
        for holder in taken
        if (holder.protocol, holder.port) == (protocol, port) and (holder.family == family or holder.address == "::")
    ]
    return Port(protocol, family, port, IN_USE if holders else FREE, ", ".join(holders))


def start(wanted: t.Iterable[t.Tuple[str, int]], name: str, token: str, seconds: int, state_file: str = STATE_FILE) -> t.List[Port]:
    """Replace a listener that still runs by one for these (protocol, port), on IPv4 and IPv6.

    Args:
        wanted: Ports to listen on where nobody does.
        name: What it answers with, beside the token; printable ASCII.
        token: What a UDP datagram has to hold to be answered, 1 to 64 printable ASCII characters.
        seconds: It ends after that long whatever happens.
        state_file: Remembers the process for :func:`stop`.
    """
    stop(state_file)
    ports, sockets = [], []
    for port in survey(wanted):
        try:
            sockets.append(_bind(port))
            ports.append(port._replace(state=LISTENING, detail=""))
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            ports.append(port._replace(state=IN_USE if in_use else FAILED, detail=port.detail or error.strerror or str(error)))
    if sockets:
        pid = _detach(sockets, banner(token, name), token.encode("ascii"), seconds)
        _remember(state_file, pid)
        for sock in sockets:
            sock.close()
    return ports


def stop(state_file: str = STATE_FILE) -> str:
    """End the listener: ``stopped`` if it ran, ``ended`` if it had ended already, ``absent`` if there was none."""
    try:
        content = read_regular(state_file, _STATE_BYTES, follow=False)
        if content is None:
            return ABSENT
        state = json.loads(content)
        running = _runs(**state)
    except (ToolFailed, TypeError, ValueError):  # not what a listener wrote
        state = {"pid": 0, "started": None}
        running = False
    end = time.monotonic() + _STOP_SECONDS
    while _runs(**state):
        with contextlib.suppress(ProcessLookupError):
            os.kill(state["pid"], signal.SIGTERM if time.monotonic() < end else signal.SIGKILL)
        time.sleep(0.02)
    os.unlink(state_file)
    return STOPPED if running else ENDED


def _bind(port: Port) -> socket.socket:
    sock = socket.socket(_FAMILIES[port.family], socket.SOCK_STREAM if port.protocol == "tcp" else socket.SOCK_DGRAM)
    try:
        if port.family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if port.protocol == "tcp":
            # Past connections in TIME_WAIT do not count; a socket that listens still does (socket(7)).
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif port.family == 4:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.bind(("", port.port))
        if port.protocol == "tcp":
            sock.listen(128)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _detach(sockets: t.Sequence[socket.socket], answer: bytes, token: bytes, seconds: int) -> int:
    """Serve in a process of its own session, which holds nothing of ours but the sockets; its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(seconds)
        os.chdir("/")
        _close_all_but({sock.fileno() for sock in sockets})
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        _serve(sockets, answer, token)
    finally:
        os._exit(0)


def _close_all_but(kept: t.Set[int]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > 2 and descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _serve(sockets: t.Iterable[socket.socket], answer: bytes, token: bytes) -> None:
    with selectors.DefaultSelector() as selector:
        for sock in sockets:
            selector.register(sock, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                with contextlib.suppress(OSError):
                    if t.cast(socket.socket, key.fileobj).type == socket.SOCK_STREAM:
                        _greet(t.cast(socket.socket, key.fileobj), answer)
                    else:
                        _echo(t.cast(socket.socket, key.fileobj), answer, token)


def _greet(sock: socket.socket, answer: bytes) -> None:
    connection, _peer = sock.accept()
    with connection:
        connection.setblocking(False)
        connection.send(answer)


def _echo(sock: socket.socket, answer: bytes, token: bytes) -> None:
    """Answer from the address that was asked: on a host with several, the kernel would choose another."""
    data, ancillary, _flags, peer = sock.recvmsg(len(token) + 1, 256)
    if data == token:
        sock.sendmsg([answer], [_from_same_address(*message) for message in ancillary], 0, peer)


def _from_same_address(level: int, kind: int, data: bytes) -> t.Tuple[int, int, bytes]:
    """The destination of what came in, as the source of what goes out by whichever interface routing says."""
    if level == socket.IPPROTO_IP:
        return level, kind, b"\0\0\0\0" + data[4:8] + b"\0\0\0\0"
    return level, kind, data if data[:2] == b"\xfe\x80" else data[:16] + b"\0\0\0\0"


def _remember(state_file: str, pid: int) -> None:
    descriptor = os.open(state_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"pid": pid, "started": _started(pid)}, file)


def _runs(pid: int, started: t.Optional[str]) -> bool:
    return started is not None and started == _started(pid)


def _started(pid: int) -> t.Optional[str]:
    """When a live process started, in clock ticks since boot: with the pid, its identity (proc_pid_stat(5)). None: it does not run."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
