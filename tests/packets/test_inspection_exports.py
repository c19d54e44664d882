# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan hands to those who inspect traffic, read by the products themselves."""

from __future__ import annotations

import pytest
from firewall_host import FirewallHost

from ansible_collections.federated.connectivity.plugins.plugin_utils._catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan import compute_plan

pytestmark = pytest.mark.suite("trixie")

NAMED = """
matrix: named
title: Named
description: A service by name.
roles: {client: {description: Asks.}}
flows:
  ask:
    purpose: Ask
    initiator: {roles: [client]}
    responder: {names: [service.example.org]}
    protocol: tcp
    ports: [443, "8000-8010"]
    application: https
    tls: mutual
    necessity: mandatory
    phases: [run]
    proxy: forbidden
    inspection: exclude
    inspection_reason: Both ends check certificates.
    exposure: internet
"""

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


def export(product: str, stations: int = 2) -> str:
    """The file for a site with a data station and a researcher, which has a few or many partners."""
    station = [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]
    own = [{"matrix": "fedbiomed", "federation": "open", "roles": ["researcher"], "federation_scope": "any"}]
    named = [{"matrix": "./named.yml", "federation": "n", "roles": ["client"]}]
    variables: dict[str, dict[str, object]] = {
        f"station{number}": {
            "connectivity_addresses": [f"198.51.{100 + number // 128}.{2 * number % 256}", f"2001:db8::{2 * number:x}"],
            "connectivity_memberships": station if number else station + own + named,
            "connectivity_managed": number == 0,
            "connectivity_inspection_products": [product],
        }
        for number in range(stations)
    }
    plan = compute_plan(variables, Catalogue(["."]))
    ((_name, text),) = plan.exports.items()
    return text


@pytest.fixture(autouse=True)
def matrix(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open("named.yml", "w", encoding="utf-8") as file:
        file.write(NAMED)


@pytest.mark.parametrize("stations", [2, 1000])
def test_squid_takes_it(host: FirewallHost, stations: int) -> None:
    host.file("/etc/squid/exclude.conf").write_text(export("squid", stations))
    host.file("/etc/squid/test.conf").write_text(SQUID)
    host.run(["sh", "-c", f"{CERTIFICATE} && cat /tmp/ca.crt >> /etc/squid/ca.pem"])
    parsed = host.run(["squid", "-k", "parse", "-f", "/etc/squid/test.conf"]).stderr
    assert "WARNING" not in parsed
    assert "ERROR" not in parsed
    assert parsed.count("ssl_bump splice") == 4
