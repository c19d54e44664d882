# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers, checks and verification of flows whose protocol has no ports."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.assertions import Reader, judge
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.flows import check_flows
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.model import Networks, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.overlaps import check_rules
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import Problems
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.answer import Answer, Known, answer
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import NotUnderstood, Question, read_port
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import choose
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.observations import Observation
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import judge as verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import nothing_tried

KINDS: dict[str, dict[str, t.Any]] = {
    "esp": {"protocol": "esp", "ports": []},
    "ping": {"protocol": "icmp", "ports": [], "types": ["echo-request"]},
    "signals": {"protocol": "sctp", "ports": ["2905"]},
}


def rule(flow: str, direction: str, /, **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": f"net.f.{flow}.{direction}",
        "matrix": "net",
        "federation": "f",
        "flow": flow,
        "direction": direction,
        "peers": {"address_sets": ["members"], "names": []},
        "necessity": "mandatory",
        **KINDS[flow],
        **more,
    }


def plan(**hosts: t.Sequence[dict[str, t.Any]]) -> Plan:
    """Hosts that deny what no rule allows; a and b are members, c is not."""
    found = {
        name: HostPlan.from_json(
            {
                "host": name,
                "managed": True,
                "rules": list(rules),
                "defaults": {"ingress": "deny", "egress": "deny"},
                "addresses": [f"198.51.100.{number}", f"2001:db8::{number}"],
            }
        )
        for number, (name, rules) in enumerate(hosts.items(), 1)
    }
    return Plan({"members": ["198.51.100.1/32", "198.51.100.2/32", "2001:db8::1/128", "2001:db8::2/128"]}, found)


BOTH = [rule(flow, direction) for flow in KINDS for direction in ("ingress", "egress")]
NET = plan(a=BOTH, b=BOTH, c=[])


def asked(initiator: str, responder: str, protocol: str, port: int | None = None) -> Answer:
    return answer(Question(initiator, responder, protocol, port), Known(NET, {}, lambda host, address: None))


@pytest.mark.parametrize(
    ("initiator", "protocol", "port", "expected"),
    [
        ("a", "esp", None, "allowed"),
        ("a", "ah", None, "refused"),
        ("c", "esp", None, "refused"),
        ("a", "icmp", 8, "allowed"),
        ("a", "icmp", 13, "refused"),
        ("a", "icmpv6", 128, "refused"),
        ("a", "sctp", 2905, "allowed"),
        ("a", "sctp", 2906, "refused"),
    ],
)
def test_why_decides_by_protocol_and_type(initiator: str, protocol: str, port: int | None, expected: str) -> None:
    assert asked(initiator, "b", protocol, port).verdict == expected


def test_answers_name_the_protocol_alone_or_its_type() -> None:
    assert asked("a", "b", "esp").summary.endswith("a to b, esp; rules shown: 1")
    assert asked("a", "b", "icmp", 8).summary.endswith("a to b, icmp echo-request; rules shown: 1")
    listed = asked("a", "b", "tcp")
    assert [line.partition(": net")[0] for line in listed.lines[:3]] == [
        "yes: a -> b, sctp 2905",
        "yes: a -> b, esp",
        "yes: a -> b, icmp echo-request",
    ]
    assert any("esp, from members" in line for line in asked("", "b", "tcp").lines)


def test_lists_are_narrowed_by_a_protocol() -> None:
    found = asked("a", "b", "icmp")
    assert [line for line in found.lines if line.startswith("yes")] == ["yes: a -> b, icmp echo-request: net.f.ping"]
    assert found.summary == "a to b: 1 icmp connection by rules: 1 flows"
    assert asked("a", "b", "udp").lines[0] == "the plan allows no udp connection from a to b"
    assert {one["protocol"] for one in asked("", "b", "sctp").connections} == {"sctp"}
    assert asked("", "b", "udp").lines[0] == "no rule of the plan is about udp connections to b"


def test_a_ping_of_one_family_needs_addresses_of_it() -> None:
    found = asked("2001:db8::1", "198.51.100.2", "icmp", 8)
    assert found.verdict == "unknown"


def test_checks_look_at_both_ends_of_flows_without_ports() -> None:
    assert {result.state for result in check_flows(Networks(NET))} == {State.PASSED}
    one_sided = plan(a=BOTH, b=[rule("ping", "ingress"), rule("signals", "ingress")], c=[])
    failed = {result.about: result.text for result in check_flows(Networks(one_sided)) if result.state is State.FAILED}
    assert failed["net.f.esp"] == "from b to a, esp: refused by b; from a to b, esp: refused by b"
    assert "icmp echo-request" in failed["net.f.ping"]


