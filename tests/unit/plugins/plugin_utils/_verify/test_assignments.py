# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import json
import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan, PlanUnreadable, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import Group, choose, ports_to_prove
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import BLOCKED, OPEN, Choice, Listener, Proof

PEERS = "linksight_north_data_station"


def rule(
    direction: str, flow: str = "peer_http", ports: t.Sequence[str] = ("8443",), peers: t.Sequence[str] = (PEERS,), **more: t.Any
) -> dict[str, t.Any]:
    federation = more.pop("federation", "north")
    return {
        "id": f"linksight.{federation}.{flow}.{direction}",
        "matrix": "linksight",
        "federation": federation,
        "flow": flow,
        "direction": direction,
        "protocol": "tcp",
        "ports": list(ports),
        "peers": {"address_sets": list(peers), "names": []},
        "closed_to_others": direction == "ingress",
        **more,
    }


def host(number: int, *rules: dict[str, t.Any], managed: bool = True, families: str = "46") -> dict[str, t.Any]:
    addresses = [f"198.51.100.{number}"] * ("4" in families) + [f"2001:db8:1::{number:x}"] * ("6" in families)
    return {"managed": managed, "addresses": addresses, "rules": list(rules), "listeners": [], "defaults": {"ingress": "unchanged"}}


def plan(hosts: dict[str, dict[str, t.Any]], **sets: list[str]) -> Plan:
    """A plan in which every host is a peer, unless sets are given."""
    addresses = (ipaddress.ip_network(address) for entry in hosts.values() for address in entry["addresses"])
    return Plan({PEERS: [str(address) for address in sorted(addresses, key=lambda a: (a.version, a))], **sets}, typed(hosts))


def typed(hosts: dict[str, dict[str, t.Any]]) -> dict[str, HostPlan]:
    return {name: HostPlan.from_json({"host": name, **entry}) for name, entry in hosts.items()}


def mesh(count: int, **more: t.Any) -> dict[str, dict[str, t.Any]]:
    return {f"h{number:03}": host(number, rule("ingress"), rule("egress"), **more) for number in range(1, count + 1)}


def proofs(choices: dict[str, Choice], expect: str) -> list[tuple[str, str, str, int]]:
    return [
        (proof.initiator, proof.responder, proof.destination, proof.port)
        for choice in choices.values()
        for proof in choice.proofs
        if proof.expect == expect
    ]


def test_a_flow_is_proven_on_both_families_to_every_peer_but_oneself() -> None:
    choices = choose(plan(mesh(2)), ["h001", "h002"], {}, 5)
    assert proofs(choices, OPEN) == [
        ("h001", "h002", "198.51.100.2", 8443),
        ("h001", "h002", "2001:db8:1::2", 8443),
        ("h002", "h001", "198.51.100.1", 8443),
        ("h002", "h001", "2001:db8:1::1", 8443),
    ]
    assert choices["h001"].listen == {("tcp", 8443)}
    assert proofs(choices, BLOCKED) == []


def test_only_families_that_both_ends_have_are_tried() -> None:
    hosts = {"a": host(1, rule("ingress"), rule("egress"), families="4"), "b": host(2, rule("ingress"), rule("egress"))}
    assert proofs(choose(plan(hosts), hosts, {}, 5), OPEN) == [("a", "b", "198.51.100.2", 8443), ("b", "a", "198.51.100.1", 8443)]


def test_hosts_that_share_an_address_do_not_try_themselves() -> None:
    hosts = {"a": host(1, rule("ingress"), rule("egress")), "b": host(1, rule("ingress"), rule("egress"))}
    assert proofs(choose(plan(hosts), hosts, {}, 5), OPEN) == []


def test_a_partner_is_tried_but_tries_nothing() -> None:
    hosts = mesh(1) | {"partner": host(9, rule("ingress"), rule("egress"), managed=False)}
    choices = choose(plan(hosts), ["h001", "partner"], {}, 5)
    assert list(choices) == ["h001"]
    assert [(proof.responder, proof.managed) for proof in choices["h001"].proofs] == [("partner", False)] * 2
    assert [(found.connection, found.why) for found in choices["h001"].untried] == [
        (f"{PEERS} -> h001 8443/tcp", "no host of this run is its initiator")
    ]


