#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trace_plan
short_description: Choose the connections that hosts trace
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Chooses on the controller the TCP connections that M(federated.connectivity.trace_info) traces on each host of the play.
  - It is the connection from O(from) to O(to), on each address family that both have. Or it is what the report of C(verify) in O(results)
    could not prove. Ports that must stay closed are not among these.
  - A host traces at most 50 connections in one run. The others are named in RV(untraced).
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
  from:
    description: The host of the plan that starts the connection.
    type: str
    default: ""
  to:
    description: A host of the plan, or an address.
    type: str
    default: ""
  port:
    description: The port. By default all TCP ports that the plan opens from O(from) to O(to), of ranges the first.
    type: int
  results:
    description: A directory with the JSON report of C(verify) about this plan. It is used where O(from) and O(to) are empty.
    type: path
requirements:
  - netaddr >= 1.0, on the controller
seealso:
  - module: federated.connectivity.trace_info
  - module: federated.connectivity.trace_judge
"""

EXAMPLES = r"""
- name: Choose the connection
  federated.connectivity.trace_plan:
    plan: plan
    from: clinic
    to: hub
    port: 6443
  register: chosen
  run_once: true
"""

RETURN = r"""
hosts:
  description: The connections of each host, with C(destination), C(port), C(responder) and C(flow).
  type: dict
  returned: success
  sample: {"clinic": [{"destination": "198.51.100.75", "flow": "shrine.n.hub", "initiator": "clinic", "port": 6443, "responder": "hub"}]}
addresses:
  description: The addresses of these hosts.
  type: dict
  returned: success
  sample: {"clinic": ["198.51.100.10"]}
untraced:
  description: What is not traced, and why.
  type: list
  elements: str
  returned: success
  sample: ["institute is a partner's host, so its administrator has to trace from there"]
plan:
  description: The plan directory, as an absolute path.
  type: str
  returned: success
  sample: /srv/plan
"""
