# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of options says is enforced, before anything is changed or judged."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._operator.limits import LIMITS, out_of_range

ROOT = pathlib.Path(__file__).parents[4]
NAME = "federated.connectivity"
ENFORCED = ("type", "elements", "required", "default", "choices")
INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: PYTHON
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    hospital: {connectivity_addresses: [203.0.113.20]}
    institute: {connectivity_addresses: [198.51.100.10], connectivity_managed: false}
"""
TOKEN = "token: abcd"
PROBE = "probes: [{protocol: tcp, destination: 127.0.0.1, port: 1}], token: abcd"
ENDPOINT = "endpoints: [{destination: 127.0.0.1, port: 1}]"
REFUSED = {
    "docker_proxy: {}": "docker_proxy needs plan, the directory of a plan, or daemon or client",
    "docker_proxy: {plan: out, daemon: {}}": "docker_proxy takes either plan, the directory of a plan, or daemon and client",
    "inspection_note: {}": "inspection_note needs plan, the directory of a plan",
    "firewall_policy: {plan: out, policy: {}}": "firewall_policy takes either plan, the directory of a plan, or policy",
    "verify_plan: {plan: out, peers_maximum: 0}": "peers_maximum is 0; give 1 or more",
    f"flow_probe: {{{PROBE}, timeout: 0}}": "timeout is 0.0; give seconds above 0",
    f"flow_probe: {{{PROBE}, retries: -1}}": "retries is -1; give 0 or more",
    f"flow_probe: {{{PROBE}, parallel: 0}}": "parallel is 0; give 1 or more",
    f"flow_probe: {{{PROBE.replace('port: 1', 'port: 70000')}}}": "port 70000 is not valid: give 1 to 65535",
    "flow_listener: {name: a}": "missing: token",
    f"flow_listener: {{name: a, {TOKEN}, seconds: 0}}": "seconds is 0; give 1 or more",
    f"flow_listener: {{name: a, {TOKEN}, ports: [{{protocol: tcp, port: 0}}]}}": "port 0 is not valid: give 1 to 65535",
    f"tls_handshake_info: {{{ENDPOINT}, timeout: 0}}": "timeout is 0.0; give seconds above 0",
    f"tls_handshake_info: {{{ENDPOINT}, seconds: -1}}": "seconds is -1.0; give seconds above 0",
}
BEYOND = {
    "audit_peers_maximum": 0,
    "audit_seconds": 0.0,
    "audit_timeout": -1.0,
    "firewall_confirm_timeout": -1,
    "firewall_shrink_least": 0,
    "firewall_shrink_share": 1.5,
    "verify_listener_seconds": 0,
    "verify_peers_maximum": 0,
    "verify_timeout": 0.0,
}


def play(directory: pathlib.Path, playbook: list[dict[str, t.Any]] | str, *arguments: str) -> str:
    """Run a playbook; what it says, in one line."""
    (directory / "hosts.yml").write_text(INVENTORY.replace("PYTHON", sys.executable))
    (directory / "play.yml").write_text(playbook if isinstance(playbook, str) else yaml.safe_dump(playbook))
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    command = [program, "-i", "hosts.yml", "play.yml", *arguments]
    done = subprocess.run(command, cwd=directory, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False)
    return " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def documentation() -> dict[str, dict[str, t.Any]]:
    """The options of all modules, as ansible-doc shows them."""
    names = sorted(f"{NAME}.{path.stem}" for path in (ROOT / "plugins/modules").glob("*.py"))
    command = [pathlib.Path(sys.executable).with_name("ansible-doc"), "--json", *names]
    shown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {name.removeprefix(f"{NAME}."): entry["doc"]["options"] for name, entry in shown.items()}


def test_actions_on_the_controller_enforce_what_is_documented(documentation: dict[str, dict[str, t.Any]]) -> None:
    printed = subprocess.run([sys.executable, "-c", PRINT_OPTIONS, *documentation], capture_output=True, text=True, check=True).stdout
    options = json.loads(printed)
    assert len(options) == 17
    for name, own in options.items():
        spec = {option: enforced(each) for option, each in own.items()}
        assert spec == {option: enforced(each) for option, each in documentation[name].items()}, name


PRINT_OPTIONS = f"""
import importlib, json, sys
actions = {{name: importlib.import_module("ansible_collections.{NAME}.plugins.action." + name).ActionModule for name in sys.argv[1:]}}
print(json.dumps({{name: action.OPTIONS for name, action in actions.items() if hasattr(action, "OPTIONS")}}))
"""
"""In a process of its own: Ansible's loader of collections, which other tests start, imports only what it has found itself."""


def enforced(spec: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: spec[key] for key in ENFORCED if spec.get(key) not in (None, False)}


def test_options_are_refused_before_anything_is_done(tmp_path: pathlib.Path) -> None:
    tasks = "".join(f"    - {{{NAME}.{task}, ignore_errors: true}}\n" for task in REFUSED)
    first = "- hosts: hospital\n  gather_facts: false\n  tasks:\n    - federated.connectivity.required_rules: {plan: out}\n"
    said = play(tmp_path, first + tasks)
    assert [message for message in REFUSED.values() if message not in said] == [], said
    assert f"ignored={len(REFUSED)}" in said


@pytest.mark.every_run("firewall_confirm_timeout", "verify_timeout", "audit_seconds")
@pytest.mark.parametrize("option", BEYOND)
def test_a_role_refuses_a_number_beyond_its_limits(tmp_path: pathlib.Path, option: str) -> None:
    role = option.partition("_")[0]
    variables = {f"{role}_plan": "out", option: BEYOND[option]}
    task = {"ansible.builtin.import_role": {"name": f"{NAME}.{role}"}, "vars": variables}
    said = play(tmp_path, [{"hosts": "hospital", "gather_facts": False, "tasks": [task]}])
    assert f"host hospital: {option} is {BEYOND[option]}; give {LIMITS[option][0]}" in said
    assert "changed=0" in said


def test_every_number_of_a_role_has_limits() -> None:
    options = {
        name: each
        for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")
        for name, each in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"].items()
    }
    numbers = {name for name, each in options.items() if each["type"] in ("int", "float")}
    assert numbers == set(LIMITS) == set(BEYOND)
    assert out_of_range({name: options[name]["default"] for name in numbers}) == []


@given(st.dictionaries(st.sampled_from(sorted(LIMITS)), st.none() | st.floats() | st.integers()))
def test_numbers_are_within_their_limits_or_named(values: dict[str, t.Any]) -> None:
    messages = out_of_range(values)
    assert all(message.partition(" is ")[0] in values for message in messages)
    negative = {name for name, value in values.items() if value is not None and not value >= 0}
    assert negative <= {message.partition(" is ")[0] for message in messages}
