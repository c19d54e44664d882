# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of hosts say what their files say, with the notes and known problems of the systems; hosts that are alike share them."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.computed import ComputedPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.host_pages import host_pages
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import PlanUnreadable, read_contacts
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.traps import (
    flows_of,
    matrix_and_flow,
    read_traps,
    traps_of,
    traps_of_flow,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

PROXY = {"http_proxy": "http://192.0.2.1:3128", "https_proxy": "http://192.0.2.1:3128"}


def planned(hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> ComputedPlan:
    return compute_plan(hosts, Catalogue())


def member(number: int, matrix: str, *roles: str, **more: t.Any) -> dict[str, t.Any]:
    membership = {"matrix": matrix, "federation": "north.west", "roles": list(roles)}
    return {"connectivity_addresses": [f"198.51.100.{number}"], "connectivity_memberships": [membership], **more}


def test_a_page_has_every_rule_and_listener_the_notes_and_the_known_problems() -> None:
    plan = planned({"node": member(1, "fedbiomed", "node", "gui"), "researcher": member(2, "fedbiomed", "researcher")})
    page = dict(host_pages(plan))["hosts/node.md"]
    lines = page.splitlines()
    assert lines[0] == "# node"
    assert "- addresses: 198.51.100.1" in lines
    assert "- Fed-BioMed: federation `north.west`, node roles `gui`, `node`" in lines
    (rule,) = [line for line in lines if line.startswith("| `fedbiomed.north.west.grpc`")]
    assert "| outgoing | `fedbiomed_north.west_researcher` | tcp `50051` |" in rule
    assert "| `fedbiomed.north.west.node_gui` | tcp `8484` |" in lines
    assert any(line.startswith("- `fedbiomed: grpc`: The node tries the port") for line in lines)
    assert any(line.startswith("- Fed-BioMed: ") and "is accepted without a word" in line for line in lines)


@pytest.mark.parametrize(
    ("defaults", "words"),
    [({}, "nobody knows which one of the range it is"), ({"ingress": "deny"}, "closed because this host refuses incoming connections")],
)
def test_a_page_says_what_becomes_of_a_port_that_is_chosen_at_run_time(defaults: dict[str, str], words: str) -> None:
    networks = {"connectivity_networks": {"management": ["203.0.113.0/24"]}}
    client = member(1, "coinstac", "client", connectivity_defaults=defaults, **networks)
    page = dict(host_pages(planned({"client": client, "remote": member(2, "coinstac", "remote")})))["hosts/client.md"]
    assert "| `coinstac.north.west.container_docker` | tcp `8000-49151` (one or more, chosen at run time) |" in page.splitlines()
    assert "| `coinstac.north.west.client_server` | tcp `3500` |" in page.splitlines()
    assert words in page


def test_a_page_says_which_connections_devices_on_the_way_leave_alone() -> None:
    station = member(1, "linksight", "data_station")
    lines = dict(host_pages(planned({"a": station, "b": member(2, "linksight", "data_station")})))["hosts/a.md"].splitlines()
    start = lines.index("## For those who run devices on the way")
    assert "idle timeouts on the way must not cut it" in lines[start + 2]
    assert "end, split or rewrite" in lines[start + 2]
    assert lines[start + 4 : start + 6] == ["- `linksight: peer_grpc`", "- `linksight: peer_http`"]
    assert (
        "devices on the way"
        not in dict(host_pages(planned({"n": {"connectivity_addresses": ["192.0.2.1"], "connectivity_memberships": []}})))["hosts/n.md"]
    )


def test_a_problem_of_flows_that_the_host_does_not_have_is_not_on_its_page() -> None:
    plan = planned({"node": member(1, "fedbiomed", "node"), "researcher": member(2, "fedbiomed", "researcher")})
    assert "WireGuard is UDP" not in dict(host_pages(plan))["hosts/node.md"]
    for _hosts, part in plan.hosts:
        own = set(flows_of(part))
        assert all(not trap.flows or own & {(name, flow) for flow in trap.flows} for name, trap in traps_of(part, plan.matrices))


def test_flows_behind_a_forward_proxy_have_their_notes_and_problems_too() -> None:
    hosts = {
        "station": member(1, "linksight", "data_station", connectivity_forward_proxy=PROXY),
        "partner": member(2, "linksight", "data_station", connectivity_managed=False),
    }
    page = dict(host_pages(planned(hosts)))["hosts/station.md"]
    assert "- `linksight: registry`: Needed at run time too" in page
    assert "Docker Desktop ignores the proxies in daemon.json" in page


def test_a_partner_s_page_says_whose_it_is_and_a_host_without_rules_that_it_has_none() -> None:
    hosts = {
        "station": member(1, "linksight", "data_station"),
        "partner": member(2, "linksight", "data_station", connectivity_managed=False),
        "idle": {"connectivity_addresses": ["198.51.100.3"], "connectivity_memberships": []},
    }
    pages = dict(host_pages(planned(hosts)))
    assert "- this host belongs to a partner, who configures it" in pages["hosts/partner.md"]
    assert "- this host is ours to configure" in pages["hosts/idle.md"]
    assert "This host has no rules." in pages["hosts/idle.md"]


def test_a_rule_of_an_exception_shows_its_last_day() -> None:
    host = member(1, "linksight", "data_station")
    host["connectivity_memberships"][0].update(federation_scope="any", federation_scope_until="2031-03-31")
    page = dict(host_pages(planned({"a": host})))["hosts/a.md"]
    assert "| `linksight.north.west.peer_http`, until 2031-03-31 | incoming | anybody |" in page


def test_hosts_that_are_alike_differ_in_name_and_addresses_alone() -> None:
    plan = planned({f"station{number}": member(number, "linksight", "data_station") for number in range(1, 9)})
    assert len(plan.hosts) == 1
    pages = dict(host_pages(plan))
    same = {page.replace(name[6:-3], "X").replace(f"198.51.100.{name[13:-3]}", "A") for name, page in pages.items()}
    assert (len(pages), len(same)) == (8, 1)


def test_a_name_that_markdown_would_act_upon_stays_text() -> None:
    page = dict(host_pages(planned({"*a*": member(1, "linksight", "data_station"), "b": member(2, "linksight", "data_station")})))[
        "hosts/*a*.md"
    ]
    assert page.startswith("# \\*a\\*\n")


def test_pages_of_earlier_plans_go_and_those_of_others_stay(tmp_path: pathlib.Path) -> None:
    stations = {name: member(number, "linksight", "data_station") for number, name in enumerate("abc", 1)}
    write_plan(planned(stations), tmp_path)
    (tmp_path / "hosts" / "notes.md").write_text("# ours\n", encoding="utf-8")
    changed = write_plan(planned({name: stations[name] for name in "ab"}), tmp_path).changed
    assert "hosts/c.md" in changed
    assert sorted(path.name for path in (tmp_path / "hosts").glob("*.md")) == ["a.md", "b.md", "notes.md"]


def test_known_problems_and_contacts_are_read_back(tmp_path: pathlib.Path) -> None:
    hosts = {"a": member(1, "shrine", "hub", connectivity_contact="noc@example.org"), "b": member(2, "shrine", "downstream_site")}
    users = {"connectivity_networks": {"users": ["203.0.113.0/24"]}}
    plan = planned({name: {**host, **users} for name, host in hosts.items()})
    write_plan(plan, tmp_path)
    traps = read_traps(tmp_path)
    assert traps == {name: matrix.traps for name, matrix in sorted(plan.matrices.items()) if matrix.traps}
    assert any("idle timeout" in trap for trap in traps_of_flow(traps, "shrine.north.west.hub"))
    assert list(traps_of_flow(traps, "shrine.north.west.i2b2")) == []
    assert read_contacts(tmp_path) == {"a": "noc@example.org"}
    (tmp_path / "traps.json").unlink()
    assert read_traps(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting property name"),
        ("{}", "traps is missing"),
        (json.dumps({"traps": {"shrine": [{"trap": 7, "flows": []}]}}), r"traps\.shrine\[0\]\.trap: must be a string, not 7"),
        (json.dumps({"traps": {"shrine": [{"flows": []}]}}), r"traps\.shrine\[0\]\.trap is missing"),
        (json.dumps({"traps": {"shrine": [{"trap": "x\x1b", "flows": []}]}}), ".* which cannot be seen"),
    ],
)
def test_a_damaged_file_of_known_problems_is_named(tmp_path: pathlib.Path, content: str, why: str) -> None:
    (tmp_path / "traps.json").write_text(content, encoding="utf-8")
    with pytest.raises(PlanUnreadable, match=rf"traps\.json: {why}"):
        read_traps(tmp_path)


def test_labels_are_read_with_any_federation() -> None:
    assert matrix_and_flow("shrine.north.west.hub") == ("shrine", "hub")
