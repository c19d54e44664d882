# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes name every excluded flow, why, and whom to ask; users' texts stay text in them."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection.notes import (
    KEEP_AWAY,
    NOTHING,
    ON_THE_HOST,
    SPELT_OUT,
    Note,
    notes,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

FIRST = ipaddress.IPv4Address("198.18.0.10")  # benchmarking addresses, RFC 2544
MATRICES = pathlib.Path(__file__).parents[4] / "cases" / "matrices"
STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
PROXY = {"https_proxy": "http://proxy.example.org:3128"}


def a_plan(hosts: int = 2, **variables: object) -> Plan:
    """Stations whose addresses do not merge; the first is managed, and of the site clinic."""
    inventory: dict[str, dict[str, object]] = {
        f"station{number}": {
            "connectivity_addresses": [str(FIRST + 2 * number), f"2001:db8::{2 * number:x}"],
            "connectivity_memberships": [STATION],
            "connectivity_managed": number == 0,
            "connectivity_contact": f"station {number}, noc{number}@example.org",
        }
        for number in range(hosts)
    }
    inventory["station0"].update({"connectivity_site": "clinic", **variables})
    return compute_plan(inventory, Catalogue([str(MATRICES)]))


def rendered(plan: Plan) -> dict[str, str]:
    return dict(notes(plan))


def flows(plan: Plan, name: str = "sites/clinic") -> dict[tuple[str, str], dict[str, t.Any]]:
    data = json.loads(rendered(plan)[f"inspection/{name}.json"])
    return {(flow["flow"], flow["direction"]): flow for flow in data["flows"]}


def test_a_note_says_what_to_leave_alone_and_why_and_whom_to_ask() -> None:
    plan = a_plan()
    text = rendered(plan)["inspection/hosts/station0.txt"]
    assert KEEP_AWAY in text
    assert "station0: 198.18.0.10, 2001:db8::; ask station 0, noc0@example.org" in text
    assert "linksight.north.peer_grpc, outgoing: Peer-to-peer connections over gRPC" in text
    assert "TLS, both have certificates" in text
    assert "Both data stations verify each other's certificate" in text
    assert "HTTP/2 must pass" in text
    assert "station 1, noc1@example.org" in text
    assert "https://docs.linksight.network/docs/prepare/network" in text
    assert {direction for _flow, direction in flows(plan)} == {"ingress", "egress"}


def test_a_host_with_outgoing_tls_is_asked_to_look_at_its_own_antivirus() -> None:
    files = rendered(a_plan())
    for form in ("txt", "md", "json"):
        assert ON_THE_HOST in files[f"inspection/hosts/station0.{form}"]
        assert ON_THE_HOST not in files[f"inspection/sites/clinic.{form}"]


@pytest.mark.parametrize(
    ("changed", "mentioned"), [({}, True), ({"direction": "ingress"}, False), ({"protocol": "udp"}, False), ({"tls": "none"}, False)]
)
def test_the_hosts_own_antivirus_is_named_where_it_could_decrypt(changed: dict[str, str], mentioned: bool) -> None:
    found = flows(a_plan(), "hosts/station0")["linksight.north.peer_grpc", "egress"]
    files = dict(Note("host", [{**found, **changed}]).files("station0", []))
    assert (ON_THE_HOST in files["inspection/hosts/station0.txt"]) == mentioned


def test_sites_have_their_own_hosts_and_partners_have_no_notes() -> None:
    assert {name.rpartition(".")[0] for name in rendered(a_plan())} == {"inspection/hosts/station0", "inspection/sites/clinic"}


def test_hosts_that_are_alike_have_notes_in_their_own_names() -> None:
    inventory: dict[str, dict[str, object]] = {
        name: {"connectivity_addresses": [address], "connectivity_memberships": [STATION], "connectivity_contact": "the *team*"}
        for name, address in {"a_1": "198.18.0.10", 'b"2': "198.18.0.12", "c  3": "198.18.0.14"}.items()
    }
    plan = compute_plan(inventory, Catalogue([]))
    assert len(plan.hosts) == 1
    files = rendered(plan)
    for name, text, cell in (("a_1", "a_1", r"a\_1"), ('b"2', 'b"2', 'b"2'), ("c  3", "c 3", "c 3")):
        data = json.loads(files[f"inspection/hosts/{name}.json"])
        host = {"name": name, "addresses": plan.index["hosts"][name]["addresses"], "contact": "the *team*"}
        assert (data["host"], data["hosts"]) == (name, [host])
        assert data["flows"]
        assert all(flow["hosts"] == [name] for flow in data["flows"])
        lines, table = (files[f"inspection/hosts/{name}.{form}"] for form in ("txt", "md"))
        assert lines.startswith(f"TLS inspection: what to leave alone of the host {text} (")
        assert lines.count(f"  to           {text}\n") + lines.count(f"  from         {text}\n") == len(data["flows"])
        assert table.startswith(f"# TLS inspection: what to leave alone of the host {cell} (")
        assert table.count(f"| to | {cell} |\n") + table.count(f"| from | {cell} |\n") == len(data["flows"])
        assert "\0" not in lines + table
        assert "\1" not in lines + table


