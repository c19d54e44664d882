# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bridge counts as a container engine's own by its exact name or by the administrator's word, never by a prefix alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._policy.container_bridges import container_bridges, links_of_others

PRESENT = ["br-0123456789ab", "br-lan", "br-0123456789AB", "br-0123456789", "cni-podman1", "docker0", "eth0", "podman0", "podmanx"]


def test_an_engines_own_names_are_known() -> None:
    interfaces = ["docker0", "br-*", "podman*", "cni-podman*"]
    assert container_bridges(interfaces, PRESENT) == ["br-0123456789ab", "cni-podman1", "docker0", "podman0"]
    assert container_bridges(["podman*"], PRESENT) == ["podman0"]


def test_the_administrators_word_counts_whether_the_bridge_is_there_or_not() -> None:
    assert container_bridges(["analysis", "br-*"], []) == ["analysis"]
    assert container_bridges([], PRESENT) == []


def test_what_a_prefix_covers_and_no_engine_named_is_of_others() -> None:
    assert links_of_others(["docker0", "br-*", "podman*"], PRESENT) == ["br-0123456789", "br-0123456789AB", "br-lan", "podmanx"]
    assert links_of_others(["br-lan", "br-l*"], PRESENT) == []


@given(st.lists(st.text("abcdef-r0123456789", max_size=15)))
def test_a_prefix_makes_no_bridge_an_engines_own(present: list[str]) -> None:
    for name in container_bridges(["br-*", "b*"], present):
        assert name.startswith("br-")
        int(name[3:], 16)
        assert len(name) == 15
