# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a managed host writes passes one place before Ansible prints it, acts upon it, or waits for it."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import time
import types
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.action import firewall_confirm, listening_info
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers import results

ANSWER = {"changed": False, "sockets": []}
FOR_ANSIBLE = {
    "ansible_facts": {"found": "in facts"},
    "add_host": {"host_name": "added", "groups": ["all"]},
    "ansible_stats": {"data": {"Verified": "forged"}, "aggregate": False, "per_host": False},
    "skipped": True,
    "_ansible_no_log": True,
    "odd\x1b[2J": 1,
}
SAID = {
    "honest": json.dumps(ANSWER),
    "acting": json.dumps({**ANSWER, **FOR_ANSIBLE, "warnings": ["warned\x1b[2J\u202e"], "deprecations": [{"msg": "old\x07"}]}),
    "noisy": f"motd \x1b[2J\n{json.dumps(ANSWER)}\njunk \x1b]0;owned\x07\n",
    "failing": json.dumps({"failed": True, "msg": "no\nPLAY RECAP \x1b[2J", "exception": "trace\x1b[2J\n"}),
    "broken": "Segmentation fault \x1b[2J\u009b",
    "deep": '{"sockets": ' + "[" * 100_000,
}
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - federated.connectivity.listening_info: {ports: [{protocol: tcp, ports: ["8443"]}]}
      register: seen
      ignore_errors: true
    - copy:
        content: "{{ [seen, found | default(none), groups['all']] | to_json }}"
        dest: "{{ inventory_dir }}/{{ inventory_hostname }}.out"
      delegate_to: localhost
      vars: {ansible_python_interpreter: PYTHON}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, t.Any]]:
    """What a run shows on the terminal, and what its tasks have registered, by host."""
    directory = tmp_path_factory.mktemp("run")
    hosts = {}
    for name, output in SAID.items():
        (directory / f"{name}.txt").write_text(output, encoding="utf-8")
        program = directory / name
        program.write_text(f"#!/bin/sh\ncat '{directory}/{name}.txt'\n", encoding="utf-8")
        program.chmod(0o755)
        hosts[name] = {"ansible_python_interpreter": str(program), "ansible_connection": "local"}
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    (directory / "play.yml").write_text(PLAY.replace("PYTHON", sys.executable), encoding="utf-8")
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", directory / "hosts.yml", directory / "play.yml"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, encoding="utf-8", check=False)
    registered = {name: json.loads((directory / f"{name}.out").read_text(encoding="utf-8")) for name in SAID}
    return done.stdout + done.stderr, registered


def test_nothing_that_a_terminal_acts_upon_is_shown(run: tuple[str, dict[str, t.Any]]) -> None:
    shown, _registered = run
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown), ascii(shown)
    assert r"warned\x1b[2J\u202e" in shown
    assert "\nPLAY RECAP \\" not in shown


def test_nothing_that_ansible_acts_upon_comes_through(run: tuple[str, dict[str, t.Any]]) -> None:
    shown, registered = run
    seen, fact, hosts = registered["acting"]
    assert (seen["sockets"], seen.get("skipped"), fact) == ([], None, None)
    assert sorted(hosts) == sorted(SAID)
    assert "forged" not in shown
    ignored = "host acting: its answer to listening_info also has _ansible_no_log, add_host, ansible_facts, ansible_stats, odd"
    assert ignored in " ".join(shown.split())


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("failing", r"no\n  PLAY RECAP \\x1b\[2J"),
        (
            "broken",
            r"host broken: its answer to listening_info is not usable: it holds no JSON; it wrote: Segmentation fault \\x1b\[2J\\x9b",
        ),
        ("deep", "host deep: its answer to listening_info is not usable: it is not JSON that can be read"),
    ],
)
def test_a_host_fails_by_name(run: tuple[str, dict[str, t.Any]], host: str, message: str) -> None:
    seen = run[1][host][0]
    assert seen["failed"]
    assert re.match(message, seen["msg"])


