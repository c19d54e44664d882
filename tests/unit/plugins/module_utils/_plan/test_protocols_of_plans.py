# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which protocol has ports, types or neither, and what does not go together."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan import protocols
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import Peers, PlanRule
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import PROTOCOLS

any_protocol = st.sampled_from(PROTOCOLS)
some_ports = st.lists(st.sampled_from(["22", "443", "8000-8010"]), max_size=2, unique=True).map(tuple)
some_types = st.lists(st.sampled_from(["echo-request", "8", "42", "256", "-1", "08", "none"]), max_size=2, unique=True).map(tuple)


def test_each_protocol_is_of_one_kind() -> None:
    kinds = (protocols.WITH_PORTS, protocols.WITHOUT_PORTS, protocols.WITH_TYPES)
    assert sorted(protocol for kind in kinds for protocol in kind) == sorted(PROTOCOLS) == sorted(protocols.NUMBERS)


@hypothesis.given(any_protocol, some_ports, some_types)
def test_what_has_no_faults_says_what_it_is_about_and_nothing_more(protocol: str, ports: tuple[str, ...], types: tuple[str, ...]) -> None:
    found = list(protocols.faults(protocol, ports, types))
    if protocol in protocols.WITH_PORTS:
        fits = bool(ports) and not types
    elif protocol in protocols.WITHOUT_PORTS:
        fits = not ports and not types
    else:
        fits = not ports and bool(types) and all(protocols.type_number(protocol, text) is not None for text in types)
    assert (found == []) is fits
    if fits:
        samples = protocols.samples(protocol, ports, types)
        assert samples
        assert all(protocols.concerns(protocol, ports, types, number) for number in samples)
        assert protocols.concerns(protocol, ports, types, 77) is (protocol in protocols.WITHOUT_PORTS)


@pytest.mark.parametrize(
    ("protocol", "types", "names"),
    [
        ("icmp", ("8", "echo-request", "42", "13"), ("echo-request", "timestamp-request", "42")),
        ("icmpv6", ("128", "2"), ("packet-too-big", "echo-request")),
        ("icmp", ("256", "08", "packet-too-big"), ()),
    ],
)
def test_types_have_one_name_in_the_order_of_their_numbers(protocol: str, types: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert protocols.type_names(protocol, types) == names


def test_what_a_link_does_not_work_without_is_never_closed() -> None:
    assert protocols.closable("icmpv6", ("packet-too-big", "echo-request", "nd-neighbor-solicit", "130")) == ("echo-request",)
    assert protocols.closable("icmp", ("destination-unreachable", "11", "12")) == ()


def test_a_rule_writes_types_only_where_it_has_some() -> None:
    ping = PlanRule("a.b.ping.ingress", "ingress", "icmp", (), Peers(("c",)), types=("echo-request",), closed_to_others=True)
    assert ping.to_json()["types"] == ["echo-request"]
    assert PlanRule.from_json(ping.to_json()) == ping
    assert ping.traffic == "icmp echo-request"
    tunnel = ping._replace(protocol="esp", types=())
    assert "types" not in tunnel.to_json()
    assert (tunnel.traffic, tunnel.to_json()["ports"]) == ("esp", [])
    assert [ping.concerns("icmp", 8), ping.concerns("icmp", 0), tunnel.concerns("esp", 0), tunnel.concerns("ah", 0)] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(("others", "ours"), [("50", "esp"), ("ipv6-icmp", "icmpv6"), ("6", "tcp"), ("esp", "esp"), ("112", "112")])
def test_others_name_protocols_by_number_or_another_name(others: str, ours: str) -> None:
    assert protocols.known_as(others) == ours
