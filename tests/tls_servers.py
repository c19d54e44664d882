# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, and TLS servers on loopback that behave well or badly."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import socket
import ssl
import struct
import threading
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Conversation = t.Callable[[socket.socket], None]


def _name(common_name: str, organization: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    return x509.Name([*attributes, *([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else [])])


class Authority:
    """A certificate authority with its own key."""

    def __init__(self, common_name: str, organization: str = "") -> None:
        self._name, self._key = _name(common_name, organization), ec.generate_private_key(ec.SECP256R1())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = self._builder(self._name, self._key).add_extension(constraints, critical=True).sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, file: pathlib.Path, name: str) -> bytes:
        """Write a certificate for a name, and its key, to a file; the certificate, DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = self._builder(_name(name, ""), key).add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
        return certificate.public_bytes(Encoding.DER)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return x509.CertificateBuilder(
            self._name,
            subject,
            key.public_key(),
            x509.random_serial_number(),
            now - datetime.timedelta(days=1),
            now + datetime.timedelta(days=9),
        )


def server_context(file: pathlib.Path, version: ssl.TLSVersion, client_certificates: ssl.VerifyMode, *alpn: str) -> ssl.SSLContext:
    """What a server speaks: one version of TLS, with a certificate and key from a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(file)
    context.load_verify_locations(file)
    context.verify_mode = client_certificates
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


@contextlib.contextmanager
def serve(converse: Conversation) -> t.Iterator[int]:
    """Take connections on loopback, one after the other, and have a conversation on each; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopping = threading.Event()

        def run() -> None:
            while not stopping.is_set():
                with contextlib.suppress(OSError), listener.accept()[0] as connection:
                    connection.settimeout(5)
                    converse(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        port = int(listener.getsockname()[1])
        try:
            yield port
        finally:
            stopping.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
            thread.join(6)


def speaking_tls(context: ssl.SSLContext, received: list[bytes] | None = None) -> Conversation:
    """A conversation in TLS that notes what the client sends as application data."""

    def converse(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            data = tls.recv(1)
            if received is not None:
                received.append(data)

    return converse


def reset(connection: socket.socket) -> None:
    """Read the hello, and answer it with a TCP reset."""
    connection.recv(1 << 14)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say(*chunks: bytes, pause: float = 0) -> Conversation:
    """Read the hello, and say something, chunk by chunk."""

    def converse(connection: socket.socket) -> None:
        connection.recv(1 << 14)
        for chunk in chunks:
            connection.sendall(chunk)
            threading.Event().wait(pause)

    return converse


def keep_silent(connection: socket.socket) -> None:
    """Read until the client hangs up, and say nothing."""
    while connection.recv(1 << 14):
        pass
