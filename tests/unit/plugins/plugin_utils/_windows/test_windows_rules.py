# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of the plan as rules of Windows Firewall: the exact list for Linksight, and the same openings as on Linux."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPart
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.addresses import ANYBODY, merge
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.rules import (
    Inexpressible,
    Translation,
    WindowsRule,
    translate,
)
from ansible_collections.federated.connectivity.tests import openings
from ansible_collections.federated.connectivity.tests.openings import Opening, host, openings_on_linux, rule

STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}


def linksight(partners: int = 2, **more: t.Any) -> Plan:
    """The federation of one Windows data station of ours and some of partners."""
    hosts: dict[str, dict[str, object]] = {
        "station": {
            "connectivity_platform": "windows",
            "connectivity_memberships": [STATION],
            "connectivity_addresses": ["198.51.100.20", "2001:db8:1::20"],
            **more,
        }
    }
    for number in range(partners):
        addresses = [str(ipaddress.ip_address("2001:db8:2::1:0") + 2 * number)]
        addresses += [str(ipaddress.ip_address("203.0.113.1") + 2 * number)] if number < 100 else []
        hosts[f"partner{number}"] = {
            "connectivity_memberships": [STATION],
            "connectivity_managed": False,
            "connectivity_addresses": addresses,
        }
    return compute_plan(hosts, Catalogue())


def translated(plan: Plan, host: str = "station") -> Translation:
    return translate(HostPart.from_json(plan.host(host)), plan.index["address_sets"])


def test_linksight_gives_exactly_these_rules() -> None:
    stations = ("198.51.100.20", "203.0.113.1", "203.0.113.3", "2001:db8:1::20", "2001:db8:2::1:0", "2001:db8:2::1:2")
    assert translated(linksight()).rules == tuple(
        WindowsRule(
            f"federated.connectivity linksight.north.{flow}.{plan_direction}",
            direction,
            "tcp",
            (port,),
            stations,
            f"linksight.north.{flow}.{plan_direction}: {purpose}",
        )
        for flow, port, plan_direction, direction, purpose in (
            ("peer_grpc", "9090", "egress", "out", "Peer-to-peer connections over gRPC"),
            ("peer_grpc", "9090", "ingress", "in", "Peer-to-peer connections over gRPC"),
            ("peer_http", "8443", "egress", "out", "Peer-to-peer connections over HTTP"),
            ("peer_http", "8443", "ingress", "in", "Peer-to-peer connections over HTTP"),
        )
    )


def test_the_same_plan_gives_the_same_rules() -> None:
    assert translated(linksight()) == translated(linksight())


def test_five_hundred_partners_are_one_rule_for_each_flow_and_direction() -> None:
    few, many = translated(linksight(2)), translated(linksight(500))
    assert [rule.name for rule in many.rules] == [rule.name for rule in few.rules]
    assert {len(rule.addresses) for rule in many.rules} == {602}


def test_outbound_flows_to_names_are_left_to_windows() -> None:
    flows = ("registry", "services", "setup")
    assert translated(linksight()).unwritten == tuple(f"linksight.north.{flow}.egress" for flow in flows)


def test_rules_to_names_are_for_the_host_to_complete_where_egress_is_denied() -> None:
    translation = translated(linksight(connectivity_defaults={"egress": "deny"}))
    assert {rule.name.removeprefix("federated.connectivity "): (rule.addresses, rule.names, rule.ports) for rule in translation.named} == {
        f"linksight.north.{flow}.egress": ((), (f"{flow}.linksight.network",), ("443",)) for flow in ("registry", "services", "setup")
    }
    assert translation.unwritten == ()


def test_a_rule_to_everybody_needs_no_names() -> None:
    policy = host(rule(id="own.x.a.egress", direction="egress", peers={"address_sets": ["all"], "names": ["lab.example.org"]}))
    translation = translated_policy({**policy, "defaults": {"ingress": "unchanged", "egress": "deny"}}, {"all": ["0.0.0.0/0", "::/0"]})
    assert translation.named == ()
    assert translation.rules[0].addresses == ("any",)


