# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue is true to the systems' own documents, row by row.

catalogue_rows/<system>.yml is a second reading of them: what each row says (``row``), the flow that must stand for it (``flow``), and the
flow as one line (``line``), under the defaults or under options (``with``): ``initiator -> responder protocol/ports tls necessity phases
exposure versions, proxy, inspection``. A star marks an end in a container.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

CATALOGUE = pathlib.Path(__file__).parents[5] / "plugins" / "plugin_utils" / "matrices"
MATRICES: dict[str, dict[str, t.Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(CATALOGUE.glob("*.yml"))}

ROWS = [
    (path.stem, row)
    for path in sorted(pathlib.Path(__file__).with_name("catalogue_rows").glob("*.yml"))
    for row in yaml.safe_load(path.read_text())
]
READ_TWICE = sorted({system for system, _row in ROWS})
NATIVE, VPN, DOCKER = ({"deployment": value} for value in ("native", "vpn", "docker"))
TUNNEL, PRIVATE, REVERSE = ({"design": value} for value in ("reverse_tunnel", "private_network", "reverse_proxy"))


@pytest.mark.parametrize(("system", "row"), ROWS, ids=[f"{system}: {row['row']}" for system, row in ROWS])
def test_row(system: str, row: dict[str, t.Any]) -> None:
    assert render(system, row["flow"], row.get("with", {})) == row["line"]


def test_no_flow_without_a_row() -> None:
    assert {(system, row["flow"]) for system, row in ROWS} == {
        (system, flow) for system in READ_TWICE for flow in MATRICES[system]["flows"]
    }


ABSENT = [
    ("fedbiomed", "grpc", VPN),
    ("fedbiomed", "wireguard", NATIVE),
    ("fedbiomed", "wireguard", DOCKER),
    ("fedbiomed", "grpc_in_vpn", NATIVE),
    ("fedbiomed", "node_gui", VPN),
    ("fedbiomed", "node_gui_tls", NATIVE),
    ("coinstac", "mqtts", {"mqtt_transport": "websocket"}),
    ("coinstac", "container_docker", {"container_engine": "singularity"}),
    ("network_wall", "tunnel", PRIVATE),
    ("network_wall", "tunnel", REVERSE),
    ("network_wall", "public_https", PRIVATE),
    ("network_wall", "wireguard", TUNNEL),
    ("network_wall", "proxied", PRIVATE),
    ("shrine", "sqs", {"messaging": "internal"}),
    ("shrine", "kafka", {"messaging": "internal"}),
    ("shrine", "kafka", {"messaging": "sqs"}),
    ("shrine", "kraft", {"messaging": "sqs"}),
    ("fate", "osx", {"routing": "exchange"}),
    ("fate", "osx", {"engine": "rabbitmq"}),
    ("fate", "rabbitmq", {"deployment": "docker"}),
    ("fate", "pulsar", {"deployment": "docker", "engine": "rabbitmq"}),
    ("swarm_learning", "sn_api", {"access": "reverse_proxy"}),
    ("swarm_learning", "to_sl", {"access": "ports"}),
    ("fate", "exchange", {"routing": "direct"}),
    ("fate", "from_exchange", {"routing": "exchange", "reception": "poll"}),
    ("fate", "database", {"deployment": "docker"}),
    ("fate", "notebook", {"deployment": "native"}),
    ("openfl", "aggregator", {"aggregator_port_choice": "pinned"}),
    ("openfl", "aggregator_pinned", {"aggregator_port_choice": "auto"}),
]


@pytest.mark.parametrize(
    ("system", "flow", "chosen"), ABSENT, ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value
)
def test_flow_of_another_deployment_is_absent(system: str, flow: str, chosen: dict[str, str]) -> None:
    assert render(system, flow, chosen) == "no flow"


@pytest.mark.parametrize("system", MATRICES)
def test_who_listens_to_the_world_says_so(system: str) -> None:
    worldwide = [data for data in MATRICES[system]["flows"].values() if "any" in data["initiator"]]
    assert {data["exposure"] for data in worldwide} <= {"internet"}


@pytest.mark.parametrize("system", READ_TWICE)
def test_nobody_listens_to_the_world_but_the_web_gateway(system: str) -> None:
    worldwide = {flow for flow, data in MATRICES[system]["flows"].items() if "any" in data["initiator"]}
    assert worldwide == ({"public_https", "public_http"} if system == "network_wall" else set())


@pytest.mark.parametrize(("system", "role"), [(system, role) for system in READ_TWICE for role in MATRICES[system]["roles"]])
def test_only_the_wall_demands_deny(system: str, role: str) -> None:
    demanded = MATRICES[system]["roles"][role].get("default_deny", [])
    assert demanded == (["ingress", "egress"] if (system, role) == ("network_wall", "workload") else [])


def test_secure_aggregation_has_ports_of_its_own_until_5_4() -> None:
    flows = MATRICES["fedbiomed"]["flows"].items()
    assert {flow: data["until"] for flow, data in flows if any("14000" in str(port) for port in data["ports"])} == {
        "secagg": "5.4",
        "secagg_in_vpn": "5.4",
    }


@pytest.mark.parametrize(
    ("system", "flow", "claims"),
    [
        ("linksight", "hub_frontend", ["columns are swapped"]),
        ("linksight", "hub_api", ["columns are swapped"]),
        ("fedbiomed", "grpc", ["no encryption", "secure aggregation"]),
        ("coinstac", "mqtts", ["without TLS"]),
        ("coinstac", "container_docker", ["8000-40000", "8101-49151"]),
        ("coinstac", "container_singularity", ["8000-40000", "8101-49151", "all addresses"]),
        ("kuscia", "nodes", ["says NOTLS", "takes MTLS", "TLS by default"]),
        ("kuscia", "master", ["says NOTLS", "takes MTLS", "TLS by default"]),
        ("fate", "osx_http", ["8077", "no default"]),
        ("openfl", "director", ["--disable-tls"]),
        ("datashield", "rock", ["HTTPS too"]),
    ],
)
def test_disputes_are_recorded_with_what_each_source_says(system: str, flow: str, claims: list[str]) -> None:
    disputes = " ".join(" ".join(dispute["claim"].split()) for dispute in MATRICES[system]["flows"][flow]["disputed_by"])
    assert [claim for claim in claims if claim not in disputes] == []


# Rendering.


def render(system: str, flow: str, chosen: dict[str, str]) -> str:
    """One line that says everything about a flow that matters on the wire, under the chosen options and defaults."""
    data = MATRICES[system]["flows"][flow]
    options = {
        name: option.get("choices", [option.get("default")])[0] for name, option in MATRICES[system].get("options", {}).items()
    } | chosen
    if any(options[option] not in values for option, values in data.get("when", {}).items()):
        return "no flow"
    ends = " -> ".join(_end(data[end]) + _place(data, end, options) for end in ("initiator", "responder"))
    ports = ",".join(str(_value(port, options)) for port in data["ports"])
    carrier = f" in {data['inside']}" if "inside" in data else ""
    versions = [f"{bound} {data[bound]}" for bound in ("since", "until") if bound in data]
    facts = " ".join([data["tls"], data["necessity"], "+".join(data["phases"]), data["exposure"], *versions])
    return f"{ends} {data['protocol']}/{ports}{carrier} {facts}, proxy {data['proxy']}, inspection {data['inspection']}"


def _end(endpoint: dict[str, t.Any]) -> str:
    if "services" in endpoint:
        return "+".join([*endpoint.get("names", ()), *endpoint["services"]])
    ((kind, value),) = endpoint.items()
    return kind if value is True else value if isinstance(value, str) else "+".join(value)


def _place(data: dict[str, t.Any], end: str, options: dict[str, t.Any]) -> str:
    return {"host": "", "published": "*"}[_value(data.get("placement", {}).get(end, "host"), options)]


def _value(value: t.Any, options: dict[str, t.Any]) -> t.Any:
    if not isinstance(value, dict):
        return value
    chosen = options[value["option"]]
    return value["cases"][chosen] if "cases" in value else chosen