def test_a_host_with_windows_takes_part_as_any_other() -> None:
    hosts = mesh(2)
    linux = choose(plan(hosts), list(hosts), {}, 5)
    windows = choose(plan(hosts | {"h002": {**hosts["h002"], "platform": "windows"}}), list(hosts), {}, 5)
    assert windows == linux
    assert linux["h002"].listen
    assert linux["h002"].proofs
    assert all(proof.managed for proof in linux["h001"].proofs)


def test_a_managed_host_outside_the_run_is_tried_but_tries_nothing() -> None:
    choices = choose(plan(mesh(2)), ["h002"], {}, 5)
    assert proofs(choices, OPEN) == [("h002", "h001", "198.51.100.1", 8443), ("h002", "h001", "2001:db8:1::1", 8443)]


def test_a_peer_without_the_other_end_of_the_flow_is_no_responder() -> None:
    hosts = {"a": host(1, rule("egress", peers=["any"])), "b": host(2), "c": host(3, rule("ingress", federation="south"))}
    choices = choose(plan(hosts, any=["0.0.0.0/0", "::/0"]), hosts, {}, 5)
    assert proofs(choices, OPEN) == []
    assert [(found.connection, found.why) for found in choices["a"].untried] == [("a -> any 8443/tcp", "no host of the plan answers to it")]


def test_where_ports_disagree_each_responder_is_tried_on_its_own() -> None:
    hosts = {
        "a": host(1, rule("egress", ports=["8443"], peers=["on_8443"]), rule("egress", ports=["18443"], peers=["on_18443"])),
        "b": host(2, rule("ingress")),
        "c": host(3, rule("ingress", ports=["18443"])),
    }
    choices = choose(plan(hosts, on_8443=["198.51.100.2/32"], on_18443=["198.51.100.3/32"]), hosts, {}, 5)
    assert proofs(choices, OPEN) == [("a", "b", "198.51.100.2", 8443), ("a", "c", "198.51.100.3", 18443)]


def test_names_and_the_proxy_are_tried_from_the_host() -> None:
    hosts = {
        "a": host(
            1,
            rule("egress", flow="registry", ports=["443"], peers=[]) | {"peers": {"address_sets": [], "names": ["registry.example.org"]}},
            rule("egress", flow="forward_proxy", ports=["3128"], peers=["proxy"], via_proxy=True),
        )
    }
    choices = choose(plan(hosts, proxy=["198.51.100.126/32", "203.0.113.0/28"]), hosts, {}, 5)
    assert proofs(choices, OPEN) == [("a", "", "registry.example.org", 443), ("a", "", "198.51.100.126", 3128)]


def test_a_closed_port_is_tried_by_managed_outsiders_and_strangers() -> None:
    hosts = mesh(1) | {"outsider": host(50)}
    choices = choose(plan(hosts, **{PEERS: ["198.51.100.1/32"]}), [*hosts, "stranger"], {"stranger": ["198.51.100.66/32"]}, 5)
    assert proofs(choices, BLOCKED) == [
        (name, "h001", address, 8443) for name in ("outsider", "stranger") for address in ("198.51.100.1", "2001:db8:1::1")
    ]
    assert {proof.allowed for proof in choices["stranger"].proofs} == {(PEERS,)}
    assert choices["stranger"].managed is False


def test_who_is_admitted_by_another_rule_for_the_port_is_no_outsider() -> None:
    hosts = {"a": host(1, rule("ingress"), rule("ingress", federation="south", ports=["8440-8450"], peers=["south"])), "b": host(2)}
    choices = choose(plan(hosts, **{PEERS: ["198.51.100.1/32"], "south": ["198.51.100.2/32"]}), hosts, {}, 5)
    assert proofs(choices, BLOCKED) == []


