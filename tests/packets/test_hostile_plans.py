# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that somebody edited: each value of it is refused, or stays a value.

What is not refused is loaded by the real nft, written as ufw's own lines and as firewalld's XML; none of them may have more rules
than a plain value gives, and nothing may stand outside of comments and matches.
"""

from __future__ import annotations

import json
import random
import re
import typing as t
import xml.dom.minidom

import pytest
from firewall_host import FirewallHost
from policies import policy, rule

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import rules
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import ruleset
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw import rules as ufw_rules
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import FAMILIES, Policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import parse_policy

HOSTILE = (
    *('x" ; add rule inet filter input accept #', 'x\\" accept', "x\n\t\taccept", "x}\nadd table ip pwn {", 'include "/etc/shadow"'),
    *("$(id)", "`id`", "--> <rule><accept/></rule> <!--", "a--b", "x comment=00", "-j ACCEPT", "@any", "any", "ip", "../../etc/passwd"),
    *("\u202e", "\x1b[2J", "\u2028accept", "\r\naccept", "\x85accept", "\0", "\ufeff", "\u200b", "x" * 500, "é" * 200, "%s%s%n", ""),
    *('"', "\\", "{", "}", ";", "#", "&&", "|", "'", "*", "0.0.0.0/0", "::/0", "1-65535", "8443\n", "8443, 22", "docker0\n", "+"),
)
PLACES = ("id", "set", "host", "name", "port", "cidr", "iface", "protocol")
PLAIN = {
    "id": "m.f.other.ingress",
    "set": "others",
    "host": "station",
    "name": "host.example.org",
    "port": "8444",
    "cidr": "203.0.113.9/32",
    "iface": "docker1",
    "protocol": "udp",
}
FIXED = 40
UFW_LINE = re.compile(r"### tuple ### [^\n]* comment=(?:[0-9a-f]{2})+\n|-A ufw6?-[a-z-]+ [-\w./:,! ]+\n|\n")


def read(place: str, value: str) -> Policy | None:
    """The policy with the value in the place, or None if it is refused."""
    data = policy(rule("m.f.a.ingress", "8443"), rule("m.f.b.ingress", "9443", placement="published"), ingress="deny", egress="deny")
    first = data["rules"][0]
    resolved: dict[str, list[str]] = {}
    interfaces = ["docker0", "br-*"]
    if place in ("id", "protocol"):
        first[place] = value
    elif place == "host":
        data["host"] = value
    elif place == "set":
        data["address_sets"][value] = ["203.0.113.0/24"]
        first["peers"]["address_sets"] = [value]
    elif place == "name":
        first["peers"]["names"] = [value]
        resolved = {value: ["203.0.113.8"]}
    elif place == "port":
        first["ports"] = [value]
    elif place == "cidr":
        data["address_sets"]["partners"] = [value]
    else:
        interfaces = [value]
    try:
        return parse_policy(data, resolved, ("192.0.2.1", 22), interfaces)
    except PolicyError:
        return None


def loaded(host: FirewallHost, read: Policy) -> tuple[set[str], int, int]:
    """The tables, and the numbers of chains and rules, that nft has after it loaded a policy."""
    host.nft("flush ruleset")
    host.nft(ruleset.render_whole(read))
    objects = json.loads(host.run(["nft", "--json", "list", "ruleset"]).stdout)["nftables"]
    tables = {f"{entry['table']['family']} {entry['table']['name']}" for entry in objects if "table" in entry}
    return tables, sum("chain" in entry for entry in objects), sum("rule" in entry for entry in objects)


def check_ufw(read: Policy) -> int:
    """Every line is one that ufw reads as a rule's; how many there are."""
    texts = [each.file_text() for family in FAMILIES for part in ufw_rules.translate(read, family) for each in part]
    for text in texts:
        assert UFW_LINE.sub("", text) == "", text
    return len(texts)


def check_firewalld(read: Policy) -> int:
    """Every object is well-formed, with a name that is a plain file's; how many elements there are."""
    objects = rules.translate(read)
    count = 0
    for one in objects:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", one.name), one.name
        count += len(xml.dom.minidom.parseString(one.xml()).getElementsByTagName("*"))
    return count


def cases(whole: bool) -> list[tuple[str, str]]:
    every = [(place, value) for place in PLACES for value in HOSTILE]
    return every if whole else random.Random(1).sample(every, FIXED)


@pytest.mark.parametrize("suite", [pytest.param(name, marks=pytest.mark.suite(name)) for name in ("bookworm", "trixie")])
def test_every_value_of_an_edited_plan_is_refused_or_stays_a_value(host: FirewallHost, suite: str, whole: bool) -> None:
    usual = {place: t.cast(Policy, read(place, value)) for place, value in PLAIN.items()}
    expected = {place: (loaded(host, plain), check_ufw(plain), check_firewalld(plain)) for place, plain in usual.items()}
    assert all(tables == {"inet federated_connectivity"} for (tables, _chains, _rules), _ufw, _firewalld in expected.values())
    refused = taken = 0
    for place, value in cases(whole):
        policy_read = read(place, value)
        if policy_read is None:
            refused += 1
            continue
        taken += 1
        found = (loaded(host, policy_read), check_ufw(policy_read), check_firewalld(policy_read))
        if (place, value) in (("cidr", "0.0.0.0/0"), ("cidr", "::/0"), ("port", "1-65535")):
            assert found[0][0] == expected[place][0][0]  # what is everybody, or every port, has fewer matches
        else:
            assert found == expected[place], (place, value)
    assert refused > 0
    assert taken > 0
