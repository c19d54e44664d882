# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Windows host tries to connect to: its partners, and nobody else."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import Peers, PlanRule
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.checks import connections, untried


def tried(cidrs: list[str], hosts: t.Collection[str] = (), **changes: t.Any) -> list[t.Any]:
    peers = {"address_sets": ["partners"], "names": []}
    rule = {"id": "own.x.a.egress", "direction": "egress", "protocol": "tcp", "ports": ["8443"], "peers": peers, **changes}
    return [entry["Peer"] for entry in connections([PlanRule.from_json(rule)], {"partners": cidrs}, ["198.51.100.20"], hosts)]


def test_partners_whose_addresses_were_merged_are_found() -> None:
    assert tried(["198.51.100.20/31", "2001:db8::/127"], {"198.51.100.20", "198.51.100.21", "2001:db8::1"}) == [
        ["198.51.100.21", "2001:db8::1"]
    ]


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0", "10.0.0.0/8", "2001:db8::/64", "198.51.100.20/32"])
def test_large_networks_and_the_host_itself_are_not_tried(cidr: str) -> None:
    assert tried([cidr], {"10.0.0.1", "2001:db8::1", "198.51.100.20"}) == []


@pytest.mark.parametrize("changes", [{"direction": "ingress"}, {"protocol": "udp"}, {"ports": ["8000-8010"]}])
def test_what_a_connection_does_not_show_is_not_tried(changes: dict[str, t.Any]) -> None:
    assert tried(["203.0.113.1/32"]) == [["203.0.113.1"]]
    assert tried(["203.0.113.1/32"], **changes) == []


def test_a_partner_in_two_sets_is_tried_once() -> None:
    assert tried(["203.0.113.1/32"], peers={"address_sets": ["partners", "partners"], "names": ["a.example.org"]}) == [
        ["a.example.org", "203.0.113.1"]
    ]


def test_what_is_not_tried_is_said_with_the_reason() -> None:
    rules = [
        PlanRule("a", "egress", "udp", ("53",), Peers(("one",))),
        PlanRule("b", "egress", "tcp", ("80", "2000-2010"), Peers(("one", "large"))),
        PlanRule("c", "egress", "tcp", ("80",), Peers(("one",))),
        PlanRule("d", "ingress", "udp", ("53",), Peers(("one",))),
    ]
    assert list(untried(rules, {"one": ["198.51.100.1/32"], "large": ["10.0.0.0/8"]})) == [
        {"Rule": ["a"], "Why": ["because it uses UDP"]},
        {"Rule": ["b"], "Why": ["the ports 2000-2010 and the networks 10.0.0.0/8"]},
    ]
