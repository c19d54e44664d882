# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re
import typing as t
from xml.etree import ElementTree

import pytest
from firewalld_model import Packet, verdict
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.objects import Object, RichRule, describe
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.rules import (
    IPSET_LENGTH,
    ipset_names,
    service_names,
    translate,
)
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PARTNERS = AddressSet("partners", ("198.51.100.20/32", "203.0.113.0/24"), ("2001:db8:1::20/128",))
ANY = AddressSet("any", ("0.0.0.0/0",), ("::/0",))
ANY_IPV4 = AddressSet("any_ipv4", ("0.0.0.0/0",), ("2001:db8:1::/64",))
NOBODY = AddressSet("nobody", (), ())
SETS = (PARTNERS, ANY, ANY_IPV4, NOBODY)


def rule(id: str, *peers: AddressSet, direction: str = INGRESS, ports: t.Sequence[str] = ("8443",), closed: bool = True) -> Rule:
    return Rule(id, direction, "tcp", tuple(ports), peers, HOST, closed)


def policy(*rules: Rule, ingress: bool = False, egress: bool = False, management: tuple[str, int] | None = None) -> Policy:
    return Policy("h", rules, ingress, egress, management)


def rich_rules(objects: t.Iterable[Object], name: str) -> list[str]:
    return [str(rule) for each in objects if each.key == ("policy", name) for rule in each.settings["rich_rules"]]


def settings(objects: t.Iterable[Object], kind: str, name: str) -> dict[str, t.Any]:
    return {each.name: each.settings[name] for each in objects if each.kind == kind}


def test_an_ingress_rule() -> None:
    objects = translate(policy(rule("a.b.c.ingress", PARTNERS, ports=["8443", "9000-9002"])))
    assert [each.key for each in objects] == [
        ("ipset", "fedconn4-partners"),
        ("ipset", "fedconn6-partners"),
        ("service", "fedconn-a-b-c-ingress"),
        ("policy", "fedconn-in"),
        ("policy", "fedconn-out"),
    ]
    assert settings(objects, "ipset", "entries") == {
        "fedconn4-partners": ["198.51.100.20", "203.0.113.0/24"],
        "fedconn6-partners": ["2001:db8:1::20"],
    }
    assert settings(objects, "service", "ports") == {"fedconn-a-b-c-ingress": [("8443", "tcp"), ("9000-9002", "tcp")]}
    assert rich_rules(objects, "fedconn-in") == [
        'rule priority="-300" family="ipv4" source ipset="fedconn4-partners" service name="fedconn-a-b-c-ingress" accept',
        'rule priority="-300" family="ipv6" source ipset="fedconn6-partners" service name="fedconn-a-b-c-ingress" accept',
        'rule priority="-200" service name="fedconn-a-b-c-ingress" drop',
    ]
    assert rich_rules(objects, "fedconn-out") == []


def test_an_egress_rule_allows_and_refuses_only_by_default() -> None:
    allowed = 'rule priority="-300" family="ipv6" destination ipset="fedconn6-partners" service name="fedconn-a-b-c-egress" accept'
    assert rich_rules(translate(policy(rule("a.b.c.egress", PARTNERS, direction=EGRESS))), "fedconn-out")[1:] == [allowed]
    denied = rich_rules(translate(policy(rule("a.b.c.egress", PARTNERS, direction=EGRESS), egress=True)), "fedconn-out")
    assert denied[1] == allowed
    assert denied[-2:] == [
        'rule priority="32767" family="ipv4" reject type="icmp-admin-prohibited"',
        'rule priority="32767" family="ipv6" reject type="icmp6-adm-prohibited"',
    ]
    assert 'rule priority="-100" family="ipv6" icmp-type name="neighbour-solicitation" accept' in denied


def test_everybody_needs_no_ipset_and_nobody_opens_nothing() -> None:
    objects = translate(
        policy(rule("a.b.c.ingress", ANY), rule("a.b.d.ingress", ANY_IPV4), rule("a.b.e.ingress", NOBODY), rule("a.b.f.ingress"))
    )
    assert list(settings(objects, "ipset", "entries")) == ["fedconn6-any_ipv4"]
    assert [line.partition(" ")[2] for line in rich_rules(objects, "fedconn-in") if "accept" in line] == [
        'priority="-300" service name="fedconn-a-b-c-ingress" accept',
        'priority="-300" family="ipv4" service name="fedconn-a-b-d-ingress" accept',
        'priority="-300" family="ipv6" source ipset="fedconn6-any_ipv4" service name="fedconn-a-b-d-ingress" accept',
    ]


