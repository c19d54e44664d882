# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a policy takes away from the one in force, and when that is too much."""

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import names_of, parse_policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.shrink import Holding, holding, too_much

PARTNERS = [f"198.51.100.{number}/32" for number in range(1, 10)]


def policy(*peers: list[str], names: tuple[str, ...] = (), direction: str = "ingress") -> Policy:
    """One rule for each list of networks; the first one has the host names too."""
    rules = [
        {
            "id": f"linksight.north.flow{number}",
            "direction": direction,
            "protocol": "tcp",
            "ports": [str(8000 + number)],
            "peers": {"address_sets": [f"set{number}"] if networks else [], "names": list(names) if number == 0 else []},
        }
        for number, networks in enumerate(peers)
    ]
    sets = {f"set{number}": networks for number, networks in enumerate(peers)}
    data = {"host": "station", "defaults": {"ingress": "deny", "egress": "unchanged"}, "address_sets": sets, "rules": rules}
    assert names_of(data) == sorted(set(names))
    return parse_policy(data, {name: ["203.0.113.9"] for name in names}, None)


def lost(before: Policy, after: Policy, names: tuple[str, ...] = (), share: float = 1 / 3, least: int = 3) -> list[str]:
    return too_much(holding(before, names), holding(after, names), share, least)


def test_nothing_gone_is_never_too_much() -> None:
    assert lost(policy(PARTNERS), policy(PARTNERS)) == []
    assert lost(policy(), policy(PARTNERS)) == []
    assert lost(policy([]), policy([])) == []


def test_all_rules_are_too_much_however_few_they_are() -> None:
    assert lost(policy(PARTNERS[:1]), policy()) == [
        "1 of 1 rules: linksight.north.flow0 (ingress tcp 8000 from set0)",
        "1 of 1 peers (ingress IPv4): 198.51.100.1",
    ]


def test_a_rule_that_nobody_may_use_any_longer_is_gone() -> None:
    before, after = policy(*[[partner] for partner in PARTNERS]), policy(*[[partner] for partner in PARTNERS[:5]], [], [], [], [])
    assert lost(before, after)[0].startswith("4 of 9 rules: linksight.north.flow5 (ingress tcp 8005 from set5), ")


@pytest.mark.parametrize(("kept", "stops"), [(9, False), (7, False), (6, False), (5, True), (2, True)])
def test_more_than_a_third_of_the_peers_is_too_much_and_a_third_is_not(kept: int, stops: bool) -> None:
    assert bool(lost(policy(PARTNERS), policy(PARTNERS[:kept]))) is stops


def test_fewer_than_three_may_go_unless_they_are_all() -> None:
    assert lost(policy(PARTNERS[:3]), policy(PARTNERS[:1])) == []
    assert lost(policy(PARTNERS[:2]), policy(PARTNERS[2:4])) == ["2 of 2 peers (ingress IPv4): 198.51.100.1, 198.51.100.2"]


def test_the_limits_are_the_users() -> None:
    assert lost(policy(PARTNERS), policy(PARTNERS[:2]), share=0.8) == []
    assert lost(policy(PARTNERS), policy(PARTNERS[:7]), share=0.0, least=2) != []
    assert lost(policy(PARTNERS), policy(PARTNERS[:5]), least=5) == []


def test_a_wide_network_that_stays_does_not_hide_that_partners_are_gone() -> None:
    for wide, count in (("0.0.0.0/0", 6), ("198.51.0.0/16", 7)):
        assert lost(policy([wide], PARTNERS[:6]), policy([wide], PARTNERS[:2])) == [
            f"4 of {count} peers (ingress IPv4): 198.51.100.3, 198.51.100.4, 198.51.100.5, 198.51.100.6"
        ]


def test_that_everybody_is_a_peer_may_end_unasked() -> None:
    anybody = ["0.0.0.0/0", "::/0"]
    assert lost(policy(PARTNERS, anybody), policy(PARTNERS, PARTNERS[:1])) == []
    assert lost(policy(anybody), policy([])) == ["1 of 1 rules: linksight.north.flow0 (ingress tcp 8000 from set0)"]