@pytest.mark.parametrize("host", ["honest", "noisy"])
def test_a_usable_answer_comes_through(run: tuple[str, dict[str, t.Any]], host: str) -> None:
    assert run[1][host][0] == {"changed": False, "failed": False, "sockets": []}


def ask(monkeypatch: pytest.MonkeyPatch, execute: t.Callable[..., t.Any], action: types.ModuleType = listening_info) -> dict[str, t.Any]:
    """The result of an action where Ansible runs modules in another way."""
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    monkeypatch.setattr(ActionBase, "_execute_module", execute)
    own = object.__new__(action.ActionModule)
    own._task = types.SimpleNamespace(args={}, check_mode=action is firewall_confirm)
    result: dict[str, t.Any] = own.run(task_vars={"inventory_hostname": "alpha"})
    return result


@pytest.mark.parametrize(("error", "raised"), [(AnsibleConnectionFailure, AnsibleConnectionFailure), (AnsibleError, AnsibleActionFail)])
def test_errors_of_a_connection_are_escaped(monkeypatch: pytest.MonkeyPatch, error: type[Exception], raised: type[Exception]) -> None:
    def execute(*_arguments: t.Any, **_options: t.Any) -> t.NoReturn:
        raise error("ssh says \x1b[2J")

    with pytest.raises(raised) as caught:
        ask(monkeypatch, execute)
    assert str(caught.value) == r"ssh says \x1b[2J"


def test_a_host_that_does_not_answer_is_waited_for_as_long_as_its_row_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(t.cast(dict[str, t.Any], results.ROWS), "listening_info", results.Row({}, seconds=0.01))
    result = ask(monkeypatch, lambda *_arguments, **_options: time.sleep(600))
    assert result["msg"] == "host alpha: its answer to listening_info is not usable: it has not come within 0.01 seconds"


def test_an_answer_that_did_not_pass_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnsibleActionFail, match="does not know how this version of ansible-core reads answers"):
        ask(monkeypatch, lambda *_arguments, **_options: {"sockets": []})


def test_what_an_answer_breaks_in_ansible_fails_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    result = ask(monkeypatch, lambda *_arguments, **_options: [][0])
    assert result["msg"] == "host alpha: its answer to listening_info is not usable: Ansible cannot handle it (IndexError)"


def test_check_mode_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = ask(monkeypatch, lambda *_arguments, **_options: pytest.fail("the host was asked"), firewall_confirm)
    assert result == {"skipped": True, "changed": False, "msg": "in check mode nothing is to be confirmed"}


@pytest.mark.parametrize(("windows", "method", "becomes"), [(True, "sudo", False), (True, "runas", True), (False, "sudo", True)])
def test_nobody_becomes_root_on_windows(monkeypatch: pytest.MonkeyPatch, windows: bool, method: str, becomes: bool) -> None:
    connection = types.SimpleNamespace(become=types.SimpleNamespace(name=method), _shell=types.SimpleNamespace(_IS_WINDOWS=windows))
    connection.set_become_plugin = lambda plugin: setattr(connection, "become", plugin)
    monkeypatch.setattr(ActionBase, "_connection", connection, raising=False)
    with pytest.raises(AnsibleActionFail):  # the host gives no answer here
        ask(monkeypatch, lambda *_arguments, **_options: {"sockets": []})
    assert bool(connection.become) is becomes


NOT_WANTED = """
- hosts: all
  gather_facts: false
  tasks:
    - federated.connectivity.listening_info: {ports: [{protocol: tcp, ports: ["8443"]}], wanted: false}
      register: seen
    - federated.connectivity.show_lines: {lines: "{{ [seen | to_json] if seen.not_asked else [] }}"}
    - federated.connectivity.show_lines: {lines: []}
"""


def test_a_host_without_a_part_in_a_step_is_not_contacted_and_not_skipped(tmp_path: pathlib.Path) -> None:
    (tmp_path / "hosts").write_text("far ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n", encoding="utf-8")
    (tmp_path / "play.yml").write_text(NOT_WANTED, encoding="utf-8")
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts", "play.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok: [far]") == 3
    assert done.stdout.count("=>") == 1  # the lines, and nothing where there are none
    assert "skipping" not in done.stdout
