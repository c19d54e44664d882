# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verify role compares with what the firewall role enforces, so that both have to mean the same by default."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = pathlib.Path(__file__).parents[3] / "roles"


def _load(role: str, file: str) -> dict[str, t.Any]:
    content: dict[str, t.Any] = yaml.safe_load((ROLES / role / file).read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("name", ["backend", "container_interfaces"])
def test_the_policy_is_compared_as_it_was_enforced(name: str) -> None:
    enforced = _load("firewall", "defaults/main.yml")[f"firewall_{name}"]
    template = trust_as_template(_load("verify", "defaults/main.yml")[f"verify_{name}"])
    assert Templar(DataLoader(), variables={}).template(template) == enforced
    assert Templar(DataLoader(), variables={f"firewall_{name}": "another"}).template(template) == "another"


def test_a_host_with_windows_firewall_is_no_error() -> None:
    """The firewall role takes ``windows``. Verification passes such hosts over, so its own option must be a valid one there."""
    template = trust_as_template(_load("verify", "defaults/main.yml")["verify_backend"])
    assert Templar(DataLoader(), variables={"firewall_backend": "windows"}).template(template) == "auto"
