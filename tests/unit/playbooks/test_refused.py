# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that lists refused peers ends well only where hosts record them."""

from __future__ import annotations

import pathlib

from test_manners import play

PLAYBOOK = "- ansible.builtin.import_playbook: federated.connectivity.refused\n"
INVENTORY = """
all:
  vars:
    ansible_connection: local
    ansible_become: false
    ansible_python_interpreter: PYTHON
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    alpha: {connectivity_addresses: [198.51.100.10], connectivity_managed: false, connectivity_log_refused: true}
    hospital: {connectivity_addresses: [203.0.113.20]}
"""


def test_a_run_without_a_host_that_logs_says_how_to_begin(tmp_path: pathlib.Path) -> None:
    said = play(tmp_path, "-e", f"connectivity_plan={tmp_path}/plan", inventory=INVENTORY, playbook=PLAYBOOK)
    assert said.code != 0
    assert "no host of this run logs refused peers. Set connectivity_log_refused: true" in said.words


def test_a_host_that_does_not_record_yet_is_a_failure_that_says_what_to_run(tmp_path: pathlib.Path) -> None:
    logging = INVENTORY.replace("[203.0.113.20]", "[203.0.113.20], connectivity_log_refused: true")
    said = play(tmp_path, "-e", f"connectivity_plan={tmp_path}/plan", inventory=logging, playbook=PLAYBOOK)
    assert said.code != 0
    assert "2 listeners of this host do not record refused peers yet; run federated.connectivity.site" in said.words
    assert "skipping: [alpha]" in said.text
