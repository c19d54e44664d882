# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventories are what they say: readable by Ansible, on documentation addresses, with partners and without mistakes."""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import pathlib
import re

import jsonschema
import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.replaced import COMPARED, Replaced, lost
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan import writer
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan
from ansible_collections.federated.connectivity.tests.examples import EXAMPLES, host_variables

SCHEMA = json.loads(pathlib.Path(writer.__file__).with_name("plan.schema.json").read_text(encoding="utf-8"))
DOCUMENTATION = [ipaddress.ip_network(cidr) for cidr in ("198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
ADDRESS = re.compile(r"(?<![\w.])(?:\d+(?:\.\d+){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*)(?:/\d+)?(?![\w.])")

every_example = pytest.mark.parametrize("example", EXAMPLES)


def test_every_system_has_an_example() -> None:
    systems = set(Catalogue().names()) - {"baseline"}
    assert systems
    assert systems | {"mixed", "windows"} == set(EXAMPLES)


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {example: compute_plan(host_variables(example), Catalogue()) for example in EXAMPLES}


@every_example
def test_example_plans_without_a_warning(plans: dict[str, Plan], example: str) -> None:
    plan = plans[example]
    assert plan.index["warnings"] == [], "findings (docs/lints.md) are accepted in connectivity_accepted_findings, with a reason"
    assert plan.count(managed=True) >= 1, "an example shows hosts of ours"
    assert plan.count(managed=False) >= 1, "an example shows a partner that is not ours to configure"


@every_example
def test_no_group_or_host_of_an_example_replaces_what_another_group_says(example: str) -> None:
    variables = host_variables(example)
    for host in InventoryManager(DataLoader(), sources=[str(EXAMPLES[example])]).get_hosts():
        effective = variables[host.name]
        replaced = [
            Replaced(name, f"group {group.name}", value, "another")
            for group in host.get_groups()
            for name, value in group.get_vars().items()
            if name.startswith(COMPARED) and effective[name] != value
        ]
        assert [found.finding.text for found in lost(replaced, effective)] == []


@every_example
def test_example_plans_fit_the_published_schema(plans: dict[str, Plan], example: str) -> None:
    files = {
        name: json.loads(text) for name, text in render_plan(plans[example]) if name == "plan.json" or fnmatch.fnmatch(name, "hosts/*.json")
    }
    assert len(files) == 1 + plans[example].count(managed=True) + plans[example].count(managed=False)
    for name, content in files.items():
        part = "index" if name == "plan.json" else "host"
        jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{part}"}]}).validate(content)


@every_example
def test_example_uses_documentation_addresses_only(example: str) -> None:
    files = [EXAMPLES[example] / "hosts.yml", *EXAMPLES[example].glob("*_vars/*.yml")]
    addresses = [ipaddress.ip_network(text) for path in files for text in ADDRESS.findall(path.read_text())]
    assert addresses
    assert [
        str(network)
        for network in addresses
        if not any(network.version == known.version and network.subnet_of(known) for known in DOCUMENTATION)
    ] == []


@every_example
def test_example_tells_how_to_run_it(example: str) -> None:
    assert f"make plan INVENTORY=inventories/{example} PLAN=" in (EXAMPLES[example] / "hosts.yml").read_text()


def test_mixed_is_one_host_in_three_systems_and_two_federations_of_one() -> None:
    variables = host_variables("mixed")["hospital"]
    memberships = [one for name in sorted(variables) if name.startswith("connectivity_memberships") for one in variables[name]]
    assert {membership["matrix"] for membership in memberships} == {"linksight", "fedbiomed", "shrine"}
    assert [membership["federation"] for membership in memberships if membership["matrix"] == "linksight"] == ["north", "south"]


def rules(plan: Plan, host: str, direction: str) -> dict[str, str]:
    """Flow -> "ports from or to peers", of the host's rules in one direction; the baseline's are left out."""
    return {
        rule["flow"]: " ".join([*rule["ports"], *rule["peers"]["address_sets"], *rule["peers"]["names"]])
        for rule in plan.host(host)["rules"]
        if rule["direction"] == direction and rule["matrix"] != "baseline"
    }


def test_linksight_partners_follow_the_port_of_the_responder(plans: dict[str, Plan]) -> None:
    assert rules(plans["linksight"], "registry", "ingress")["peer_http"] == "18443 linksight_north_data_station"
    assert {
        rule["ports"][0]
        for rule in plans["linksight"].host("hospital")["rules"]
        if rule["id"].startswith("linksight.north.peer_http.egress")
    } == {
        "8443",
        "18443",
    }


def test_linksight_peers_are_direct_where_a_proxy_leads_out(plans: dict[str, Plan]) -> None:
    assert set(rules(plans["linksight"], "registry", "egress")) == {"peer_http", "peer_grpc"}
    assert {"198.51.100.10", "2001:db8:1::10", "203.0.113.200"} <= set(plans["linksight"].host("registry")["proxy"]["no_proxy"])


def test_fedbiomed_hosts_of_the_vpn_see_wireguard_only(plans: dict[str, Plan]) -> None:
    assert rules(plans["fedbiomed"], "rare-server", "ingress") == {"wireguard": "51820 fedbiomed_rare_diseases_node_researcher"}
    assert rules(plans["fedbiomed"], "rare-server", "egress") == {}
    assert set(rules(plans["fedbiomed"], "rare-node", "egress")) == {"install_http", "install_https", "wireguard"}


def test_fedbiomed_nodes_take_no_connection(plans: dict[str, Plan]) -> None:
    assert rules(plans["fedbiomed"], "oncology-node", "ingress") == {"node_gui": "8484"}  # to nobody
    assert rules(plans["fedbiomed"], "oncology-node", "egress") == {"grpc": "50051 fedbiomed_oncology_researcher"}
    assert [listener["flow"] for listener in plans["fedbiomed"].host("oncology-node")["listeners"]] == ["node_gui"]


def test_coinstac_client_with_websocket_has_no_port_80(plans: dict[str, Plan]) -> None:
    assert "mqtts" in rules(plans["coinstac"], "scanner-docker", "egress")
    ports = {port for rule in plans["coinstac"].host("scanner-singularity")["rules"] for port in rule["ports"]}
    assert ports == {"53", "123", "443", "2222", "3500"}  # the last one is closed to everybody


def test_coinstac_clients_never_meet(plans: dict[str, Plan]) -> None:
    closed = {"client_server": "3500"}  # to everybody: these rules have no peers
    assert rules(plans["coinstac"], "scanner-docker", "ingress") == rules(plans["coinstac"], "scanner-singularity", "ingress") == closed


def test_one_gateway_has_the_three_designs_of_the_network_wall(plans: dict[str, Plan]) -> None:
    gateway = plans["network_wall"].host("gateway")
    assert {member["federation"]: member["options"]["design"] for member in gateway["memberships"]} == {
        "tunnel": "reverse_tunnel",
        "private": "private_network",
        "proxy": "reverse_proxy",
    }
    opened = {
        (rule["federation"], rule["flow"])
        for rule in gateway["rules"]
        if rule["direction"] == "ingress" and rule["matrix"] == "network_wall"
    }
    assert opened == {
        ("tunnel", "public_http"),
        ("tunnel", "public_https"),
        ("tunnel", "tunnel"),
        ("private", "wireguard"),
        ("proxy", "public_http"),
        ("proxy", "public_https"),
        ("proxy", "wireguard"),
    }


def test_network_wall_lets_a_tunnel_out_and_nothing_in(plans: dict[str, Plan]) -> None:
    workload = plans["network_wall"].host("tunnel-workload")
    assert workload["defaults"] == {"ingress": "deny", "egress": "deny"}
    assert rules(plans["network_wall"], "tunnel-workload", "ingress") == {}
    assert rules(plans["network_wall"], "tunnel-workload", "egress") == {"tunnel": "28000 network_wall_tunnel_web_gateway"}


def test_shrine_hub_with_kafka_serves_sites_and_needs_no_rule_for_itself(plans: dict[str, Plan]) -> None:
    assert set(rules(plans["shrine"], "hub", "ingress")) == {"hub", "hub_users", "kafka", "kraft"}
    assert rules(plans["shrine"], "hub", "ingress")["kraft"] == "9093", "nobody else is a controller"
    assert set(rules(plans["shrine"], "hub", "egress")) == {"install"}
    assert rules(plans["shrine"], "clinic", "ingress") == {"site_users": "443 network_users_1310d3e3"}


def test_kuscia_nodes_meet_at_each_other_s_own_port(plans: dict[str, Plan]) -> None:
    assert rules(plans["kuscia"], "lite-alice", "egress")["master"] == "18080 kuscia_center_master"
    assert rules(plans["kuscia"], "lite-alice", "egress")["nodes"] == "443 kuscia_center_autonomy_lite_port_443"
    assert rules(plans["kuscia"], "lite-alice", "ingress")["nodes"] == "28080 kuscia_center_autonomy_lite"
    assert "nodes" not in rules(plans["kuscia"], "master", "ingress")


def test_kuscia_ports_that_nobody_uses_are_published_and_closed(plans: dict[str, Plan]) -> None:
    carol = rules(plans["kuscia"], "autonomy-carol", "ingress")
    assert [carol[flow] for flow in ("applications", "api_http", "api_grpc")] == ["13081", "13082", "13083"]
    assert rules(plans["kuscia"], "autonomy-carol", "egress")["images"] == "443 secretflow-registry.cn-hangzhou.cr.aliyuncs.com"


def test_fate_party_that_polls_takes_no_connection_of_the_exchange(plans: dict[str, Plan]) -> None:
    assert rules(plans["fate"], "exchange", "egress")["from_exchange"] == "9370 fate_study_party_reception_listen"
    assert rules(plans["fate"], "clinic", "ingress")["from_exchange"] == "9370 fate_study_exchange"
    assert set(rules(plans["fate"], "registry", "ingress")) == {"board", "flow", "notebook", "osx_backend"}
    assert rules(plans["fate"], "registry", "ingress")["osx_backend"] == "9370", "its container publishes the port"
    assert rules(plans["fate"], "registry", "egress")["exchange"] == "9370 fate_study_exchange"


def test_fate_serving_is_for_its_party_its_partners_and_its_users(plans: dict[str, Plan]) -> None:
    serving = rules(plans["fate"], "insurer-serving", "ingress")
    assert set(serving) == {"serving_internal", "serving_models", "serving_partners", "serving_users"}
    assert serving["serving_internal"] == "8185 8879", "nobody else needs them"
    assert serving["serving_models"].startswith("2181 8000 network_cluster_")
    assert serving["serving_partners"] == "8869 fate_insurance_serving"
    insurer = rules(plans["fate"], "insurer", "ingress")
    assert insurer["spark_cluster"] == "7077 8001 8081 8888 9000 9870 15672", "nobody else is in its cluster"


def test_vantage6_closes_what_its_commands_publish(plans: dict[str, Plan]) -> None:
    center, queue = (rules(plans["vantage6"], host, "ingress") for host in ("center", "queue"))
    assert [center[flow] for flow in ("server_backend", "ui_backend", "metrics")] == ["7601", "7600", "7603"]
    assert (queue["queue"].split()[0], queue["queue_management"]) == ("5672", "8080")
    assert rules(plans["vantage6"], "store", "ingress")["store_backend"] == "7602"


def test_fate_on_one_host_closes_its_cluster_to_everybody(plans: dict[str, Plan]) -> None:
    guest = rules(plans["fate"], "guest", "ingress")
    assert [guest[flow] for flow in ("cluster_manager", "node_manager", "database")] == ["4670", "4671", "3306"]
    assert guest["osx"] == "9883 fate_bank_party"


def test_openfl_opens_nothing_towards_those_who_hold_data(plans: dict[str, Plan]) -> None:
    assert rules(plans["openfl"], "collaborator", "ingress") == rules(plans["openfl"], "envoy", "ingress") == {}
    assert rules(plans["openfl"], "collaborator", "egress") == {"aggregator_pinned": "50061 openfl_tumour_aggregator_director"}
    assert rules(plans["openfl"], "aggregator", "ingress") == {"aggregator_pinned": "50061 openfl_tumour_collaborator_envoy"}


def test_openfl_port_of_a_plan_s_hash_closes_its_range_to_nobody(plans: dict[str, Plan]) -> None:
    (rule,) = (rule for rule in plans["openfl"].host("director")["rules"] if rule["flow"] == "aggregator")
    assert (rule["ports"], rule["closed_to_others"]) == (["49152-60998"], False)


def test_datashield_data_holders_listen_to_the_analysis_server_and_their_own_people(plans: dict[str, Plan]) -> None:
    assert rules(plans["datashield"], "opal", "ingress") == {
        "opal": "443 datashield_cohorts_analysis_server",
        "opal_data_managers": "443 network_data_managers_2ca5602e",
        "opal_http": "8080",
        "opal_own_https": "8443",
    }
    armadillo = rules(plans["datashield"], "armadillo", "ingress")
    assert (armadillo.pop("armadillo_http"), armadillo.pop("armadillo_profiles")) == ("8080", "6311")
    assert set(armadillo) == {"armadillo", "armadillo_data_managers"}
    assert rules(plans["datashield"], "rock", "ingress") == {"rock": "8085 datashield_cohorts_opal"}
    assert [listener["flow"] for listener in plans["datashield"].host("armadillo")["listeners"]] == ["armadillo_http", "armadillo_profiles"]


def test_mixed_host_is_closed_but_for_its_flows(plans: dict[str, Plan]) -> None:
    hospital = plans["mixed"].host("hospital")
    assert hospital["defaults"] == {"ingress": "deny", "egress": "deny"}
    assert [rule["id"] for rule in hospital["rules"] if "any" in rule["peers"]["address_sets"]] == []
    assert {rule["federation"]: rule["ports"] for rule in hospital["rules"] if rule["id"].endswith("peer_grpc.ingress")} == {
        "north": ["9091"],
        "south": ["9091"],
    }
