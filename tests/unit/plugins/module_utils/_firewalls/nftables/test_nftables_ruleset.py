# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy in nft's language: sound names and comments for any text, and no rule without its conditions."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import (
    comment,
    identifier,
    render_guard,
    render_whole,
)
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("partners", ("198.51.100.20/32",), ("2001:db8:1::20/128",))
ANY = AddressSet("any", ("0.0.0.0/0",), ("::/0",))
NOBODY = AddressSet("nobody", (), ())


def rule(*peers: AddressSet, direction: str = INGRESS, placement: str = HOST, closed: bool = True) -> Rule:
    return Rule("a.b.c", direction, "tcp", ("8443", "9000-9002"), peers, placement, closed)


def lines(rules: list[Rule], host_chains: bool = True, ingress: bool = False, egress: bool = False, loopback: bool = False) -> list[str]:
    """All lines but those of the chains that packets are sent to."""
    policy = Policy("station", tuple(rules), ingress, egress, None, ("docker0", "br-*"), loopback)
    chains = r"\tchain (own_containers|redirected|published) {\n.*?\t}\n"
    rendered = render_whole(policy, ["docker0"]) if host_chains else render_guard(policy, False, ["docker0"])
    text = re.sub(chains, "", rendered, flags=re.DOTALL)
    return [line.strip() for line in text.splitlines()]


def own_containers(*rules: Rule) -> list[str]:
    text = render_whole(Policy("station", rules, True, True))
    return [line.strip() for line in text.partition("chain own_containers {\n")[2].partition("\t}\n")[0].splitlines()]


def test_a_rule_names_its_peers_on_each_family_and_closes_the_rest() -> None:
    mark = 'comment "federated.connectivity a.b.c"'
    assert [line for line in lines([rule(PEERS)]) if mark in line] == [
        f"ip saddr @partners_ipv4 tcp dport {{ 8443, 9000-9002 }} accept {mark}",
        f"ip6 saddr @partners_ipv6 tcp dport {{ 8443, 9000-9002 }} accept {mark}",
        f"tcp dport {{ 8443, 9000-9002 }} drop {mark}",
    ]


def test_no_peers_never_means_anybody() -> None:
    for peers in ((), (NOBODY,)):
        assert [line.split(" comment")[0] for line in lines([rule(*peers)]) if "a.b.c" in line] == ["tcp dport { 8443, 9000-9002 } drop"]
        assert not any("a.b.c" in line for line in lines([rule(*peers, direction=EGRESS, closed=False)]))


def test_any_is_any_on_its_own_family_only() -> None:
    ipv4 = AddressSet("ipv4", ("0.0.0.0/0",), ())
    accepts = [line.split(" accept")[0] for line in lines([rule(ANY), rule(ipv4)]) if "accept comment" in line]
    assert accepts == ["tcp dport { 8443, 9000-9002 }", "meta nfproto ipv4 tcp dport { 8443, 9000-9002 }"]


def test_beside_another_backend_what_is_redirected_and_forwarded_is_ours() -> None:
    assert lines([rule(PEERS, closed=False), rule(PEERS, direction=EGRESS, closed=False)], host_chains=False) == []
    for placement in (HOST, PUBLISHED):
        guard = lines([rule(PEERS, placement=placement)], host_chains=False)
        assert [line for line in guard if line.startswith("type")] == [
            *["type ifname"] * 2,
            "type ipv4_addr",
            "type ipv6_addr",
            "type filter hook input priority filter - 10; policy accept;",
            "type filter hook forward priority filter - 5; policy accept;",
        ]
        assert [line for line in guard if "a.b.c" in line and " dport " in line and "drop" in line]
        assert "ct status dnat jump published" in guard
    assert lines([], host_chains=False, egress=True)


def test_whoever_is_redirected_is_let_in_or_refused_by_both_ports_and_then_by_the_default_where_nobody_else_refuses() -> None:
    closed = Policy("station", (rule(PEERS),), True, False)
    for redirected_pass, refusals in ((False, 0), (True, 1)):
        text = render_guard(closed, redirected_pass).partition("chain input {\n")[2].partition("\t}\n")[0]
        ports = [line.strip() for line in text.splitlines() if "a.b.c" in line]
        assert [line.partition(" comment")[0].split()[-1] for line in ports] == ["accept"] * 6 + ["drop"] * 3
        assert text.count('ct status dnat drop comment "federated.connectivity default deny ingress"') == refusals
        assert text.count("ct state related drop") == 2
        assert text.count("default deny") == refusals + 2


