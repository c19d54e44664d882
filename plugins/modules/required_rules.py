#!/usr/bin/python
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: required_rules
short_description: Compute the network rules that the hosts of federations require
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads the memberships of every host of the inventory and the network communication matrices of their systems, and computes
    what the firewall of each host has to allow and to close, the plan.
  - Everything happens on the controller, from the inventory alone. No host is contacted and no facts are needed.
  - Mistakes in the inventory and in the user's own matrices are reported together, each with its file and line. As long as there is one,
    no plan is written.
  - The same inventory gives the same bytes, so that a plan can be kept in git and its changes reviewed.
  - C(connectivity_memberships) makes a host part of the plan. It lists what runs there. Each item has C(matrix) (a name of the catalogue,
    or the path of a file of your own, relative to the inventory or the playbook), C(federation) and C(roles), and where needed C(options),
    C(optional_flows) (ids, C([all]), or mappings of C(flow) with C(until) or C(phases) for openings that end),
    C(version) (of the system, in quotes; by default the one that the matrix calls current) and
    C(federation_scope) (C(any) while the partners are not known yet) with C(federation_scope_until), its last day.
    An empty list is a managed host without rules.
  - C(connectivity_addresses) lists the host's addresses as partners see them, IPv4 and IPv6. Without it, C(ansible_host) is taken,
    or the host's name, if that is an address. C(connectivity_managed=false) marks a partner's host.
  - C(connectivity_networks) defines the networks that matrices name, as lists of CIDRs. The baseline knows C(management),
    C(dns_servers), C(ntp_servers), C(package_mirrors), C(domain_controllers) and C(cloud_metadata).
  - C(connectivity_forward_proxy) has C(http_proxy), C(https_proxy), C(username), C(password), C(no_proxy), and C(only) where nothing leaves
    the site but through the proxy. Credentials never reach the plan.
  - C(connectivity_phases) lists the phases that need rules now, C(install) and C(run).
    C(connectivity_defaults) says C(deny) or C(unchanged) for C(ingress) and C(egress).
  - C(connectivity_platform=windows) says that a host, of ours or a partner's, has Windows Firewall. What that cannot express is an error.
    Scripts for those who configure it without Ansible stand in C(scripts) of the plan.
  - C(connectivity_firewall) says which firewall we expect on a host, C(nftables), C(ufw), C(firewalld) or C(windows). Then C(native) of the
    plan shows what that firewall will hold, and what it cannot express is an error. C(windows) implies C(connectivity_platform=windows).
    A host that runs another firewall is not changed.
  - C(connectivity_site) names the site that a host's network belongs to, C(connectivity_contact) whom to ask about the host, and
    C(connectivity_inspection_products) what inspects the site's traffic and gets a file in its own words.
  - Lints report as warnings what the plan does as the inventory says and an expert would ask about.
    C(connectivity_accepted_findings) accepts findings. Each item has the C(id) of the finding, the flow or federation that it is
    C(about), and a C(reason). It may have C(until), the last day that it counts, such as C(2027-03-31), UTC.
  - Dates change no rule and no file of the plan. What they mean today is a warning and in RV(expired) and RV(soon).
notes:
  - Run it once, with C(run_once), in a play for all hosts without facts. It reads the whole inventory, so that neither C(--limit)
    nor C(serial) hides a peer.
  - Needs no connection. With C(delegate_to) on C(localhost), the first host of the play need not be configured for one.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.controller
attributes:
  check_mode:
    support: full
    details:
      - Writes the plan to a temporary directory instead, and says what would change in O(plan).
  diff_mode:
    support: full
    details:
      - Shows the files of the plan that change, the first fifty of them in full.
  idempotent:
    support: full
    details:
      - An unchanged inventory changes no file.
options:
  wanted:
    description: Whether there is something to do. With V(false) nothing is done, and the result has C(not_asked) alone.
    type: bool
    default: true
  plan:
    description:
      - The directory to write the plan to, on the controller; a relative path starts in the current directory.
      - Files of hosts that are not in the plan any more are removed. Files that no plan wrote are left alone.
      - The directory may be a link. Below it no link is followed; where a plan has its files, links and special files are an error.
      - Without it, the plan is written to a temporary directory that lasts as long as the run.
    type: path
  select:
    description:
      - A JMESPath expression that narrows the rules of every host. It gets a host's list of rules and returns a list of some of them.
    type: str
  allow_shrink:
    description:
      - The task fails and writes nothing if a host or a membership of the plan that O(plan) holds would be gone,
        or if a host would no longer be managed. The error names each. V(true) lets it pass.
    type: bool
    default: false
  native:
    description:
      - How the files in C(native) of the plan show native rules. V(sets) has each address set once, which other files include or name.
        V(full) has all networks in each host's own files.
    type: str
    choices: [sets, full]
    default: sets
requirements:
  - jmespath >= 1.0, on the controller
  - jsonschema >= 4.18, on the controller
  - netaddr >= 1.0, on the controller
  - PyYAML >= 6.0, on the controller
seealso:
  - module: federated.connectivity.firewall_policy
"""

EXAMPLES = r"""
# In a play with "hosts: all" and "gather_facts: false"; no host is contacted.
- name: Compute the required rules of every host
  federated.connectivity.required_rules:
    plan: plan
  run_once: true
  delegate_to: localhost

# With the inventory
#
#   alpha:
#     ansible_host: 198.51.100.10
#     connectivity_memberships:
#       - {matrix: linksight, federation: north, roles: [data_station]}
#   beta:
#     connectivity_managed: false
#     connectivity_addresses: [203.0.113.20, "2001:db8:20::20"]
#     connectivity_memberships:
#       - {matrix: linksight, federation: north, roles: [data_station]}
#
# plan/hosts/alpha.json has, among others, the rule linksight.north.peer_http.ingress: tcp 8443 is open to the address set
# linksight_north_data_station, which plan/plan.json spells out, and closed to everybody else.

- name: Look at the mandatory ingress rules alone
  federated.connectivity.required_rules:
    select: "[?necessity=='mandatory' && direction=='ingress']"
  run_once: true
  delegate_to: localhost
  register: mandatory
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
  description: The directory that the plan was written to, as an absolute path.
  type: str
  returned: success
  sample: /home/operator/federation/plan
managed:
  description: How many hosts have rules to be enforced.
  type: int
  returned: success
  sample: 2
unmanaged:
  description: How many hosts are partners that others configure.
  type: int
  returned: success
  sample: 1
summary:
  description: What was planned, one line for each federation and one for the whole.
  type: list
  elements: str
  returned: success
  sample:
    - "linksight.north: 3 data_station, 1 analysis_hub"
    - "18 rules for 2 managed hosts; partners that are not managed: 1"
"""
