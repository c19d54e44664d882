# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handshakes with real servers: what they show, and how they end when they go wrong."""

from __future__ import annotations

import pathlib
import ssl
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._tls.handshake import Handshake
from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import Endpoint, Sight, look
from ansible_collections.federated.connectivity.plugins.module_utils._tls.records import (
    certificate_was_requested,
    is_tls,
    messages,
    newest_offered,
    records,
    server_certificate,
)
from ansible_collections.federated.connectivity.tests.tls_servers import (
    Authority,
    Conversation,
    keep_silent,
    reset,
    say,
    serve,
    server_context,
    speaking_tls,
)

NAME = "station.example.org"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Station(t.NamedTuple):
    authority: Authority
    file: pathlib.Path
    certificate: bytes


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    authority, file = Authority("Station CA"), tmp_path_factory.mktemp("station") / "station.pem"
    return Station(authority, file, authority.issue(file, NAME))


def seen(port: int, server_name: str = "", alpn: tuple[str, ...] = (), authorities: str = "", timeout: float = 5) -> Sight:
    return look(Endpoint("127.0.0.1", port, server_name, alpn), authorities, timeout, time.monotonic() + 20)


def shown(converse: Conversation, timeout: float = 5) -> Handshake:
    with serve(converse) as port:
        return seen(port, timeout=timeout).shown


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("asks", [ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
def test_what_a_server_shows(station: Station, version: ssl.TLSVersion, asks: ssl.VerifyMode) -> None:
    """Also one that insists on a client certificate, which cuts a handshake in TLS 1.2, shows its own first."""
    with serve(speaking_tls(server_context(station.file, version, asks, "h2"))) as port:
        found = seen(port, alpn=("h2",)).shown
    assert found.certificate == station.certificate
    assert found.client_certificate is (asks != ssl.CERT_NONE)
    assert found.alpn == "h2"
    cut = asks == ssl.CERT_REQUIRED and version == ssl.TLSVersion.TLSv1_2
    if cut:
        assert found.outcome in ("alert", "reset")  # a server that hangs up without reading on resets the connection
    else:
        assert (found.outcome, found.version) == ("completed", version.name.replace("_", "."))
    assert found.offered == "TLSv1.3"


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
@pytest.mark.parametrize("asks", [ssl.CERT_NONE, ssl.CERT_REQUIRED])
def test_a_request_is_told_with_every_cipher_suite(station: Station, suite: str, asks: ssl.VerifyMode) -> None:
    context = server_context(station.file, ssl.TLSVersion.TLSv1_2, asks)
    context.set_ciphers(suite)
    assert shown(speaking_tls(context)).client_certificate is (asks == ssl.CERT_REQUIRED)


def test_no_application_data_is_sent(station: Station) -> None:
    received: list[bytes] = []
    context = server_context(station.file, ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE)
    assert shown(speaking_tls(context, received)).outcome == "completed"
    assert received == [b""]


def test_application_protocols_that_do_not_meet(station: Station) -> None:
    with serve(speaking_tls(server_context(station.file, ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE, "h2"))) as port:
        assert seen(port, alpn=("http/1.1",)).shown.alpn == ""


@pytest.mark.parametrize(
    ("converse", "outcome"),
    [
        (reset, "reset"),
        (say(), "closed"),
        (say(b"\x15\x03\x03\x00\x02\x02\x28"), "alert"),
        (say(b"HTTP/1.1 403 Forbidden\r\n\r\nThis page is blocked."), "not_tls"),
        (say(b"\x16\x03\x03\x00\x05garbage" + bytes(64)), "failed"),
        (keep_silent, "silent"),
        (say(*([b"\x16"] + [b"\x03"] * 50), pause=0.05), "silent"),
    ],
    ids=["reset", "closed", "alert", "block page", "garbage", "silence", "slow drip"],
)
def test_handshakes_that_do_not_come_about(converse: Conversation, outcome: str) -> None:
    found = shown(converse, timeout=0.6 if outcome == "silent" else 10)
    assert (found.outcome, found.certificate, found.client_certificate) == (outcome, b"", None)


def test_an_endless_answer_is_not_waited_for() -> None:
    record = b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes((1 << 14) - 4)
    assert shown(say(*[record] * 40)).outcome == "failed"


def test_nobody_listens() -> None:
    with serve(keep_silent) as port:
        pass
    assert seen(port).shown.outcome == "unreachable"


def test_no_such_name() -> None:
    assert look(Endpoint("nowhere.invalid", 443), "", 1, time.monotonic() + 9).shown.outcome == "unreachable"


def test_when_the_time_is_over_nothing_is_tried() -> None:
    assert look(Endpoint("127.0.0.1", 9), "", 1, time.monotonic() - 1).shown.outcome == "not_tried"


def test_an_own_address_that_is_not_on_the_host_is_seen_on_loopback(station: Station) -> None:
    """Behind an address translation partners use another address; 203.0.113.20 would be looked for on the wire."""
    with serve(speaking_tls(server_context(station.file, ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE))) as port:
        found = look(Endpoint("203.0.113.20", port, own=True), "", 5, time.monotonic() + 9)
    assert (found.address, found.shown.certificate) == ("127.0.0.1", station.certificate)


@pytest.mark.parametrize("version", VERSIONS)
def test_trusted_is_who_is_vouched_for_by_name(station: Station, version: ssl.TLSVersion) -> None:
    with serve(speaking_tls(server_context(station.file, version, ssl.CERT_NONE))) as port:
        right = seen(port, NAME, authorities=station.authority.pem)
        wrong_name = seen(port, "other.example.org", authorities=station.authority.pem)
        wrong_issuer = seen(port, NAME, authorities=Authority("Station CA").pem)
        nameless = seen(port, authorities=station.authority.pem)
    assert [found.publicly_trusted for found in (right, wrong_name, wrong_issuer, nameless)] == [True, False, False, None]
    assert all(found.shown.certificate == station.certificate for found in (right, wrong_name, wrong_issuer, nameless))
    assert "other.example.org" in wrong_name.shown.untrusted


def record(kind: int, content: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(content).to_bytes(2, "big") + content


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


contents = st.lists(st.tuples(st.integers(20, 24), st.binary(max_size=40)), max_size=6)


@given(contents, st.binary(max_size=4))
def test_records_are_read_back(wanted: list[tuple[int, bytes]], rest: bytes) -> None:
    assert list(records(b"".join(record(*one) for one in wanted) + rest)) == wanted


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=5), st.integers(1, 50))
def test_messages_are_read_back_from_however_many_records(wanted: list[tuple[int, bytes]], size: int) -> None:
    stream = b"".join(message(*one) for one in wanted)
    data = b"".join(record(22, stream[at : at + size]) for at in range(0, len(stream), size))
    assert list(messages(data)) == wanted
    assert list(messages(record(20, b"\x01") + data)) == []


@given(st.binary(max_size=60), st.binary(max_size=200))
def test_a_certificate_is_found_among_messages(certificate: bytes, rest: bytes) -> None:
    listed = len(certificate).to_bytes(3, "big") + certificate + rest
    body = len(listed).to_bytes(3, "big") + listed
    assert server_certificate(record(22, message(2, b"hello") + message(11, body))) == certificate


@given(
    st.binary(max_size=32),
    st.lists(st.sampled_from([0x0301, 0x0302, 0x0303, 0x0304, 0x7F1C, 0x0A0A]), max_size=6),
    st.binary(max_size=20),
)
def test_the_newest_version_offered_is_read_from_the_hello(session: bytes, listed: list[int], name: bytes) -> None:
    """Drafts and the values that are there to be ignored (RFC 8701) do not count."""
    versions = b"".join(version.to_bytes(2, "big") for version in listed)
    body = bytes((len(versions),)) + versions
    extensions = b"\0\0" + len(name).to_bytes(2, "big") + name + b"\0\x2b" + len(body).to_bytes(2, "big") + body
    hello = b"\x03\x03" + bytes(32) + bytes((len(session),)) + session + b"\0\x02\x13\x01" + b"\x01\0" + len(extensions).to_bytes(2, "big")
    expected = "TLSv1.3" if 0x0304 in listed else "TLSv1.2"
    assert newest_offered(record(22, message(1, hello + extensions))) == expected


@given(st.binary(max_size=300), st.sampled_from(["TLSv1.3", "TLSv1.2", ""]))
def test_no_bytes_break_a_reader(data: bytes, version: str) -> None:
    for wrapped in (data, record(22, data), record(23, data)):
        assert isinstance(server_certificate(wrapped), bytes)
        assert certificate_was_requested(wrapped, version, 32) in (True, False, None)
        assert newest_offered(wrapped) in ("", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    assert is_tls(data) == (len(data) > 0 and 20 <= data[0] <= 24 and (len(data) == 1 or data[1] == 3))


@given(st.binary(min_size=1, max_size=600))
def test_no_answer_breaks_a_handshake(answer: bytes) -> None:
    assert shown(say(answer)).outcome in ("closed", "alert", "failed", "not_tls", "reset", "silent")