def test_a_rule_that_two_address_sets_come_to_is_said_once() -> None:
    """firewalld keeps one of them; the second would look like drift."""
    rules = rich_rules(translate(policy(rule("a.b.c.ingress", ANY, ANY._replace(name="all"), ANY_IPV4))), "fedconn-in")
    assert len(rules) == len(set(rules)) == 4


@pytest.mark.parametrize(("client", "family"), [("198.51.100.1", "ipv4"), ("2001:db8::1", "ipv6")])
def test_the_management_connection_comes_first(client: str, family: str) -> None:
    lines = rich_rules(translate(policy(ingress=True, egress=True, management=(client, 22))), "fedconn-in")
    assert lines[0] == f'rule priority="-400" family="{family}" source address="{client}" port port="22" protocol="tcp" accept'
    assert lines[-1] == 'rule priority="32767" drop'


def test_a_policy_that_demands_nothing_is_nothing() -> None:
    assert translate(policy()) == []
    assert translate(policy(management=("198.51.100.1", 22))) == []


@given(st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), max_size=20))
def test_names_are_what_firewalld_takes_and_tell_apart(originals: set[str]) -> None:
    services = service_names(originals)
    assert all(re.fullmatch(r"fedconn-[A-Za-z0-9_-]+", name) for name in services.values())
    assert len(set(services.values())) == len(originals)
    ipsets = [template % family for template in ipset_names(originals).values() for family in (4, 6)]
    assert all(re.fullmatch(r"fedconn[46]-[A-Za-z0-9_.-]+", name) and len(name) <= IPSET_LENGTH for name in ipsets)
    assert len(set(ipsets)) == 2 * len(originals)


def test_names_stay_readable() -> None:
    assert service_names(["linksight.north.peer_http.ingress"]) == {
        "linksight.north.peer_http.ingress": "fedconn-linksight-north-peer_http-ingress"
    }
    assert all(re.fullmatch("fedconn-a-b-c-[0-9a-f]{6}", name) for name in service_names(["a.b-c", "a-b.c"]).values())
    assert ipset_names(["linksight_north"]) == {"linksight_north": "fedconn%d-linksight_north"}
    assert ipset_names(["a" * 40])["a" * 40].startswith("fedconn%d-aaaaaaa")


rules = st.builds(
    lambda number, peers, direction, ports, closed: rule(
        f"a.b.{number}.{direction}", *peers, direction=direction, ports=ports, closed=closed
    ),
    st.integers(0, 99),
    st.lists(st.sampled_from(SETS), max_size=2, unique=True),
    st.sampled_from([INGRESS, EGRESS]),
    st.lists(st.sampled_from(["80", "443", "440-450", "8443"]), min_size=1, max_size=2, unique=True),
    st.booleans(),
)
policies = st.builds(
    lambda rules, ingress, egress, management: policy(*rules, ingress=ingress, egress=egress, management=management),
    st.lists(rules, max_size=5, unique_by=lambda rule: rule.id),
    st.booleans(),
    st.booleans(),
    st.none() | st.tuples(st.sampled_from(["198.51.100.1", "2001:db8::1"]), st.sampled_from([22, 443])),
)
packets = st.builds(
    Packet,
    st.sampled_from(["198.51.100.1", "198.51.100.20", "203.0.113.9", "198.51.100.77", "2001:db8::1", "2001:db8:1::20", "2001:db8:1::21"]),
    st.sampled_from(["tcp", "udp"]),
    st.sampled_from([22, 80, 443, 445, 8443]),
)


@given(policies, packets, st.sampled_from([INGRESS, EGRESS]))
def test_packets_meet_what_the_policy_says(declared: Policy, packet: Packet, direction: str) -> None:
    objects = translate(declared)
    found = verdict(
        rich_rules(objects, "fedconn-in" if direction == INGRESS else "fedconn-out"),
        settings(objects, "service", "ports"),
        settings(objects, "ipset", "entries"),
        packet,
    )
    assert found == expected(declared, packet, direction)


