# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the bytes of a TLS handshake tell that Python's ssl module does not.

Records and handshake messages: RFC 5246 sections 6.2.1, 7.4 and 7.4.2; RFC 8446 sections 4.1.2, 4.2.1, 4.4.2, 4.4.4, 5.1 and 5.2.
"""

from __future__ import annotations

import typing as t

_CHANGE_CIPHER_SPEC, _HANDSHAKE, _ENCRYPTED = 20, 22, 23
_CONTENT_TYPES = range(20, 25)
_CLIENT_HELLO, _CERTIFICATE, _CLIENT_KEY_EXCHANGE = 1, 11, 16
_SUPPORTED_VERSIONS = 43
_VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
_HEADER = 5

# TLS 1.3: a Finished message is a header of 4 bytes and a hash; encryption adds the content type and a tag of at most 16.
_FINISHED_WITHOUT_HASH = 4 + 1 + 16


def is_tls(data: bytes) -> bool:
    """Whether the first bytes that somebody sent begin a TLS record."""
    return data[:1] != b"" and data[0] in _CONTENT_TYPES and data[1:2] in (b"", b"\x03")


def records(data: bytes) -> t.Iterator[t.Tuple[int, bytes]]:
    """Content type and content of each whole record; what comes after something else is left out."""
    at = 0
    while is_tls(data[at:]) and len(data) >= at + _HEADER:
        end = at + _HEADER + int.from_bytes(data[at + 3 : at + _HEADER], "big")
        if len(data) < end:
            return
        yield data[at], data[at + _HEADER : end]
        at = end


def messages(data: bytes) -> t.Iterator[t.Tuple[int, bytes]]:
    """Type and body of each whole handshake message that is not encrypted; they may span records."""
    stream = bytearray()
    for kind, content in records(data):
        if kind in (_CHANGE_CIPHER_SPEC, _ENCRYPTED):
            break
        if kind == _HANDSHAKE:
            stream += content
    at = 0
    while len(stream) >= at + 4:
        end = at + 4 + int.from_bytes(stream[at + 1 : at + 4], "big")
        if len(stream) < end:
            return
        yield stream[at], bytes(stream[at + 4 : end])
        at = end


def server_certificate(received: bytes) -> bytes:
    """The server's certificate (DER) as it crossed the wire in TLS 1.2 or older; empty where it did not, or was encrypted."""
    for kind, body in messages(received):
        if kind == _CERTIFICATE:
            size = int.from_bytes(body[3:6], "big")
            return body[6 : 6 + size] if len(body) >= 6 + size else b""
    return b""


def certificate_was_requested(sent: bytes, version: str, hash_size: int) -> t.Optional[bool]:
    """Whether the server asked for a client's certificate, by what a client without one answered.

    Asked, it has to send a Certificate message that holds none. In TLS 1.2 that stands there in plain; in TLS 1.3 it is
    encrypted, but then more than a Finished message has been sent.

    Args:
        sent: All that the client has sent, up to the end of the handshake.
        version: As ``ssl.SSLObject.version()`` says it.
        hash_size: Bytes of the hash of the cipher suite; TLS 1.3 only.

    Returns:
        None where the handshake did not get so far.
    """
    if version == "TLSv1.3":
        encrypted = sum(len(content) for kind, content in records(sent) if kind == _ENCRYPTED)
        return encrypted > _FINISHED_WITHOUT_HASH + hash_size if encrypted else None
    kinds = [kind for kind, _body in messages(sent)]
    return _CERTIFICATE in kinds if _CLIENT_KEY_EXCHANGE in kinds else None


def newest_offered(sent: bytes) -> str:
    """The newest version of TLS that a client has offered, as ``ssl.SSLObject.version()`` says it; empty without a whole hello."""
    for kind, body in messages(sent):
        if kind == _CLIENT_HELLO:
            offered = [version for version in _offered(body) if version in _VERSIONS]
            return _VERSIONS[max(offered)] if offered else ""
    return ""


def _offered(hello: bytes) -> t.Iterator[int]:
    """A hello has a version, 32 random bytes, a session, cipher suites and compression methods, each with its length, then extensions."""
    yield int.from_bytes(hello[:2], "big")
    at = 34
    for length in (1, 2, 1):
        at += length + int.from_bytes(hello[at : at + length], "big")
    at += 2
    while len(hello) >= at + 4:
        kind, size = int.from_bytes(hello[at : at + 2], "big"), int.from_bytes(hello[at + 2 : at + 4], "big")
        if kind == _SUPPORTED_VERSIONS:
            listed = hello[at + 5 : at + 4 + size]
            yield from (int.from_bytes(listed[place : place + 2], "big") for place in range(0, len(listed) - 1, 2))
        at += 4 + size