def test_what_an_installation_alone_needs_may_end_unasked() -> None:
    whole = policy(*[[partner] for partner in PARTNERS])
    passing = [rule.id for rule in whole.rules[2:]]
    after = policy([PARTNERS[0]], [PARTNERS[1]])
    assert too_much(holding(whole, (), passing), holding(after, ())) == []
    assert too_much(holding(whole, (), passing[1:]), holding(policy(), ()))[0].startswith("3 of 3 rules: ")


def test_a_wide_network_that_goes_counts_by_the_addresses_that_it_covers() -> None:
    assert lost(policy(["203.0.113.0/24"], PARTNERS), policy(PARTNERS)) == ["1 of 10 peers (ingress IPv4): 203.0.113.0/24"]


def test_one_of_sixteen_neighbours_whose_addresses_are_merged_may_go() -> None:
    neighbours = [f"198.51.100.{number}/32" for number in range(16, 32)]
    assert lost(policy(neighbours), policy(neighbours[1:])) == []
    assert lost(policy(neighbours[:8]), policy(neighbours[1:8])) == []


def test_one_new_network_may_replace_many_addresses() -> None:
    assert lost(policy(PARTNERS), policy(["198.51.100.0/24"])) == []


def test_a_network_of_one_family_does_not_hide_the_other() -> None:
    four, six = PARTNERS[:4], ["2001:db8::/32"]
    (said,) = lost(policy([*four, *six]), policy([*four[:1], *six]))
    assert said == "3 of 4 peers (ingress IPv4): 198.51.100.2, 198.51.100.3, 198.51.100.4"
    hosts = [f"2001:db8:{number}::1/128" for number in range(1, 6)]
    (said,) = lost(policy(["2001:db8:f::/64"], hosts), policy(["2001:db8:f::/64"], hosts[:2]))
    assert said == "3 of 6 peers (ingress IPv6): 2001:db8:3::1, 2001:db8:4::1, 2001:db8:5::1"


def test_directions_are_counted_by_themselves() -> None:
    before = policy(PARTNERS)
    both = before._replace(rules=(*before.rules, *policy(["0.0.0.0/0"], direction="egress").rules))
    after = policy(PARTNERS[:2])
    fewer = after._replace(rules=(*after.rules, *both.rules[1:]))
    assert ["ingress IPv4" in said for said in lost(both, fewer)] == [True]


def test_host_names_count_as_names_whatever_their_addresses_are() -> None:
    names = tuple(f"hub{number}.example.org" for number in range(5))
    before, after = policy(PARTNERS[:2], names=names), policy(PARTNERS[:2], names=names[:2])
    assert lost(before, before, names) == []
    assert lost(before, after, names) == [
        "3 of 5 peers (ingress names): hub2.example.org, hub3.example.org, hub4.example.org",
    ]


def test_long_lists_are_shortened() -> None:
    many = [f"198.51.{number}.1/32" for number in range(30)]
    assert lost(policy(many), policy(many[:10]))[0].endswith(" and 10 more")


NETWORKS = st.lists(
    st.builds(
        lambda number, length: str(ipaddress.ip_network((number, length), strict=False)),
        st.integers(min_value=0, max_value=2**32 - 1).map(lambda number: number & 0xFF000FFF),
        st.integers(min_value=4, max_value=32),
    ),
    max_size=8,
)


@given(NETWORKS, NETWORKS)
def test_what_is_still_covered_is_never_gone(before: list[str], more: list[str]) -> None:
    assert lost(policy(before), policy([*before, *more])) == []
    assert too_much(holding(policy(before), ()), holding(policy(before, more), ())) == []


@given(NETWORKS, NETWORKS)
def test_a_record_reads_back_as_it_was(one: list[str], other: list[str]) -> None:
    held = holding(policy(one, other), ())
    assert Holding.from_data(json.loads(json.dumps(held.to_data()))) == held


@pytest.mark.parametrize("data", [{}, [], {"rules": [], "peers": {}}, {"rules": {}, "peers": {"ingress IPv4": ["x"]}}, {"rules": {"a": 1}}])
def test_a_damaged_record_is_an_error_of_a_known_kind(data: object) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        Holding.from_data(data)  # type: ignore[arg-type]
