# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan hands to those who inspect traffic, read by the products themselves."""

from __future__ import annotations

import contextlib
import ipaddress
import pathlib
import secrets
import struct

import pytest
from firewall_host import FirewallHost
from namespaces import Namespace
from waiting import until_open

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

pytestmark = pytest.mark.suite("trixie")

MATRICES = pathlib.Path(__file__).parents[1] / "cases" / "matrices"
SQUID = """
http_port 3128
https_port 3130 intercept ssl-bump cert=/etc/squid/ca.pem generate-host-certificates=on
include /etc/squid/exclude.conf
ssl_bump peek all
ssl_bump bump all
cache_log /tmp/cache.log
visible_hostname box.example.org
"""
CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=box -keyout /etc/squid/ca.pem -out /tmp/ca.crt"
NGINX = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
pid /run/nginx.pid;
error_log /tmp/nginx.log;
events {}
stream { include /tmp/passed.conf; }
"""
ALERTS = 'alert tcp any any -> any any (msg:"seen"; flags:S; sid:1; rev:1;)\n'
FIRST = ipaddress.IPv4Address("198.18.0.10")  # benchmarking addresses, RFC 2544
FEW_AND_MANY = pytest.mark.parametrize("stations", [2, pytest.param(1000, marks=pytest.mark.whole)])


def export(product: str, stations: int = 2, all_directions: bool = True) -> str:
    """The file for a site with a data station and more, which has a few or many partners."""
    station = [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]
    own = [{"matrix": "fedbiomed", "federation": "open", "roles": ["researcher"], "federation_scope": "any"}]
    named = [{"matrix": "./named.yml", "federation": "n", "roles": ["client"]}] if all_directions else []
    variables: dict[str, dict[str, object]] = {
        f"station{number}": {
            "connectivity_addresses": [str(FIRST + 2 * number), f"2001:db8:1::{2 * number + 16:x}"],
            "connectivity_memberships": station if number else station + own + named,
            "connectivity_managed": number == 0,
            "connectivity_inspection_products": [product],
        }
        for number in range(stations)
    }
    ((_name, text),) = compute_plan(variables, Catalogue([str(MATRICES)])).exports.items()
    return text


@FEW_AND_MANY
def test_squid_takes_it(host: FirewallHost, stations: int) -> None:
    host.file("/etc/squid/exclude.conf").write_text(export("squid", stations))
    host.file("/etc/squid/test.conf").write_text(SQUID)
    host.run(["sh", "-c", f"{CERTIFICATE} && cat /tmp/ca.crt >> /etc/squid/ca.pem"])
    parsed = host.run(["squid", "-k", "parse", "-f", "/etc/squid/test.conf"]).stderr
    assert "WARNING" not in parsed
    assert "ERROR" not in parsed
    assert parsed.count("ssl_bump splice") == 4


@FEW_AND_MANY
def test_suricata_takes_it(host: FirewallHost, stations: int) -> None:
    host.file("/tmp/pass.rules").write_text(export("suricata", stations))
    checked = host.run(["suricata", "-T", "-v", "-l", "/tmp", "-S", "/tmp/pass.rules"], check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    rules = export("suricata", stations).count("\npass ")
    assert f"{rules} rules successfully loaded, 0 rules failed" in checked.stdout + checked.stderr


def test_suricata_passes_exactly_the_excluded_connections(host: FirewallHost) -> None:
    own, partner = [(str(FIRST + 2 * number), f"2001:db8:1::{2 * number + 16:x}") for number in range(2)]
    passed = [(own[family], partner[family], port) for family in range(2) for port in (8443, 9090)]
    seen = [(own[family], partner[family], port) for family in range(2) for port in (443, 8444)]
    seen += [("203.0.113.1", own[0], 8443), ("2001:db8:9::1", own[1], 9090)]
    host.file("/tmp/some.pcap").write_bytes(pcap([*passed, *seen, *((there, here, port) for here, there, port in passed)]))
    host.file("/tmp/some.rules").write_text(ALERTS + export("suricata"))
    host.run(["suricata", "-k", "none", "-r", "/tmp/some.pcap", "-l", "/tmp", "-S", "/tmp/some.rules"])
    alerts = [line.rpartition("} ")[2] for line in host.file("/tmp/fast.log").read_text().splitlines()]
    assert len(alerts) == len(seen)
    assert {alert.rpartition(":")[2] for alert in alerts if alert.startswith(own)} == {"443", "8444"}


def pcap(connections: list[tuple[str, str, int]]) -> bytes:
    """A capture of raw IP packets: the first packet of each TCP connection, given as source, destination and port."""
    written = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, (source, destination, port) in enumerate(connections):
        tcp = struct.pack("!HHIIBBHHH", 40000 + number, port, 1, 0, 5 << 4, 2, 65535, 0, 0)
        ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
        if len(ends) == 8:
            packet = struct.pack("!BBHHHBBH", 0x45, 0, 40, number, 0, 64, 6, 0) + ends + tcp
        else:
            packet = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + ends + tcp
        written += struct.pack("<IIII", 1_700_000_000 + number, 0, len(packet), len(packet)) + packet
    return written


@FEW_AND_MANY
def test_nginx_takes_it(host: FirewallHost, stations: int) -> None:
    host.file("/tmp/passed.conf").write_text(export("nginx", stations))
    host.file("/tmp/nginx.conf").write_text(NGINX)
    checked = host.run(["nginx", "-t", "-c", "/tmp/nginx.conf"], check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@FEW_AND_MANY
def test_haproxy_takes_it(host: FirewallHost, stations: int) -> None:
    host.file("/tmp/passed.cfg").write_text(export("haproxy", stations))
    checked = host.run(["haproxy", "-c", "-f", "/tmp/passed.cfg"], check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "WARNING" not in checked.stdout + checked.stderr


@pytest.mark.parametrize("product", ["nginx", "haproxy"])
def test_partners_pass_through_unopened_and_strangers_do_not(
    host: FirewallHost, partner: Namespace, partner2: Namespace, stranger: Namespace, product: str
) -> None:
    station = [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]
    variables: dict[str, dict[str, object]] = {
        "behind": {"connectivity_addresses": list(partner.addresses), "connectivity_inspection_products": [product]},
        "partner": {"connectivity_addresses": list(partner2.addresses), "connectivity_managed": False},
    }
    plan = compute_plan({name: {**own, "connectivity_memberships": station} for name, own in variables.items()}, Catalogue())
    ((_name, text),) = plan.exports.items()
    host.file("/tmp/passed.conf").write_text(text)
    host.file("/tmp/nginx.conf").write_text(NGINX)
    commands = {"nginx": ["nginx", "-g", "daemon off;", "-c", "/tmp/nginx.conf"], "haproxy": ["haproxy", "-f", "/tmp/passed.conf"]}
    hello = b"\x16\x03\x01" + secrets.token_bytes(300)
    with partner.listen("tcp", 8443, 9090):
        host.start(commands[product])
        until_open(partner2, host.ipv4, 9090, f"{product} does not answer")
        for address in host.addresses:
            for port in (8443, 9090):
                assert answer(partner2, address, port, hello) == hello
                assert answer(stranger, address, port, hello) == b""


def answer(client: Namespace, address: str, port: int, sent: bytes) -> bytes:
    """What comes back for some bytes; nothing, if the connection is ended instead."""
    got = b""
    with contextlib.suppress(ConnectionError), client.connect(address, port, seconds=60) as connection:
        connection.sendall(sent)
        while len(got) < len(sent) and (piece := connection.recv(4096)):
            got += piece
    return got


@FEW_AND_MANY
def test_a_shell_takes_what_is_for_check_point(host: FirewallHost, stations: int) -> None:
    with_stand_in = "mgmt_cli() { echo session; }\n" + export("check_point", stations, all_directions=False)
    assert "LAYER" in host.run(["sh"], input=with_stand_in, check=False).stderr
    done = host.run(["sh"], input=with_stand_in, LAYER="Outbound")
    assert done.stdout.count("session") == with_stand_in.count("\nrun ") + 1
