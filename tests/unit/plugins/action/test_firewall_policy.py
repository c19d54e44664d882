# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host's part of the plan, as the action reads it on the controller."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.federated.connectivity.plugins.action.firewall_policy import (
    read_policy,
)


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "hosts").mkdir()
    sets = {"partners": ["198.51.100.20/32"], "others": ["203.0.113.0/24"]}
    (tmp_path / "plan.json").write_text(json.dumps({"address_sets": sets}), encoding="utf-8")
    for host, managed in (("station", True), ("partner", False)):
        _write(tmp_path, host, {"host": host, "managed": managed, "rules": [{"peers": {"address_sets": ["partners"], "names": []}}]})
    return tmp_path


def _write(plan: pathlib.Path, host: str, data: t.Any) -> None:
    (plan / "hosts" / f"{host}.json").write_text(json.dumps(data), encoding="utf-8")


def test_a_host_gets_its_rules_and_only_the_sets_that_they_name(plan: pathlib.Path) -> None:
    policy = read_policy(plan, "station")
    assert policy["address_sets"] == {"partners": ["198.51.100.20/32"]}
    assert policy["rules"][0]["peers"]["address_sets"] == ["partners"]


@pytest.mark.parametrize(
    ("host", "message"),
    [("partner", "host partner is a partner's: connectivity_managed is false"), ("unknown", "host unknown is not in the plan")],
)
def test_hosts_that_are_not_ours(plan: pathlib.Path, host: str, message: str) -> None:
    with pytest.raises(AnsibleError, match=message):
        read_policy(plan, host)


def test_no_plan_and_a_damaged_one(plan: pathlib.Path) -> None:
    with pytest.raises(AnsibleError, match=r"holds no plan\.json"):
        read_policy(plan / "hosts", "station")
    (plan / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(AnsibleError, match="is not JSON"):
        read_policy(plan, "station")
