# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What becomes of one connection attempt: the initiator's half of a proof.

A TCP attempt sends nothing but the handshake; a UDP attempt sends the token of the run. What came back is told apart as
finely as the kernel allows: Linux reports ICMP errors with their sender on a socket that asks for it (ip(7), ipv6(7):
IP_RECVERR), for a TCP handshake since Linux 5.10. A reset is then a host that was reached, an ICMP error one that refused.
"""

from __future__ import annotations

import errno
import queue
import socket
import struct
import threading
import time
import typing as t

OPEN = "open"
REFUSED = "refused"
REJECTED = "rejected"
SILENT = "silent"
UNROUTABLE = "unroutable"
UNRESOLVED = "unresolved"

NAME_ADDRESSES_MAXIMUM = 4

_TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}

# linux/in.h, linux/in6.h, linux/socket.h, linux/errqueue.h; the socket module names them only since Python 3.14.
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_ORIGIN_ICMP = (2, 3)
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_PORT_UNREACHABLE = {socket.AF_INET: (3, 3), socket.AF_INET6: (1, 4)}
_HOST_UNREACHABLE = {socket.AF_INET: (3, 1), socket.AF_INET6: (1, 3)}

_NOT_SENT = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Outcome(t.NamedTuple):
    """What became of one attempt.

    Attributes:
        outcome: ``open`` (a connection, or an answer), ``refused`` (reached, nothing listens), ``rejected`` (somebody refused
            on its behalf), ``silent`` (no answer in time), ``unroutable`` (this host has no way there) or ``unresolved``.
        destination: The address that was tried; empty where a name did not resolve.
        source: This host's own address on the way; empty where nothing left.
        by: The sender of the ICMP error, or empty.
        answered_by: The name of the listener that answered with the token, or empty.
        detail: The system's words for what went wrong, or empty.
    """

    outcome: str
    destination: str
    source: str = ""
    by: str = ""
    answered_by: str = ""
    detail: str = ""


def banner(token: str, name: str) -> bytes:
    """What a listener of ours answers: the token of the run and its own name."""
    return ("federated.connectivity %s %s\n" % (token, name)).encode("ascii", "replace")


def probe(protocol: str, destination: str, port: int, timeout: float, token: str, retries: int = 1) -> Outcome:
    """Try one destination.

    Args:
        protocol: ``tcp`` or ``udp``.
        destination: An address, or a host name, which is resolved here; the first of its addresses that answers counts.
        port: The destination port.
        timeout: Seconds to wait for an answer, per address and attempt.
        token: What a listener of ours recognises the run by, 1 to 64 printable ASCII characters.
        retries: Further attempts after silence, since packets get lost. Each begins before the one before it has given up.
    """
    try:
        found = socket.getaddrinfo(destination, port, type=_TYPES[protocol])
    except (OSError, UnicodeError) as error:
        return Outcome(UNRESOLVED, "", detail=getattr(error, "strerror", None) or str(error))
    outcomes = []
    for family, _type, _protocol, _name, address in found[:NAME_ADDRESSES_MAXIMUM]:
        outcome = _attempt(protocol, family, address, timeout, token, retries)
        if outcome.outcome == OPEN:
            return outcome
        outcomes.append(outcome)
    return outcomes[0]


def _attempt(protocol: str, family: int, address: t.Any, timeout: float, token: str, retries: int) -> Outcome:
    """The first attempt that was not met by silence, or the last one. A third of the timeout lies between their beginnings."""
    outcomes: queue.Queue[t.Union[Outcome, Exception]] = queue.Queue()
    reached = threading.Event()

    def try_once() -> None:
        try:
            outcomes.put(_attempt_once(protocol, family, address, timeout, token, reached))
        except Exception as error:  # whoever waits has to hear of it
            outcomes.put(error)

    silent = 0
    outcome = Outcome(SILENT, address[0])
    for begun in range(1, 2 + retries):
        threading.Thread(target=try_once, daemon=True).start()
        while silent < begun:
            try:
                found = outcomes.get(timeout=timeout / 3 if begun <= retries and not reached.is_set() else None)
            except queue.Empty:
                if reached.is_set():
                    continue  # connected: it waits for what the other end says, and nobody needs a second connection
                break
            if isinstance(found, Exception):
                raise found
            if found.outcome != SILENT:
                return found
            outcome, silent = found, silent + 1
    return outcome


def _attempt_once(protocol: str, family: int, address: t.Any, timeout: float, token: str, reached: threading.Event) -> Outcome:
    """One attempt; ``reached`` is set once a TCP connection has come about."""
    destination = address[0]
    try:
        sock = socket.socket(family, _TYPES[protocol])
    except OSError as error:
        return Outcome(UNROUTABLE, destination, detail=str(error))
    with sock:
        sock.settimeout(timeout)
        _ask_for_icmp_errors(sock)
        try:
            sock.connect(address)
        except socket.timeout:
            return Outcome(SILENT, destination, _source(sock))
        except OSError as error:
            return _failed(protocol, sock, destination, error)
        if protocol == "tcp":
            reached.set()
            return Outcome(OPEN, destination, _source(sock), answered_by=_answered_by(_first_line(sock, timeout), token))
        try:
            sock.send(token.encode("ascii"))
            answer = sock.recv(512)
        except socket.timeout:
            return Outcome(SILENT, destination, _source(sock))
        except OSError as error:
            return _failed(protocol, sock, destination, error)
        return Outcome(OPEN, destination, _source(sock), answered_by=_answered_by(answer, token))


def _first_line(sock: socket.socket, timeout: float) -> bytes:
    """What an open connection says by itself: a listener of ours its banner, many services nothing."""
    end = time.monotonic() + timeout
    line = b""
    try:
        while b"\n" not in line and len(line) < 512:
            sock.settimeout(max(end - time.monotonic(), 0.01))
            more = sock.recv(512)
            if not more:
                break
            line += more
    except OSError:  # a timeout, or a service that hangs up: the connection was open all the same
        pass
    return line


def _answered_by(answer: bytes, token: str) -> str:
    prefix = banner(token, "").rstrip(b"\n")
    return answer[len(prefix) :].strip().decode("ascii", "replace") if answer.startswith(prefix) else ""


def _failed(protocol: str, sock: socket.socket, destination: str, error: OSError) -> Outcome:
    source, detail = _source(sock), error.strerror or str(error)
    icmp = _icmp_error(sock)
    if icmp:
        by, kind = icmp
        if by == source and kind == _HOST_UNREACHABLE[sock.family]:
            return Outcome(SILENT, destination, source, detail="no neighbour answers for it")
        if protocol == "udp" and by == destination and kind == _PORT_UNREACHABLE[sock.family]:
            return Outcome(REFUSED, destination, source, detail=detail)
        return Outcome(REJECTED, destination, source, by, detail=detail)
    if error.errno == errno.ECONNREFUSED:
        return Outcome(REFUSED, destination, source, detail=detail)
    if error.errno == errno.ETIMEDOUT:
        return Outcome(SILENT, destination, source, detail=detail)
    if error.errno in _NOT_SENT:
        return Outcome(UNROUTABLE, destination, detail=detail)
    return Outcome(REJECTED, destination, source, source if error.errno == errno.EPERM else "", detail=detail)


def _source(sock: socket.socket) -> str:
    try:
        address = str(sock.getsockname()[0])
    except OSError:
        return ""
    return "" if address in ("0.0.0.0", "::") else address


def _ask_for_icmp_errors(sock: socket.socket) -> None:
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def _icmp_error(sock: socket.socket) -> t.Optional[t.Tuple[str, t.Tuple[int, int]]]:
    """The sender, and the type and code, of the ICMP error behind a failed attempt; None where there was none."""
    sock.setblocking(False)
    try:
        _data, ancillary, _flags, _address = sock.recvmsg(512, 512, _MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in ancillary:
        if (level, kind) not in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            continue
        _errno, origin, icmp_type, code, _pad, _info, _data = _EXTENDED_ERROR.unpack_from(data)
        if origin in _ORIGIN_ICMP:
            return _offender(data[_EXTENDED_ERROR.size :]), (icmp_type, code)
    return None


def _offender(sockaddr: bytes) -> str:
    family = struct.unpack_from("=H", sockaddr)[0]
    if family == socket.AF_INET:
        return socket.inet_ntop(family, sockaddr[4:8])
    return socket.inet_ntop(family, sockaddr[8:24]) if family == socket.AF_INET6 else ""
