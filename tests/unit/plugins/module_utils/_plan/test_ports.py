# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arithmetic of ports and ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds, disjoint, is_port_range, without

SPANS = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda span: f"{span[0]}-{span[0] + span[1]}" if span[1] else str(span[0]))


def numbers(ports: list[str] | tuple[str, ...]) -> set[int]:
    return {port for low, high in map(bounds, ports) for port in range(low, high + 1)}


@given(st.lists(SPANS, max_size=5), st.lists(SPANS, max_size=5))
def test_what_is_left_is_what_is_not_taken(ports: list[str], taken: list[str]) -> None:
    left = without(ports, taken)
    assert numbers(left) == numbers(ports) - numbers(taken)
    assert left == disjoint(left), "in ascending order, each port once"
    assert all(map(is_port_range, left))


def test_a_range_falls_apart_where_a_port_is_taken_from_its_middle() -> None:
    assert without(["2200-2230", "22", "443"], ["22", "2222", "80"]) == ("443", "2200-2221", "2223-2230")
    assert without(["1-65535"], ["1", "65535"]) == ("2-65534",)
    assert without(["8443"], []) == ("8443",)
