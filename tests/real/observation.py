# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the software of a federation does on the network, seen from its hosts: sockets, connections, refused attempts, TLS."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import ssl
import subprocess
import threading
import typing as t

from federation import Federation
from handshake import CERTIFICATE_REQUEST, HELLO_DONE, application_protocol, handshake_messages
from namespaces import Namespace
from waiting import until

# Two chains of our own, before and after every other one: what enters the second has passed the firewall between them.
_TABLE = """
table inet seen {
  set tried4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags dynamic; size 65535; }
  set passed4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags dynamic; size 65535; }
  set tried6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags dynamic; size 65535; }
  set passed6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags dynamic; size 65535; }
"""
_CHAIN = """
  chain {what}_{hook} {{ type filter hook {hook} priority {priority}; policy accept;
    meta l4proto {{ tcp, udp }} ct state new ct direction original add @{what}4 {{ ip saddr . ip daddr . meta l4proto . th dport }}
    meta l4proto {{ tcp, udp }} ct state new ct direction original add @{what}6 {{ ip6 saddr . ip6 daddr . meta l4proto . th dport }}
  }}
"""
_ELEMENT = re.compile(r"([0-9a-f.:]+) \. ([0-9a-f.:]+) \. (tcp|udp) \. (\d+)")
_EVENT = re.compile(r"\[NEW\] +(tcp|udp) .*?src=(\S+) dst=(\S+) sport=\d+ dport=(\d+)")
_PROCESS = re.compile(r'\("([^"]+)",pid=(\d+)')
_SSH = 22
TLS_SECONDS = 10


class Socket(t.NamedTuple):
    """A port that a program of the software opened."""

    host: str
    protocol: str
    address: str
    port: int


class Connection(t.NamedTuple):
    """Who opened what to whom. ``initiator`` and ``responder`` are hosts, or names of the outside."""

    initiator: str
    responder: str
    protocol: str
    port: int


class Protection(t.NamedTuple):
    """``tls``: none, server or mutual. ``alpn``: the protocol inside that the server chose by ALPN."""

    tls: str
    alpn: str


