# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TLS server says before anything is secret."""

from __future__ import annotations

HANDSHAKE, SERVER_HELLO, CERTIFICATE_REQUEST, HELLO_DONE = 22, 2, 13, 14  # a kind of record, and three kinds of messages
_ALPN = 16  # an extension
_BEFORE_SESSION = 2 + 32  # bytes of a server's hello: version, random number
_AFTER_SESSION = 2 + 1  # cipher suite, compression


def handshake_messages(answer: bytes) -> list[int]:
    """The types of the handshake messages (RFC 5246, section 7.4) in what a TLS server has sent, as far as they are complete."""
    return [kind for kind, _body in _messages(answer)]


def application_protocol(answer: bytes) -> str:
    """What the server chose by ALPN (RFC 7301), such as ``h2`` for HTTP/2 and gRPC; nothing if it chose none."""
    hello = next((body for kind, body in _messages(answer) if kind == SERVER_HELLO), b"")
    session = hello[_BEFORE_SESSION] if len(hello) > _BEFORE_SESSION else 0
    left = hello[_BEFORE_SESSION + 1 + session + _AFTER_SESSION + 2 :]
    while len(left) >= 4:
        kind, length = int.from_bytes(left[:2], "big"), int.from_bytes(left[2:4], "big")
        if kind == _ALPN:
            return left[7 : 4 + length].decode("ascii", "replace")
        left = left[4 + length :]
    return ""


def _messages(answer: bytes) -> list[tuple[int, bytes]]:
    content, messages = b"", []
    while len(answer) >= 5 and answer[0] == HANDSHAKE:
        length = int.from_bytes(answer[3:5], "big")
        content, answer = content + answer[5 : 5 + length], answer[5 + length :]
    while len(content) >= 4 and len(content) >= 4 + (length := int.from_bytes(content[1:4], "big")):
        messages.append((content[0], content[4 : 4 + length]))
        content = content[4 + length :]
    return messages
