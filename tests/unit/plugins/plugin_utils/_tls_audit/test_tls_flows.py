# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which TLS connections of a plan are looked at, from where and how, and which are set aside."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.flows import Endpoint, Looks, tls_flows

STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
HOSTS: dict[str, dict[str, t.Any]] = {
    "alpha": {"connectivity_addresses": ["198.51.100.10", "2001:db8:1::10"], "connectivity_memberships": [STATION]},
    "beta": {"connectivity_addresses": ["198.51.100.70"], "connectivity_memberships": [STATION]},
    "partner": {"connectivity_addresses": ["203.0.113.20"], "connectivity_memberships": [STATION], "connectivity_managed": False},
}


def planned(directory: pathlib.Path, hosts: dict[str, dict[str, t.Any]]) -> Plan:
    write_plan(compute_plan(hosts, Catalogue([])), directory)
    return read_plan(directory)


@pytest.fixture
def looks(tmp_path: pathlib.Path) -> dict[str, Looks]:
    return tls_flows(planned(tmp_path, HOSTS), ["alpha", "beta"], 100)


def test_every_responder_is_looked_at_as_the_flow_would(looks: dict[str, Looks]) -> None:
    found = {(path.flow.rpartition(".")[2], path.responder, path.endpoint) for path in looks["alpha"].paths if path.responder}
    assert found == {
        ("peer_http", "beta", Endpoint("198.51.100.70", 8443, "", ())),
        ("peer_grpc", "beta", Endpoint("198.51.100.70", 9090, "", ("h2",))),
        ("peer_http", "partner", Endpoint("203.0.113.20", 8443, "", ())),
        ("peer_grpc", "partner", Endpoint("203.0.113.20", 9090, "", ("h2",))),
    }
    assert all(path.excluded and path.tls == "mutual" for path in looks["alpha"].paths if path.responder)


def test_services_by_name_are_asked_for_by_name(looks: dict[str, Looks]) -> None:
    outside = {path.endpoint for path in looks["alpha"].paths if not path.responder}
    assert Endpoint("registry.linksight.network", 443, "registry.linksight.network", ("h2", "http/1.1")) in outside
    assert all(endpoint.server_name == endpoint.destination for endpoint in outside)


def test_managed_responders_look_at_what_others_look_at(looks: dict[str, Looks]) -> None:
    towards_beta = {path.endpoint for path in looks["alpha"].paths if path.responder == "beta"}
    assert looks["beta"].own == towards_beta != set()
    assert set(looks) == {"alpha", "beta"}
    assert {entry["own"] for entry in looks["beta"].to_data()["endpoints"]} == {True, False}


def test_a_windows_host_looks_at_what_any_other_host_looks_at(tmp_path: pathlib.Path, looks: dict[str, Looks]) -> None:
    windows = {**HOSTS["beta"], "connectivity_platform": "windows"}
    assert tls_flows(planned(tmp_path, {**HOSTS, "beta": windows}), ["alpha", "beta"], 100) == looks
    assert looks["beta"].paths


def test_a_host_outside_of_the_run_looks_at_nothing(tmp_path: pathlib.Path) -> None:
    looks = tls_flows(planned(tmp_path, HOSTS), ["alpha"], 100)
    assert list(looks) == ["alpha"]
    assert {path.responder for path in looks["alpha"].paths} == {"", "beta", "partner"}
    assert looks["alpha"].own == set()


def test_the_bound_per_rule_is_told(tmp_path: pathlib.Path) -> None:
    looks = tls_flows(planned(tmp_path, HOSTS), ["alpha", "beta"], 1)
    assert len({path.responder for path in looks["alpha"].paths if path.flow.endswith("peer_grpc")}) == 1
    assert [aside.why for aside in looks["alpha"].aside if aside.flow.endswith("peer_grpc")] == [
        "1 further peers; the bound per rule leaves them out"
    ]


def test_what_shows_no_handshake_is_set_aside_with_the_reason(tmp_path: pathlib.Path) -> None:
    vpn = {"matrix": "fedbiomed", "federation": "v", "options": {"deployment": "vpn"}}
    hosts = {
        "node": {"connectivity_addresses": ["198.51.100.10"], "connectivity_memberships": [{**vpn, "roles": ["node"]}]},
        "server": {"connectivity_addresses": ["198.51.100.70"], "connectivity_memberships": [{**vpn, "roles": ["vpn_server"]}]},
        "station": {
            **HOSTS["alpha"],
            "connectivity_networks": {"dns_servers": ["203.0.113.53"]},
            "connectivity_forward_proxy": {"https_proxy": "http://198.51.100.2:3128"},
        },
        "beta": HOSTS["beta"],
    }
    looks = tls_flows(planned(tmp_path, hosts), list(hosts), 100)
    reasons = {(aside.flow, aside.why) for own in looks.values() for aside in own.aside}
    assert "has no TLS of its own (wireguard)" in {why for flow, why in reasons if flow.startswith("fedbiomed.v.")}
    assert ("baseline.host.dns_tcp", "has no TLS of its own (none)") in reasons
    assert ("baseline.host.forward_proxy", "goes through the forward proxy, which is asked in clear for every connection") in reasons
    assert "registry.linksight.network" not in {path.endpoint.destination for path in looks["station"].paths}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"protocol": "udp"}, "runs over udp"),
        ({"application": "smtp"}, "TLS begins later than the connection (smtp)"),
        ({"application": "openvpn"}, "TLS begins later than the connection (openvpn)"),
    ],
)
def test_other_beginnings_are_set_aside(tmp_path: pathlib.Path, change: dict[str, str], why: str) -> None:
    planned(tmp_path, HOSTS)
    for file in (tmp_path / "hosts").glob("*.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        for rule in content["rules"]:
            if rule["flow"] == "peer_http":
                rule.update(change)
        file.write_text(json.dumps(content), encoding="utf-8")
    looks = tls_flows(read_plan(tmp_path), ["alpha", "beta"], 100)
    assert why in {aside.why for aside in looks["alpha"].aside}
    assert not [path for path in looks["alpha"].paths if path.flow.endswith("peer_http")]
