# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access rules for Squid, in a real Squid: what the plan sends through the proxy passes, and nothing else."""

from __future__ import annotations

import pathlib

import pytest
from firewall_host import FirewallHost
from namespaces import Namespace
from waiting import until_open

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.proxy_allow_lists import allow_lists

pytestmark = pytest.mark.suite("trixie")

MATRICES = pathlib.Path(__file__).parents[1] / "cases" / "matrices"
ALLOW, CONFIGURATION = "/etc/squid/allow.conf", "/etc/squid/test.conf"
SQUID = f"""
http_port 3128
include {ALLOW}
http_access deny all
hosts_file /etc/hosts
pid_filename /run/squid.pid
access_log none
cache_log /tmp/cache.log
visible_hostname proxy.example.org
"""


def rules(client: Namespace, remote: Namespace, proxy: FirewallHost) -> str:
    """What the plan permits a client: CONNECT to updates.example.org and to a partner on 443, and plain HTTP to anybody on 80."""
    url = f"http://{proxy.ipv4}:3128"
    relay = {"matrix": "./relay.yml", "federation": "n", "roles": ["relay"], "federation_scope": "any"}
    coinstac = {"matrix": "coinstac", "federation": "n"}
    variables = {
        "client": {
            "connectivity_addresses": list(client.addresses),
            "connectivity_memberships": [relay, {**coinstac, "roles": ["client"], "options": {"mqtt_transport": "websocket"}}],
            "connectivity_forward_proxy": {"http_proxy": url, "https_proxy": url, "only": True},
        },
        "remote": {"connectivity_addresses": list(remote.addresses), "connectivity_memberships": [{**coinstac, "roles": ["remote"]}]},
    }
    plan = compute_plan(variables, Catalogue([str(MATRICES)]))
    return dict(allow_lists(plan))[f"proxies/http_{proxy.ipv4}_3128/squid.conf"]


def status(client: Namespace, proxy: str, request: str, target: str) -> int:
    """What the proxy answers to a request: 403 if it does not permit it."""
    host = target.rpartition("/")[2] or "any"
    with client.connect(proxy, 3128, seconds=10) as connection:
        connection.sendall(f"{request} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.recv(4096).split()[1])


def test_exactly_what_is_planned_passes(
    host: FirewallHost, partner: Namespace, partner2: Namespace, user: Namespace, stranger: Namespace
) -> None:
    host.file(ALLOW).write_text(rules(partner, partner2, host))
    host.file(CONFIGURATION).write_text(SQUID)
    with host.file("/etc/hosts").open("a") as hosts:
        hosts.write(f"{user.ipv4} updates.example.org sub.updates.example.org other.example.org\n")
    parsed = host.run(["squid", "-k", "parse", "-f", CONFIGURATION])
    assert "WARNING" not in parsed.stderr
    assert "ERROR" not in parsed.stderr
    host.start(["squid", "-N", "-f", CONFIGURATION])
    until_open(partner, host.ipv4, 3128, "squid does not answer")
    remote = (f"{partner2.ipv4}:443", f"[{partner2.ipv6}]:443")
    with user.listen("tcp", 80, 443, 8080), partner2.listen("tcp", 443, 80):
        for proxy in host.addresses:
            allowed = [status(partner, proxy, "CONNECT", target) for target in ("updates.example.org:443", *remote)]
            assert allowed == [200, 200, 200]
            assert status(partner, proxy, "GET", "http://other.example.org/") != 403
            refused = [("CONNECT", target) for target in ("other.example.org:443", "sub.updates.example.org:443", f"{user.ipv4}:443")]
            refused += [("CONNECT", target) for target in ("updates.example.org:8443", "other.example.org:80", f"{partner2.ipv4}:80")]
            refused += [("GET", "http://other.example.org:8080/")]
            assert [status(partner, proxy, *request) for request in refused] == [403] * len(refused)
            strange = [("CONNECT", "updates.example.org:443"), ("CONNECT", remote[0]), ("GET", "http://other.example.org/")]
            assert [status(stranger, proxy, *request) for request in strange] == [403] * len(strange)
