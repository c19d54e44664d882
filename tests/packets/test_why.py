# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers about a plan say of a connection is what its packets meet, on a sample of drawn policies."""

from __future__ import annotations

import typing as t

from firewall_host import Network
from hypothesis import Phase, given, settings
from suites import suites
from test_differential import GRID, policies, settle
from volley import arrivals

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.connections import connections
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.decisions import Verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import find_party
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan

POLICIES = 4


@suites("bookworm")
def test_packets_arrive_where_the_answer_does_not_refuse_them(net: Network, suite: str) -> None:
    host, neighbour = net.host, net.partner
    settle(net)
    answers: list[Verdict] = []

    @settings(max_examples=POLICIES, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(declared=policies)
    def agree(declared: dict[str, t.Any]) -> None:
        host.apply(declared)
        addresses = (net.host.ipv4, net.host.ipv6)
        plan = Plan(declared["address_sets"], {"host": HostPlan.from_json({**declared, "managed": True, "addresses": addresses})})
        sets, own = AddressSetIndex(plan.address_sets), find_party("host", plan)
        said = {}
        for packet in GRID:
            peer = find_party(packet.peer, plan)
            ends = (peer, own) if packet.direction == "ingress" else (own, peer)
            (found,) = connections(plan, sets, *ends, packet.protocol, packet.port)
            said[packet] = found.verdict
        answers.extend(said.values())
        expected = {packet for packet, verdict in said.items() if verdict is not Verdict.REFUSED}
        assert arrivals(host, neighbour, GRID, expected) == expected

    agree()
    assert {Verdict.ALLOWED, Verdict.REFUSED, Verdict.UNRESTRICTED} <= set(answers)
