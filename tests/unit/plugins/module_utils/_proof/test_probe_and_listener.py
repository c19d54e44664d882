# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both halves of a proof, against each other over loopback, and against firewalls in network namespaces of their own."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import threading
import time
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._proof import listener
from ansible_collections.federated.connectivity.plugins.module_utils._proof import probe as probing
from ansible_collections.federated.connectivity.plugins.module_utils._proof.listener import Port
from ansible_collections.federated.connectivity.plugins.module_utils._proof.probe import Outcome, banner, probe

TOKEN = "0123456789abcdef"
LOOPBACK = ("127.0.0.1", "::1")


@pytest.fixture
def state(tmp_path: pathlib.Path) -> t.Iterator[str]:
    file = str(tmp_path / "listener.json")
    yield file
    listener.stop(file)


def _free_port(protocol: str = "tcp") -> int:
    """A port that nothing uses on either family."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as sock:
        sock.bind(("::", 0))
        return int(sock.getsockname()[1])


def _states(ports: t.Iterable[Port]) -> dict[tuple[str, int], str]:
    return {(port.protocol, port.family): port.state for port in ports}


@pytest.mark.parametrize("address", [*LOOPBACK, "localhost"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_the_listener_answers_with_its_name(state: str, protocol: str, address: str) -> None:
    port = _free_port(protocol)
    listener.start([(protocol, port)], "beta", TOKEN, 30, state)
    outcome = probe(protocol, address, port, 2, TOKEN)
    assert (outcome.outcome, outcome.answered_by) == ("open", "beta")
    assert outcome.source == outcome.destination
    assert outcome.destination in LOOPBACK


def test_another_token_is_not_taken_for_ours(state: str) -> None:
    tcp, udp = _free_port(), _free_port("udp")
    listener.start([("tcp", tcp), ("udp", udp)], "beta", TOKEN, 30, state)
    assert probe("tcp", "127.0.0.1", tcp, 1, "another")[0::4] == ("open", "")
    assert probe("udp", "127.0.0.1", udp, 0.2, "another").outcome == "silent"
    assert probe("udp", "127.0.0.1", udp, 0.2, TOKEN + "x").outcome == "silent"


@pytest.mark.parametrize("address", LOOPBACK)
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_port_without_listener_is_refused(protocol: str, address: str) -> None:
    assert probe(protocol, address, _free_port(protocol), 1, TOKEN).outcome == "refused"


def test_a_name_without_address_is_unresolved() -> None:
    assert probe("tcp", "nowhere.invalid", 443, 1, TOKEN).outcome == "unresolved"
    assert probe("tcp", "a" * 64 + ".invalid", 443, 1, TOKEN).outcome == "unresolved"


def test_a_service_that_says_nothing_or_hangs_up_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        assert probe("tcp", "127.0.0.1", port, 0.2, TOKEN) == Outcome("open", "127.0.0.1", "127.0.0.1")
        service.accept()[0].close()

        def accept_and_close() -> None:
            connection, _peer = service.accept()
            connection.close()

        hang_up = threading.Thread(target=accept_and_close)
        hang_up.start()
        assert probe("tcp", "127.0.0.1", port, 5, TOKEN).outcome == "open"
        hang_up.join()


def test_only_the_token_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        probe("tcp", "127.0.0.1", tcp.getsockname()[1], 0.1, TOKEN)
        connection, _peer = tcp.accept()
        with connection:
            assert connection.recv(100) == b""
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        probe("udp", "127.0.0.1", udp.getsockname()[1], 0.1, TOKEN)
        assert [udp.recv(100), udp.recv(100)] == [TOKEN.encode()] * 2
        with pytest.raises(BlockingIOError):
            udp.recv(100)


@pytest.mark.parametrize("retries", [0, 2])
def test_an_attempt_that_breaks_ends_the_probe(retries: int) -> None:
    """The token is not ASCII, so that the datagram cannot be made. Whoever waits hears of it at once."""
    with pytest.raises(UnicodeEncodeError):
        probe("udp", "127.0.0.1", 9, 30.0, "t\xf6ken", retries)


def test_a_service_that_says_nothing_gets_one_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        outcome = probe("tcp", "127.0.0.1", service.getsockname()[1], 0.6, TOKEN, retries=3)
        assert (outcome.outcome, outcome.answered_by) == ("open", "")
        service.accept()[0].close()
        service.setblocking(False)
        with pytest.raises(BlockingIOError):
            service.accept()


def test_a_connection_that_comes_about_slowly_gets_no_further_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []

    def slow(*arguments: t.Any) -> Outcome:
        attempts.append("begun")
        time.sleep(0.3)  # so that it is waited for with a limit
        arguments[-1].set()
        time.sleep(1.5)
        return Outcome("open", "127.0.0.1")

    monkeypatch.setattr(probing, "_attempt_once", slow)
    assert probe("tcp", "127.0.0.1", 9, 3, TOKEN).outcome == "open"
    assert attempts == ["begun"]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_silence_is_met_by_so_many_attempts(retries: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        service.setblocking(False)
        assert probe("udp", "127.0.0.1", service.getsockname()[1], 0.3, TOKEN, retries).outcome == "silent"
        ports = {service.recvfrom(100)[1] for _attempt in range(1 + retries)}
        assert len(ports) == 1 + retries  # each from a port of its own
        with pytest.raises(BlockingIOError):
            service.recvfrom(100)


def test_an_answer_after_one_lost_packet_is_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))

        def answer_the_second() -> None:
            service.recvfrom(100)
            _data, peer = service.recvfrom(100)
            service.sendto(banner(TOKEN, "beta"), peer)

        thread = threading.Thread(target=answer_the_second)
        thread.start()
        outcome = probe("udp", "127.0.0.1", service.getsockname()[1], 0.5, TOKEN)
        thread.join()
    assert outcome.answered_by == "beta"


def test_a_port_in_use_is_left_alone_and_its_holder_named(state: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        ports = listener.start([("tcp", port)], "beta", TOKEN, 30, state)
        assert _states(ports) == {("tcp", 4): "in_use", ("tcp", 6): "listening"}
        assert ports[0].detail.endswith(" on 127.0.0.1")
        assert "(pid " in ports[0].detail
        assert probe("tcp", "127.0.0.1", port, 0.2, TOKEN).answered_by == ""
        assert probe("tcp", "::1", port, 1, TOKEN).answered_by == "beta"


def test_a_udp_service_does_not_share_its_port(state: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        service.bind(("0.0.0.0", 0))
        ports = listener.start([("udp", service.getsockname()[1])], "beta", TOKEN, 30, state)
        assert _states(ports) == {("udp", 4): "in_use", ("udp", 6): "listening"}


def test_a_survey_starts_nothing() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as service:
        taken, free = service.getsockname()[1], _free_port("udp")
        assert [(port.protocol, port.family, port.state) for port in listener.survey([("tcp", taken), ("udp", free)])] == [
            ("tcp", 4, "free"),
            ("tcp", 6, "in_use"),
            ("udp", 4, "free"),
            ("udp", 6, "free"),
        ]
    assert probe("udp", "::1", free, 1, TOKEN).outcome == "refused"


def test_it_stops_when_told_and_leaves_nothing(state: str) -> None:
    port = _free_port()
    listener.start([("tcp", port)], "beta", TOKEN, 30, state)
    assert listener.stop(state) == "stopped"
    assert listener.stop(state) == "absent"
    assert not pathlib.Path(state).exists()
    assert probe("tcp", "127.0.0.1", port, 1, TOKEN).outcome == "refused"


def test_it_ends_by_itself_and_that_is_told(state: str) -> None:
    port = _free_port()
    listener.start([("tcp", port)], "beta", TOKEN, 1, state)
    deadline = time.monotonic() + 20
    while probe("tcp", "127.0.0.1", port, 1, TOKEN).outcome == "open" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert listener.stop(state) == "ended"


def test_a_second_one_replaces_the_first(state: str) -> None:
    port = _free_port()
    for name in ("first", "second"):
        assert set(_states(listener.start([("tcp", port)], name, TOKEN, 30, state)).values()) == {"listening"}
        assert probe("tcp", "127.0.0.1", port, 1, TOKEN).answered_by == name


def test_a_process_that_only_has_the_number_is_spared(state: str) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        pathlib.Path(state).write_text(f'{{"pid": {other.pid}, "started": "1"}}', encoding="ascii")
        assert listener.stop(state) == "ended"
        assert other.poll() is None
        other.kill()


def test_a_damaged_state_file_is_removed(state: str) -> None:
    pathlib.Path(state).write_text("{", encoding="ascii")
    assert listener.stop(state) == "ended"
    assert listener.stop(state) == "absent"


def test_many_who_connect_and_say_nothing_do_not_stop_it(state: str) -> None:
    port = _free_port()
    listener.start([("tcp", port)], "beta", TOKEN, 30, state)
    with contextlib.ExitStack() as stack:
        for _number in range(50):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 1)).sendall(b"x" * 1000)
        assert probe("tcp", "127.0.0.1", port, 2, TOKEN).answered_by == "beta"
