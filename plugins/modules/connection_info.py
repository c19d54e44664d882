#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connection_info
short_description: Explain which connections a plan allows, and why
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Answers from a plan directory on the controller. No host is contacted, so it says what the plan wants, not what a host has in force.
    M(federated.connectivity.connection_state) adds what the hosts at both ends have in force.
  - With O(from), O(to) and O(port) it says whether the connection is allowed, and by which rules of both ends.
    For a connection that is refused it says what is missing, in the words of the inventory, and what is allowed between the two.
  - With O(from) and O(to) it lists what is allowed between the two.
  - With O(to) alone it lists what may reach that end, and with O(from) alone what that end may reach. O(port) narrows the list.
  - With the inventory of the plan it also names the line that holds an address.
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
    description:
      - Who opens the connection.
      - A host of the plan, an address, a network in CIDR notation, an address set of the plan, the name of a network of
        C(connectivity_networks), or the host name of an outside service. V(any) means everybody.
      - Of a network the answer is about all of its addresses.
    type: str
    default: ""
  to:
    description: Who is reached, written as in O(from).
    type: str
    default: ""
  port:
    description:
      - The port of the responder, 1 to 65535. With V(icmp) and V(icmpv6), the type, by its number or its name, such as V(echo-request).
      - Other protocols have neither.
    type: str
  protocol:
    description: The protocol of O(port). Without a port, V(tcp) means all protocols, and another one only its own connections.
    type: str
    choices: [tcp, udp, sctp, esp, ah, gre, icmp, icmpv6]
    default: tcp
  live:
    description: Whether to return in RV(ends) which hosts M(federated.connectivity.connection_state) needs answers of.
    type: bool
    default: false
requirements:
  - netaddr >= 1.0, on the controller
seealso:
  - module: federated.connectivity.connection_state
  - module: federated.connectivity.required_rules
"""

EXAMPLES = r"""
- name: Ask whether the clinic may reach the hub
  federated.connectivity.connection_info:
    plan: plan
    from: clinic
    to: hub
    port: 6443
  run_once: true
  delegate_to: localhost

- name: Ask who may reach the hub
  federated.connectivity.connection_info:
    plan: plan
    to: hub
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
verdict:
  description:
    - The answer for all addresses of both ends; V(mixed) if they differ. Empty where a list was asked for.
    - V(allowed), V(refused), or V(proxied), which means through the forward proxy.
    - V(unrestricted) means that no rule of the plan is about the connection and no default refuses it.
    - V(unknown) means that the plan knows neither end, or no addresses of theirs that meet.
  type: str
  returned: success
  sample: allowed
lines:
  description: The answer for people.
  type: list
  elements: str
  returned: success
  sample: ["yes: clinic -> hub, tcp 6443"]
connections:
  description:
    - The same as data. With both ends, one entry for each answer, with C(from), C(to), their addresses, C(protocol), C(ports), C(verdict),
      and C(ends), where each has C(host), C(direction), C(verdict) and the C(rules) that decide.
    - With one end, the rules, each with its C(host). They have the keys of a host's file of the plan.
  type: list
  elements: dict
  returned: success
  sample: []
summary:
  description: One line that says what was answered.
  type: str
  returned: success
  sample: "yes: clinic to hub, tcp 6443; rules shown: 1"
ends:
  description:
    - The hosts of the plan at both ends. C(hosts) are those of ours in this run, each with the ids of its rules that decide.
      C(partners) are configured by others. C(missing) are ours, and not part of this run.
  type: dict
  returned: with O(live=true)
  sample: {hosts: {clinic: [shrine.north.hub.egress]}, partners: [hub], missing: []}
plan:
  description: The plan directory, as an absolute path.
  type: str
  returned: success
  sample: /srv/plan
"""
