# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import pathlib
import typing as t
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.assertions import Reader, judge
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.checks import check
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.flows import check_flows
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.model import Networks, Result, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.overlaps import check_rules
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.report import files, lines, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused, Problems
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.connections import connections
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.decisions import Verdict
from ansible_collections.federated.connectivity.plugins.plugin_utils._explain.parties import find_party
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.tests.examples import EXAMPLES, host_variables

ROOT = pathlib.Path(__file__).parents[5]
MEMBERS = "x_north_member"
USERS = "network_users_0123abcd"
SETS = {
    MEMBERS: ["198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"],
    "one": ["198.51.100.1/32"],
    USERS: ["192.0.2.0/24"],
    "any": ["0.0.0.0/0", "::/0"],
    "wide": ["198.51.100.0/24"],
}


def rule(direction: str, *sets: str, flow: str = "peer", ports: t.Sequence[str] = ("8443",), **more: t.Any) -> dict[str, t.Any]:
    return {
        "id": f"x.north.{flow}.{direction}",
        "matrix": "x",
        "federation": "north",
        "flow": flow,
        "direction": direction,
        "protocol": "tcp",
        "ports": list(ports),
        "peers": {"address_sets": list(sets), "names": []},
        "closed_to_others": direction == "ingress",
        "necessity": "mandatory",
        **more,
    }


def networks(
    findings: t.Sequence[dict[str, t.Any]] = (), ingress: str = "unchanged", egress: str = "unchanged", **hosts: t.Any
) -> Networks:
    plans = {
        name: HostPlan.from_json(
            {
                "host": name,
                "managed": True,
                "addresses": [f"198.51.100.{number}"],
                "rules": rules,
                "defaults": {"ingress": ingress, "egress": egress},
            }
        )
        for number, (name, rules) in enumerate(hosts.items(), 1)
    }
    return Networks(Plan(SETS, plans, findings))


MESH = [rule("ingress", MEMBERS), rule("egress", MEMBERS)]


def judged(found: Networks, **assertion: t.Any) -> Result:
    problems = Problems(lambda value: None)
    (read,) = Reader(found).read({"assertions": [{"name": "demand", **assertion}]}, problems)
    problems.stop()
    return judge(read, found)


def refused(found: Networks, data: object) -> tuple[str, ...]:
    problems = Problems(lambda value: None)
    Reader(found).read(data, problems)
    with pytest.raises(PlanRefused) as error:
        problems.stop()
    return error.value.messages


def test_a_flow_that_both_ends_allow_passes() -> None:
    (result,) = check_flows(networks(alpha=MESH, beta=MESH, gamma=MESH))
    assert result == Result("mandatory flow", "x.north.peer", State.PASSED)


def test_a_responder_that_admits_others_only_is_named() -> None:
    (result,) = check_flows(networks(alpha=MESH, beta=MESH, gamma=[rule("ingress", "one"), rule("egress", MEMBERS)]))
    assert result.state is State.FAILED
    assert result.text == "from beta to gamma, tcp 8443: refused by gamma"


def test_an_initiator_that_lets_nothing_out_is_named() -> None:
    hosts = networks(egress="deny", alpha=MESH, beta=MESH[:1])
    (result,) = check_flows(hosts)
    assert result.text == "from beta to alpha, tcp 8443: refused by beta"


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.builds(
                rule,
                st.sampled_from(("ingress", "egress")),
                st.sampled_from((MEMBERS, "one", "wide")),
                ports=st.sampled_from((("1",), ("2",))),
            ),
            max_size=3,
        ),
        min_size=3,
        max_size=3,
    ),
    st.sampled_from(("unchanged", "deny")),
    st.sampled_from(("unchanged", "deny")),
)
def test_a_flow_fails_exactly_where_a_connection_that_an_end_needs_is_refused(rules: list[t.Any], ingress: str, egress: str) -> None:
    found = networks(ingress=ingress, egress=egress, alpha=rules[0], beta=rules[1], gamma=rules[2])
    expected = set()
    for (name, host), other in itertools.product(found.plan.hosts.items(), found.plan.hosts):
        for own in host.part.rules:
            has = found.sets.holds(own.peers.address_sets, found.plan.hosts[other].addresses[0])
            if other == name or not has:
                continue
            ends = (name, other) if own.direction == "egress" else (other, name)
            (one,) = connections(found.plan, found.sets, *(find_party(end, found.plan) for end in ends), "tcp", int(own.ports[0]))
            expected |= {f"from {ends[0]} to {ends[1]}"} if one.verdict is Verdict.REFUSED else set()
    results = list(check_flows(found))
    assert any(result.state is State.FAILED for result in results) == bool(expected)


