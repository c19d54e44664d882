#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_judge
short_description: Tell which hosts differ from the plan, and since when
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads on the controller what M(federated.connectivity.firewall_policy) answered in check mode and diff mode on the hosts of the play.
  - Names for each host the files and tables that differ, the lines that it lacks, and those that are not of the plan.
  - With O(out) it keeps the time at which a difference was first found.
  - The module itself succeeds. Its result names the hosts that differ or could not be compared.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  chosen:
    description: The result of M(federated.connectivity.verify_plan), which names the hosts that are ours to configure.
    type: dict
    required: true
  registered:
    description: The name of the variable that has the answer of M(federated.connectivity.firewall_policy) on each host.
    type: str
    required: true
  out:
    description:
      - A directory for C(drift.json), C(drift.xml) (JUnit) and C(drift.prom) (metrics for the textfile collector of Prometheus).
      - An earlier C(drift.json) there tells since when a host differs.
    type: path
seealso:
  - module: federated.connectivity.firewall_policy
  - module: federated.connectivity.verify_plan
"""

EXAMPLES = r"""
- name: Tell which hosts differ
  federated.connectivity.drift_judge:
    chosen: "{{ chosen }}"
    registered: in_force
    out: /var/lib/drift
  register: drift
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
lines:
  description: One line for each host, those that differ first, and one for each difference.
  type: list
  elements: str
  returned: success
  sample: ["differs       clinic  nftables; since 2026-11-28T09:00:00Z; nftables table inet federated_connectivity"]
summary:
  description: One line with the counts.
  type: str
  returned: success
  sample: "3 hosts: 2 in force, 1 differs, 0 not compared"
differing:
  description: The hosts that differ from the plan.
  type: list
  elements: str
  returned: success
  sample: [clinic]
not_compared:
  description: The hosts that failed or could not be reached.
  type: list
  elements: str
  returned: success
  sample: []
"""