def test_ports_that_are_not_closed_to_others_are_not_tried_by_outsiders() -> None:
    hosts = {"a": host(1, rule("ingress", closed_to_others=False, peers=["nobody"])), "b": host(2)}
    choices = choose(plan(hosts, nobody=[]), [*hosts, "stranger"], {"stranger": []}, 5)
    assert proofs(choices, BLOCKED) == []
    assert choices["a"].listen == {("tcp", 8443)}


def test_a_stranger_inside_a_named_network_stands_for_it() -> None:
    hosts = {"hub": host(1, rule("ingress", flow="hub_api", peers=["network_users"]))}
    users = {"user": ["203.0.113.7/32", "2001:db8:10::7/128"], "stranger": []}
    choices = choose(plan(hosts, network_users=["203.0.113.0/26"]), ["hub", *users], users, 5)
    assert proofs(choices, OPEN) == [("user", "hub", "198.51.100.1", 8443)]
    assert proofs(choices, BLOCKED) == [("stranger", "hub", "198.51.100.1", 8443), ("stranger", "hub", "2001:db8:1::1", 8443)]
    assert choices["hub"].untried == []


def test_strangers_outside_the_run_and_networks_as_addresses_take_no_part() -> None:
    hosts = {"a": host(1, rule("ingress"), rule("egress"))}
    hosts["a"]["addresses"] = ["198.51.100.0/28"]
    choices = choose(plan(hosts), ["a"], {"stranger": []}, 5)
    assert list(choices) == ["a"]
    assert choices["a"].proofs == []


def test_the_bound_is_kept_spread_and_told() -> None:
    choices = choose(plan(mesh(40)), [f"h{number:03}" for number in range(1, 41)], {}, 3)
    tried = {name: {proof.responder for proof in choice.proofs} for name, choice in choices.items()}
    assert {len(responders) for responders in tried.values()} == {3}
    assert all(name not in responders for name, responders in tried.items())
    assert len(set().union(*tried.values())) > 30
    assert [(entry.expect, entry.hosts) for entry in choices["h001"].left_out] == [(OPEN, 36)]


def test_strangers_come_first_where_outsiders_are_bounded() -> None:
    hosts = mesh(1) | {f"o{number}": host(100 + number) for number in range(5)}
    strangers: dict[str, list[str]] = {"s1": [], "s2": []}
    choices = choose(plan(hosts, **{PEERS: ["198.51.100.1/32"]}), [*hosts, *strangers], strangers, 3)
    initiators = {initiator for initiator, *_rest in proofs(choices, BLOCKED)}
    assert len(initiators) == 3
    assert initiators > {"s1", "s2"}
    assert [(entry.expect, entry.hosts) for entry in choices["h001"].left_out] == [(BLOCKED, 4)]


def test_ranges_are_proven_at_both_ends() -> None:
    assert ports_to_prove(["8443", "8000-8010", "8010-8020"]) == [8000, 8010, 8020, 8443]


def test_what_travels_between_steps_arrives() -> None:
    hosts = mesh(3) | {"outsider": host(50)}
    hosts["h001"]["listeners"] = [{"matrix": "fedbiomed", "federation": "f", "flow": "gui", "protocol": "tcp", "ports": ["8484"]}]
    choices = choose(plan(hosts, **{PEERS: ["198.51.100.1/32", "198.51.100.2/31"]}), hosts, {}, 1)
    for choice in choices.values():
        data = json.loads(json.dumps(choice.to_data()))
        assert Choice.from_data(data) == choice
        assert len(data["probes"]) == len({(proof.protocol, proof.destination, proof.port) for proof in choice.proofs})
    assert choices["h001"].to_data()["loopback"] == [{"protocol": "tcp", "ports": ["8484"]}]


@pytest.mark.parametrize("ingress", ["unchanged", "deny"])
def test_a_listener_knows_what_else_may_listen_in_its_range(ingress: str) -> None:
    entry = {"matrix": "coinstac", "federation": "f", "flow": "container_docker", "protocol": "tcp", "ports": ["8000-49151"]}
    here = host(1, rule("ingress"), rule("egress", ports=["9090"]), rule("ingress", "vpn", ["51820"], protocol="udp"))
    hosts = {"h": here | {"listeners": [{**entry, "dynamic": True}], "defaults": {"ingress": ingress}}}
    assert choose(plan(hosts), hosts, {}, 1)["h"].listeners == [
        Listener("coinstac.f.container_docker", "tcp", ("8000-49151",), dynamic=True, admitted=("8443",), denied=ingress == "deny")
    ]


