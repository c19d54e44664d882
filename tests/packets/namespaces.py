# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network namespaces that live as long as a file descriptor, so that nothing is ever left behind; real packets between them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import errno
import os
import secrets
import selectors
import socket
import subprocess
import threading
import time
import typing as t

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_REJECTED = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)
SECONDS = 1.5  # how long silence takes to be believed; a lost SYN is sent again after one second
LATE = 0.25  # seconds; who is woken up later than that is on a busy machine, where others are late, too
MOST_SECONDS = 24.0  # after which silence is believed on any machine


def _call(function: t.Any, *arguments: int) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Namespace:
    """A host of the test network. ``ipv4`` and ``ipv6`` are its addresses, without prefix."""

    def __init__(self, name: str, ipv4: str = "", ipv6: str = "") -> None:
        self.name, self.ipv4, self.ipv6 = name, ipv4, ipv6
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            self._fd = thread.submit(self._create).result()
        self.run(["ip", "link", "set", "lo", "up"])

    @staticmethod
    def _create() -> int:
        _call(_LIBC.unshare, _CLONE_NEWNET)
        for setting in ("ipv6/conf/all/accept_dad", "ipv6/conf/default/accept_dad", "ipv6/conf/default/dad_transmits"):
            with open(f"/proc/sys/net/{setting}", "w", encoding="ascii") as file:
                file.write("0")
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._fd)

    @property
    def addresses(self) -> tuple[str, str]:
        return self.ipv4, self.ipv6

    @property
    def path(self) -> str:
        """A path to the namespace for commands started by this process."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def run(
        self, argv: t.Sequence[str], input: str | None = None, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of this machine inside the namespace; a failure shows what the command said."""
        return run_command([*self.enter(), *argv], input, check, environment)

    def enter(self) -> list[str]:
        return ["nsenter", f"--net={self.path}", "--"]

    def ip(self, *lines: str) -> None:
        """Run lines of ip(8) in one process."""
        self.run(["ip", "-batch", "-"], input="\n".join(lines))

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
        """A socket inside the namespace; it stays there, the calling thread does not."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call(_LIBC.setns, self._fd, _CLONE_NEWNET)
            try:
                return socket.socket(family, kind, protocol)
            finally:
                _call(_LIBC.setns, home, _CLONE_NEWNET)
        finally:
            os.close(home)

    @contextlib.contextmanager
    def listen(self, protocol: str, *ports: int) -> t.Iterator[None]:
        """Echo on the ports, on IPv4 and IPv6: every TCP connection, every UDP datagram."""
        with selectors.DefaultSelector() as selector:
            sockets = []
            for port in ports:
                listener = self.open_socket(socket.AF_INET6, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
                sockets.append(listener)
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("::", port))
                if protocol == "tcp":
                    listener.listen()
                selector.register(listener, selectors.EVENT_READ, _accept if protocol == "tcp" else _echo_datagram)
            stop, stopped = socket.socketpair()
            selector.register(stopped, selectors.EVENT_READ, None)
            thread = threading.Thread(target=_serve, args=(selector,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                stop.close()
                thread.join()
                stopped.close()
                for listener in sockets:
                    listener.close()

    def connect(self, address: str, port: int, seconds: float = SECONDS) -> socket.socket:
        """An open TCP connection."""
        connection = self.open_socket(_family(address), socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect((address, port))
        except BaseException:
            connection.close()
            raise
        return connection

    def probe(self, protocol: str, address: str, port: int, seconds: float = SECONDS) -> str:
        """What happens to a connection attempt.

        Silence is believed of a machine that is punctual; on a busy one the attempt is repeated with more patience.

        Returns:
            "open": something answered; "refused": the path is open, nothing listens; "rejected": a firewall said no;
            "silent": nobody said anything.
        """
        while True:
            end = time.monotonic() + seconds
            outcome = self._attempt(protocol, address, port, seconds)
            seconds *= 2
            if outcome != "silent" or time.monotonic() < end + LATE or seconds > MOST_SECONDS:
                return outcome

    def _attempt(self, protocol: str, address: str, port: int, seconds: float) -> str:
        try:
            if protocol == "tcp":
                self.connect(address, port, seconds).close()
                return "open"
            with self.open_socket(_family(address), socket.SOCK_DGRAM) as probe:
                probe.settimeout(seconds)
                probe.connect((address, port))
                probe.send(token := secrets.token_bytes(8))
                return "open" if probe.recv(64) == token else "silent"
        except TimeoutError:
            return "silent"
        except ConnectionRefusedError:
            return "refused"
        except OSError as error:
            if error.errno in _REJECTED:
                return "rejected"
            raise


Probe = t.Tuple[Namespace, str, str, int]


def probe_all(*probes: Probe) -> list[str]:
    """Probe at the same time: (from, protocol, address, port) each; the outcomes in the same order."""
    with concurrent.futures.ThreadPoolExecutor(max(1, min(32, len(probes)))) as pool:
        return list(pool.map(lambda probe: probe[0].probe(*probe[1:]), probes))


def outcomes(source: Namespace, protocol: str, target: Namespace, *ports: int) -> dict[str, list[str]]:
    """The outcomes of probes to all ports of a host on both families: {"ipv4": [...], "ipv6": [...]}."""
    found = iter(probe_all(*((source, protocol, address, port) for address in target.addresses for port in ports)))
    return {family: [next(found) for _ in ports] for family in ("ipv4", "ipv6")}


def both(outcome: str, *more: str) -> dict[str, list[str]]:
    """The same outcomes, port by port, on both families, to compare with :func:`outcomes`."""
    return {"ipv4": [outcome, *more], "ipv6": [outcome, *more]}


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def run_command(
    argv: t.Sequence[str], input: str | None, check: bool, environment: t.Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        argv,
        input=input or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,  # programs of real systems take their time on a busy machine
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **environment},
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)} failed with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def _serve(selector: selectors.BaseSelector) -> None:
    while True:
        for key, _events in selector.select():
            if key.data is None:
                for other in list(selector.get_map().values()):
                    if other.data is _echo_stream:
                        selector.unregister(other.fileobj)
                        t.cast(socket.socket, other.fileobj).close()
                return
            key.data(selector, key.fileobj)


def _accept(selector: selectors.BaseSelector, listener: socket.socket) -> None:
    connection, _address = listener.accept()
    selector.register(connection, selectors.EVENT_READ, _echo_stream)


def _echo_stream(selector: selectors.BaseSelector, connection: socket.socket) -> None:
    try:
        data = connection.recv(4096)
    except OSError:
        data = b""
    if data:
        connection.sendall(data)
    else:
        selector.unregister(connection)
        connection.close()


def _echo_datagram(_selector: selectors.BaseSelector, server: socket.socket) -> None:
    data, address = server.recvfrom(4096)
    with contextlib.suppress(OSError):
        server.sendto(data, address)
