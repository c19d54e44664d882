# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever nft lists can be read: expressions and families that nobody knows here are passed over, dormant tables decide nothing."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables.unread import Unread
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import kernel, others, untracked
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.listing import Broken, Listing, entries_of
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, PORTS, altered, real, strange, texts, values, warnings_of

FAMILIES = st.sampled_from(["inet", "ip", "ip6", "arp", "bridge", "netdev", "new"])
TABLES = st.sampled_from(["filter", "mine", "x y", ""])
LEFT = st.one_of(
    st.builds(
        lambda protocol, field: {"payload": {"protocol": protocol, "field": field}},
        st.sampled_from(["tcp", "udp", "ip", "ip6", "th"]),
        st.sampled_from(["dport", "sport", "saddr", "daddr", "protocol", "nexthdr"]),
    ),
    st.builds(lambda key: {"meta": {"key": key}}, st.sampled_from(["l4proto", "nfproto", "iifname", "mark"])),
    st.builds(lambda key: {"ct": {"key": key}}, st.sampled_from(["state", "status", "proto-dst"])),
    values(),
)
RIGHT = st.recursive(
    st.one_of(ADDRESSES, PORTS, st.integers(-1, 70000), st.sampled_from(["new", "@office", "@none", "tcp", "lo", "ipv4"]), values()),
    lambda inner: st.one_of(
        st.builds(lambda each: {"set": each}, st.lists(inner, max_size=3)),
        st.builds(lambda each: {"range": each}, st.lists(inner, max_size=2)),
        st.builds(lambda each: {"prefix": {"addr": each, "len": 24}}, inner),
        st.builds(lambda each: {"elem": {"val": each, "timeout": 5}}, inner),
        st.builds(lambda each: {"concat": each}, st.lists(inner, max_size=2)),
    ),
    max_leaves=4,
)
VERDICTS = st.sampled_from([{"drop": None}, {"accept": None}, {"jump": {"target": "input"}}, {"goto": {"target": "none"}}, {"queue": {}}])
EXPRESSIONS = st.one_of(
    st.builds(
        lambda op, left, right: {"match": {"op": op, "left": left, "right": right}},
        st.sampled_from(["==", "in", "!=", "<", "&"]),
        LEFT,
        RIGHT,
    ),
    st.builds(
        lambda key, data: {"vmap": {"key": key, "data": data}},
        LEFT,
        st.one_of(st.lists(st.tuples(RIGHT, VERDICTS), max_size=3).map(lambda each: {"set": each}), RIGHT),
    ),
    VERDICTS,
    st.sampled_from([{"xt": None}, {"xt": {"type": "match", "name": "u32"}}, {"notrack": None}, {"counter": {}}, {"limit": {"rate": 1}}]),
    values(),
)
ENTRIES = st.one_of(
    st.builds(
        lambda family, table, handle, expr: {"rule": {"family": family, "table": table, "chain": "input", "handle": handle, "expr": expr}},
        FAMILIES,
        TABLES,
        st.integers(0, 9),
        st.one_of(st.lists(EXPRESSIONS, max_size=4), values()),
    ),
    st.builds(
        lambda family, table, hook: {
            "chain": {"family": family, "table": table, "name": "input", "type": "filter", "hook": hook, "policy": "drop"}
        },
        FAMILIES,
        TABLES,
        st.one_of(st.sampled_from(["input", "output", "forward", "ingress"]), values()),
    ),
    st.builds(
        lambda family, table, elem: {"set": {"family": family, "table": table, "name": "office", "elem": elem}}, FAMILIES, TABLES, RIGHT
    ),
    st.builds(
        lambda key, value: {key: value}, st.sampled_from(["rule", "chain", "set", "map", "table", "flowtable", "ct helper"]), values()
    ),
    values(),
)
LINES = st.one_of(
    texts(),
    st.sampled_from(["table inet mine {", "\tflags dormant", "\tchain input {", "\t\ttcp dport 22 accept # handle 5", "}", "table"]),
)
CHAIN = {"family": "inet", "table": "own", "name": "input", "type": "filter", "hook": "input", "policy": "accept"}
DROP = {"family": "inet", "table": "own", "chain": "input", "handle": 1, "expr": [{"drop": None}]}
PLANTED = [{"chain": CHAIN}, {"rule": DROP}]


