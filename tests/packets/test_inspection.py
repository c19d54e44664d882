# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handshakes by the hundred through a plain router and through one that decrypts: no false alarm, and none missed."""

from __future__ import annotations

import collections
import contextlib
import json
import pathlib
import socket
import ssl
import threading
import typing as t

import pytest
from firewall_host import FirewallHost, payload
from namespaces import Namespace
from waiting import until_open

from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.flows import Endpoint, Looks, Path
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.verdict import Sights, judge_paths
from ansible_collections.federated.connectivity.tests.tls_servers import Authority, server_context

pytestmark = pytest.mark.suite("trixie")

PORTS = {8443: ssl.TLSVersion.TLSv1_3, 9090: ssl.TLSVersion.TLSv1_2}
BUMP = "table inet box { chain c { type nat hook prerouting priority dstnat; tcp dport { 8443, 9090 } redirect to :3130; }; }"
SQUID = """
https_port 3130 intercept ssl-bump cert=/etc/squid/box/ca.pem generate-host-certificates=on
http_port 3128
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all
sslcrtd_program /usr/lib/squid/security_file_certgen -s /etc/squid/box/certificates -M 4MB
sslproxy_cert_error allow all
tls_outgoing_options flags=DONT_VERIFY_PEER
http_access allow all
pid_filename /run/squid.pid
visible_hostname box.example.org
access_log none
cache_log /tmp/cache.log
"""
CERTIFICATE = """
cd /etc/squid/box
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/O=Hospital/CN=Box" -keyout ca.key -out ca.crt 2>/dev/null
cat ca.key ca.crt >ca.pem
/usr/lib/squid/security_file_certgen -c -s certificates -M 4MB >/dev/null
chown -R proxy: .
"""


@pytest.fixture
def station(user: Namespace, tmp_path: pathlib.Path) -> t.Iterator[Namespace]:
    """A host with mutual TLS on both ports, on both families."""
    Authority("Station CA", "Linksight").issue(tmp_path / "station.pem", "station.example.org")

    def answer(connection: socket.socket, context: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            context.wrap_socket(connection, server_side=True).close()

    def accept(listener: socket.socket, context: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = listener.accept()
                threading.Thread(target=answer, args=(connection, context), daemon=True).start()

    with contextlib.ExitStack() as stack:
        for port, version in PORTS.items():
            listener = stack.enter_context(user.open_socket(socket.AF_INET6, socket.SOCK_STREAM))
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind(("::", port))
            listener.listen(128)
            context = server_context(tmp_path / "station.pem", version, ssl.CERT_REQUIRED)
            threading.Thread(target=accept, args=(listener, context), daemon=True).start()
        yield user


@pytest.fixture
def router(host: FirewallHost, partner: Namespace, station: Namespace) -> FirewallHost:
    """The way between partner and station leads through the host under test."""
    host.run(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.send_redirects=0"])
    host.run(["sysctl", "-qw", "net.ipv4.conf.eth0.send_redirects=0"])
    for one, other in ((partner, station), (station, partner)):
        one.ip(f"route add {other.ipv4}/32 via {host.ipv4}", f"route add {other.ipv6}/128 via {host.ipv6}")
    return host


@pytest.fixture
def decrypting(router: FirewallHost) -> FirewallHost:
    """The router decrypts what passes."""
    router.run(["mkdir", "-p", "/etc/squid/box"])
    router.file("/etc/squid/box/squid.conf").write_text(SQUID)
    router.run(["sh", "-euc", CERTIFICATE])
    router.start(["squid", "-N", "-f", "/etc/squid/box/squid.conf"])
    until_open(router, router.ipv4, 3130, lambda: router.file("/tmp/cache.log").read_text())
    router.nft(BUMP)
    return router


def look(looker: Namespace, endpoints: t.Sequence[Endpoint], own: bool) -> list[dict[str, t.Any]]:
    """What tls_handshake_info sees from a host."""
    wanted = [{**endpoint._asdict(), "alpn": list(endpoint.alpn), "own": own} for endpoint in endpoints]
    arguments = {"endpoints": wanted, "timeout": 20, "seconds": 400, "parallel": 8}
    done = looker.run(["/usr/bin/python3", "-"], input=payload(arguments, "tls_handshake_info"))
    return t.cast("list[dict[str, t.Any]]", json.loads(done.stdout)["handshakes"])


def verdicts(station: Namespace, partner: Namespace, rounds: int) -> collections.Counter[tuple[str, str]]:
    """The verdicts on so many handshakes from partner to station, for each port and family."""
    endpoints = [Endpoint(address, port, "", ("h2",)) for address in station.addresses for port in PORTS]
    home = dict(zip(endpoints, look(station, endpoints, own=True), strict=True))
    assert all(seen["client_certificate"] for seen in home.values())
    tried = endpoints * rounds
    found: collections.Counter[tuple[str, str]] = collections.Counter()
    for endpoint, seen in zip(tried, look(partner, tried, own=False), strict=True):
        path = Path("linksight.north.peer", "linksight.north.peer.egress", "partner", "station", endpoint, "mutual", True)
        sights = {"partner": Sights({endpoint: seen}, {}), "station": Sights({}, home)}
        (judgement,) = judge_paths({"partner": Looks([path])}, sights, {})["partner"]
        found[judgement.verdict, judgement.by] += 1
    return found


def test_no_false_alarm_through_a_plain_router(
    router: FirewallHost, station: Namespace, partner: Namespace, rounds: int, record_property: t.Callable[[str, str], None]
) -> None:
    found = verdicts(station, partner, rounds)
    assert found == {("direct", ""): 4 * rounds}
    record_property("plain", f"{4 * rounds} handshakes through a plain router: all direct")


def test_none_missed_through_a_router_that_decrypts(
    decrypting: FirewallHost, station: Namespace, partner: Namespace, rounds: int, record_property: t.Callable[[str, str], None]
) -> None:
    found = verdicts(station, partner, rounds)
    assert found == {("inspected", "CN=Box,O=Hospital"): 4 * rounds}
    record_property("decrypting", f"{4 * rounds} handshakes through a router that decrypts: all inspected, and by whom")
