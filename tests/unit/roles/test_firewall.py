# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches of the roles mean what they say."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = pathlib.Path(__file__).parents[3] / "roles"


def _missing(exists: bool = False, **variables: t.Any) -> bool:
    """Whether the firewall role finds that it has packages to install."""
    own = yaml.safe_load((ROLES / "firewall/vars/main.yml").read_text(encoding="utf-8"))
    templates = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in own.items()}
    own_options = {
        "firewall_state": "present",
        "firewall_manage_packages": True,
        "firewall_backend": "auto",
        "connectivity_platform": "linux",
        **variables,
    }
    given = {"firewall_own": own_options, "firewall_installed": {"missing": [] if exists else ["nftables"]}}
    missing = Templar(DataLoader(), variables={**templates, **given}).template(templates["firewall_packages_missing"])
    assert isinstance(missing, bool)
    return missing


def test_packages_are_missing_only_where_somebody_wants_them() -> None:
    assert _missing()
    assert not _missing(exists=True)
    assert not _missing(firewall_manage_packages=False)
    assert not _missing(firewall_state="absent")
    assert not _missing(connectivity_platform="windows")


@pytest.mark.parametrize(("said", "listens"), [(True, True), (False, False)])
def test_verify_listens_only_if_asked(said: object, listens: bool) -> None:
    tasks = yaml.safe_load((ROLES / "verify/tasks/main.yml").read_text(encoding="utf-8"))
    listen = next(task for block in tasks for task in block.get("block", ()) if task["name"] == "Listen where no service does")
    variables = {"ansible_check_mode": False, "verify_own": {"verify_listeners": said}}
    assert Templar(DataLoader(), variables=variables).template(trust_as_template(listen["check_mode"])) is not listens
