# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of each role are those that it uses, with the same defaults in both files that state them."""

from __future__ import annotations

import pathlib

import pytest
import yaml

ROLES = sorted((pathlib.Path(__file__).parents[3] / "roles").iterdir())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_option_is_used_and_has_one_default(role: pathlib.Path) -> None:
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8"))
    stated = {name: option["default"] for name, option in options.items() if "default" in option}
    assert defaults == {name: default for name, default in stated.items() if not name.startswith("connectivity_")}
    steps = "".join(path.read_text(encoding="utf-8") for folder in ("tasks", "vars") for path in (role / folder).glob("*.yml"))
    assert [name for name in options if name not in steps] == []