def test_a_denied_ingress_spares_what_the_link_needs_and_nothing_that_leads_astray() -> None:
    spared = [line for line in lines([], ingress=True) if "icmp" in line or "udp" in line]
    assert [line for line in spared if "udp" in line] == [
        "meta nfproto ipv4 udp sport 67 udp dport 68 accept",
        "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
    ]
    assert not any("redirect" in line or "echo" in line for line in spared)


def test_what_is_spared_of_icmp_is_about_a_connection_or_stays_on_the_link() -> None:
    for host_chains in (True, False):
        spared = [line for line in lines([], host_chains, ingress=True, egress=True) if "icmp" in line and "accept" in line]
        assert spared
        assert all("ct state related" in line or "ip6 hoplimit 255" in line or "ip6 hoplimit 1 " in line for line in spared)


def test_what_a_helper_expects_is_accepted_nowhere_but_where_a_rule_accepts_it() -> None:
    for host_chains in (True, False):
        text = lines([rule(PEERS), rule(PEERS, direction=EGRESS)], host_chains, ingress=True, egress=True)
        related = [line for line in text if "related" in line and "icmp" not in line]
        assert related == [line for line in related if "accept" not in line]


def test_beside_another_backend_a_denied_egress_narrows_what_that_one_spares() -> None:
    assert not any("hook output" in line for line in lines([rule(PEERS)], host_chains=False))
    text = lines([rule(PEERS, direction=EGRESS, closed=False)], host_chains=False, egress=True)
    assert any("hook output" in line for line in text)
    assert "ct state related jump expected" in text
    assert 'ip daddr @partners_ipv4 tcp dport { 8443, 9000-9002 } accept comment "federated.connectivity a.b.c"' in text


def test_containers_of_the_host_pass_where_a_matrix_closes_a_port_and_nowhere_else() -> None:
    passes = 'tcp dport { 8443, 9000-9002 } accept comment "federated.connectivity a.b.c"'
    assert own_containers(rule(), rule(ANY, closed=False), rule(ANY, direction=EGRESS, closed=False)) == [passes]


def test_what_is_kept_to_the_host_is_kept_from_the_wire() -> None:
    drop = 'iifname != "lo" ip daddr 127.0.0.0/8 drop comment "federated.connectivity loopback"'
    for host_chains in (True, False):
        assert lines([], host_chains, loopback=True).count(drop) == 1
        assert drop not in lines([rule(PEERS, placement=PUBLISHED)], host_chains)


def test_straight_to_a_container_comes_nobody_where_a_port_is_closed() -> None:
    drop = 'oifname @container_bridges drop comment "federated.connectivity direct routing"'
    assert drop in lines([rule(PEERS, placement=PUBLISHED)])
    assert drop in lines([], loopback=True)
    assert drop not in lines([rule(PEERS, placement=PUBLISHED, closed=False), rule(PEERS)])


def test_containers_ask_the_hosts_name_servers_where_they_may_go_somewhere() -> None:
    """By port 53 alone, whatever else the host's own rule allows."""
    asks = 'udp dport { 53 } accept comment "federated.connectivity dns"'
    outward = rule(ANY, direction=EGRESS, placement=PUBLISHED, closed=False)
    for ports in (("53",), ("1-1024",), ("22", "53-60")):
        names = Rule("dns", EGRESS, "udp", ports, (PEERS,), HOST, False)
        for rules, count in (([names], 0), ([names, outward], 2)):
            text = render_guard(Policy("station", tuple(rules), False, True), False)
            containers = text.partition("chain containers {\n")[2].partition("\t}\n")[0].splitlines()
            assert sum(asks in line for line in containers) == count
            assert sum('comment "federated.connectivity dns' in line for line in containers) == count


@given(st.text(), st.text())
def test_identifiers_are_words_for_nft_and_tell_sets_apart(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,253}", identifier(one, 4))
    assert (identifier(one, 4) == identifier(other, 4)) == (one == other)
    assert identifier(one, 4) != identifier(one, 6)


@given(st.text(max_size=300))
def test_comments_fit_and_stay_inside_their_quotes(text: str) -> None:
    quoted = comment(text)
    assert quoted.startswith('comment "federated.connectivity ')
    inner = quoted[len('comment "') : -1]
    assert len(inner.encode()) <= 127
    assert not set(inner) & set('"\\\n')


def test_long_ids_stay_distinguishable() -> None:
    assert comment("x" * 200 + "1") != comment("x" * 200 + "2")
