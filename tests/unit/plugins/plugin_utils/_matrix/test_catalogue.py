# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue: valid, and consistent in itself and with the fixed names."""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t

import jsonschema
import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.located_yaml import read_yaml

CATALOGUE = pathlib.Path(__file__).parents[5] / "plugins" / "plugin_utils" / "matrices"
SCHEMA = json.loads((CATALOGUE / "matrix.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
DOCUMENTS = {path.stem: read_yaml(path.read_text()) for path in sorted(CATALOGUE.glob("*.yml"))}
MATRICES: dict[str, dict[str, t.Any]] = {name: t.cast("dict[str, t.Any]", document.data) for name, document in DOCUMENTS.items()}
FLOWS = [(system, flow) for system, matrix in MATRICES.items() for flow in matrix["flows"]]

every_matrix = pytest.mark.parametrize("system", MATRICES)
every_flow = pytest.mark.parametrize(("system", "flow"), FLOWS, ids=".".join)


# The names that other people's inventories depend on.

FIXED = {
    "linksight": (
        "data_station analysis_hub supervisor",
        {
            "deployment": "federation docker|native",
            "hub_tls": "responder none|own|acme|reverse_proxy",
            "peer_http_port": "responder 8443",
            "peer_grpc_port": "responder 9090",
            "hub_frontend_port": "responder 8000",
            "hub_api_port": "responder 8080",
        },
        "users hub_proxy",
    ),
    "fedbiomed": (
        "node gui researcher vpn_server",
        {"deployment": "federation native|vpn|docker", "researcher_port": "responder 50051", "vpn_port": "responder 51820"},
        "syslog_servers",
    ),
    "coinstac": (
        "client remote",
        {
            "mqtt_transport": "initiator mqtts|websocket",
            "container_engine": "initiator docker|singularity",
            "containment": "initiator none|full",
            "computation_bridge": "initiator unset",
        },
        "",
    ),
    "network_wall": (
        "workload web_gateway",
        {"design": "federation reverse_tunnel|private_network|reverse_proxy", "tunnel_port": "responder 18000"},
        "",
    ),
    "shrine": (
        "hub downstream_site kafka_broker",
        {
            "messaging": "federation internal|sqs|kafka",
            "shrine_port": "responder 6443",
            "sqs_region": "federation unset",
            "kafka_port": "responder 9092",
        },
        "users",
    ),
    "kuscia": (
        "master lite autonomy",
        {
            "gateway_port": "responder 1080",
            "application_port": "responder 13081",
            "api_http_port": "responder 13082",
            "api_grpc_port": "responder 13083",
            "metrics_port": "responder 13084",
        },
        "applications monitoring databases data_sources",
    ),
    "fate": (
        "party exchange serving",
        {
            "deployment": "federation native|docker",
            "engine": "federation osx|rabbitmq|pulsar",
            "routing": "federation direct|exchange",
            "reception": "responder listen|poll",
            "osx_port": "responder 9370",
            "osx_http_port": "responder 8087",
            "flow_grpc_port": "responder 9360",
            "flow_http_port": "responder 9380",
            "board_port": "responder 8080",
        },
        "users cluster own_serving",
    ),
    "openfl": (
        "aggregator collaborator director envoy data_scientist certificate_authority",
        {
            "aggregator_port_choice": "responder auto|pinned",
            "aggregator_port": "responder 50052",
            "director_port": "responder 50051",
            "ca_port": "responder 9123",
        },
        "",
    ),
    "datashield": (
        "analysis_server opal rock armadillo",
        {
            "opal_https_port": "responder 8443",
            "opal_ssh_port": "responder 8022",
            "rock_port": "responder 8085",
            "armadillo_https_port": "responder 443",
        },
        "analysts data_managers agate identity_provider mail_servers databases monitoring kubernetes",
    ),
    "baseline": (
        "host",
        {"management_port": "responder 22"},
        "management dns_servers ntp_servers package_mirrors domain_controllers cloud_metadata",
    ),
}


def test_the_first_systems_are_there() -> None:
    assert set(FIXED) <= set(MATRICES)


@pytest.mark.parametrize("system", FIXED)
def test_names_are_the_fixed_ones(system: str) -> None:
    matrix = MATRICES[system]
    options = {
        name: f"{option['owner']} {'|'.join(option['choices']) if 'choices' in option else option.get('default', 'unset')}"
        for name, option in matrix.get("options", {}).items()
    }
    assert (" ".join(matrix["roles"]), options, " ".join(matrix.get("networks", {}))) == FIXED[system]


# Form.


def _objects(schema: object) -> t.Iterator[dict[str, t.Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)


def test_schema_is_a_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert VALIDATOR.is_valid(MATRICES["linksight"])


def test_schema_refuses_unknown_keys_everywhere() -> None:
    objects = [schema for schema in _objects(SCHEMA) if schema.get("type") == "object" and "if" not in schema]
    assert len(objects) > 10
    assert [schema for schema in objects if "additionalProperties" not in schema] == []


def test_schema_describes_every_key_for_editors() -> None:
    described = [
        (key, "description" in value)
        for schema in _objects(SCHEMA)
        if schema.get("additionalProperties") is False
        for key, value in schema["properties"].items()
        if "$ref" not in value
    ]
    assert [key for key, has_description in described if not has_description] == []


@every_matrix
def test_matrix_is_valid(system: str) -> None:
    assert DOCUMENTS[system].problems == ()
    assert [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(MATRICES[system])] == []
    assert MATRICES[system]["matrix"] == system


BROKEN = {
    "an unknown key": {"prot": "tcp"},
    "two kinds of endpoint": {"responder": {"roles": ["data_station"], "any": True}},
    "services beside a network": {"responder": {"services": ["docker_hub"], "network": "users"}},
    "no service": {"responder": {"services": []}},
    "no endpoint": {"responder": {}},
    "any: false": {"responder": {"any": False}},
    "a wildcard for a name": {"responder": {"names": ["*.linksight.network"]}},
    "an address for a name": {"responder": {"names": ["198.51.100.7"]}},
    "port 0": {"ports": [0]},
    "port 65536": {"ports": [65536]},
    "a port as text": {"ports": ["8443"]},
    "no ports": {"ports": []},
    "a protocol without a backend": {"protocol": "igmp"},
    "ports of a protocol that has none": {"protocol": "esp"},
    "icmp without types": {"protocol": "icmp", "ports": []},
    "types of a protocol with ports": {"types": [8]},
    "a type above 255": {"protocol": "icmp", "ports": [], "types": [256]},
    "no direction of proxying": {"proxy": True},
    "an exclusion without its reason": {"inspection": "exclude"},
    "a reason without an exclusion": {"inspection": "unknown", "inspection_reason": "why"},
    "a loopback flow from elsewhere": {"exposure": "loopback"},
    "a fallback for nothing": {"necessity": "fallback"},
    "fallback_for in a mandatory flow": {"fallback_for": "services"},
    "closed_to_others: true, which is the default": {"closed_to_others": True},
    "a citation without its section": {"citations": ["network"]},
    "a phase that is none": {"phases": ["running"]},
    "cases without their option": {"ports": [{"cases": {"docker": 1}}]},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_schema_refuses(broken: dict[str, t.Any]) -> None:
    matrix = copy.deepcopy(MATRICES["linksight"])
    matrix["flows"]["registry"].update(broken)
    assert not VALIDATOR.is_valid(matrix)


@pytest.mark.parametrize("key", SCHEMA["$defs"]["flow"]["required"])
def test_schema_requires(key: str) -> None:
    matrix = copy.deepcopy(MATRICES["linksight"])
    del matrix["flows"]["registry"][key]
    assert not VALIDATOR.is_valid(matrix)


# Consistency.


def _used(system: str, key: str) -> set[str]:
    """The roles, networks, options or citations that the flows, traps and questions of the system refer to."""
    matrix = MATRICES[system]
    return {
        name
        for part in _objects([matrix["flows"], *_contained(matrix), matrix.get("traps"), matrix.get("questions")])
        if key in part
        for name in _as_list(part[key])
    }


def _contained(matrix: dict[str, t.Any]) -> list[t.Any]:
    """What roles say about their containers."""
    return [role["contained"] for role in matrix["roles"].values() if "contained" in role]


def _as_list(value: t.Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@every_matrix
def test_everything_declared_is_used_and_everything_used_is_declared(system: str) -> None:
    matrix = MATRICES[system]
    assert _used(system, "roles") == set(matrix["roles"])
    assert _used(system, "network") == set(matrix.get("networks", {}))
    assert _used(system, "option") | _used(system, "when") == set(matrix.get("options", {}))
    citations = _used(system, "citations") | _used(system, "citation")
    assert {citation.partition(": ")[0] for citation in citations} == set(matrix["documents"])


@every_flow
def test_flow_is_consistent(system: str, flow: str) -> None:
    matrix, data = MATRICES[system], MATRICES[system]["flows"][flow]
    assert data["citations"]
    assert data["confidence"]
    assert ("condition" in data) >= (data["necessity"] == "conditional")
    assert {data.get("inside", flow), data.get("fallback_for", flow)} <= set(matrix["flows"])
    for option, values in data.get("when", {}).items():
        choices = matrix["options"][option]["choices"]
        assert set(values) < set(choices), "a condition that always holds is none"
    for by_option in (part for part in _objects(data) if "cases" in part):
        name = by_option["option"]
        assert list(by_option["cases"]) == data.get("when", {}).get(name, matrix["options"][name]["choices"])
    for port in data["ports"]:
        low, dash, high = str(port).partition("-") if not isinstance(port, dict) else ("1", "", "")
        assert not dash or 1 <= int(low) < int(high) <= 65535


@every_flow
def test_what_may_use_a_forward_proxy_says_what_has_to_know_it(system: str, flow: str) -> None:
    """Or a trap of the flow says that no document does."""
    data = MATRICES[system]["flows"][flow]
    if data["proxy"] == "allowed" and "roles" in data["initiator"] and "proxy_mechanisms" not in data:
        traps = [trap["trap"] for trap in MATRICES[system]["traps"] if flow in trap.get("flows", ())]
        assert [trap for trap in traps if trap.startswith("No document says how")]
    else:
        assert data["proxy"] != "forbidden" or "proxy_mechanisms" not in data


@every_matrix
def test_versions_are_described_where_flows_come_and_go(system: str) -> None:
    bounded = [flow for flow in MATRICES[system]["flows"].values() if "since" in flow or "until" in flow]
    assert ("oldest" in MATRICES[system]["versions"]) >= bool(bounded)


INSIDE = [(system, flow) for system, flow in FLOWS if "inside" in MATRICES[system]["flows"][flow]]


@pytest.mark.parametrize(("system", "flow"), INSIDE, ids=".".join)
def test_flow_inside_a_tunnel_has_a_carrier_whenever_it_exists(system: str, flow: str) -> None:
    data = MATRICES[system]["flows"][flow]
    carrier = MATRICES[system]["flows"][data["inside"]]
    assert "inside" not in carrier
    assert all(set(data["when"][option]) <= set(values) for option, values in carrier.get("when", {}).items())


def test_there_are_flows_inside_tunnels() -> None:
    assert ("fedbiomed", "grpc_in_vpn") in INSIDE
