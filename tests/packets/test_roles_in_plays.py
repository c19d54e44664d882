# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our roles inside a play of somebody else: imported, included, with its tags and defaults. In check mode, on a host that has nft."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import sys

import pytest
from firewall_host import FirewallHost

INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: PYTHON
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    alpha: {connectivity_addresses: [198.51.100.10], connectivity_managed: false}
    hospital: {connectivity_addresses: [203.0.113.20]}
"""
PLAN = "- ansible.builtin.import_playbook: federated.connectivity.plan\n"


class Team:
    """A team's own directory: its inventory, and the plan that its plays read."""

    def __init__(self, directory: pathlib.Path, host: FirewallHost) -> None:
        self.directory = directory
        program = directory / "python"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(host.enter())} /usr/bin/python3 "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        (directory / "hosts.yml").write_text(INVENTORY.replace("PYTHON", str(program)), encoding="utf-8")
        planned = self.play(PLAN)
        assert "failed=0" in planned

    def play(self, playbook: str, *arguments: str) -> str:
        """What a play says that ends well."""
        (self.directory / "play.yml").write_text(playbook, encoding="utf-8")
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        kept = {key: value for key, value in os.environ.items() if key == "ANSIBLE_COLLECTIONS_PATH" or not key.startswith("ANSIBLE_")}
        out = f"connectivity_plan={self.directory}/out"
        command = [program, "-i", "hosts.yml", "play.yml", "-e", out, *arguments]
        environment = {**kept, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"}
        done = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def team(tmp_path: pathlib.Path, host: FirewallHost) -> Team:
    return Team(tmp_path, host)


ROLES = """
- ansible.builtin.import_playbook: federated.connectivity.plan
- hosts: hospital
  gather_facts: false
  module_defaults:
    group/federated.connectivity.plan: {plan: "{{ playbook_dir }}/out"}
  tasks:
    - ansible.builtin.import_role: {name: federated.connectivity.firewall}
      vars: {firewall_plan: "{{ playbook_dir }}/out", firewall_manage_packages: false}
    - ansible.builtin.include_role: {name: federated.connectivity.firewall}
      vars: {firewall_plan: "{{ playbook_dir }}/out", firewall_manage_packages: false}
    - ansible.builtin.import_role: {name: federated.connectivity.dpi_exclusion}
      vars: {dpi_exclusion_plan: "{{ playbook_dir }}/out"}
    - ansible.builtin.include_role: {name: federated.connectivity.dpi_exclusion}
      vars: {dpi_exclusion_state: absent}
    - name: Leave the note, with the plan of module_defaults
      federated.connectivity.inspection_note: {}
"""


def test_roles_are_imported_and_included_and_modules_have_defaults(team: Team) -> None:
    done = team.play(ROLES, "--check")
    assert done.count("TASK [federated.connectivity.firewall : Show what the host would allow]") == 2
    assert done.count("TASK [federated.connectivity.dpi_exclusion : Install or remove the note]") == 2
    assert "changed: [hospital]" in done.rpartition("TASK [")[2]


TAGGED = """
- hosts: hospital
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: federated.connectivity.firewall}
      vars: {firewall_plan: "{{ playbook_dir }}/out", firewall_manage_packages: false}
      tags: [network]
    - ansible.builtin.include_role: {name: federated.connectivity.dpi_exclusion, apply: {tags: [network]}}
      vars: {dpi_exclusion_plan: "{{ playbook_dir }}/out"}
      tags: [network]
    - ansible.builtin.import_role: {name: federated.connectivity.verify}
      vars: {verify_plan: "{{ playbook_dir }}/out"}
      tags: [network, prove]
    - name: Configure the application
      ansible.builtin.debug: {msg: configured}
      tags: [apps]
"""


def test_roles_run_with_the_tags_of_somebody_else(team: Team) -> None:
    done = team.play(TAGGED, "--check", "--tags", "network", "--skip-tags", "prove")
    assert "TASK [federated.connectivity.firewall : Enforce the host's policy]" in done
    assert "TASK [federated.connectivity.dpi_exclusion : Install or remove the note]" in done
    assert "verify : Judge" not in done
    assert "Configure the application" not in done
    other = team.play(TAGGED, "--check", "--tags", "apps")
    assert "Configure the application" in other
    assert "Enforce the host's policy" not in other
