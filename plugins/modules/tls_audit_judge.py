#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_audit_judge
short_description: Judge whether somebody is in the middle of the TLS connections that the hosts of a play have looked at
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Takes what M(federated.connectivity.tls_audit_plan) chose and what M(federated.connectivity.tls_handshake_info) saw on each host.
  - Compares what was seen on the way with what the responder shows on its own host, or else with C(connectivity_expected_certificates).
    An expectation that the responder contradicts is reported as one to renew.
  - A flow with mutual TLS is never V(direct) where no client certificate is asked for.
  - Where neither is known, only a certificate from a public authority makes a connection V(direct),
    and only a known product's issuer V(inspected).
  - No host is contacted. It never fails because of a verdict; act on RV(hosts).
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.run_once
  - federated.connectivity.attributes.judge
options:
  chosen:
    description:
      - The result of M(federated.connectivity.tls_audit_plan).
      - The task fails if it is not a result of this run.
    type: dict
    required: true
  registered:
    description: The name of the variable in which each host's result of M(federated.connectivity.tls_handshake_info) is registered.
    type: str
    required: true
  strict:
    description: Whether V(unknown), too, is a failure on a flow that is excluded from inspection.
    type: bool
    default: false
seealso:
  - module: federated.connectivity.tls_audit_plan
  - module: federated.connectivity.tls_handshake_info
"""

EXAMPLES = r"""
- name: Judge
  federated.connectivity.tls_audit_judge:
    chosen: "{{ chosen }}"
    registered: seen
  register: verdict
  run_once: true
"""

RETURN = r"""
hosts:
  description: The verdicts by inventory name.
  returned: success
  type: dict
  contains:
    lines:
      description: One line for each flow and server.
      type: list
      elements: str
    failures:
      description:
        - Those of them that are failures. These are flows excluded from inspection that are inspected or blocked,
          or that have mutual TLS and ask for no client certificate.
        - With O(strict) also those of which nothing is known.
      type: list
      elements: str
counts:
  description: How many connections have each verdict, of how many flows, and how many are failures.
  returned: success
  type: dict
  sample: {direct: 4, inspected: 0, blocked: 0, unreachable: 0, unknown: 3, flows: 5, failed: 0}
summary:
  description: All failures, and as the last line the counts.
  returned: success
  type: list
  elements: str
  sample:
    - "7 TLS connections of 5 flows looked at: 4 direct, 0 inspected, 0 blocked, 0 unreachable, 3 unknown; 0 failures"
"""
