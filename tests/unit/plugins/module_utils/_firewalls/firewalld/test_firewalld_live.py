# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import random
import typing as t

import pytest
from firewalld_model import Packet, verdict
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import live
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.objects import Objects
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.rules import translate
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

ADDRESSES = [f"198.51.100.{i}" for i in range(0, 8, 2)] + ["2001:db8::1", "2001:db8::3"]
POLICIES = ("fedconn-in", "fedconn-out")
TRAFFIC = (("tcp", 8443), ("tcp", 22), ("neighbour-solicitation", 0))
MANAGEMENT = (ADDRESSES[0], 22)


def objects(peers: t.Sequence[str], ingress: bool = False, egress: bool = False, managed: bool = False, closed: bool = True) -> Objects:
    networks = [ipaddress.ip_network(peer) for peer in peers]
    merged = {
        version: tuple(map(str, ipaddress.collapse_addresses(network for network in networks if network.version == version)))
        for version in (4, 6)
    }
    partners = AddressSet("partners", ("203.0.113.1/32", *merged[4]), ("2001:db8:ffff::1/128", *merged[6]))
    rules = tuple(
        Rule(f"a.b.c.{way}", way, "tcp", ("8443",), (partners,), HOST, closed and way == "ingress") for way in ("ingress", "egress")
    )
    return {each.key: each for each in translate(Policy("h", rules, ingress, egress, MANAGEMENT if managed else None))}


def runtime(wanted: Objects) -> live.Runtime:
    """What firewalld has in force after a reload."""
    texts = {key: {**each.settings} for key, each in wanted.items()}
    for kind, name in texts:
        if kind == "policy":
            texts[kind, name]["rich_rules"] = [str(rule) for rule in texts[kind, name]["rich_rules"]]
    return texts


class Settings:
    def __init__(self, rules: t.Iterable[str]) -> None:
        self.rules = list(rules)

    def getRichRules(self) -> list[str]:
        return list(self.rules)

    def setRichRules(self, rules: t.Sequence[str]) -> None:
        self.rules = list(rules)


class Client:
    """A firewalld that changes as the real one does: rule by rule, removals first, in no order; ``watch`` looks on after each step."""

    def __init__(self, state: live.Runtime, watch: t.Callable[[Client], None] = lambda client: None, seed: int = 0) -> None:
        self.rules = {name: list(state["policy", name]["rich_rules"]) for name in POLICIES}
        self.entries = {name: list(state[kind, name]["entries"]) for kind, name in state if kind == "ipset"}
        self.services = {name: state[kind, name]["ports"] for kind, name in state if kind == "service"}
        self.watch = watch
        self.random = random.Random(seed)

    def getPolicySettings(self, name: str) -> Settings:
        return Settings(self.rules[name])

    def setPolicySettings(self, name: str, settings: Settings) -> None:
        old, new = self.rules[name], settings.getRichRules()
        for rule in self.random.sample(sorted(set(old) - set(new)), len(set(old) - set(new))):
            self.rules[name].remove(rule)
            self.watch(self)
        for rule in self.random.sample(sorted(set(new) - set(old)), len(set(new) - set(old))):
            self.rules[name].append(rule)
            self.watch(self)

    def addEntry(self, name: str, entry: str) -> None:
        if live.overlapping([entry], self.entries[name]):
            raise ValueError(f"{entry} overlaps")
        self.entries[name].append(entry)
        self.watch(self)

    def removeEntry(self, name: str, entry: str) -> None:
        self.entries[name].remove(entry)
        self.watch(self)

    def refuses(self, policy: str, address: str, protocol: str, port: int) -> bool:
        return verdict(self.rules[policy], self.services, self.entries, Packet(address, protocol, port)) in ("drop", "reject")


sets = st.lists(
    st.sampled_from([*ADDRESSES, "198.51.100.0/30", "198.51.100.4/30", "198.51.100.0/29", "198.51.100.2/31", "2001:db8::/126"]), max_size=6
)


@given(sets, sets, st.tuples(*[st.booleans()] * 4), st.tuples(*[st.booleans()] * 4), st.integers(0, 5))
def test_changing_in_place_never_refuses_a_partner_and_never_lets_a_stranger_in(
    old: list[str], new: list[str], was: tuple[bool, bool, bool, bool], becomes: tuple[bool, bool, bool, bool], seed: int
) -> None:
    present, wanted = objects(old, *was), objects(new, *becomes)
    before, after = Client(runtime(present)), Client(runtime(wanted))
    asked = [(policy, address, *traffic) for policy in POLICIES for address in ADDRESSES for traffic in TRAFFIC]
    same = {packet: before.refuses(*packet) for packet in asked if before.refuses(*packet) == after.refuses(*packet)}

    def watch(client: Client) -> None:
        assert {packet: client.refuses(*packet) for packet in same} == same

    client = Client(runtime(present), watch, seed)
    assert live.is_changeable(runtime(present), wanted)
    live.change(client, runtime(present), wanted)
    assert {name: sorted(rules) for name, rules in client.rules.items()} == {name: sorted(rules) for name, rules in after.rules.items()}
    assert {name: sorted(entries) for name, entries in client.entries.items()} == {
        name: sorted(entries) for name, entries in after.entries.items()
    }


def test_what_firewalld_cannot_change_in_place() -> None:
    wanted = objects(["198.51.100.1"])
    same = runtime(wanted)
    assert live.is_changeable(same, wanted)
    for key, change in (
        (("policy", "fedconn-in"), {"priority": 5}),
        (("policy", "fedconn-in"), {"services": ["ssh"]}),
        (("policy", "fedconn-out"), {"target": "ACCEPT"}),
        (("service", "fedconn-a-b-c-ingress"), {"ports": [("1", "tcp")]}),
        (("ipset", "fedconn4-partners"), {"options": {"family": "inet", "timeout": "5"}}),
    ):
        assert not live.is_changeable({**same, key: {**same[key], **change}}, wanted)
    assert not live.is_changeable({key: settings for key, settings in same.items() if key[0] != "service"}, wanted)
    assert not live.is_changeable({**same, ("ipset", "fedconn4-more"): {}}, wanted)


@pytest.mark.parametrize(("number", "expected"), [(live.MOST_ENTRIES, True), (live.MOST_ENTRIES + 1, False)])
def test_many_entries_are_quicker_by_a_reload(number: int, expected: bool) -> None:
    many = [f"10.{i >> 7}.{2 * (i & 127)}.1" for i in range(number)]
    assert live.is_changeable(runtime(objects([])), objects(many)) is expected


def test_errors_carry_firewallds_own_words() -> None:
    client = Client(runtime(objects([])))
    client.entries["fedconn4-partners"].append("198.51.100.0/24")
    with pytest.raises(ToolFailed, match=r"firewalld refused a change: 198.51.100.1 overlaps"):
        live.change(client, runtime(objects([])), objects(["198.51.100.1"]))
