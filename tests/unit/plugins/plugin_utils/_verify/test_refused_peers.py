# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refused peer is named with what the inventory would need; a host's answer about anything else is not usable."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.shapes import Unusable
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.results import judge_answer
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.refused_peers import (
    lines,
    listeners_of,
    not_asked,
    told_of_windows,
)

OWN = """
matrix: own
title: Own
description: A system of our own.
roles: {a: {description: x}}
networks: {n: {description: x}}
flows:
  f:
    purpose: x
    initiator: {network: n}
    responder: {roles: [a]}
    protocol: udp
    ports: [7000]
    application: x
    tls: none
    necessity: mandatory
    phases: [run]
    proxy: forbidden
    inspection: unknown
    exposure: site
"""


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> Plan:
    (tmp_path / "own.yml").write_text(OWN)
    station = {"matrix": "linksight", "federation": "north", "roles": ["data_station", "analysis_hub"]}
    hosts: dict[str, dict[str, t.Any]] = {
        "a": {
            "connectivity_addresses": ["198.51.100.1"],
            "connectivity_memberships": [station, {"matrix": "./own.yml", "federation": "f", "roles": ["a"]}],
            "connectivity_networks": {"users": ["203.0.113.0/24"], "n": ["203.0.113.0/28"]},
            "connectivity_log_refused": True,
        },
        "b": {
            "connectivity_addresses": ["198.51.100.2"],
            "connectivity_memberships": [{**station, "roles": ["data_station"]}],
            "connectivity_managed": False,
            "connectivity_log_refused": True,
        },
        "c": {"connectivity_addresses": ["198.51.100.3"], "connectivity_memberships": [{**station, "roles": ["data_station"]}]},
    }
    write_plan(compute_plan(hosts, Catalogue([str(tmp_path)])), tmp_path / "plan")
    return read_plan(tmp_path / "plan")


def answer(*refused: tuple[str, str], missing: t.Sequence[str] = ()) -> dict[str, t.Any]:
    found = {"refused": [{"rule": rule, "address": address} for rule, address in refused], "missing": list(missing)}
    return judge_answer("refused_info", found).content


def test_only_managed_hosts_that_log_have_listeners_here(plan: Plan) -> None:
    assert sorted(rule.rpartition(".")[0] for rule in listeners_of(plan.hosts["a"])) == [
        "linksight.north.hub_api",
        "linksight.north.hub_frontend",
        "linksight.north.peer_grpc",
        "linksight.north.peer_http",
        "own.f.f",
    ]
    assert [listeners_of(plan.hosts[name]) for name in ("b", "c")] == [{}, {}]


def test_a_line_says_what_would_admit_the_peer(plan: Plan) -> None:
    found = answer(
        ("linksight.north.peer_http.ingress", "203.0.113.9"),
        ("linksight.north.hub_api.ingress", "2001:db8::9"),
        ("own.f.f.ingress", "192.0.2.7"),
        ("linksight.north.peer_http.ingress", "198.51.100.3"),
        missing=["linksight.north.peer_grpc.ingress"],
    )
    assert lines("a", found, listeners_of(plan.hosts["a"]), {name: host.addresses for name, host in plan.hosts.items()}) == [
        (
            "203.0.113.9 was refused at tcp 8443 (linksight.north.peer_http.ingress). To admit it, add a host with "
            "connectivity_addresses: [203.0.113.9], connectivity_managed: false and "
            "connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]"
        ),
        (
            "2001:db8::9 was refused at tcp 8080 (linksight.north.hub_api.ingress). To admit it, "
            "add 2001:db8::9 to connectivity_networks.users of a"
        ),
        "192.0.2.7 was refused at udp 7000 (own.f.f.ingress). To admit it, add 192.0.2.7 to connectivity_networks.n of a",
        (
            "198.51.100.3 (host c) was refused at tcp 8443 (linksight.north.peer_http.ingress). To admit it, "
            "give host c the membership {matrix: linksight, federation: north, roles: [data_station]}"
        ),
        "linksight.north.peer_grpc.ingress: the host does not record refused peers here yet; run federated.connectivity.site",
    ]


def test_an_answer_about_other_rules_is_not_usable(plan: Plan) -> None:
    listeners = listeners_of(plan.hosts["a"])
    assert not not_asked(answer(("own.f.f.ingress", "192.0.2.7")), listeners)
    assert not_asked(answer(missing=["\x1b[2J"]), listeners) == "it names the rule \\x1b[2J, which it was not asked about"


@pytest.mark.parametrize("address", ["not an address", "\x1b[2J", "192.0.2.7; rm", "", 7])
def test_an_address_that_is_none_is_not_usable(address: object) -> None:
    with pytest.raises(Unusable, match="address"):
        judge_answer("refused_info", {"refused": [{"rule": "r", "address": address}], "missing": []})


def test_a_host_with_windows_that_is_managed_is_named_as_one_that_cannot_be_asked(plan: Plan) -> None:
    linux = plan.hosts["a"]
    windows = linux._replace(part=linux.part._replace(platform="windows"))
    (line,) = told_of_windows("a", windows)
    assert line.startswith("a has Windows, whose firewall does not record refused peers by port")
    partner = windows._replace(part=windows.part._replace(managed=False))
    assert [told_of_windows("a", host) for host in (linux, partner, None)] == [[], [], []]
