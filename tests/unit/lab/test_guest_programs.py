# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""lab-listen, lab-probe and lab-tls over loopback: what one opens the other finds open, and a TLS server shows what it should."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import time

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._tls.path import Endpoint, look
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.certificates import is_self_signed, issuer_of

PROGRAMS = pathlib.Path(__file__).parents[3] / "molecule" / "lab" / "guest" / "usr" / "local" / "bin"
PROTOCOLS = [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)]


def probe(protocol, address, port):
    command = [sys.executable, str(PROGRAMS / "lab-probe"), protocol, address, str(port), "--timeout=0.3"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def free_port(kind):
    with socket.socket(socket.AF_INET6, kind) as endpoint:
        endpoint.bind(("::", 0))
        return endpoint.getsockname()[1]


@contextlib.contextmanager
def listening(protocol, kind):
    """Two ports on which lab-listen answers."""
    ports = sorted({free_port(kind), free_port(kind)})
    command = [sys.executable, str(PROGRAMS / "lab-listen"), protocol, *map(str, ports)]
    with subprocess.Popen(command) as listener:
        deadline = time.monotonic() + 10
        while probe(protocol, "127.0.0.1", ports[-1]) != "open":
            assert time.monotonic() < deadline
        yield ports
        listener.terminate()


@pytest.mark.parametrize(("protocol", "kind"), PROTOCOLS)
def test_ports_that_are_listened_on_are_open_in_both_families(protocol, kind):
    with listening(protocol, kind) as ports:
        assert {probe(protocol, address, port) for address in ("127.0.0.1", "::1") for port in ports} == {"open"}


@pytest.mark.parametrize(("protocol", "kind"), PROTOCOLS)
def test_a_port_without_a_listener_is_refused(protocol, kind):
    assert probe(protocol, "127.0.0.1", free_port(kind)) == "refused"


def test_a_listener_that_says_nothing_is_silent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        assert probe("udp", "127.0.0.1", mute.getsockname()[1]) == "silent"


def test_no_way_is_rejected():
    assert probe("tcp", "255.255.255.255", 9) == "rejected"


def test_tcp_says_who_answers_whom():
    with listening("tcp", socket.SOCK_STREAM) as ports, socket.create_connection(("127.0.0.1", ports[0]), timeout=5) as connection:
        assert connection.makefile().read() == f"{socket.gethostname()} answers ::ffff:127.0.0.1\n"


@pytest.mark.parametrize("options", [[], ["mutual"]], ids=["server", "mutual"])
def test_a_tls_server_shows_a_certificate_of_the_lab_and_asks_for_one_if_it_should(tmp_path, options):
    port = free_port(socket.SOCK_STREAM)
    command = [str(PROGRAMS / "lab-tls"), str(port), *options]
    environment = {**os.environ, "LAB_TLS_DIRECTORY": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 30
        while probe("tcp", "127.0.0.1", port) != "open":
            assert time.monotonic() < deadline
        shown = look(Endpoint("127.0.0.1", port), "", 10, time.monotonic() + 20).shown
        server.terminate()
    pem = ssl.DER_cert_to_PEM_cert(shown.certificate)
    assert (issuer_of(pem)[0], is_self_signed(pem)) == ("lab", False)
    assert shown.client_certificate is bool(options)