class Observation:
    """What all hosts of a federation saw since the beginning of the block."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self.sockets: set[Socket] = set()
        self.connections: set[Connection] = set()
        self.refused: set[Connection] = set()
        self.tls: dict[Connection, Protection] = {}
        self._tracking: dict[str, tuple[subprocess.Popen[str], threading.Thread, list[str]]] = {}
        self._over = threading.Event()
        self._looking: threading.Thread | None = None

    def __enter__(self) -> Observation:
        chains = "".join(
            _CHAIN.format(what=what, hook=hook, priority=priority)
            for what, priority in (("tried", -190), ("passed", 400))
            for hook in ("input", "output")
        )
        for name, host in self._federation.hosts.items():
            host.nft(f"table inet seen\ndelete table inet seen\n{_TABLE}{chains}}}")
            popen = subprocess.Popen(
                [*host.enter(), "stdbuf", "-oL", "conntrack", "-E", "-e", "NEW", "-b", "4194304"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            lines: list[str] = []
            thread = threading.Thread(target=_collect, args=(popen, lines), daemon=True)
            thread.start()
            self._tracking[name] = popen, thread, lines
        for name in self._federation.hosts:
            self._until_tracking(name)
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()
        return self

    def _until_tracking(self, name: str) -> None:
        """An event of our own shows that events come."""
        host, (_popen, _thread, lines) = self._federation.hosts[name], self._tracking[name]

        def tried() -> bool:
            with contextlib.suppress(OSError):
                host.connect("127.0.0.1", 9, 0.2).close()
            return bool(lines)

        until(tried, f"conntrack of {name} reports nothing")

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        if self._looking:
            self._looking.join()
        for name, (popen, thread, lines) in self._tracking.items():
            left = self._federation.hosts[name].run(["pkill", "-x", "conntrack"], check=False)
            assert left.returncode == 0, f"conntrack of {name} ended too early"
            popen.wait()
            thread.join()
            self._judge_events(name, lines)
        for name, host in self._federation.hosts.items():
            tried, passed = (self._elements(host, what) for what in ("tried", "passed"))
            for source, target, protocol, port in tried - passed:
                seen = self._connection(name, source, target, protocol, int(port))
                if seen and seen.initiator == name:
                    self.refused.add(seen)
            host.nft("delete table inet seen")

    @staticmethod
    def _elements(host: Namespace, what: str) -> set[tuple[str, ...]]:
        text = "".join(host.run(["nft", "list", "set", "inet", "seen", f"{what}{family}"]).stdout for family in (4, 6))
        return set(_ELEMENT.findall(re.sub(r" expires \S+| timeout \S+", "", text)))

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self._look_once()
        self._look_once()  # a short job may have ended since

    def _look_once(self) -> None:
        for name, host in self._federation.hosts.items():
            self.sockets.update(sockets_of(name, host))
        for name, (_popen, _thread, lines) in self._tracking.items():
            self._judge_events(name, list(lines))
        for seen in sorted(self.connections - self.tls.keys()):
            if kind := self._tls(seen):
                self.tls[seen] = kind

    def _tls(self, seen: Connection) -> Protection | None:
        """What the responder asks for, if it is one of the hosts and still listens."""
        hosts = self._federation.hosts
        if seen.protocol != "tcp" or seen.responder not in hosts or seen.initiator not in hosts:
            return None
        server = hosts[seen.responder]
        addresses = ("127.0.0.1", server.ipv4) if seen.initiator == seen.responder else (server.ipv4,)
        kinds = (tls_of(hosts[seen.initiator], address, seen.port) for address in addresses)
        return next(filter(None, kinds), None)

    def _judge_events(self, name: str, lines: list[str]) -> None:
        for protocol, source, target, port in _EVENT.findall("".join(lines)):
            seen = self._connection(name, source, target, protocol, int(port))
            if seen:
                self.connections.add(seen)

    def _connection(self, host: str, source: str, target: str, protocol: str, port: int) -> Connection | None:
        """What an event means.

        None is for what this test itself does, SSH and the proof that conntrack reports, and for questions to the name service, which the
        baseline has.
        """
        if port in (_SSH, 9) or ipaddress.ip_address(target).is_multicast:
            return None
        ends = [host if ipaddress.ip_address(end).is_loopback else self._federation.host_of(end) for end in (source, target)]
        return None if {"bastion", "services"} & {*ends} else Connection(ends[0], ends[1], protocol, port)


def _collect(popen: subprocess.Popen[str], lines: list[str]) -> None:
    assert popen.stdout is not None
    for line in popen.stdout:
        lines.append(line)


def sockets_of(name: str, host: Namespace) -> t.Iterator[Socket]:
    """What listens on a host, but sshd. A UDP socket listens where it is bound to a port below the range of clients."""
    for line in host.run(["ss", "-Hlntup"], check=False).stdout.splitlines():
        fields = line.split()
        address, _colon, port = fields[4].rpartition(":")
        if '"sshd"' in line or (fields[0] == "udp" and int(port) >= 32768):
            continue
        address = address.strip("[]").partition("%")[0]
        yield Socket(name, fields[0], {"*": "::"}.get(address, address), int(port))


def tls_of(client: Namespace, address: str, port: int) -> Protection | None:
    """What a server asks for; nothing if nobody listens.

    With TLS 1.2 the server's first answer says in clear whether it asks for a certificate. The handshake is not finished.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    answer = b""
    try:
        with client.connect(address, port, TLS_SECONDS) as connection:
            connection.sendall(outgoing.read())
            while HELLO_DONE not in handshake_messages(answer) and (data := connection.recv(65536)):
                answer += data
    except ConnectionRefusedError:
        return None
    except OSError:
        pass  # what came until then is judged
    messages = handshake_messages(answer)
    tls = ("mutual" if CERTIFICATE_REQUEST in messages else "server") if HELLO_DONE in messages else "none"
    return Protection(tls, application_protocol(answer))
