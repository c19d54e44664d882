# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules are taken away so that a connection which they admit is admitted by nothing that is left."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.tests.real.necessity import carried, groups, without

Json = dict[str, t.Any]
SETS = {"sites": ["198.51.100.21/32", "198.51.100.22/32"], "users": ["198.51.100.23/32", "2001:db8::/64"], "all": ["198.51.100.0/24"]}


def _rule(flow: str, *ports: int | str, sets: t.Sequence[str] = ("sites",), **more: t.Any) -> Json:
    return {
        "matrix": "system",
        "flow": flow,
        "direction": "ingress",
        "protocol": "tcp",
        "ports": [str(port) for port in ports],
        "peers": {"address_sets": list(sets), "names": []},
        "closed_to_others": True,
        **more,
    }


def _policy(*rules: Json) -> Json:
    return {"rules": list(rules), "address_sets": SETS}


def _groups(*rules: Json, flows: t.Collection[str] = ("one", "two", "three")) -> list[list[str]]:
    return [[rule["flow"] for rule in group] for group in groups(_policy(*rules), "system", flows)]


def test_rules_for_a_common_port_and_peer_are_one_group() -> None:
    assert _groups(_rule("one", 443), _rule("two", 443)) == [["one", "two"]]
    assert _groups(_rule("one", 443), _rule("two", "400-500")) == [["one", "two"]]
    assert _groups(_rule("one", 443), _rule("two", 443, sets=["all"])) == [["one", "two"]]
    assert _groups(_rule("one", 443), _rule("two", 443, sets=[], peers={"address_sets": ["all"], "names": ["a.example.org"]})) == [
        ["one", "two"]
    ]


def test_a_rule_between_two_others_joins_them() -> None:
    assert _groups(_rule("one", 443), _rule("two", 80), _rule("three", 80, 443)) == [["one", "two", "three"]]


def test_rules_that_admit_no_common_connection_are_taken_away_alone() -> None:
    for other in (
        _rule("two", 80),
        _rule("two", 443, sets=["users"]),
        _rule("two", 443, direction="egress"),
        _rule("two", 443, protocol="udp"),
    ):
        assert _groups(_rule("one", 443), other) == [["one"], ["two"]]


def test_host_names_are_peers() -> None:
    named = {"peers": {"address_sets": [], "names": ["api.example.org"]}}
    assert _groups(_rule("one", 443, **named), _rule("two", 443, **named)) == [["one", "two"]]
    assert _groups(_rule("one", 443, **named), _rule("two", 443)) == [["one"], ["two"]]


def test_only_rules_of_the_matrix_that_admit_somebody_and_were_used_are_tried() -> None:
    nobody = {"peers": {"address_sets": [], "names": []}}
    assert _groups(_rule("one", 443), _rule("two", 80, matrix="baseline"), _rule("three", 22, **nobody)) == [["one"]]
    assert _groups(_rule("one", 443), _rule("two", 80), flows=["two"]) == [["two"]]
    assert _groups(_rule("one", 443), _rule("two", 443), flows=["two"]) == [["one", "two"]]


def test_a_port_stays_closed_to_others_when_its_rule_is_taken_away() -> None:
    one, two, left = _rule("one", 443), _rule("two", 443, closed_to_others=False), _rule("three", 80)
    changed = without(_policy(one, two, left), [one, two])
    assert changed["rules"] == [{**one, "peers": {"address_sets": [], "names": []}}, left]
    assert changed["address_sets"] == SETS


def test_connections_within_a_host_ask_for_no_rule() -> None:
    connections = [{"initiator": "a", "responder": "a", "port": 1}, {"initiator": "a", "responder": "b", "port": 2}]
    assert carried(connections, lambda each: [f"flow_{each['port']}"]) == {"flow_2"}


_PORTS = st.integers(1, 40)
_RULES = st.lists(
    st.builds(
        lambda low, more, sets, direction: _rule("one", f"{low}-{low + more}", sets=sets, direction=direction),
        _PORTS,
        st.integers(1, 5),
        st.lists(st.sampled_from(sorted(SETS)), max_size=2, unique=True),
        st.sampled_from(["ingress", "egress"]),
    ),
    max_size=6,
).map(lambda rules: [{**rule, "flow": f"flow_{number}"} for number, rule in enumerate(rules)])


@given(_RULES)
def test_no_rule_outside_of_a_group_admits_a_connection_of_the_group(rules: list[Json]) -> None:
    """Addresses and ports are few, so that all connections can be tried."""
    policy = _policy(*rules)
    found = groups(policy, "system", [rule["flow"] for rule in rules])
    flows = [rule["flow"] for group in found for rule in group]
    assert sorted(flows) == sorted(rule["flow"] for rule in rules if rule["peers"]["address_sets"])
    for group in found:
        left = set().union(*(_connections(rule) for rule in without(policy, group)["rules"]))
        assert not left & set().union(*(_connections(rule) for rule in group))


def _connections(rule: Json) -> set[tuple[str, str, int]]:
    known = {"sites": {"21", "22"}, "users": {"23", "six"}, "all": {"21", "22", "23", "24"}}
    low, _to, high = rule["ports"][0].partition("-")
    peers = set().union(*(known[name] for name in rule["peers"]["address_sets"]), set())
    return {(rule["direction"], peer, port) for peer in peers for port in range(int(low), int(high) + 1)}
