# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option that a task can give is in the documentation, and the other way round, where ansible-test does not look."""

from __future__ import annotations

import functools
import importlib
import json
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.action import HostAction
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.results import ROWS

COLLECTION = "federated.connectivity"
PLUGINS = pathlib.Path(__file__).parents[4] / "plugins"
ACTIONS = {
    path.stem: importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.action.{path.stem}")
    for path in PLUGINS.glob("action/*.py")
}
CONTROLLER = sorted(name for name, action in ACTIONS.items() if hasattr(action.ActionModule, "OPTIONS"))
POWERSHELL = sorted(path.stem for path in PLUGINS.glob("modules/*.ps1"))


@functools.cache
def _pages() -> dict[str, t.Any]:
    """The pages of all modules, as ansible-doc reads them."""
    command = [pathlib.Path(sys.executable).with_name("ansible-doc"), "--json", *(f"{COLLECTION}.{name}" for name in ACTIONS)]
    return t.cast(dict[str, t.Any], json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _documented(module: str) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What a module's page says of options, and of attributes."""
    page = _pages()[f"{COLLECTION}.{module}"]["doc"]
    return page.get("options") or {}, page["attributes"]


def _comparable(options: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a specification and a documentation say alike."""
    return {
        name: (
            said.get("type", "str"),
            said.get("default"),
            bool(said.get("required")),
            said.get("elements"),
            list(said.get("choices") or ()),
            _comparable(said.get("suboptions") or said.get("options") or {}),
        )
        for name, said in options.items()
    }


@pytest.mark.parametrize("module", CONTROLLER)
def test_actions_of_the_controller_take_what_their_page_says(module: str) -> None:
    assert _comparable(ACTIONS[module].ActionModule.OPTIONS) == _comparable(_documented(module)[0])


@pytest.mark.parametrize("module", POWERSHELL)
def test_modules_of_windows_take_what_their_page_says(module: str) -> None:
    options, attributes = _documented(module)
    program = (PLUGINS / f"modules/{module}.ps1").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^ {8}(\w+) = (?:@\{|\$)", program, re.MULTILINE)) == sorted(options)
    assert attributes["platform"]["platforms"] == "linux, windows"


def test_every_module_of_managed_hosts_can_be_told_that_a_host_has_no_part() -> None:
    assert sorted(ROWS) == sorted(name for name, action in ACTIONS.items() if issubclass(action.ActionModule, HostAction))
    for module in ROWS:
        assert _documented(module)[0]["wanted"]["default"] is True, module
