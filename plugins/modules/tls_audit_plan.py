#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_audit_plan
short_description: Choose from a plan which TLS connections the hosts of a play look at
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads a plan directory on the controller and chooses for each managed host of the play which TLS servers its flows go to.
  - No host is contacted.
  - Where the server is a service of another managed host of the play, that host is to look at it, too, without leaving itself.
    What it sees is what the others are expected to see.
  - Flows without TLS of their own, over UDP, through the forward proxy, or whose TLS begins later than the connection
    are set aside, with the reason.
  - Errors in C(connectivity_expected_certificates) are reported here, all at once.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.choice
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  plan:
    description: The plan directory.
    type: path
    required: true
  peers_maximum:
    description: With how many peers each rule is tried at most. What is left out is reported.
    type: int
    default: 100
seealso:
  - module: federated.connectivity.required_rules
  - module: federated.connectivity.tls_handshake_info
  - module: federated.connectivity.tls_audit_judge
"""

EXAMPLES = r"""
- name: Choose what to look at
  federated.connectivity.tls_audit_plan:
    plan: out
  register: chosen
  run_once: true
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
hosts:
  description: What each managed host of the play looks at, by inventory name.
  returned: success
  type: dict
  contains:
    endpoints:
      description: Servers for M(federated.connectivity.tls_handshake_info).
      type: list
      elements: dict
    paths:
      description: The flows that they belong to.
      type: list
      elements: dict
    aside:
      description: Flows that are not looked at, and why.
      type: list
      elements: dict
plan:
  description: The plan directory.
  returned: success
  type: str
  sample: /home/admin/rollout/out
token:
  description: A new token that tells this run's results from another's.
  returned: success
  type: str
  sample: 1f3870be274f6c49
"""
