# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of our rules in ufw: exactly the blocks of its files, in their order, below the words of ``ufw show added``."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw import rules, rules_file
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.native import translate
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import DIRECTIONS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule
from ansible_collections.federated.connectivity.plugins.module_utils._policy.surroundings import OWN_CONTAINERS, Surroundings, admit

TITLE = re.compile(r"# user6?\.rules ")
BLOCK = re.compile(r"\n### tuple ### .*\n-A .*\n")
CONTAINERS = AddressSet(OWN_CONTAINERS, ("172.17.0.0/16",), ("fd00:17::/64",))
PEERS = (AddressSet("partners", ("198.51.100.20/32",), ("2001:db8:1::20/128",)), AddressSet("nobody", (), ()))

printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    directions = draw(
        st.lists(st.tuples(printable, st.sampled_from(DIRECTIONS), st.sampled_from(("tcp", "udp")), st.booleans()), max_size=4)
    )
    drawn = tuple(
        Rule(id, direction, protocol, ("8443", "9000-9010"), draw(st.sampled_from(((), PEERS))), HOST, closed and direction == INGRESS)
        for id, direction, protocol, closed in directions
    )
    return Policy("host", drawn, draw(st.booleans()), draw(st.booleans()))


@given(policies(), st.sampled_from((CONTAINERS, Surroundings().containers)), st.booleans())
def test_text_has_the_blocks_of_the_files_in_their_order(policy: Policy, containers: AddressSet, ipv6: bool) -> None:
    text = translate(policy, Surroundings(containers=containers, ipv6=ipv6))
    places = [rules.translate(admit(policy, containers), family) for family in ((4, 6) if ipv6 else (4,))]
    expected = [rule.file_text() for place in places for part in place for rule in part]
    assert BLOCK.findall(text) == expected
    words = [line for line in BLOCK.sub("\n", text).split("\n") if line and not TITLE.match(line)]
    assert len(words) == len(expected)
    assert words == ["# " + rules_file.describe(block)[0] for block in expected]


def test_a_host_without_ipv6_shows_none_of_it() -> None:
    policy = Policy("host", (Rule("a", INGRESS, "tcp", ("8443",), PEERS, HOST, True),), True, False)
    assert "user6.rules" in translate(policy, Surroundings())
    alone = translate(policy, Surroundings(ipv6=False))
    assert "user.rules (IPv4)" in alone
    assert "user6" not in alone
    assert "ufw6" not in alone