def test_a_port_that_nobody_may_use_is_proven_closed_and_leaves_nothing_untried() -> None:
    entry = {"matrix": "vantage6", "federation": "f", "flow": "backend", "protocol": "tcp", "ports": ["8443"]}
    hosts = {"h": host(1, rule("ingress", peers=[])) | {"listeners": [entry]}, "outsider": host(50)}
    choices = choose(plan(hosts), hosts, {}, 1)
    assert proofs(choices, BLOCKED) == [("outsider", "h", "198.51.100.1", 8443), ("outsider", "h", "2001:db8:1::1", 8443)]
    assert choices["h"].listen == {("tcp", 8443)}
    assert choices["h"].untried == []
    assert choices["h"].listeners == [Listener("vantage6.f.backend", "tcp", ("8443",), admitted=("8443",), closed=True)]


def test_a_listener_with_a_port_that_is_open_is_not_closed() -> None:
    entry = {"matrix": "vantage6", "federation": "f", "flow": "backend", "protocol": "tcp", "ports": ["8443", "8444"]}
    hosts = {"h": host(1, rule("ingress", peers=[])) | {"listeners": [entry]}}
    assert not choose(plan(hosts), hosts, {}, 1)["h"].listeners[0].closed


@given(st.lists(st.text(max_size=3), unique=True), st.integers(0, 9), st.text(), st.text(max_size=1))
def test_a_spread_takes_as_many_as_it_may_each_once(names: list[str], maximum: int, seed: str, without: str) -> None:
    others = [name for name in names if name != without]
    chosen = Group(names).spread(maximum, seed, without)
    assert Group(names).count(without) == len(others)
    assert len(chosen) == len(set(chosen)) == min(maximum, len(others))
    assert set(chosen) <= set(others)
    assert chosen == Group(names).spread(maximum, seed, without)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, list[str], dict[str, list[str]]]:
    """Plans of a few hosts in two federations, with hosts that are present or not, and strangers with known addresses or not."""
    names = [f"h{number}" for number in range(draw(st.integers(1, 7)))]
    members = {federation: draw(st.lists(st.sampled_from(names), unique=True)) for federation in ("north", "south")}
    hosts: dict[str, dict[str, t.Any]] = {}
    for number, name in enumerate(names, 1):
        rules = [
            rule(direction, federation=federation, peers=[federation])
            for federation, names_in in members.items()
            if name in names_in
            for direction in ("ingress", "egress")
        ]
        hosts[name] = host(number, *rules, managed=draw(st.booleans()), families=draw(st.sampled_from(["4", "6", "46"])))
    sets = {federation: [address for name in names_in for address in hosts[name]["addresses"]] for federation, names_in in members.items()}
    strangers = draw(
        st.dictionaries(st.sampled_from(["s1", "s2", *names]), st.sampled_from([[], ["198.51.100.66/32"], ["198.51.100.1/32"]]))
    )
    return Plan(sets, typed(hosts)), [*draw(st.lists(st.sampled_from(names), unique=True)), *strangers], strangers


def addresses_in(content: Plan, host: str) -> tuple[str, ...]:
    return content.hosts[host].addresses if host in content.hosts else ()


@given(plans(), st.integers(1, 3))
def test_choices_stay_inside_the_plan_and_the_bound(given_plan: tuple[Plan, list[str], dict[str, list[str]]], maximum: int) -> None:
    content, present, strangers = given_plan
    choices = choose(content, present, strangers, maximum)
    membership = AddressSetIndex(content.address_sets)
    assert choose(content, list(reversed(present)), dict(reversed(strangers.items())), maximum) == choices
    every = [proof for choice in choices.values() for proof in choice.proofs]
    assert {proof.initiator for proof in every} <= set(present)
    for proof in every:
        assert proof.initiator != proof.responder
        assert proof.destination in content.hosts[proof.responder].addresses
        known = [*strangers.get(proof.initiator, ()), *addresses_in(content, proof.initiator)]
        if proof.expect == BLOCKED:
            assert not any(membership.holds(proof.allowed, address) for address in known)
        else:
            assert any(membership.holds([proof.flow.split(".")[1]], address) for address in known)
    _each_rule_within(every, maximum)


