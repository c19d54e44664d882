# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new plan beside the one that its directory holds: what would be gone."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.previous import refuse_shrinking
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

NORTH = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}


def planned(**hosts: dict[str, t.Any]) -> Plan:
    own = {name: {"ansible_host": f"198.51.100.{number}", **variables} for number, (name, variables) in enumerate(hosts.items(), 1)}
    return compute_plan(own, Catalogue([]))


def both(**more: t.Any) -> dict[str, t.Any]:
    return {"connectivity_memberships": [NORTH], **more}


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ({"a": both(), "b": both()}, "host c would be gone from the plan"),
        ({"a": both(), "b": both(), "c": both(connectivity_managed=False)}, "host c would no longer be managed"),
        ({"a": both(), "b": both(), "c": {"connectivity_memberships": []}}, "host c would no longer be data_station in linksight.north"),
    ],
)
def test_what_would_be_gone_is_named(tmp_path: pathlib.Path, hosts: dict[str, t.Any], message: str) -> None:
    write_plan(planned(a=both(), b=both(), c=both()), tmp_path)
    with pytest.raises(PlanRefused) as refused:
        refuse_shrinking(tmp_path, planned(**hosts).index)
    first, advice = refused.value.messages
    assert first == message
    assert str(tmp_path) in advice
    assert "connectivity_allow_shrink: true" in advice


def test_what_stays_or_joins_stops_nothing(tmp_path: pathlib.Path) -> None:
    refuse_shrinking(tmp_path / "new", planned(a=both(), b=both()).index)
    write_plan(planned(a=both(), b=both(connectivity_managed=False)), tmp_path)
    refuse_shrinking(tmp_path, planned(a=both(), b=both(), c=both()).index)


def test_a_damaged_plan_cannot_be_compared_and_that_is_said(tmp_path: pathlib.Path) -> None:
    index = planned(a=both(), b=both()).index
    assert refuse_shrinking(tmp_path, index) == []
    write_plan(planned(a=both(), b=both()), tmp_path)
    assert refuse_shrinking(tmp_path, index) == []
    whole = (tmp_path / "plan.json").read_text(encoding="utf-8")
    for damaged in ("{", f"<<<<<<< ours\n{whole}=======\n{whole}>>>>>>> theirs\n", "[]", '{"hosts": []}', ""):
        (tmp_path / "plan.json").write_text(damaged, encoding="utf-8")
        (warning,) = refuse_shrinking(tmp_path, index)
        assert "plan.json, the plan that was there before, is damaged. So nothing was compared" in warning
        assert (tmp_path / "plan.json").read_text(encoding="utf-8") == damaged