def test_only_the_same_types_make_a_rule_needless() -> None:
    wider = rule("ping", "ingress", types=["echo-request", "timestamp-request"], flow="more", id="net.f.more.ingress")
    notes = [result.text for result in check_rules(Networks(plan(a=[rule("ping", "ingress"), wider], b=[]))) if result.state is State.NOTE]
    assert any("net.f.more allows its ports and peers too (icmp echo-request)" in text for text in notes)
    other = rule("ping", "ingress", types=["timestamp-request"], flow="more", id="net.f.more.ingress")
    notes = [result.text for result in check_rules(Networks(plan(a=[rule("ping", "ingress"), other], b=[]))) if result.state is State.NOTE]
    assert not any("net.f.more" in text for text in notes)


@pytest.mark.parametrize(
    ("assertion", "state"),
    [
        ({"from": "a", "to": "b", "protocol": "esp", "expect": "allowed"}, State.PASSED),
        ({"from": "a", "to": "c", "protocol": "esp", "expect": "allowed"}, State.FAILED),
        ({"from": "a", "to": "b", "protocol": "icmp", "port": 13, "expect": "refused"}, State.PASSED),
        ({"from": "a", "to": "b", "protocol": "icmp", "port": 0, "expect": "refused"}, State.PASSED),
        ({"from": "a", "to": "b", "protocol": "icmp", "port": "echo-reply", "expect": "allowed"}, State.FAILED),
        ({"from": "a", "to": "b", "protocol": "icmp", "port": "echo-request", "expect": "allowed"}, State.PASSED),
        ({"from": "a", "reaches_only": [{"to": "b", "ports": [2905]}]}, State.FAILED),
        ({"from": "a", "reaches_only": [{"to": "b"}]}, State.PASSED),
        ({"to": "b", "reached_only_by": ["a"]}, State.PASSED),
        ({"to": "b", "reached_only_by": ["c"]}, State.FAILED),
    ],
)
def test_assertions_hold_flows_without_ports(assertion: dict[str, t.Any], state: State) -> None:
    problems = Problems(lambda value: None)
    networks = Networks(NET)
    (read,) = Reader(networks).read({"assertions": [{"name": "demand", **assertion}]}, problems)
    problems.stop()
    assert judge(read, networks).state is state


def test_verification_says_what_it_does_not_try_and_such_a_run_proves_nothing() -> None:
    choices = choose(NET, ["a", "b"], {}, 5)
    assert all(not choice.listen and not choice.proofs for choice in choices.values())
    said = {(entry.connection, entry.why) for entry in choices["a"].untried}
    assert ("a -> members esp", "verification does not try esp, only tcp and udp") in said
    assert ("members -> a icmp echo-request", "verification does not try icmp, only tcp and udp") in said
    assert len(choices["a"].untried) == len(BOTH)
    observations = {name: Observation(probed={"outcomes": []}) for name in choices}
    findings = nothing_tried(verdict(choices, observations, AddressSetIndex({})), choices, observations)
    assert [found[-1].state for found in findings.values()] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("443", "tcp", 443),
        ("65535", "sctp", 65535),
        ("8", "icmp", 8),
        ("0", "icmp", 0),
        ("echo-reply", "icmp", 0),
        ("echo-request", "icmp", 8),
        ("echo-request", "icmpv6", 128),
        ("255", "icmpv6", 255),
    ],
)
def test_a_port_is_a_number_and_a_type_of_icmp_a_number_or_a_name(text: str, protocol: str, expected: int) -> None:
    assert read_port(text, protocol) == expected


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("0", "tcp", "port 0 is not a valid port; give a number from 1 to 65535"),
        ("65536", "udp", "port 65536 is not a valid port; give a number from 1 to 65535"),
        ("https", "tcp", "port https is not a valid port; give a number from 1 to 65535"),
        ("\u0663", "tcp", "port \u0663 is not a valid port; give a number from 1 to 65535"),
        ("-1", "sctp", "port -1 is not a valid port; give a number from 1 to 65535"),
        ("256", "icmp", "port 256 is not a valid type of icmp; give its number from 0 to 255, or one of echo-reply, "),
        (
            "packet-too-big",
            "icmp",
            "port packet-too-big is not a valid type of icmp; give its number",
        ),
        ("8", "esp", "esp has no ports; leave the port out"),
    ],
)
def test_what_is_neither_is_refused_in_words(text: str, protocol: str, expected: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_port(text, protocol)
    assert str(refused.value).startswith(expected)
