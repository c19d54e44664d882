# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""One TLS handshake on an open connection, and what it showed. No application data is ever sent.

The handshake runs between memory and the socket, so that every byte of it can be read.
"""

from __future__ import annotations

import socket
import ssl
import time
import typing as t

from .records import certificate_was_requested, is_tls, newest_offered, server_certificate

COMPLETED = "completed"
ALERT = "alert"
RESET = "reset"
CLOSED = "closed"
SILENT = "silent"
NOT_TLS = "not_tls"
FAILED = "failed"

BYTES_MAXIMUM = 1 << 18
"""A server that sends more than this in a handshake is not waited for."""


class Handshake(t.NamedTuple):
    """What one handshake showed.

    Attributes:
        outcome: ``completed``; or how it ended before: an ``alert``, a TCP ``reset``, the connection ``closed``, ``silent``
            until the time was over, bytes that are ``not_tls``, or ``failed`` because both ends do not fit.
        detail: Which alert, or the words of the TLS library; or empty.
        version: Such as ``TLSv1.3``; empty where the handshake did not come to its end.
        offered: The newest version that this host offered; empty where no hello was sent.
        alpn: The application protocol that the server chose; empty where it chose none.
        certificate: The server's certificate, DER; empty where none was seen.
        client_certificate: Whether the server asked for one; None where it is not known.
        untrusted: Why the certificate did not stand the context's verification; empty where it did, or none was wanted.
    """

    outcome: str
    detail: str = ""
    version: str = ""
    offered: str = ""
    alpn: str = ""
    certificate: bytes = b""
    client_certificate: t.Optional[bool] = None
    untrusted: str = ""


def seeing_context(alpn: t.Sequence[str]) -> ssl.SSLContext:
    """A context that accepts every certificate, to see it; whoever sends data needs another one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _with_alpn(context, alpn)


def verifying_context(authorities: str, alpn: t.Sequence[str]) -> ssl.SSLContext:
    """A context that demands a certificate for the server's name from one of these authorities (PEM)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authorities)
    return _with_alpn(context, alpn)


def _with_alpn(context: ssl.SSLContext, alpn: t.Sequence[str]) -> ssl.SSLContext:
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def handshake(sock: socket.socket, context: ssl.SSLContext, server_name: str, deadline: float) -> Handshake:
    """Shake hands, and hang up.

    Args:
        sock: An open connection.
        context: What to offer, and what to demand.
        server_name: The name to ask for (SNI); empty for none.
        deadline: When to give up, by ``time.monotonic()``.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=server_name or None)
    received, sent = bytearray(), bytearray()
    while True:
        ended = _advance(tls, received)
        flight = outgoing.read()
        sent += flight
        try:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            sock.sendall(flight)
            if ended:
                return _seen(tls, ended, bytes(received), bytes(sent))
            data = sock.recv(1 << 14)
        except socket.timeout:
            ended = Handshake(SILENT)
        except BrokenPipeError:
            ended = Handshake(CLOSED)
        except OSError as error:
            ended = Handshake(RESET, error.strerror or str(error))
        else:
            if not data:
                ended = Handshake(CLOSED)
            elif len(received) + len(data) > BYTES_MAXIMUM:
                ended = Handshake(FAILED, "more than %d bytes" % BYTES_MAXIMUM)
            received += data
            incoming.write(data)
        if ended:
            return _seen(tls, ended, bytes(received), bytes(sent))


def _advance(tls: ssl.SSLObject, received: bytearray) -> t.Optional[Handshake]:
    """Go on with what has come so far; None as long as more is needed."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLCertVerificationError as error:
        return Handshake(FAILED, untrusted=error.verify_message)
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        if not is_tls(bytes(received)):
            return Handshake(NOT_TLS)
        return Handshake(ALERT if "_ALERT_" in reason else FAILED, reason.lower().replace("_", " "))
    return Handshake(COMPLETED)


def _seen(tls: ssl.SSLObject, ended: Handshake, received: bytes, sent: bytes) -> Handshake:
    """What was seen until the handshake ended, in whatever way."""
    version, cipher = tls.version() or "", tls.cipher()
    certificate = tls.getpeercert(binary_form=True) if ended.outcome == COMPLETED else server_certificate(received)
    return ended._replace(
        version=version,
        offered=newest_offered(sent),
        alpn=tls.selected_alpn_protocol() or "",
        certificate=certificate or b"",
        client_certificate=certificate_was_requested(sent, version, 48 if cipher and cipher[0].endswith("SHA384") else 32),
    )