def _each_rule_within(every: list[Proof], maximum: int) -> None:
    tried: dict[tuple[str, str, str], set[str]] = {}
    for proof in every:
        by_responder = proof.expect == BLOCKED or proof.rule.endswith("ingress")
        own, other = (proof.responder, proof.initiator) if by_responder else (proof.initiator, proof.responder)
        tried.setdefault((own, proof.rule, proof.expect), set()).add(other)
    assert all(len(others) <= maximum for others in tried.values())


@given(plans(), st.integers(1, 3))
def test_every_closed_port_is_tried_if_an_outsider_exists(given_plan: tuple[Plan, list[str], dict[str, list[str]]], maximum: int) -> None:
    content, present, strangers = given_plan
    choices = choose(content, present, strangers, maximum)
    blocked = {(proof.responder, proof.rule) for choice in choices.values() for proof in choice.proofs if proof.expect == BLOCKED}
    membership = AddressSetIndex(content.address_sets)
    takes_part = [name for name in present if name in strangers or content.hosts[name].part.managed]
    for name in present:
        if name not in content.hosts or not content.hosts[name].part.managed:
            continue
        ingress = [entry for entry in content.hosts[name].part.rules if entry.direction == "ingress"]
        allowed = [entry.federation for entry in ingress]
        outsiders = [
            other
            for other in takes_part
            if other != name
            and not any(membership.holds(allowed, address) for address in (*strangers.get(other, ()), *addresses_in(content, other)))
        ]
        assert {rule_id for responder, rule_id in blocked if responder == name} == ({entry.id for entry in ingress} if outsiders else set())


@given(
    st.lists(st.ip_addresses(v=4).map(lambda address: ipaddress.ip_network((address, 28), strict=False)), max_size=8),
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
)
def test_membership_agrees_with_the_networks(networks: list[ipaddress.IPv4Network], ipv4: object, ipv6: object) -> None:
    merged = list(ipaddress.collapse_addresses(networks))
    membership = AddressSetIndex({"set": [str(network) for network in merged], "empty": []})
    inside = [str(network[3]) for network in merged]
    assert all(membership.holds(["empty", "set"], address) for address in inside)
    assert membership.holds(["set"], str(ipv4)) == any(ipv4 in network for network in merged)
    assert not membership.holds(["set"], str(ipv6))
    assert not membership.holds(["empty"], str(ipv4))
    assert not membership.holds([], str(ipv4))


def test_a_directory_that_is_no_plan_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(PlanUnreadable, match=r"plan\.json does not exist; compute the plan first"):
        read_plan(tmp_path)
    (tmp_path / "plan.json").write_text("[", encoding="utf-8")
    with pytest.raises(PlanUnreadable, match=r"plan\.json: .*; compute the plan again"):
        read_plan(tmp_path)
    (tmp_path / "plan.json").write_text('{"address_sets": {}}', encoding="utf-8")
    with pytest.raises(PlanUnreadable, match=r"plan\.json: hosts is missing"):
        read_plan(tmp_path)
    (tmp_path / "plan.json").write_text('{"address_sets": {}, "hosts": {"a": {}}}', encoding="utf-8")
    with pytest.raises(PlanUnreadable, match=r"hosts/a\.json does not exist"):
        read_plan(tmp_path)


def test_an_address_set_that_is_missing_is_named() -> None:
    with pytest.raises(PlanUnreadable, match="address set nowhere is missing"):
        choose(plan({"a": host(1, rule("ingress", peers=["nowhere"])), "b": host(2)}), ["a", "b"], {}, 5)