def test_what_the_installation_alone_needs_may_be_left_out_at_one_end() -> None:
    install = {"phases": ["install"], "flow": "setup"}
    hosts = networks(egress="deny", alpha=[rule("ingress", MEMBERS, **install)], beta=[], gamma=[rule("egress", MEMBERS, **install)])
    (result,) = check_flows(hosts)
    assert result.state is State.PASSED


def test_a_rule_within_another_is_a_note_and_says_who_gets_in() -> None:
    found = list(check_rules(networks(ingress="deny", alpha=[rule("ingress", "one"), rule("ingress", "any", flow="wide")])))
    assert found == [
        Result(
            "rules",
            "x.north.peer",
            State.NOTE,
            "x.north.wide allows its ports and peers too (tcp 8443); so more hosts reach these ports than the flow needs (on alpha)",
        ),
        Result("default", "all hosts", State.PASSED),
    ]


def test_the_same_rule_twice_is_a_note_once() -> None:
    found = list(check_rules(networks(ingress="deny", alpha=[rule("ingress", "one"), rule("ingress", "one", flow="again")])))
    assert [one.text for one in found if one.text] == ["is the same rule as x.north.again: both need it, and one opens it (on alpha)"]


def test_ports_that_nobody_closes_are_a_note() -> None:
    assert [one.state for one in check_rules(networks(alpha=MESH))] == [State.PASSED, State.NOTE]


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        ({"from": "internet", "reaches_only": []}, "gamma, tcp 443: opened by x.north.web"),
        ({"from": "internet", "reaches_only": [{"to": "gamma", "ports": [443]}]}, ""),
        ({"from": "internet", "reaches_only": [{"to": "gamma", "ports": ["400-500"], "protocol": "tcp"}]}, ""),
        ({"from": "internet", "reaches_only": [{"to": "gamma", "protocol": "udp"}]}, "gamma, tcp 443: opened by x.north.web"),
        ({"from": "internet", "reaches_only": [{"to": "alpha"}]}, "gamma, tcp 443: opened by x.north.web"),
        ({"from": "users", "reaches_only": [{"to": "gamma"}]}, "alpha, tcp 8000: opened by x.north.frontend"),
        ({"from": "192.0.2.7", "reaches_only": [{"to": "gamma"}, {"to": "alpha", "ports": [8000]}]}, ""),
        ({"to": "alpha", "reached_only_by": ["users", "beta", "gamma"]}, ""),
        ({"to": "alpha", "reached_only_by": ["users", "beta"]}, "alpha, tcp 8443: x.north.peer admits also gamma"),
        ({"to": "alpha", "ports": [8000], "reached_only_by": ["users"]}, ""),
        (
            {"to": "alpha", "ports": [8000], "reached_only_by": ["192.0.2.0/25"]},
            "alpha, tcp 8000: x.north.frontend admits also 192.0.2.128/25",
        ),
        ({"from": "beta", "to": "alpha", "port": 8443, "expect": "allowed"}, ""),
        ({"from": "192.0.2.7", "to": "alpha", "port": 8443, "expect": "refused"}, ""),
        (
            {"from": "192.0.0.0/16", "to": "alpha", "port": 8000, "expect": "refused"},
            "from 192.0.0.0/16 to alpha, tcp 8000: the plan allows it",
        ),
        ({"to": "198.51.100.0/24", "ports": [8000], "reached_only_by": []}, "alpha, tcp 8000: x.north.frontend admits also 192.0.2.0/24"),
        ({"to": "gamma", "ports": [443], "reached_only_by": ["any"]}, ""),
        ({"from": "192.0.2.7", "to": "alpha", "port": 8443, "expect": "allowed"}, "from 192.0.2.7 to alpha, tcp 8443: the plan refuses it"),
        (
            {"from": "192.0.2.7", "to": "alpha", "port": 9, "expect": "refused"},
            "from 192.0.2.7 to alpha, tcp 9: no rule is about it and no default refuses it, so the plan leaves it open",
        ),
        ({"no_finding": "uncertain-flow"}, ""),
        (
            {"no_finding": "anybody-admitted"},
            "host gamma: anybody-admitted: x.north.web: anybody may connect (accepted: a public site)",
        ),
    ],
)
def test_assertions(assertion: dict[str, t.Any], why: str) -> None:
    finding = {
        "id": "anybody-admitted",
        "about": "x.north.web",
        "hosts": ["gamma"],
        "text": "anybody may connect",
        "accepted": "a public site",
    }
    found = networks(
        [finding],
        alpha=[*MESH, rule("ingress", USERS, flow="frontend", ports=("8000",))],
        beta=MESH,
        gamma=[*MESH, rule("ingress", "any", flow="web", ports=("443",))],
    )
    result = judged(found, **assertion)
    assert (result.state, result.text) == (State.FAILED if why else State.PASSED, why)


