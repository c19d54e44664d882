# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that take connections out of tracking are named exactly where a denied default would refuse the answers of planned flows."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.saved import parse
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.kernel import Kernel
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.listing import Listing
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.untracked import of_iptables, of_nftables, warnings
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy, Rule
from ansible_collections.federated.connectivity.tests.strangers import PORTS, strange, texts, values

RULES = (
    Rule("dns out", EGRESS, "udp", ("53",), (), HOST, False),
    Rule("dns in", INGRESS, "udp", ("53",), (), HOST, True),
    Rule("http in", INGRESS, "tcp", ("8443",), (), HOST, True),
)


def concerned(found: t.Iterable[t.Any], ingress: bool = True, egress: bool = True, refusing: t.Mapping[str, str] | None = None) -> set[str]:
    said = warnings(Policy("host", RULES, ingress, egress), found, refusing or {})
    return {rule.id for rule in RULES if any(rule.id in words.partition(" the answers of ")[2] for words in said)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-A PREROUTING -p udp -m udp --sport 53 -j NOTRACK", {"dns out"}),
        ("-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack", {"dns in"}),
        ("-A OUTPUT -p udp -m udp --dport 53 -j CT --notrack", {"dns out"}),
        ("-A OUTPUT -p tcp -m multiport --sports 80,8000:9000 -j NOTRACK", {"http in"}),
        ("-A MINE -p udp -m udp --sport 53 --dport 53 -j NOTRACK", set()),
        ("-A PREROUTING -i eth0 -j NOTRACK", {"dns out", "dns in", "http in"}),
        ("-A PREROUTING -p tcp -m tcp --dport 9443 -j NOTRACK", set()),
        ("-A PREROUTING -p udp -m udp --sport 53 -j CT --zone 1", set()),
    ],
)
def test_of_iptables(line: str, expected: set[str]) -> None:
    assert concerned(of_iptables(4, parse(f"*raw\n{line}\n"))) == expected


@pytest.mark.parametrize(
    ("ingress", "egress", "expected"), [(False, False, set()), (True, False, {"dns out"}), (False, True, {"dns in", "http in"})]
)
def test_only_a_denied_default_refuses_answers(ingress: bool, egress: bool, expected: set[str]) -> None:
    assert concerned(of_iptables(6, parse("*raw\n-A PREROUTING -j NOTRACK\n")), ingress, egress) == expected


ALL = "*raw\n-A PREROUTING -j NOTRACK\n"


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ("*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n", {"dns out"}),
        ("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT DROP [1:40]\n", {"dns in", "http in"}),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n", {"dns out"}),
        ("*filter\n:INPUT DROP [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\n-A INPUT -j ACCEPT\n", set()),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", set()),
        ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\n", set()),
        ("*filter\n:FORWARD DROP [0:0]\n:MINE - [0:0]\n-A MINE -j DROP\n", set()),
        ("*nat\n:INPUT DROP [0:0]\n", set()),
        (":\n:INPUT\n:INPUT \n", set()),
    ],
)
def test_others_that_refuse_by_default_refuse_answers_too(saved: str, expected: set[str]) -> None:
    kernel = Kernel([(4, parse(ALL + saved))], Listing((), ""), Unread())
    assert concerned(kernel.untracked(), False, False, kernel.refusing(())) == expected


def base_chain(hook: str, policy: str, *expressions: t.Any, text: str = "") -> Listing:
    place = {"family": "inet", "table": "t"}
    rules = [{"rule": {**place, "chain": "c", "handle": number, "expr": each}} for number, each in enumerate(expressions)]
    return Listing([{"chain": {**place, "name": "c", "type": "filter", "hook": hook, "policy": policy}}, *rules], text)


REJECTED = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (base_chain("input", "drop"), {"dns out"}),
        (base_chain("output", "drop"), {"dns in", "http in"}),
        (base_chain("forward", "drop"), set()),
        (base_chain("input", "drop", text="table inet t {\n\tflags dormant\n"), set()),
        (base_chain("input", "accept", [{"accept": None}], [{"counter": None}, REJECTED]), {"dns out"}),
        (base_chain("input", "accept", [{"drop": None}], [{"accept": None}]), set()),
        (base_chain("input", "accept", [{"match": {"op": "==", "left": 1, "right": 2}}, {"drop": None}]), set()),
        (base_chain("input", "accept", "no list"), set()),
    ],
)
def test_chains_of_nftables_that_refuse_by_default(found: Listing, expected: set[str]) -> None:
    kernel = Kernel([(6, parse(ALL))], found, Unread())
    assert concerned(kernel.untracked(), False, False, kernel.refusing(())) == expected
    assert concerned(kernel.untracked(), False, False, kernel.refusing([("inet", "t")])) == set()


def listing(hook: str, *conditions: t.Any, text: str = "") -> Listing:
    table = {"family": "inet", "table": "tuning"}
    expr = [*({"match": {"op": "==", "left": left, "right": right}} for left, right in conditions), {"notrack": None}]
    chain = {"chain": {**table, "name": "c", "type": "filter", "hook": hook}}
    return Listing([chain, {"rule": {**table, "chain": "c", "handle": 1, "expr": expr}}], text)


def port(protocol: str, field: str) -> t.Any:
    return {"payload": {"protocol": protocol, "field": field}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (listing("prerouting", (port("udp", "sport"), 53)), {"dns out"}),
        (listing("output", (port("udp", "sport"), {"set": [53, 123]})), {"dns in"}),
        (listing("prerouting", (port("tcp", "dport"), {"range": [8000, 9000]})), {"http in"}),
        (listing("prerouting", (port("tcp", "dport"), 8444)), set()),
        (listing("prerouting", ({"meta": {"key": "l4proto"}}, "tcp")), {"http in"}),
        (listing("prerouting", ({"payload": {"field": "sport"}}, 53)), {"dns out", "dns in", "http in"}),
        (listing("prerouting", text="table inet tuning {\n\tflags dormant\n"), set()),
    ],
)
def test_of_nftables(found: Listing, expected: set[str]) -> None:
    assert concerned(of_nftables(found, ())) == expected
    assert concerned(of_nftables(found, [("inet", "tuning")])) == set()


@strange
@given(st.lists(st.tuples(values(), st.one_of(PORTS, values())), max_size=3), texts(), PORTS)
def test_no_rule_breaks_a_run(conditions: list[t.Any], text: str, ports: str) -> None:
    found = [
        *of_nftables(listing("prerouting", *conditions), ()),
        *of_iptables(4, parse(f"*raw\n-A OUTPUT --sport {ports} {text} -j NOTRACK\n")),
    ]
    assert concerned(found) <= {rule.id for rule in RULES}
