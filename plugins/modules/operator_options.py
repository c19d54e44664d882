#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: operator_options
short_description: Read options of this collection as the operator set them
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Returns the options of a role of this collection from inventory, play, role and extra variables.
  - What managed hosts returned is not seen, and templates cannot use it.
    This means facts, a fact cache, C(set_fact), C(register) and C(include_vars).
  - The exception is a result of M(federated.connectivity.required_rules), which stays on the controller.
  - A host fails if a C(connectivity_*) variable or a role option stands where a managed host may have written it.
    The message names the host, the variable, and where it stands.
  - Values are checked against the role's argument specification, and have its types.
  - In a role that needs a plan it fails without one, and if C(connectivity_select) is set.
    So the role stops before its first change.
  - It fails if both C(connectivity_whole_plan) and C(connectivity_select) are read and set.
    The playbooks that apply or prove a plan set the first.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
options:
  names:
    description: The variables to read. All options of the role whose task this is, if omitted.
    type: list
    elements: str
  once:
    description:
      - Whether the values hold for the whole run, for tasks with C(run_once). They must then be the same for all hosts of the play.
        Otherwise the error names two hosts that differ. One host's facts never fail such a task.
    type: bool
    default: false
  compare:
    description:
      - The names that are compared between the hosts, with O(once), if this host sets them.
      - If omitted, all O(names) are compared, whoever sets them.
      - M(federated.connectivity.required_rules) compares the options of planning itself.
    type: list
    elements: str
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Read the options of the role
  federated.connectivity.operator_options:
  register: firewall_own

- name: Read the options of the run
  federated.connectivity.operator_options:
    names: [connectivity_plan]
    once: true
  register: connectivity_run
  run_once: true
"""

RETURN = r"""
variable:
  description: The value of each variable under its own name; null if the operator did not set it and it has no default.
  returned: success
  type: raw
"""
