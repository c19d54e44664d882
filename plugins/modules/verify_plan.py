#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_plan
short_description: Choose from a plan what the hosts of a play have to prove
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads a plan directory on the controller and chooses which connections each host of the play tries. No host is contacted.
  - A flow is tried from its initiator to its responder, on each family that both ends have, and to outside services by name.
  - A closed port is tried on both families by hosts of the play that are not among its peers, strangers first.
  - How many hosts a rule is tried with is bounded; the same plan and the same hosts give the same choice.
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
  strangers:
    description: The inventory group of hosts that nobody has to let in. They may have no membership at all.
    type: str
    default: connectivity_strangers
  peers_maximum:
    description: How many peers, and how many hosts that are no peers, each rule is tried with at most.
    type: int
    default: 5
seealso:
  - module: federated.connectivity.required_rules
  - module: federated.connectivity.flow_probe
  - module: federated.connectivity.flow_listener
  - module: federated.connectivity.verify_judge
"""

EXAMPLES = r"""
- name: Choose what to prove
  federated.connectivity.verify_plan:
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
  description: What each host has to do, by inventory name. Hosts without a part are absent.
  returned: success
  type: dict
  contains:
    managed:
      description: Whether the host is managed, and not only a stranger.
      type: bool
    listen:
      description: Ports for M(federated.connectivity.flow_listener).
      type: list
      elements: dict
    probes:
      description: Connections for M(federated.connectivity.flow_probe).
      type: list
      elements: dict
    loopback:
      description: Ports for M(federated.connectivity.listening_info), which only the host itself may reach.
      type: list
      elements: dict
    listeners:
      description: The flows that these ports belong to.
      type: list
      elements: dict
    proofs:
      description: What each connection proves, and whether it is to come about (V(open)) or not (V(blocked)).
      type: list
      elements: dict
    untried:
      description: Flows that no host of the play can try, and why.
      type: list
      elements: dict
    left_out:
      description: How many hosts O(peers_maximum) left out, by rule.
      type: list
      elements: dict
plan:
  description: The plan directory.
  returned: success
  type: str
  sample: /home/admin/rollout/out
token:
  description: A new token that the listeners of this run answer to.
  returned: success
  type: str
  sample: 1f3870be274f6c49
"""
