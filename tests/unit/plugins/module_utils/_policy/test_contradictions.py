# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules of others are said to contradict a policy, whatever firewall they were read from."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables import others
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.saved import parse
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.contradictions import (
    ANY_ADDRESS,
    Match,
    Place,
    Verdict,
    addresses,
    contradictions,
)
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PARTNERS = AddressSet("partners", ("198.51.100.16/29",), ("2001:db8:1::20/128",))
EVERYBODY = AddressSet("any", ("0.0.0.0/0",), ("::/0",))
HTTP = ((8443, 8443),)


def rule(name: str, *peers: AddressSet, direction: str = INGRESS, placement: str = HOST, closed: bool = True) -> Rule:
    return Rule(name, direction, "tcp", ("8443",), peers, placement, closed)


def policy(*rules: Rule) -> Policy:
    return Policy("host", rules, False, False)


def said(declared: Policy, *verdicts: Verdict, **place: t.Any) -> list[str]:
    return contradictions(declared, [Place(INGRESS, verdicts, "R", "A")._replace(**place)])


def refuse(**match: t.Any) -> Verdict:
    return Verdict("theirs", False, Match(**match))


def accept(**match: t.Any) -> Verdict:
    return Verdict("theirs", True, Match(**match))


@pytest.mark.parametrize(
    "verdict",
    [
        refuse(),
        refuse(protocols=("tcp",)),
        refuse(ports=HTTP),
        refuse(peers=addresses(["198.51.100.20"])),
        refuse(peers=addresses(["198.51.100.0/24"])),
        refuse(peers=ANY_ADDRESS[6], ports=((1, 9000),)),
    ],
)
def test_a_refused_peer_is_told(verdict: Verdict) -> None:
    assert said(policy(rule("a", PARTNERS), rule("b", PARTNERS, closed=False)), verdict) == ["theirs refuses peers of a, b; R"]


@pytest.mark.parametrize(
    "verdict",
    [
        refuse(protocols=("udp",)),
        refuse(ports=((1, 8442), (8444, 9000))),
        refuse(peers=addresses(["198.51.100.24", "2001:db8:1::21"])),
        refuse(certain=False),
        accept(),
        accept(ports=HTTP, peers=addresses(["198.51.100.16/30", "2001:db8:1::20"])),
    ],
)
def test_what_is_no_contradiction_is_not(verdict: Verdict) -> None:
    assert said(policy(rule("a", PARTNERS)), verdict) == []


def test_who_is_one_of_everybody_may_be_banned() -> None:
    declared = policy(rule("a", EVERYBODY))
    assert said(declared, refuse(peers=addresses(["203.0.113.7"]))) == []
    assert said(declared, refuse(ports=HTTP)) == ["theirs refuses peers of a; R"]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (accept(), False),
        (accept(ports=HTTP, protocols=("tcp",), peers=addresses(["198.51.100.0/24"]) + ANY_ADDRESS[6]), False),
        (accept(peers=ANY_ADDRESS[4]), True),
        (accept(certain=False), True),
        (accept(ports=((8443, 8443),), protocols=("udp",)), True),
    ],
)
def test_who_was_accepted_before_is_not_refused(before: Verdict, told: bool) -> None:
    found = said(policy(rule("a", PARTNERS)), before, refuse(), acceptance="")
    assert found == (["theirs refuses peers of a; R"] if told else [])


def test_others_at_a_closed_port_are_told() -> None:
    declared = policy(rule("a", PARTNERS), rule("b", AddressSet("more", ("203.0.113.7/32",), ())))
    assert said(declared, accept(ports=HTTP)) == ["theirs accepts others than the peers of a, b; A"]
    assert said(declared, accept(ports=HTTP, certain=False)) == ["theirs accepts others than the peers of a, b; A"]
    assert said(declared, accept(ports=HTTP, peers=addresses(["203.0.113.7", "198.51.100.16"]))) == []
    assert said(policy(rule("a", PARTNERS, closed=False)), accept(ports=HTTP)) == []
    assert said(declared, accept(ports=HTTP), acceptance="") == []


