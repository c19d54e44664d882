# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules promise, in the words of Ansible's attributes. A module names the fragments that hold for it, and says how far they do."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode, where it changes nothing and tells what it would change.
  diff_mode:
    description: Shows what changed, or what would change in check mode, when in diff mode.
  idempotent:
    description: Running again under the same conditions changes nothing.
"""

    # Changes nothing in any mode.
    INFO_MODULE = r"""
attributes:
  check_mode:
    support: full
    details:
      - Changes nothing, and does the same in check mode.
  diff_mode:
    support: N/A
    details:
      - Changes nothing.
  idempotent:
    support: full
    details:
      - Changes nothing.
"""

    # Runs on the managed hosts.
    LINUX = r"""
attributes:
  platform:
    description: Target systems.
    platforms: linux
    support: full
"""

    # Runs on the managed hosts, with a twin in PowerShell for those with Windows.
    WINDOWS_TOO = r"""
attributes:
  platform:
    description: Target systems.
    platforms: linux, windows
    support: full
    details:
      - Linux hosts need Python 3.8 or later, Windows hosts PowerShell 5.1 or later.
"""

    # Runs on the managed hosts, with an action plugin before it.
    PLAN_READER = r"""
attributes:
  action:
    description: An action plugin reads O(plan) on the controller.
    support: full
  async:
    description: Supports being run with the C(async) keyword.
    support: none
"""

    # Runs on the managed hosts, and an action plugin judges what they answer.
    HOST_ACTION = r"""
attributes:
  action:
    description: An action plugin judges the host's answer on the controller.
    support: full
  async:
    description: Supports being run with the C(async) keyword.
    support: none
"""

    # Is an action plugin and nothing else.
    CONTROLLER = r"""
attributes:
  action:
    description: Runs on the controller alone, as an action plugin, with Python 3.11 or later.
    support: full
  async:
    description: Supports being run with the C(async) keyword.
    support: none
"""

    # Deals with all hosts of the play at once.
    RUN_ONCE = r"""
attributes:
  bypass_host_loop:
    description: Runs once for all hosts by itself.
    support: none
notes:
  - Use it with C(run_once).
"""

    # Chooses on the controller what the hosts of the play have to do.
    CHOICE = r"""
attributes:
  idempotent:
    details:
      - The same plan and hosts give the same choice, and a new token.
options:
  run:
    description:
      - The result of M(federated.connectivity.operator_options) that the other options come from.
      - The task fails if it is not a result of this run, such as one that a fact cache holds.
    type: dict
"""

    # Judges on the controller what the hosts of the play returned.
    JUDGE = r"""
attributes:
  check_mode:
    support: full
    details:
      - Judges in check mode too, and writes O(report).
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same results give the same verdict.
options:
  report:
    description:
      - A file on the controller for the verdict as JSON.
      - It replaces an earlier report. If another file has the name, the file stays as it is, and the task fails.
    type: path
  run:
    description:
      - The result of M(federated.connectivity.operator_options) that the other options come from.
      - The task fails if it is not a result of this run, such as one that a fact cache holds.
    type: dict
"""

    # Asks only hosts that have a part in the step, so that a playbook needs no condition.
    ASKED = r"""
options:
  wanted:
    description:
      - Whether the host has a part in this step. With V(false) the host is not contacted, and the result has C(not_asked).
      - Unlike a condition of the task, this gives no line of a skipped host.
    type: bool
    default: true
"""