def expected(declared: Policy, packet: Packet, direction: str) -> str:
    peer = ipaddress.ip_address(packet.peer)
    concerned = [each for each in declared.rules if each.direction == direction and packet.protocol == "tcp" and each.has_port(packet.port)]
    in_use = bool(declared.rules) or declared.deny_ingress or declared.deny_egress
    if direction == INGRESS and in_use and packet.protocol == "tcp" and declared.management == (packet.peer, packet.port):
        return "accept"
    if any(peer in ipaddress.ip_network(cidr) for each in concerned for peers in each.peers for cidr in peers.of_family(peer.version)):
        return "accept"
    if direction == INGRESS and any(each.closed_to_others for each in concerned):
        return "drop"
    if declared.denies(direction):
        return "drop" if direction == INGRESS else "reject"
    return "continue"


SERVERS = ("198.51.100.1", "fe80::1", "2001:db8::1", "ff02::1:2")


@pytest.mark.parametrize("direction", [INGRESS, EGRESS])
def test_a_denied_default_spares_dhcp_between_its_own_ports_and_by_ipv6_on_the_link_alone(direction: str) -> None:
    rules = rich_rules(translate(policy(ingress=True, egress=True)), "fedconn-in" if direction == INGRESS else "fedconn-out")
    ports = (0, 53, 66, 67, 68, 69, 545, 546, 547, 548, 40000, 65535)
    packets = {Packet(peer, "udp", port, source) for peer in SERVERS for port in ports for source in ports}
    answers = {Packet("198.51.100.1", "udp", 68, 67), Packet("fe80::1", "udp", 546, 547)}
    requests = {Packet("198.51.100.1", "udp", 67, 68), Packet("fe80::1", "udp", 547, 546), Packet("ff02::1:2", "udp", 547, 546)}
    accepted = {packet for packet in packets if verdict(rules, {}, {}, packet) == "accept"}
    assert accepted == (answers if direction == INGRESS else requests)


@pytest.mark.parametrize("direction", [INGRESS, EGRESS])
def test_a_denied_default_spares_no_pings_not_even_to_a_group_on_the_link(direction: str) -> None:
    rules = rich_rules(translate(policy(ingress=True, egress=True)), "fedconn-in" if direction == INGRESS else "fedconn-out")
    for peer in ("ff02::1", "fe80::1", "2001:db8::1"):
        assert verdict(rules, {}, {}, Packet(peer, "echo-request", 0)) in ("drop", "reject")


@given(policies)
def test_files_say_the_same_as_the_settings(declared: Policy) -> None:
    for each in translate(declared):
        root = ElementTree.fromstring(each.xml())
        assert root.tag == each.kind
        assert "federated.connectivity" in (root.findtext("description") or "")
        if each.kind == "policy":
            assert [words(element) for element in root.iter("rule")] == [str(rule) for rule in each.settings["rich_rules"]]
            assert [root.find(side + "-zone").get("name") for side in ("ingress", "egress")] == [  # type: ignore[union-attr]
                *each.settings["ingress_zones"],
                *each.settings["egress_zones"],
            ]
            assert (root.get("priority"), root.get("target")) == (str(each.settings["priority"]), each.settings["target"])
        elif each.kind == "service":
            assert [(port.get("port"), port.get("protocol")) for port in root.iter("port")] == each.settings["ports"]
        else:
            assert [entry.text for entry in root.iter("entry")] == each.settings["entries"]
            assert {option.get("name"): option.get("value") for option in root.iter("option")} == each.settings["options"]
            assert root.get("type") == each.settings["type"]


def words(element: ElementTree.Element) -> str:
    """A rule of a file as firewalld writes rich rules."""
    own = " ".join([element.tag, *(f'{name}="{value}"' for name, value in element.items())])
    return " ".join([own, *map(words, element)])


def test_settings_as_text_do_not_depend_on_their_order() -> None:
    one = describe(
        "ipset", "x", {"type": "hash:net", "entries": ["b", "a"], "options": {"family": "inet"}, "description": "left out", "short": ""}
    )
    other = describe("ipset", "x", {"entries": ["a", "b"], "options": {"family": "inet"}, "type": "hash:net", "masquerade": False})
    assert one == other == "ipset x\n  entries: a\n  entries: b\n  options: family=inet\n  type: hash:net\n"


def test_marks_survive_names_that_xml_would_not() -> None:
    made = Object("service", "x", {"ports": [("1", "tcp")]}, 'rule a<b>&"c"')
    assert ElementTree.fromstring(made.xml()).findtext("short") == 'rule a<b>&"c"'
    assert str(RichRule(5, "", (("drop", ()),))) == 'rule priority="5" drop'
