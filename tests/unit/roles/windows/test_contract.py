# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task that a Windows host can meet has arguments that the installed modules' own documentation knows.

The tasks are found by walking the role's files from main.yml, through blocks, rescues and included files, and rendered by
ansible-core itself with what the plan and the host can give. A task that no check has reached fails the last test.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.mod_args import ModuleArgsParser
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPart
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.rules import GROUP
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.steps import Limits, windows_policy

from .samples import DENIED, NETWORKS, found, planned

ROLE = pathlib.Path(__file__).parents[4] / "roles" / "firewall"
INCLUDES = ("ansible.builtin.include_tasks", "ansible.builtin.import_tasks")
FREE = ("ansible.builtin.meta", *INCLUDES)  # ansible-core's own statements, which have no module
BLOCKS = ("block", "rescue", "always")


class Step(t.NamedTuple):
    """A task as it stands in a file, with the variables of the includes that lead to it."""

    where: str
    module: str
    arguments: dict[str, t.Any]
    loop: t.Any
    variables: dict[str, t.Any]


def walk(file: str, variables: dict[str, t.Any]) -> Iterator[Step]:
    """All tasks of a file and of those that it includes, but for the path of the other systems."""
    yield from walk_tasks(file, DataLoader().load_from_file(str(ROLE / "tasks" / file), unsafe=False, trusted_as_template=True), variables)


def walk_tasks(file: str, tasks: list[dict[str, t.Any]], variables: dict[str, t.Any]) -> Iterator[Step]:
    for task in tasks:
        variables = {**variables, **task.get("vars", {})}
        if any(part in task for part in BLOCKS):
            for part in BLOCKS:
                yield from walk_tasks(file, task.get(part, []), variables)
            continue
        statement = {key: value for key, value in task.items() if key not in Task.fattributes and not key.startswith("with_")}
        module, arguments, _delegate = ModuleArgsParser(statement).parse(skip_action_validation=True)
        assert not any(key.startswith("with_") for key in task), f"{file}: {task['name']}: loops are written with loop"
        if module in INCLUDES:
            included = arguments.get("_raw_params") or arguments["file"]
            assert "{{" not in included, f"{file}: {included}: a name that is computed hides tasks from this test"
            if included == "linux.yml":
                assert task["when"] == "not firewall_on_windows"
                continue
            yield from walk(included, variables)
        else:
            yield Step(f"{file}: {task['name']}", module, arguments, task.get("loop"), variables)


STEPS = {step.where: step for step in walk("main.yml", {})}


@pytest.fixture(scope="module")
def documented() -> dict[str, dict[str, t.Any]]:
    """Module -> its documentation, as ansible-doc prints it."""
    modules = sorted({step.module for step in STEPS.values()} - set(FREE))
    command = [sys.executable, "-m", "ansible", "doc", "-j", "-t", "module", *modules]
    environment = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "False"}
    output = subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout
    docs = json.loads(output)
    assert set(docs) == set(modules)
    return {module: entry["doc"] for module, entry in docs.items()}


