# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._check.flows import check_flows
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.model import Networks, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.answer import Answer, Known, answer
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import NotUnderstood, Question
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

STATION = [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]
HUB = [{"matrix": "linksight", "federation": "north", "roles": ["analysis_hub", "data_station"]}]
INVENTORY: dict[str, dict[str, t.Any]] = {
    "clinic": {
        "connectivity_memberships": STATION,
        "connectivity_addresses": ["198.51.100.10", "2001:db8:1::10"],
        "connectivity_defaults": {"ingress": "deny", "egress": "deny"},
        "connectivity_networks": {"management": ["192.0.2.0/28"], "dns_servers": ["192.0.2.53"], "ntp_servers": ["192.0.2.123"]},
    },
    "hub": {
        "connectivity_memberships": HUB,
        "connectivity_addresses": ["203.0.113.7"],
        "connectivity_networks": {"users": ["192.0.2.128/25"], "management": ["192.0.2.0/28"]},
    },
    "lab": {
        "connectivity_memberships": STATION,
        "connectivity_addresses": ["198.51.100.30"],
        "connectivity_networks": {"management": ["192.0.2.0/28"]},
        "connectivity_forward_proxy": {"https_proxy": "http://198.51.100.99:3128"},
    },
    "partner": {"connectivity_memberships": STATION, "connectivity_addresses": ["203.0.113.200"], "connectivity_managed": False},
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    directory: pathlib.Path = tmp_path_factory.mktemp("plan")
    computed = compute_plan(INVENTORY, Catalogue())
    write_plan(computed, directory)
    return Known(
        read_plan(directory), computed.matrices, lambda host, address: f"hosts.yml:{len(host)}" if address != "192.0.2.9" else None
    )


def ask(known: Known, initiator: str = "", responder: str = "", port: int | None = None, protocol: str = "tcp") -> Answer:
    return answer(Question(initiator, responder, protocol, port), known)


def test_an_allowed_connection_names_both_rules_the_purpose_the_source_and_the_line(known: Known) -> None:
    found = ask(known, "clinic", "hub", 8443)
    text = "\n".join(found.lines)
    assert (found.verdict, found.lines[0]) == ("allowed", "yes: clinic -> hub, tcp 8443")
    assert "clinic, outgoing: allowed by linksight.north.peer_http for linksight_north_data_station" in text
    assert "hub, incoming: allowed by linksight.north.peer_http" in text
    assert "closed to everybody else" in text
    assert "source: Linksight, Network connections" in text
    assert "TLS, both have certificates; TLS inspection to be excluded" in text
    assert "198.51.100.10 of clinic: hosts.yml:6" in text
    assert [one["verdict"] for one in found.connections[0]["ends"]] == ["allowed", "allowed"]
    assert found.summary == "yes: clinic to hub, tcp 8443; rules shown: 1"


def test_addresses_mean_the_hosts_that_have_them(known: Known) -> None:
    by_address, by_name = ask(known, "198.51.100.10", "203.0.113.7/32", 8443), ask(known, "clinic", "hub", 8443)
    assert by_address.connections == by_name.connections


@pytest.mark.parametrize(
    ("initiator", "responder", "port", "missing"),
    [
        ("192.0.2.9", "clinic", 8443, "linksight.north.peer_http admits hosts of the federation north with the node role data_station"),
        (
            "192.0.2.9",
            "hub",
            8000,
            "linksight.north.hub_frontend admits the network users alone: add the address to connectivity_networks, users",
        ),
        ("192.0.2.9", "clinic", 9999, "clinic refuses incoming connections that no rule allows (its default is deny)"),
        ("clinic", "192.0.2.77", 9999, "clinic refuses outgoing connections that no rule allows (its default is deny)"),
    ],
)
def test_a_refused_connection_says_what_is_missing(known: Known, initiator: str, responder: str, port: int, missing: str) -> None:
    found = ask(known, initiator, responder, port)
    assert found.verdict == "refused"
    assert found.lines[0].startswith(f"no: {initiator}")
    assert any(line.startswith(f"missing: {missing}") for line in found.lines), found.lines


def test_a_refused_connection_says_what_is_allowed_between_the_two(known: Known) -> None:
    found = ask(known, "hub", "clinic", 5000)
    assert "allowed from hub to clinic: tcp 8443: linksight.north.peer_http" in found.lines
    assert "allowed from 192.0.2.9 to clinic: tcp 22: baseline.host.management" in ask(known, "192.0.2.9", "clinic", 5000).lines
    assert "the plan allows no connection from 192.0.2.77 to clinic" in ask(known, "192.0.2.77", "clinic", 5000).lines


def test_what_nobody_restricts_is_neither_yes_nor_no(known: Known) -> None:
    found = ask(known, "192.0.2.9", "hub", 5000)
    assert found.verdict == "unrestricted"
    assert found.lines[0].startswith("not restricted: ")


def test_families_that_differ_are_answered_one_by_one(known: Known) -> None:
    found = ask(known, "internet", "clinic", 8443)
    assert {one["verdict"] for one in found.connections} == {"allowed", "refused"}  # partners are in the Internet
    assert (found.verdict, found.summary.partition(":")[0]) == ("mixed", "not for all addresses")
    assert ask(known, "2001:db8:9::9", "hub", 8443).lines[1].strip() == "2001:db8:9::9 and hub have no address of the same family"


def test_the_forward_proxy_is_on_the_way(known: Known) -> None:
    found = ask(known, "lab", "registry.linksight.network", 443)
    assert found.verdict == "proxied"
    assert found.lines[0] == "yes, through the forward proxy: lab -> registry.linksight.network, tcp 443"
    assert any("linksight.north.registry goes through the forward proxy by CONNECT" in line for line in found.lines)
    assert ask(known, "clinic", "registry.linksight.network", 443).verdict == "allowed"


def test_a_partner_is_told_apart(known: Known) -> None:
    assert any("partner belongs to a partner, who configures it" in line for line in ask(known, "hub", "partner", 8443).lines)


def test_a_host_and_itself(known: Known) -> None:
    found = ask(known, "hub", "hub", 8443)
    assert found.verdict == "unrestricted"
    assert "stays on the host" in found.lines[1]


def test_lists_of_one_end(known: Known) -> None:
    incoming = ask(known, responder="hub")
    assert any(line.startswith("to hub, tcp 8000, from network_users_") for line in incoming.lines)
    assert any("everything else in is left as it is on hub" in line for line in incoming.lines)
    assert any("everything else in is refused on clinic" in line for line in ask(known, responder="clinic").lines)
    outgoing = ask(known, "lab")
    assert any(line.startswith("from lab, through the forward proxy, to registry.linksight.network, port 443") for line in outgoing.lines)
    assert {one["host"] for one in ask(known, "192.0.2.200").connections} == {"hub"}
    assert {one["host"] for one in ask(known, responder="registry.linksight.network").connections} == {"clinic", "hub", "partner"}
    assert [one["flow"] for one in ask(known, responder="hub", port=8000).connections] == ["hub_frontend"]
    assert ask(known, responder="hub", port=8000, protocol="udp").lines[0] == "no rule of the plan is about udp 8000, connections to hub"


def test_what_is_allowed_between_two_hosts(known: Known) -> None:
    found = ask(known, "clinic", "hub")
    assert {(one["protocol"], one["ports"], one["verdict"]) for one in found.connections} == {
        ("tcp", "8443", "allowed"),
        ("tcp", "9090", "allowed"),
    }
    assert found.summary == "clinic to hub: 2 connections by rules: 2 flows"


def test_networks_of_the_inventory_are_asked_by_their_name(known: Known) -> None:
    assert ask(known, "management", "clinic", 22).verdict == "allowed"
    part = ask(known, "192.0.2.0/24", "clinic", 22)
    assert part.verdict == "mixed"
    assert {one["verdict"]: one["from_addresses"][0] for one in part.connections} == {"allowed": "192.0.2.0/28", "refused": "192.0.2.16/28"}
    assert ask(known, "clinic", "203.0.113.0/24", 8443).verdict == "allowed"  # its hosts, the hub and the partner
    assert any("from network_users_" in line for line in ask(known, "192.0.2.0/24", port=8000).lines)


@pytest.mark.parametrize(
    ("initiator", "responder", "words"),
    [
        ("", "", "name who connects"),
        ("clnic", "hub", "did you mean clinic?"),
        ("clinic", "203.0.113.7/24", "has host bits set; write 203.0.113.7 (one host) or 203.0.113.0/24 (the network)"),
        ("clinic\x1b[31m", "hub", r"'clinic\x1b[31m' is not a host of the plan"),
    ],
)
def test_who_does_not_exist_is_an_error(known: Known, initiator: str, responder: str, words: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        ask(known, initiator, responder, 22)
    assert words in str(error.value)


def test_all_errors_at_once(known: Known) -> None:
    with pytest.raises(NotUnderstood) as error:
        ask(known, "nobody", "nothing", 22)
    assert len(str(error.value).splitlines()) == 2


NAT = {
    "server": {
        "connectivity_addresses": ["203.0.113.10"],
        "connectivity_front": {"ports": {"8002": 18002}},
        "connectivity_networks": {"management": ["192.0.2.0/28"], "admins": ["192.0.2.64/28"]},
        "connectivity_memberships": [{"matrix": "nvflare", "federation": "nat", "roles": ["server"]}],
    },
    "site": {
        "connectivity_addresses": ["198.51.100.20"],
        "connectivity_networks": {"management": ["192.0.2.0/28"]},
        "connectivity_memberships": [{"matrix": "nvflare", "federation": "nat", "roles": ["client"]}],
    },
}
BALANCED = {**NAT, "server": {**NAT["server"], "connectivity_front": {"sources": ["203.0.113.4"]}}}


@pytest.mark.parametrize(("inventory", "port"), [(NAT, 18002), (BALANCED, 8002)])
def test_a_question_is_about_what_partners_see_in_front_of_a_host(inventory: dict[str, t.Any], port: int, tmp_path: pathlib.Path) -> None:
    computed = compute_plan(inventory, Catalogue())
    write_plan(computed, tmp_path)
    found = ask(Known(read_plan(tmp_path), computed.matrices, lambda host, address: None), "site", "server", port)
    assert found.verdict == "allowed"
    assert [one["verdict"] for one in found.connections[0]["ends"]] == ["allowed", "allowed"]
    results = list(check_flows(Networks(read_plan(tmp_path))))
    assert [result for result in results if result.state is not State.PASSED] == []
    assert results


def planned(inventory: dict[str, t.Any], directory: pathlib.Path) -> Known:
    computed = compute_plan(inventory, Catalogue())
    write_plan(computed, directory)
    return Known(read_plan(directory), computed.matrices, lambda host, address: None)


def test_a_port_in_front_that_leads_elsewhere_is_refused(tmp_path: pathlib.Path) -> None:
    found = ask(planned(NAT, tmp_path), "site", "server", 8002)
    assert (found.verdict, found.lines[1].strip()) == ("refused", "port 8002 in front of server does not lead to it")
    listed = ask(planned(NAT, tmp_path), responder="server", port=18002)
    assert any("tcp 18002 (its own port 8002), from nvflare_nat_client" in line for line in listed.lines)


def test_named_networks_keep_their_addresses_behind_a_front_that_hides_partners(tmp_path: pathlib.Path) -> None:
    known = planned(BALANCED, tmp_path)
    assert ask(known, "admins", "server", 8002).verdict == "allowed"
    assert any("cannot tell initiators apart" in line for line in ask(known, "site", "server", 8002).lines)


def test_a_host_is_reached_by_the_name_in_front_of_it(tmp_path: pathlib.Path) -> None:
    known = planned({**NAT, "server": {**NAT["server"], "connectivity_front": {"names": ["fl.example.org"]}}}, tmp_path)
    for responder in ("server", "fl.example.org"):
        found = ask(known, "site", responder, 8002)
        assert found.verdict == "allowed", found.lines
        assert [one["verdict"] for one in found.connections[0]["ends"]] == ["allowed", "allowed"]


def test_what_goes_through_the_proxy_is_allowed_between_the_two(known: Known) -> None:
    assert any(
        "yes, through the forward proxy: lab -> registry.linksight.network, tcp 443" in line
        for line in ask(known, "lab", "registry.linksight.network").lines
    )


def test_an_address_that_is_bound_to_an_interface_is_an_error(known: Known) -> None:
    with pytest.raises(NotUnderstood, match="bound to an interface"):
        ask(known, "fe80::1%eth0", "hub", 22)
