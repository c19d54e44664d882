#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: windows_policy
short_description: Compute what Windows Firewall has to become on a host
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Turns a host's rules of a plan into arguments of M(community.windows.win_firewall_rule) and M(ansible.windows.win_firewall),
    and judges what was found on the host. No host is contacted.
  - Fails, naming everything at once, where a profile is off, ignores the host's own rules, refuses everything or lets everything in,
    and where a rule cannot be expressed. Nothing has been changed then.
  - Warns of rules of others that block what a rule of the plan allows, or let others in at a port that the plan closes.
  - The role C(federated.connectivity.firewall) uses it on hosts with C(connectivity_platform=windows).
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
  - federated.connectivity.attributes.info_module
attributes:
  idempotent:
    details:
      - The same plan and the same findings give the same result.
options:
  plan:
    description: The plan directory. Without it, everything of ours is to go.
    type: path
  found:
    description: What C(files/windows/state.ps1) of the role C(federated.connectivity.firewall) read on the host.
    type: dict
    required: true
  management_port:
    description: The TCP port by which Ansible reaches the host. Where ingress is denied by default, some rule has to let somebody in there.
    type: int
  allow_shrink:
    description:
      - The task fails, so that nothing is changed, if the plan would remove all rules that the host has of ours,
        or more than O(shrink_share) and at least O(shrink_least) of them. V(true) lets it pass. Without O(plan) nothing stops.
      - Rules are compared by name alone, since O(found) does not hold their peers. Peers that go from a rule that stays do not stop a run.
    type: bool
    default: false
  shrink_share:
    description: The share of the rules, from 0 to 1, that may go without O(allow_shrink).
    type: float
    default: 0.3333333333333333
  shrink_least:
    description: How many rules must go for O(shrink_share) to matter.
    type: int
    default: 3
seealso:
  - module: federated.connectivity.required_rules
  - module: federated.connectivity.firewall_policy
"""

EXAMPLES = r"""
- name: Compute what the firewall has to become
  federated.connectivity.windows_policy:
    plan: out
    found: "{{ found['result'] }}"
  register: policy
"""

RETURN = r"""
rules:
  description: The rules, as arguments of M(community.windows.win_firewall_rule).
  returned: success
  type: list
  elements: dict
  sample:
    - name: federated.connectivity linksight.north.peer_http.ingress
      description: "linksight.north.peer_http.ingress: Peer-to-peer connections over HTTP"
      direction: in
      protocol: tcp
      localport: "8443"
      remoteport: any
      remoteip: 198.51.100.10,2001:db8:1::10
stale:
  description: Names of rules of ours that the plan has no more.
  returned: success
  type: list
  elements: str
defaults:
  description: Profiles whose defaults have to change, as arguments of M(ansible.windows.win_firewall).
  returned: success
  type: list
  elements: dict
  sample: [{profile: Public, inbound_action: not_configured, outbound_action: block}]
remembered:
  description: Profile, then direction, then the default that the host had before the plan denied it.
  returned: success
  type: dict
  sample: {Public: {outbound: NotConfigured}}
forget:
  description: Whether the host remembers defaults that are as they were again.
  returned: success
  type: bool
directory:
  description: Where the host keeps what it remembers.
  returned: success
  type: str
  sample: C:\Program Files\federated.connectivity
allowed:
  description: What the host then allows and to whom, one line for each rule.
  returned: success
  type: list
  elements: str
  sample: ["in tcp 8443 from 3 networks [federated.connectivity linksight.north.peer_http.ingress]"]
"""
