# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions as a playbook runs them, up to where a host would be touched."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

PLAY = """
- hosts: institute
  connection: local
  gather_facts: false
  tasks:
    - federated.connectivity.required_rules: {plan: out}
    - federated.connectivity.firewall_policy: {plan: out}
      ignore_errors: true
    - federated.connectivity.firewall_policy: {policy: {}, confirm_timeout: -5}
      ignore_errors: true
    - federated.connectivity.firewall_confirm: {token: of another change}
      ignore_errors: true
    - federated.connectivity.verify_plan: {plan: out}
"""
INVENTORY = """
all:
  vars:
    ansible_python_interpreter: PYTHON
    connectivity_managed: false
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    hospital: {connectivity_addresses: [198.51.100.10]}
    institute: {connectivity_addresses: [203.0.113.20]}
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a play says that stands elsewhere than in the current directory, in one line."""
    here, elsewhere = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "play.yml").write_text(PLAY)
    (elsewhere / "hosts.yml").write_text(INVENTORY.replace("PYTHON", sys.executable))
    playbook = pathlib.Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run([playbook, "-i", elsewhere / "hosts.yml", elsewhere / "play.yml"], cwd=here, capture_output=True, text=True)
    assert (here / "out" / "plan.json").is_file()
    return " ".join(done.stdout.split())


def test_a_plan_is_read_where_it_was_written(said: str) -> None:
    assert "host institute is a partner's" in said
    assert "/out: no host of this play is managed there" in said
    assert "holds no plan.json" not in said


def test_a_change_cannot_wait_for_less_than_no_time(said: str) -> None:
    assert "confirm_timeout is -5; give seconds, or 0 to turn it off" in said


def test_a_linux_host_gets_the_python_module_where_powershell_has_one_of_the_same_name(said: str) -> None:
    assert "no change of this host waits to be confirmed" in said
    assert "powershell" not in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flows_to_prove", "verify_plan"),
        ("flows_proven", "verify_judge"),
        ("tls_paths_to_judge", "tls_audit_plan"),
        ("tls_paths_judged", "tls_audit_judge"),
    ],
)
def test_a_module_is_still_found_by_its_old_name(tmp_path: pathlib.Path, old: str, new: str) -> None:
    """meta/runtime.yml leads from the old name to the new one, which answers in the same way."""
    task = "    - federated.connectivity.{}: {{plan: nowhere}}\n      register: {}\n      ignore_errors: true\n"
    play = "- hosts: localhost\n  gather_facts: false\n  tasks:\n" + task.format(old, "before") + task.format(new, "after")
    play += '    - ansible.builtin.debug: {msg: "{{ before.msg == after.msg }}, {{ after.msg }}"}\n'
    (tmp_path / "play.yml").write_text(play)
    playbook = pathlib.Path(sys.executable).with_name("ansible-playbook")
    environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    done = subprocess.run(
        [playbook, "-i", "localhost,", tmp_path / "play.yml"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert '"msg": "True, ' in done.stdout, done.stdout + done.stderr
    assert "resolve module" not in done.stdout + done.stderr