@strange
@given(st.lists(ENTRIES, max_size=8), st.lists(LINES, max_size=6).map("\n".join))
def test_no_table_of_others_breaks_a_run_or_hides_another(entries: list[t.Any], text: str) -> None:
    entries = json.loads(json.dumps(entries))
    listing, unread = Listing([*PLANTED, *entries], text), Unread()
    said = warnings_of(others.places(listing, (), unread))
    assert any(words.startswith("nftables: 'handle 1' in chain inet own input refuses peers of in") for words in said)
    assert all(isinstance(words, str) for words in (*unread.warnings(), *others.refusing_by_default(listing, ())))


@strange
@given(altered("nft-j"), altered("nft"))
def test_what_releases_list_breaks_no_run_with_changes_either(content: str, text: str) -> None:
    unread = Unread()
    try:
        listing = Listing(entries_of(content), text)
    except Broken:
        return
    warnings_of(others.places(listing, (), unread))
    everything = [*unread.warnings(), *others.refusing_by_default(listing, ()), *others.refusing(listing, ()).values()]
    everything += [each.words for each in untracked.of_nftables(listing, ())]
    assert all(isinstance(words, str) for words in everything)


def test_everything_that_releases_list_is_read() -> None:
    for content, text in zip(real("nft-j"), real("nft"), strict=True):
        listing, unread = Listing(entries_of(content), text), Unread()
        said = warnings_of(others.places(listing, (), unread))
        assert unread.warnings() == []
        assert any("tcp dport vmap @ports' in chain inet mine input" in words for words in said)
        assert not any("inet off" in words for words in said)
        assert [each.destination for each in untracked.of_nftables(listing, ())] == [((53, 53),)]
        assert others.refusing(listing, ()) == {}
        assert listing.dormant == {("inet", "off")}


def said_of(*expressions: t.Any, family: str = "inet", text: str = "") -> list[str]:
    chain, rule = {**CHAIN, "family": family}, {**DROP, "family": family, "expr": list(expressions)}
    return warnings_of(others.places(Listing([{"chain": chain}, {"rule": rule}], text), (), Unread()))


def test_a_dormant_table_and_one_of_another_family_decide_nothing() -> None:
    assert said_of({"drop": None})
    assert said_of({"drop": None}, text="table inet own {\n\tflags dormant\n}\n") == []
    assert said_of({"drop": None}, text="table inet own {\n\tflags owner,persist,dormant\n}\n") == []
    assert [said_of({"drop": None}, family=family) for family in ("arp", "bridge", "netdev")] == [[], [], []]


def test_a_verdict_map_is_read_as_its_elements() -> None:
    ports = {"payload": {"protocol": "tcp", "field": "dport"}}
    assert said_of({"vmap": {"key": ports, "data": {"set": [[22, {"accept": None}], [8443, {"drop": None}]]}}})
    assert said_of({"vmap": {"key": ports, "data": {"set": [[22, {"drop": None}], [8443, {"continue": None}]]}}}) == []


class Nft(Host):
    """A host whose nft cannot list one of its tables in JSON."""

    def __init__(self, broken: str) -> None:
        self._broken = broken

    def which(self, command: str) -> str | None:
        return None if "tables-" in command else "/usr/sbin/nft"

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        if argv[1] == "-a":
            return Result(0, "table inet own {\n}\ntable inet odd {\n}\n", "")
        if argv[3] == "ruleset" or argv[-1] == "odd":
            return Result(0, self._broken, "")
        return Result(0, json.dumps({"nftables": PLANTED}), "")


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"nftables": 5}', "[" * 100_000, "null"])
def test_a_table_that_nft_lists_in_broken_json_costs_no_other(broken: str) -> None:
    with pytest.raises(Broken):
        entries_of(broken)
    read = kernel.read(Nft(broken))
    assert any("in chain inet own input refuses peers of in" in words for words in warnings_of(read.places([])))
    assert [words for words in read.unread.warnings() if words.startswith("nftables table inet odd: cannot be read")]