def test_all_errors_of_a_file_are_told_at_once() -> None:
    found = networks(alpha=MESH, beta=MESH)
    messages = refused(
        found,
        {
            "assertions": [
                {"name": "a", "from": "alpa", "to": "beta", "port": 99999, "expect": "perhaps"},
                {"nam": "b", "reaches_only": []},
                {"name": "c", "to": "alpha", "reached_only_by": ["alpha"], "ports": ["80-"], "port": 5},
                {"name": "e", "from": "alpha", "to": "beta", "protocol": "esp", "port": 4, "expect": "allowed"},
                {"name": "f", "from": "alpha", "to": "beta", "protocol": "icmp", "port": "ping", "expect": "allowed"},
                {"name": "d", "expect": "allowed", "reaches_only": []},
            ]
        },
    )
    text = "\n".join(messages)
    for words in (
        "assertions[0].from: 'alpa' is not a host of the plan, an address, a network, an address set, or a host name (did you mean alpha?)",
        "assertions[0].port: must be a port, 1 to 65535, not 99999",
        "assertions[0].expect: unknown expectation 'perhaps'; an assertion has allowed, refused",
        "assertions[1]: unknown key 'nam'",
        "assertions[1]: name is missing",
        "assertions[1]: from is missing beside reaches_only",
        "assertions[2].port: has no meaning beside reached_only_by",
        "assertions[2].ports[0]: '80-' is not a valid port or range of ports",
        "assertions[3].port: esp has no ports; leave the port out",
        "assertions[4].port: must be a number from 0 to 255, not 'ping'",
        "assertions[5]: must have exactly one of expect, reaches_only, reached_only_by, no_finding",
    ):
        assert words in text
    for kind, words in (
        ({"to": "203.0.113.0/24", "reached_only_by": []}, "is not a host of the plan and has none in it, so this could never fail"),
        ({"from": "nobody.example.org", "reaches_only": []}, "the plan has no address of nobody.example.org, so this could never fail"),
        ({"from": "alpha", "reaches_only": [{"to": "beta", "ports": []}]}, "an empty list of ports means nothing"),
    ):
        assert words in refused(found, {"assertions": [{"name": "e", **kind}]})[0]
    assert refused(found, ["x"]) == ("assertions: must be a mapping, not a list",)
    assert refused(found, {"assertions": {}})[0].startswith("assertions: must be a list")


def test_results_are_lines_and_junit() -> None:
    found = networks(alpha=MESH, beta=[rule("ingress", "one"), rule("egress", MEMBERS)], gamma=MESH)
    results = check(found, ())
    assert lines(results)[0] == "failed mandatory flow: x.north.peer: from gamma to beta, tcp 8443: refused by beta"
    assert summary(results) == "3 checks: 1 passed, 1 with a note, 1 failed"
    texts = dict(files([*results, Result("assertion", "bell\x07 and <tag>", State.FAILED, "a\x00b")]))
    top = ElementTree.fromstring(texts["check.xml"])
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in top] == [
        ("mandatory flow", "1", "1"),
        ("rules", "1", "0"),
        ("default", "1", "0"),
        ("assertion", "1", "1"),
    ]


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_the_examples_have_no_failing_flow(inventory: str, tmp_path: pathlib.Path) -> None:
    """Each example's plan is consistent at both ends, as one that is computed from one matrix has to be."""
    plan = compute_plan(host_variables(inventory), Catalogue([str(ROOT / "inventories" / inventory)]))
    write_plan(plan, tmp_path)
    results = list(check_flows(Networks(read_plan(tmp_path))))
    assert [result for result in results if result.state is not State.PASSED] == []