def test_only_what_goes_the_same_way_meets() -> None:
    declared = policy(rule("in", PARTNERS), rule("out", PARTNERS, direction=EGRESS), rule("web", PARTNERS, placement=PUBLISHED))
    assert said(declared, refuse()) == ["theirs refuses peers of in, web; R"]
    assert said(declared, refuse(), forwarded=True) == ["theirs refuses peers of web; R"]
    assert said(declared, refuse(), direction=EGRESS) == ["theirs refuses peers of out; R"]


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=6), st.integers(0, 255))
def test_a_peer_is_refused_exactly_where_networks_have_an_address_in_common(networks: list[tuple[int, int]], last: int) -> None:
    blocked = [str(ipaddress.ip_network((f"198.51.100.{number}", length), strict=False)) for number, length in networks]
    peer = ipaddress.ip_address(f"198.51.100.{last}")
    declared = policy(rule("a", AddressSet("one", (f"{peer}/32",), ())))
    expected = any(peer in ipaddress.ip_network(network) for network in blocked)
    assert bool(said(declared, refuse(peers=addresses(blocked)))) == expected


SMALL = st.integers(0, 40)
NETWORKS = st.lists(st.tuples(SMALL, SMALL).map(sorted), max_size=5).map(
    lambda spans: [f"198.51.100.{low}-198.51.100.{high}" for low, high in spans]
)


@given(
    st.lists(SMALL.flatmap(lambda low: st.integers(28, 32).map(lambda length: (low, length))), min_size=1, max_size=8),
    st.lists(st.tuples(st.booleans(), NETWORKS), max_size=6),
)
def test_rules_are_asked_in_their_order_for_each_network_of_a_peer(own: list[tuple[int, int]], rows: list[tuple[bool, list[str]]]) -> None:
    """Compared with the same question, asked of each network by itself."""
    networks = sorted({str(ipaddress.ip_network((f"198.51.100.{low}", length), strict=False)) for low, length in own})
    verdicts = [Verdict(str(number), accepts, Match(peers=addresses(found))) for number, (accepts, found) in enumerate(rows)]
    waiting = list(addresses(networks))
    expected = []
    for verdict in verdicts:
        met = [span for span in waiting if any(low <= span[1] and span[0] <= high for low, high in verdict.match.peers)]
        if met and not verdict.accepts:
            expected.append(verdict.words)
        waiting = [span for span in waiting if not any(low <= span[0] and span[1] <= high for low, high in verdict.match.peers)]
    found = said(policy(rule("a", AddressSet("own", tuple(networks), ()), closed=False)), *verdicts)
    assert [words.split(" ", 1)[0] for words in found] == expected


SAVED = """*filter
:INPUT DROP [0:0]
:f2b-web - [0:0]
-A INPUT -p tcp -m multiport --dports 80,8000:9000 -j f2b-web
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 8443 -m comment --comment "it's mine" -j LOG --log-prefix "x -j DROP "
-A INPUT ! -s 198.51.100.16/29 -p tcp -m tcp --dport 8443 -j DROP
-A INPUT -d 198.51.100.10/32 -p tcp -m tcp --dport 8443 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 8443 -m limit --limit 1/sec -j DROP
{ufw}
-A INPUT -s 198.51.100.17/32 -m comment --comment "it's mine" -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -s 198.51.100.20/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -s 203.0.113.7/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -j RETURN
-A f2b-web -j DROP
COMMIT
"""
BANNED = "iptables: '-A f2b-web -s 198.51.100.20/32 -j REJECT --reject-with icmp-port-unreachable' refuses peers of a"
MINE = "iptables: '-A INPUT -s 198.51.100.17/32 -m comment --comment \"it's mine\" -j REJECT --reject-with icmp-port-unreachable' refuses"
HOLE = "iptables: '-A INPUT -d 198.51.100.10/32 -p tcp -m tcp --dport 8443 -j ACCEPT' accepts others than the peers of a"


UFW = """:ufw-before-input -
:ufw-user-input -
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A ufw-before-input -j ufw-user-input
-A ufw-after-input -p tcp -m tcp --dport 8443 -j DROP"""


@pytest.mark.parametrize(
    ("ufw", "expected"),
    [("", {BANNED: "theirs", HOLE: "ours", MINE: "theirs"}), (UFW, {BANNED: "theirs", MINE: "ours"})],
    ids=["alone", "beside ufw"],
)
def test_rules_of_iptables_before_and_behind_those_that_ufw_has_for_users(ufw: str, expected: dict[str, str]) -> None:
    found = contradictions(policy(rule("a", PARTNERS)), others.places(parse(SAVED.format(ufw=ufw)).tables["filter"], 4, Unread()))
    for words, prevailing in expected.items():
        assert any(each.startswith(words) and f"; {prevailing} prevails, " in each for each in found)
    assert len(found) == len(expected)
