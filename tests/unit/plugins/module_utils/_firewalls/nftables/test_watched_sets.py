# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets that the kernel fills: what it puts there is read as addresses, and is no difference between two rulesets."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.peers_watched import (
    LIMITED,
    REFUSED,
    set_of,
    without_peers,
)
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.refused_peers import sets_of
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import render_guard, render_whole
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST, INGRESS, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("partners", ("198.51.100.20/32",), ())
HTTP = Rule("a.b.http", INGRESS, "tcp", ("8443",), (PEERS,), PUBLISHED, True)
GRPC = Rule("a.b.grpc", INGRESS, "tcp", ("9090",), (), HOST, True)
POLICY = Policy("station", (HTTP, GRPC), False, False)


def test_nothing_is_watched_unless_somebody_asks_for_it() -> None:
    for text in (render_whole(POLICY), render_guard(POLICY, True)):
        assert "log prefix" not in text
        assert "ct count" not in text


def test_every_refusal_of_a_listener_is_recorded_before_it_and_logged_now_and_then() -> None:
    for text in (render_whole(POLICY._replace(log_refused=True)), render_guard(POLICY._replace(log_refused=True), True)):
        lines = [line.strip() for line in text.splitlines()]
        drops = [number for number, line in enumerate(lines) if line.endswith('drop comment "federated.connectivity a.b.grpc"')]
        assert drops
        for number in drops:
            assert 'limit rate 6/minute burst 20 packets log prefix "federated.connectivity refused a.b.grpc: "' in lines[number - 1]
            assert f"update @{set_of(REFUSED, 'a.b.grpc', 6)} {{ ip6 saddr }}" in lines[number - 2]
            assert f"update @{set_of(REFUSED, 'a.b.grpc', 4)} {{ ip saddr }}" in lines[number - 3]


def test_the_limit_counts_each_peer_at_each_listener_that_has_peers() -> None:
    text = render_guard(POLICY._replace(connection_limit=7), True)
    assert text.count("ct count over 7") == 4  # two families, before and after a container engine
    assert set_of(LIMITED, "a.b.http", 4) in text
    assert set_of(LIMITED, "a.b.grpc", 4) not in text


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=9))
def test_what_the_kernel_adds_makes_no_difference(addresses: list[str]) -> None:
    head = "table inet t {\n\tset kept {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 192.0.2.0/24 }\n\t}\n\n"
    watched = "\tset w_ipv4 {\n\t\ttype ipv4_addr\n\t\tsize 1000\n\t\tflags dynamic,timeout\n\t\ttimeout 7d\n"
    elements = ",\n\t\t\t     ".join(f"{address} timeout 7d expires 6d23h" for address in addresses)
    listed = f"{watched}\t\telements = {{ {elements} }}\n\t}}\n}}\n" if addresses else watched + "\t}\n}\n"
    assert without_peers(head + listed) == head + watched + "\t}\n}\n"


def test_elements_are_read_in_both_forms_of_nft_and_what_is_no_address_is_left_out() -> None:
    elements = ["192.0.2.9", {"elem": {"val": "192.0.2.1", "timeout": 9}}, {"elem": {"val": "\x1b[2J"}}, 7.5, {"elem": {}}]
    listing = json.dumps({"nftables": [{"metainfo": {}}, {"set": {"name": "s", "elem": elements}}, {"set": {"name": "empty"}}]})
    assert sets_of(listing) == {"s": ["192.0.2.1", "192.0.2.9"], "empty": []}
