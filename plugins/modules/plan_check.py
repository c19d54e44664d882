#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_check
short_description: Test a plan, and a team's assertions about it, without touching a host
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads a plan directory on the controller and checks it. No host is contacted.
  - A mandatory flow between hosts of the plan fails if the hosts at its other end refuse it by their rules or their default.
  - Rules that another rule of the host makes needless, and hosts whose default leaves other ports open, get a note. Notes fail nothing.
  - An assertion fails if the plan is not as it says.
  - The module itself succeeds. Its result has the number of failed checks, and a playbook fails by it.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  plan:
    description: The plan directory.
    type: path
    required: true
  assertions:
    description:
      - A YAML file with the list C(assertions). Each one has a C(name) and one of the following.
      - C(expect), V(allowed) or V(refused), of the connection C(from), C(to), C(port) and C(protocol).
      - C(reaches_only), a list of C(to), C(ports) and C(protocol). The rules of the plan open nothing else to C(from).
      - C(reached_only_by), a list of those whom the rules of C(to) may admit, on C(ports) if these are given.
      - C(no_finding), the id of a finding that the plan must not have, not even accepted.
      - Hosts, addresses and networks are written as for M(federated.connectivity.connection_info). The word C(internet) means all addresses
        but those of hosts of the plan and of named networks.
    type: path
  out:
    description: A directory for the results, C(check.xml) (JUnit) and C(check.json). It is made if it does not exist.
    type: path
requirements:
  - netaddr >= 1.0, on the controller
seealso:
  - module: federated.connectivity.connection_info
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Test the plan
  federated.connectivity.plan_check:
    plan: plan
    assertions: assertions.yml
    out: build
  register: checked
  run_once: true
  delegate_to: localhost
  failed_when: checked.failed_checks > 0

# assertions.yml
# assertions:
#   - {name: the internet reaches nobody but the hub, from: internet, reaches_only: [{to: hub, ports: [6443]}]}
#   - {name: the clinic reaches the hub, from: clinic, to: hub, port: 6443, expect: allowed}
#   - {name: only users reach the frontend, to: hub, ports: [8000], reached_only_by: [users]}
#   - {name: no plaintext leaves a site, no_finding: plaintext-between-sites}
"""

RETURN = r"""
lines:
  description: The failures and the notes, for people.
  type: list
  elements: str
  returned: success
  sample: ["failed  assertion: the clinic reaches the hub: from clinic to hub, tcp 6443: the plan refuses it"]
summary:
  description: One line with the counts.
  type: str
  returned: success
  sample: "12 checks: 10 passed, 1 with a note, 1 failed"
failed_checks:
  description: How many checks failed.
  type: int
  returned: success
  sample: 1
counts:
  description: How many checks ended how, by C(passed), C(note) and C(failed).
  type: dict
  returned: success
  sample: {"passed": 10, "note": 1, "failed": 1}
results:
  description: All checks, with C(kind), C(about), C(state) and C(text).
  type: list
  elements: dict
  returned: success
  sample: []
plan:
  description: The plan directory, as an absolute path.
  type: str
  returned: success
  sample: /srv/plan
"""
