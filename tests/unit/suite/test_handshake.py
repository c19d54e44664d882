# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TLS server says in clear: which messages of its handshake have arrived."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.tests.real.handshake import (
    CERTIFICATE_REQUEST,
    HELLO_DONE,
    SERVER_HELLO,
    application_protocol,
    handshake_messages,
)

messages = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=6)


def _records(content: bytes, size: int) -> bytes:
    """The content in records of at most that size."""
    parts = [content[i : i + size] for i in range(0, len(content), size)]
    return b"".join(b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part for part in parts)


def _content(sent: list[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes([kind]) + len(body).to_bytes(3, "big") + body for kind, body in sent)


@given(messages, st.integers(1, 50))
def test_messages_are_found_however_they_are_cut_into_records(sent: list[tuple[int, bytes]], size: int) -> None:
    assert handshake_messages(_records(_content(sent), size)) == [kind for kind, _body in sent]


@given(messages, st.integers(0, 300))
def test_what_has_not_arrived_whole_is_not_counted(sent: list[tuple[int, bytes]], arrived: int) -> None:
    found = handshake_messages(_records(_content(sent), 20)[:arrived])
    assert found == [kind for kind, _body in sent][: len(found)]


@given(st.binary(max_size=200))
def test_anything_else_is_read_without_an_error(answer: bytes) -> None:
    assert all(0 <= kind <= 255 for kind in handshake_messages(answer))


def test_a_request_for_a_certificate_is_seen() -> None:
    sent = [(2, b"hello"), (11, b"certificate"), (CERTIFICATE_REQUEST, b""), (HELLO_DONE, b"")]
    assert handshake_messages(_records(_content(sent), 9)) == [2, 11, CERTIFICATE_REQUEST, HELLO_DONE]


def test_an_alert_and_plain_text_are_no_handshake() -> None:
    assert handshake_messages(b"\x15\x03\x03\x00\x02\x02\x28") == []
    assert handshake_messages(b"HTTP/1.1 400 Bad Request\r\n\r\n") == []


def _hello(session: bytes, extensions: list[tuple[int, bytes]]) -> bytes:
    """A server's hello (RFC 5246, section 7.4.1.3)."""
    content = b"".join(kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body for kind, body in extensions)
    whole = b"\x03\x03" + b"r" * 32 + bytes([len(session)]) + session + b"\xc0\x2f\x00" + len(content).to_bytes(2, "big") + content
    return _records(_content([(SERVER_HELLO, whole)]), 50)


others = st.lists(st.tuples(st.integers(17, 65535), st.binary(max_size=20)), max_size=4)


@given(st.binary(max_size=32), others, others, st.sampled_from(["h2", "http/1.1"]))
def test_the_protocol_that_a_server_chose_is_read(
    session: bytes, before: list[tuple[int, bytes]], after: list[tuple[int, bytes]], name: str
) -> None:
    chosen = (16, (len(name) + 1).to_bytes(2, "big") + bytes([len(name)]) + name.encode())
    assert application_protocol(_hello(session, [*before, chosen, *after])) == name
    assert application_protocol(_hello(session, [*before, *after])) == ""


@given(st.binary(max_size=200))
def test_no_answer_breaks_the_reading_of_the_protocol(answer: bytes) -> None:
    record = b"\x16\x03\x03" + len(answer).to_bytes(2, "big") + answer
    assert len(application_protocol(record)) <= len(answer)