def test_what_boxes_on_the_way_have_to_bear() -> None:
    lite = {"matrix": "kuscia", "federation": "k", "roles": ["autonomy"], "federation_scope": "any"}
    networks: dict[str, list[str]] = {"applications": [], "monitoring": []}
    text = rendered(a_plan(connectivity_memberships=[lite], connectivity_networks=networks))["inspection/sites/clinic.txt"]
    for wanted in ("1200 seconds", "HTTP/1.1 must pass", "no filter may look for words", "must not be collected", "2 megabytes"):
        assert wanted in text


def test_unknown_partners_are_not_called_known() -> None:
    flow = flows(a_plan(connectivity_memberships=[{**STATION, "federation_scope": "any"}]))["linksight.north.peer_http", "ingress"]
    assert flow["peers"]["anybody"]
    assert not any("exactly these partners" in line for line in flow["compensation"])


def test_a_proxy_on_the_way_must_not_decrypt_either() -> None:
    client = {"matrix": "./named.yml", "federation": "n", "roles": ["client"]}
    text = rendered(a_plan(connectivity_memberships=[client], connectivity_forward_proxy=PROXY))["inspection/hosts/station0.txt"]
    assert "goes through the forward proxy http://proxy.example.org:3128 by CONNECT: that proxy must not decrypt it either" in text
    assert "server name  service.example.org" in text


def test_a_host_with_nothing_to_leave_alone_says_so() -> None:
    note = rendered(a_plan(connectivity_memberships=[]))["inspection/hosts/station0.md"]
    assert NOTHING in note
    assert KEEP_AWAY not in note


def test_a_hosts_note_does_not_grow_with_its_federation_and_its_sites_does() -> None:
    few, many = rendered(a_plan(SPELT_OUT + 10)), rendered(a_plan(SPELT_OUT + 90))
    assert len(few["inspection/hosts/station0.json"]) == len(many["inspection/hosts/station0.json"])
    assert "198.18.0.110" in many["inspection/sites/clinic.txt"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp", "Cf", "Co", "Zs"]), min_size=1))
@settings(max_examples=30)
def test_a_contact_is_one_line_of_text_whatever_it_holds(contact: str) -> None:
    plain, given_ = rendered(a_plan(connectivity_contact="x")), rendered(a_plan(connectivity_contact=contact))
    for name, text in given_.items():
        assert text.count("\n") == plain[name].count("\n")
    table = next(line for line in given_["inspection/hosts/station0.md"].split("\n") if line.startswith("| station0"))
    assert table.replace("\\\\", "").replace("\\|", "").count("|") == 4


def test_a_note_tells_where_partners_connect_to_a_host_behind_a_front() -> None:
    station = {
        "connectivity_addresses": ["198.18.0.10"],
        "connectivity_site": "clinic",
        "connectivity_memberships": [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}],
        "connectivity_front": {
            "names": ["fl.example.org"],
            "ports": {8443: 10443},
            "sources": ["10.0.3.4/32"],
            "health_checks": ["10.0.4.0/28"],
        },
    }
    partner = {**station, "connectivity_addresses": ["198.18.0.11"], "connectivity_managed": False, "connectivity_front": {}}
    plan = compute_plan({"station": station, "partner": partner}, Catalogue([str(MATRICES)]))
    said = (
        "partners connect at fl.example.org to tcp 10443, with their own addresses; behind it they come from 10.0.3.4/32; "
        "health checks come from 10.0.4.0/28"
    )
    files = rendered(plan)
    assert f"  in front     {said}\n" in files["inspection/hosts/station.txt"]
    assert f"  in front     station: {said}\n" in files["inspection/sites/clinic.txt"]
    (front,) = flows(plan)["linksight.north.peer_http", "ingress"]["fronts"]
    assert front == {
        "host": "station",
        "names": ["fl.example.org"],
        "ports": ["10443"],
        "sources": ["10.0.3.4/32"],
        "health_checks": ["10.0.4.0/28"],
    }
    assert flows(plan, "hosts/station")["linksight.north.peer_http", "ingress"]["fronts"][0]["host"] == "station"
    assert "fronts" not in flows(plan)["linksight.north.peer_http", "egress"]
    without = compute_plan({"station": {**station, "connectivity_front": {}}, "partner": partner}, Catalogue([str(MATRICES)]))
    assert "in front" not in rendered(without)["inspection/hosts/station.txt"].replace("in front of these ports", "")
