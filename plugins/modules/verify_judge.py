#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_judge
short_description: Judge what the hosts of a play have seen against what was to be proven
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Takes what M(federated.connectivity.verify_plan) chose and what the steps returned on each host, and judges both ends together.
  - No host is contacted.
  - It never fails because of a finding, so that one host's failure hides no other's; act on RV(hosts).
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.run_once
  - federated.connectivity.attributes.judge
options:
  chosen:
    description:
      - The result of M(federated.connectivity.verify_plan).
      - The task fails if it is not a result of this run.
    type: dict
    required: true
  registered:
    description:
      - The names of the variables in which each host's results are registered.
      - A step that did not run is left out of the verdict.
    type: dict
    required: true
    suboptions:
      in_force:
        description: M(federated.connectivity.firewall_policy) in check mode.
        type: str
        required: true
      loopback:
        description: M(federated.connectivity.listening_info).
        type: str
        required: true
      listening:
        description: M(federated.connectivity.flow_listener), started.
        type: str
        required: true
      stopped:
        description: M(federated.connectivity.flow_listener), stopped.
        type: str
        required: true
      probed:
        description: M(federated.connectivity.flow_probe).
        type: str
        required: true
  partners:
    description: Whether an unmanaged partner that does not answer is a failure. Otherwise it is a warning.
    type: bool
    default: false
seealso:
  - module: federated.connectivity.verify_plan
"""

EXAMPLES = r"""
- name: Judge
  federated.connectivity.verify_judge:
    chosen: "{{ chosen }}"
    registered: {in_force: in_force, loopback: loopback, listening: listening, stopped: stopped, probed: probed}
  register: verdict
  run_once: true
"""

RETURN = r"""
hosts:
  description: The verdict by inventory name.
  returned: success
  type: dict
  contains:
    lines:
      description: One line for each finding.
      type: list
      elements: str
    short:
      description: The same, but one line counts the connections that are as they must be.
      type: list
      elements: str
    counts:
      description: How many findings there are of each state.
      type: dict
    failures:
      description: Those of them that are failures.
      type: list
      elements: str
counts:
  description: How many findings there are of each state, and how many flows have a proof.
  returned: success
  type: dict
  sample: {proven: 8, closed: 12, in force: 2, loopback: 0, unproven: 1, warning: 0, failed: 0, flows: 2}
summary:
  description: All failures, and as the last line the counts.
  returned: success
  type: list
  elements: str
  sample:
    - 2 flows proven by 8 connections, 12 refusals proven, 2 policies in force, 1 unproven, 0 warnings, 0 failures
"""
