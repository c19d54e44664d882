#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: reviewed_plan
short_description: Check a reviewed plan before it is applied
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads a plan directory on the controller and checks all of it. No host is contacted.
  - It fails, and names everything that is wrong at once, in these cases.
  - The plan has another format, was made by a newer version of this collection, or is narrowed by a selection.
  - The file of a host is missing, is damaged, or holds the rules of another host.
  - A host of the play has C(connectivity_memberships) and is managed, but has no part in the plan that is ours to configure.
  - C(connectivity_reviewed_plan) or C(connectivity_reviewed_plan_days) differ between hosts of the play.
  - The inventory has no host.
  - It warns about files of hosts that do not agree with their digests in C(plan.json), and about a plan that is older than O(days).
    The age counts from the git commit that holds C(plan.json) as it is, or else from the date of the file.
    A shallow clone knows only its newest commit.
  - It also warns about exceptions of the plan whose last day is over, or is soon.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  wanted:
    description: Whether there is something to do. With V(false) nothing is done, and the result has C(not_asked) alone.
    type: bool
    default: true
  plan:
    description: The plan directory.
    type: path
    required: true
  days:
    description: The age of a plan, in days, above which there is a warning. V(0) means that there is none.
    type: int
    default: 30
requirements:
  - netaddr >= 1.0, on the controller
seealso:
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Check the reviewed plan
  federated.connectivity.reviewed_plan:
    plan: plan
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
expired:
  description: The exceptions whose last day is over, one line each.
  type: list
  elements: str
  returned: success
  sample: []
soon:
  description: The exceptions whose last day is today or one of the next 14 days, one line each.
  type: list
  elements: str
  returned: success
  sample: ["expires on 2027-01-31, in 5 days: host alpha: federation-scope-any: linksight.north: federation_scope is any"]
plan:
  description: The plan directory, as an absolute path.
  returned: success
  type: str
  sample: /home/operator/federation/plan
managed:
  description: How many hosts of the plan have rules to be enforced.
  returned: success
  type: int
  sample: 2
unmanaged:
  description: How many hosts of the plan are partners that others configure.
  returned: success
  type: int
  sample: 1
days:
  description: The age of the plan in days; null if it is not known.
  returned: success
  type: int
  sample: 3
summary:
  description: What was checked, in words.
  returned: success
  type: str
  sample: "/srv/plan, committed on 2026-10-14: 2 managed hosts, partners that are not managed: 1; 2 managed hosts in this run"
"""