def test_denied_egress_through_a_proxy_keeps_what_gives_the_host_its_address() -> None:
    proxy = {"http_proxy": "http://198.51.100.126:3128", "https_proxy": "http://198.51.100.126:3128"}
    networks = {"dns_servers": ["198.51.100.53"], "ntp_servers": ["198.51.100.123"]}
    plan = linksight(connectivity_defaults={"egress": "deny"}, connectivity_forward_proxy=proxy, connectivity_networks=networks)
    opened = {(rule.protocol, *rule.own_ports, *rule.ports, *rule.addresses) for rule in translated(plan).rules if rule.direction == "out"}
    assert {
        ("udp", "53", "198.51.100.53"),
        ("tcp", "53", "198.51.100.53"),
        ("udp", "123", "198.51.100.123"),
        ("tcp", "3128", "198.51.100.126"),
        ("udp", "68", "67", "any"),
        ("udp", "546", "547", "fe80::/10", "ff02::1:2"),
        ("icmpv6", "any"),
    } <= opened


def translated_policy(policy: dict[str, t.Any], address_sets: dict[str, list[str]]) -> Translation:
    return translate(HostPart.from_json(policy), address_sets)


def test_both_families_are_any_and_one_family_is_two_halves() -> None:
    def addresses(*cidrs: str) -> tuple[str, ...]:
        return translated_policy(host(rule()), {"partners": cidrs}).rules[0].addresses

    assert addresses("0.0.0.0/0", "::/0") == ("any",)
    assert addresses("0.0.0.0/0") == ("0.0.0.0/1", "128.0.0.0/1")
    assert addresses("198.51.100.7/32", "::/0") == ("198.51.100.7", "::/1", "8000::/1")


def test_no_peer_is_no_rule() -> None:
    translation = translated_policy(host(rule()), {"partners": []})
    assert (translation.rules, translation.closed) == ((), ("own.x.a.ingress",))
    (shut,) = translation.shut
    assert (shut.name, shut.direction, shut.ports, shut.addresses) == ("federated.connectivity own.x.a.ingress", "in", ("8443",), ())
    assert translated_policy(host(rule(direction="egress")), {"partners": []}).shut == ()


def test_a_role_that_keeps_containers_apart_is_refused() -> None:
    hosts = {
        "wall": {
            "connectivity_platform": "windows",
            "connectivity_memberships": [{"matrix": "network_wall", "federation": "north", "roles": ["workload"]}],
            "connectivity_addresses": ["198.51.100.20"],
            "connectivity_networks": {"management": ["198.51.100.128/28"]},
        },
        "gateway": {
            "connectivity_memberships": [{"matrix": "network_wall", "federation": "north", "roles": ["web_gateway"]}],
            "connectivity_addresses": ["198.51.100.30"],
            "connectivity_networks": {"management": ["198.51.100.128/28"]},
        },
    }
    with pytest.raises(PlanRefused, match=r"host wall: a role of this host \(workload of network_wall\) .*give this role to a Linux host"):
        compute_plan(hosts, Catalogue())


def test_ingress_from_a_name_is_refused() -> None:
    with pytest.raises(Inexpressible, match=r"own\.x\.a\.ingress names lab\.example\.org, .*name networks"):
        translated_policy(host(rule(peers={"address_sets": [], "names": ["lab.example.org"]})), {})


def test_rules_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(Inexpressible, match=r"own\.x\.a\.ingress and own\.X\.a\.ingress for one"):
        translated_policy(host(rule(), rule(id="own.X.a.ingress")), {"partners": ["198.51.100.7/32"]})


@given(st.text(max_size=60))
def test_a_description_is_one_line_without_what_windows_keeps_for_itself(purpose: str) -> None:
    description = translated_policy(host(rule(purpose=purpose)), {"partners": ["198.51.100.7/32"]}).rules[0].description
    assert description.startswith("own.x.a.ingress:")
    assert description.isprintable()
    assert "|" not in description


@given(
    openings.address_sets,
    openings.ports,
    st.sampled_from(["ingress", "egress"]),
    st.sampled_from(["tcp", "udp"]),
)
def test_windows_opens_what_nftables_opens(sets: list[list[str]], ports: list[str], direction: str, protocol: str) -> None:
    named = {f"set{number}": cidrs for number, cidrs in enumerate(sets)}
    one = rule(direction=direction, protocol=protocol, ports=ports, peers={"address_sets": list(named), "names": []})
    assert openings_on_windows(translated_policy(host(one), named)) == openings_on_linux({**host(one), "address_sets": named})


_DIRECTIONS = {"in": "ingress", "out": "egress"}


def openings_on_windows(translation: Translation) -> set[Opening]:
    """(direction, protocol, ports, networks) that the rules allow."""
    return {
        (_DIRECTIONS[one.direction], one.protocol, one.ports, ANYBODY if one.addresses == ("any",) else merge(one.addresses))
        for one in translation.rules
    }
