#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connection_state
short_description: Add to an answer about the plan what the hosts at both ends have in force
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads on the controller what M(federated.connectivity.firewall_policy) answered in check mode and diff mode on the hosts at both ends.
  - Says of each rule whether it is on disk and in the kernel of its host, how the host differs from the plan, and which rules of others
    open or shadow a port.
  - What a host says is added below the answer about the plan. It never changes that answer.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  answered:
    description:
      - The result of M(federated.connectivity.connection_info) with C(live=true).
      - Without C(live), the answer about the plan is returned as it is.
    type: dict
    required: true
  registered:
    description: The name of the variable that has the answer of M(federated.connectivity.firewall_policy) on each host.
    type: str
    required: true
  results:
    description: A directory with an earlier C(drift.json), which tells since when a host differs.
    type: path
seealso:
  - module: federated.connectivity.connection_info
  - module: federated.connectivity.drift_judge
"""

EXAMPLES = r"""
- name: Say what both ends have in force
  federated.connectivity.connection_state:
    answered: "{{ answered }}"
    registered: in_force
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
lines:
  description: The answer about the plan, then one line for each host at its ends, and one for each of its rules and differences.
  type: list
  elements: str
  returned: success
  sample: ["yes: clinic -> hub, tcp 6443", "live: clinic (ufw): as planned"]
summary:
  description: The summary of the answer, with counts of the hosts.
  type: str
  returned: success
  sample: "yes: clinic to hub, tcp 6443; rules shown: 1; live: 2 as planned, 0 differs, 0 not asked"
hosts:
  description:
    - The same as data, by host. C(state) is V(in force), V(differs) or V(not compared). C(rules) has for each rule its places, each with
      C(name), C(disk) and C(kernel), which are V(present), V(partly) or V(missing).
  type: dict
  returned: success
  sample: {}
unanswered:
  description: Hosts of ours that failed, could not be reached, gave an answer that is not usable, or are not part of this run.
  type: list
  elements: str
  returned: success
  sample: []
"""
