#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trace_judge
short_description: Say where traced connections stop
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads on the controller what M(federated.connectivity.trace_info) returned on the hosts of the play.
  - Says where each connection stops.
  - The place is one of C(passes), C(service not running), C(own host), C(own site's perimeter), C(between), C(partner's perimeter),
    C(partner's host) and C(not known).
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.run_once
options:
  chosen:
    description: The result of M(federated.connectivity.trace_plan).
    type: dict
    required: true
  registered:
    description: The name of the variable that has the answer of M(federated.connectivity.trace_info) on each host.
    type: str
    required: true
  out:
    description: A directory for C(trace.json), which has the places and the lines of the traces.
    type: path
seealso:
  - module: federated.connectivity.trace_info
  - module: federated.connectivity.trace_plan
"""

EXAMPLES = r"""
- name: Say where connections stop
  federated.connectivity.trace_judge:
    chosen: "{{ chosen }}"
    registered: traced
  register: judged
  run_once: true
"""

RETURN = r"""
lines:
  description: One line for each connection, and one for what to do about it. Connections that pass come last.
  type: list
  elements: str
  returned: success
  sample: ["own site's perimeter  clinic -> hub 198.51.100.75:6443/tcp: 10.1.0.1 at hop 2 is the last that answers"]
summary:
  description: One line with the counts.
  type: str
  returned: success
  sample: "2 connections: 1 passes, 1 own site's perimeter"
not_traced:
  description: What was not traced, and why.
  type: list
  elements: str
  returned: success
  sample: []
traces:
  description: All connections, with C(place), C(why), C(do) and the lines of the trace in C(trace).
  type: list
  elements: dict
  returned: success
  sample: []
"""
