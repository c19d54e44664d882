# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A misspelt group of strangers is an error; no group of strangers is not."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.strangers import STRANGERS, GroupMissing, strangers_of


def test_the_hosts_of_the_group_serve_as_strangers() -> None:
    assert strangers_of(STRANGERS, {"all": ["a", "b"], STRANGERS: ["b"]}) == ["b"]
    assert strangers_of("outsiders", {"all": ["a", "b"], "outsiders": ["a"]}) == ["a"]


@pytest.mark.parametrize("others", [[], ["all", "ungrouped", "connectivity_managed", "connectivity_others", "strange_hosts"]])
def test_an_inventory_may_have_no_strangers(others: list[str]) -> None:
    assert list(strangers_of(STRANGERS, {name: ["a"] for name in others})) == []


@pytest.mark.parametrize("name", ["connectivity_stranger", "conectivity_strangers", "connectivity-strangers", "Connectivity_Strangers"])
def test_a_misspelt_group_is_an_error(name: str) -> None:
    with pytest.raises(GroupMissing, match=rf"no group connectivity_strangers \(did you mean {name}\?\)"):
        strangers_of(STRANGERS, {"all": ["a"], name: ["a"]})


def test_a_group_that_the_user_chose_must_be_there() -> None:
    with pytest.raises(GroupMissing, match="no group outsiders"):
        strangers_of("outsiders", {"all": ["a"], STRANGERS: ["a"]})
