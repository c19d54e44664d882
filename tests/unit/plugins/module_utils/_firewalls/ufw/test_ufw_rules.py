# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy in ufw's terms: order, families, the fifteen ports of multiport, and both spellings of a rule."""

from __future__ import annotations

import ipaddress
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules import UfwRule, multiports, translate
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("peers", ("198.51.100.20/32", "198.51.100.64/26"), ("2001:db8:1::20/128", "2001:db8:2::/64"))
ANY = AddressSet("any", ("0.0.0.0/0",), ("::/0",))
IPV4_ONLY = AddressSet("ipv4_only", ("198.51.100.20/32",), ())


def rule(
    name: str = "a", direction: str = INGRESS, ports: tuple[str, ...] = ("8443",), peers: tuple[AddressSet, ...] = (PEERS,), **more: t.Any
) -> Rule:
    return Rule(name, direction, "tcp", ports, peers, HOST, more.get("closed_to_others", direction == INGRESS))


def policy(*rules: Rule, **more: t.Any) -> Policy:
    return Policy("host", rules, more.get("deny_ingress", False), more.get("deny_egress", False), more.get("management"))


def test_accepts_of_all_rules_come_before_any_closure() -> None:
    first, last = translate(policy(rule("a"), rule("b", peers=(IPV4_ONLY,)), management=("203.0.113.5", 22)), 4)
    assert [(entry.id, entry.action, entry.peer) for entry in first] == [
        ("management connection", "allow", "203.0.113.5"),
        ("a", "allow", "198.51.100.20"),
        ("a", "allow", "198.51.100.64/26"),
        ("b", "allow", "198.51.100.20"),
        ("a", "deny", ""),
        ("b", "deny", ""),
    ]
    assert last == ()


def test_the_management_connection_stands_in_its_own_family_alone() -> None:
    both = policy(management=("2001:db8::5", 2222))
    assert translate(both, 4).first == ()
    assert translate(both, 6).first == (UfwRule("management connection", 6, "allow", "in", "tcp", "2222", "2001:db8::5"),)


def test_a_family_without_peers_is_closed() -> None:
    assert [(entry.action, entry.peer) for entry in translate(policy(rule(peers=(IPV4_ONLY,))), 6).first] == [("deny", "")]


def test_a_rule_without_peers_only_closes() -> None:
    for family in (4, 6):
        assert [entry.action for entry in translate(policy(rule(peers=())), family).first] == ["deny"]


def test_a_port_for_anybody_is_not_closed() -> None:
    for family in (4, 6):
        assert [(entry.action, entry.peer) for entry in translate(policy(rule(peers=(PEERS, ANY))), family).first] == [("allow", "")]


def test_a_port_that_is_not_ours_is_not_closed() -> None:
    assert {entry.action for entry in translate(policy(rule(closed_to_others=False)), 4).first} == {"allow"}


def test_egress_is_allowed_and_closes_nothing() -> None:
    assert [(entry.action, entry.direction, entry.peer) for entry in translate(policy(rule(direction=EGRESS)), 6).first] == [
        ("allow", "out", "2001:db8:1::20"),
        ("allow", "out", "2001:db8:2::/64"),
    ]


def test_denied_defaults_stand_last_behind_what_dhcp_needs() -> None:
    for family, server, client, peers in ((4, "67", "68", [""]), (6, "547", "546", ["fe80::/10", "ff02::1:2"])):
        assert translate(policy(deny_ingress=True, deny_egress=True), family).last == (
            UfwRule("default deny ingress", family, "deny", "in"),
            *(UfwRule("DHCP renewal", family, "allow", "out", "udp", server, peer, client) for peer in peers),
            UfwRule("default deny egress", family, "deny", "out"),
        )


def test_a_rule_with_a_source_port_in_the_file_and_in_the_kernel() -> None:
    comment = b"federated.connectivity a".hex()
    renewal = UfwRule("a", 6, "allow", "out", "udp", "547", "fe80::/10", "546")
    assert renewal.file_text() == (
        f"\n### tuple ### allow udp 547 fe80::/10 546 ::/0 out comment={comment}\n"
        "-A ufw6-user-output -p udp -d fe80::/10 --dport 547 --sport 546 -j ACCEPT\n"
    )
    assert renewal.kernel_text() == "-A ufw6-user-output -d fe80::/10 -p udp -m udp --sport 546 --dport 547 -j ACCEPT"


def test_a_rule_in_the_file_and_in_the_kernel() -> None:
    comment = b"federated.connectivity a".hex()
    accept = UfwRule("a", 4, "allow", "in", "tcp", "8443", "198.51.100.20")
    assert accept.file_text() == (
        f"\n### tuple ### allow tcp 8443 0.0.0.0/0 any 198.51.100.20 in comment={comment}\n"
        "-A ufw-user-input -p tcp --dport 8443 -s 198.51.100.20 -j ACCEPT\n"
    )
    assert accept.kernel_text() == "-A ufw-user-input -s 198.51.100.20/32 -p tcp -m tcp --dport 8443 -j ACCEPT"
    outwards = UfwRule("a", 6, "allow", "out", "udp", "53,8000:8010", "2001:db8:2::/64")
    assert outwards.file_text() == (
        f"\n### tuple ### allow udp 53,8000:8010 2001:db8:2::/64 any ::/0 out comment={comment}\n"
        "-A ufw6-user-output -p udp -m multiport --dports 53,8000:8010 -d 2001:db8:2::/64 -j ACCEPT\n"
    )
    assert outwards.kernel_text() == "-A ufw6-user-output -d 2001:db8:2::/64 -p udp -m multiport --dports 53,8000:8010 -j ACCEPT"
    closure = UfwRule("a", 6, "deny", "in")
    assert closure.file_text() == f"\n### tuple ### deny any any ::/0 any ::/0 in comment={comment}\n-A ufw6-user-input -j DROP\n"
    assert closure.kernel_text() == "-A ufw6-user-input -j DROP"


def test_ipv4_mapped_addresses_are_written_as_ufw_and_iptables_write_them() -> None:
    mapped = AddressSet("mapped", (), (str(ipaddress.ip_network("::ffff:198.51.100.1/128")),))
    assert translate(policy(rule(peers=(mapped,))), 6).first[0].peer == "::ffff:198.51.100.1"


_PORT = st.integers(1, 65535).map(str)
_RANGE = st.tuples(st.integers(1, 65535), st.integers(1, 65535)).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: "%d-%d" % ends)


@given(st.lists(_PORT | _RANGE, min_size=1, max_size=60))
def test_multiports_hold_every_port_and_no_more_than_iptables_takes(ports: list[str]) -> None:
    groups = multiports(ports)
    assert {port for group in groups for port in group.split(",")} == {port.replace("-", ":") for port in ports}
    assert all(group.count(",") + group.count(":") <= 14 for group in groups)
    flat = [int(port.split(":")[0]) for group in groups for port in group.split(",")]
    assert flat == sorted(flat)
