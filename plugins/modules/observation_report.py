#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: observation_report
short_description: Draft a matrix from what hosts saw of their software, or compare it with a plan
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Puts together what M(federated.connectivity.observation_info) saw on the hosts of the play. Each connection counts once, from
    who opened it to who answered.
  - With O(path), drafts a matrix. Its node roles are the groups of the inventory. It passes the same checks as every matrix.
    Comments say what a person has to decide.
  - With O(compare), says what the software uses and the plan lacks, and which rules of the plan nobody used.
  - Addresses of peers that are in no group and no network of the inventory stand in comments. Their flows are optional, so nothing is
    opened for them before somebody decides.
  - Without O(registered) it only checks the options and the inventory, before hosts are watched.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.run_once
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing, and returns the same.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - A file that exists is never touched; the task fails.
options:
  registered:
    description: The variable that each host's result of M(federated.connectivity.observation_info) is registered in.
    type: str
    default: ''
  path:
    description:
      - The file of the draft, on the controller. Its name is the matrix's, in lower case letters, digits and underscores, and C(.yml).
    type: path
  compare:
    description: The directory of the plan to compare with.
    type: path
  roles:
    description:
      - The groups of the inventory that are node roles.
      - Without it each host has the smallest of its groups as its role. The task fails if a host has several such groups.
    type: list
    elements: str
    default: []
  processes:
    description: As given to M(federated.connectivity.observation_info).
    type: list
    elements: str
    default: []
  units:
    description: As given to M(federated.connectivity.observation_info).
    type: list
    elements: str
    default: []
  containers:
    description: As given to M(federated.connectivity.observation_info).
    type: list
    elements: str
    default: []
  ports:
    description: As given to M(federated.connectivity.observation_info).
    type: list
    elements: str
    default: []
  seconds:
    description: As given to M(federated.connectivity.observation_info).
    type: int
    default: 300
requirements:
  - jsonschema >= 4.18, on the controller
  - PyYAML >= 6.0, on the controller
seealso:
  - module: federated.connectivity.observation_info
  - module: federated.connectivity.matrix_draft
"""

EXAMPLES = r"""
- name: Draft a matrix of what was seen
  federated.connectivity.observation_report:
    registered: observed
    path: matrices/my_system.yml
    processes: ["flower-*"]
  run_once: true

- name: Compare it with the plan
  federated.connectivity.observation_report:
    registered: observed
    compare: plan
    processes: ["flower-*"]
  run_once: true
"""

RETURN = r"""
path:
  description: The file of the draft, as an absolute path.
  type: str
  returned: with O(path)
flows:
  description: How many flows were drafted.
  type: int
  returned: with O(path)
  sample: 4
lines:
  description: The differences from the plan, for people.
  type: list
  elements: str
  returned: success
  sample: ["used, but the plan lacks it: site1 to server, tcp 8000"]
lacking:
  description: What the software uses and the plan lacks.
  type: list
  elements: str
  returned: success
  sample: ["site1 to server, tcp 8000"]
summary:
  description: What was written and compared, on one line.
  type: str
  returned: success
  sample: "matrices/my_system.yml: 4 flows drafted, 1 to decide"
"""