def spec(options: dict[str, t.Any]) -> dict[str, t.Any]:
    """An argument_spec from documented options."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            **{key: option[key] for key in ("choices", "elements", "aliases") if option.get(key)},
            **({"options": spec(option["suboptions"])} if option.get("suboptions") else {}),
        }
        for name, option in options.items()
    }


def linksight(**more: t.Any) -> dict[str, t.Any]:
    plan = planned(**more)
    state = found(ours=[f"{GROUP} old"])
    return windows_policy(HostPart.from_json(plan.host("station")), plan.index["address_sets"], state, 22, Limits(allow=True))


def shapes() -> dict[str, dict[str, t.Any]]:
    """What the plan and the host can give: nothing else reaches an argument."""
    remembering = found(remembered={"Public": {"outbound": "Allow"}}, ours=[f"{GROUP} old"])
    return {
        "usual": linksight(),
        "denied": linksight(**DENIED, connectivity_memberships=[{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}]),
        "users": linksight(
            connectivity_memberships=[{"matrix": "linksight", "federation": "north", "roles": ["data_station", "analysis_hub"]}],
            connectivity_networks={**NETWORKS, "users": ["0.0.0.0/0"]},
        ),
        "unknown partners": linksight(
            connectivity_memberships=[{"matrix": "linksight", "federation": "n", "roles": ["data_station"], "federation_scope": "any"}]
        ),
        "absent": windows_policy(None, {}, remembering, None),
    }


SHAPES = shapes()


def variables_of(shape: str) -> dict[str, t.Any]:
    policy = SHAPES[shape]
    loader = DataLoader()
    role = {
        name: value
        for place in ("defaults", "vars")
        for name, value in loader.load_from_file(str(ROLE / place / "main.yml"), unsafe=False, trusted_as_template=True).items()
    }
    own = {
        **role,
        "firewall_plan": "plan",
        "connectivity_platform": "windows",
        "connectivity_allow_shrink": False,
        "firewall_state": "absent" if shape == "absent" else "present",
    }
    return {
        **role,
        "firewall_own": own,
        "ansible_connection": "winrm",
        "ansible_check_mode": False,
        "ansible_search_path": [str(ROLE)],
        "ansible_failed_result": {"msg": "it failed"},
        "firewall_windows_found": {"result": found()},
        "firewall_windows": policy,
        "firewall_windows_seen": {"results": [{"changed": True, "item": rule} for rule in policy["rules"]]},
        "firewall_windows_kept": {"result": {"outcome": "kept"}},
        "firewall_windows_settled": {"result": {"outcome": "restored"}},
    }


def rendered(step: Step, shape: str) -> Iterator[dict[str, t.Any]]:
    """The arguments of a task, once for each item of its loop."""
    variables = {**variables_of(shape), **step.variables}
    items = [None] if step.loop is None else Templar(loader=DataLoader(), variables=variables).template(step.loop)
    for item in items:
        yield Templar(loader=DataLoader(), variables={**variables, "item": item}).template(step.arguments)


@pytest.mark.parametrize("where", STEPS)
def test_arguments_are_documented(where: str, documented: dict[str, dict[str, t.Any]]) -> None:
    step = STEPS[where]
    if step.module in FREE:
        assert step.arguments == {"_raw_params": "reset_connection"}
        return
    validator = ArgumentSpecValidator(spec(documented[step.module]["options"]))
    checked = 0
    for shape in SHAPES:
        for arguments in rendered(step, shape):
            result = validator.validate(arguments)
            assert not result.error_messages, f"{where}, {shape}: {result.error_messages}"
            checked += 1
    assert checked, f"{where}: no shape reaches it"


def test_a_misspelt_option_a_foreign_choice_and_a_missing_option_are_found(documented: dict[str, dict[str, t.Any]]) -> None:
    rule = ArgumentSpecValidator(spec(documented["community.windows.win_firewall_rule"]["options"]))
    assert rule.validate({"name": "a", "remote_ip": "any"}).error_messages
    assert rule.validate({"name": "a", "direction": "inbound"}).error_messages
    assert rule.validate({"name": "a", "enabled": "perhaps"}).error_messages
    task = ArgumentSpecValidator(spec(documented["community.windows.win_scheduled_task"]["options"]))
    assert task.validate({"name": "a", "triggers": [{"type": "start"}]}).error_messages
    assert task.validate({"state": "absent"}).error_messages


def test_each_rule_gets_the_same_arguments_when_seen_and_when_written() -> None:
    seen, written = STEPS["windows.yml: See which rules change"], STEPS["windows_change.yml: Write the rules"]
    assert seen.arguments == written.arguments


def test_the_role_has_no_other_way_to_a_task() -> None:
    assert not (ROLE / "handlers").exists()
    reached = {step.where.partition(":")[0] for step in STEPS.values()}
    assert reached | {"main.yml", "linux.yml"} == {path.name for path in (ROLE / "tasks").iterdir()}


def test_the_group_is_the_one_of_the_rules() -> None:
    assert variables_of("usual")["firewall_windows_group"] == GROUP
