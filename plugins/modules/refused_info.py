#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: refused_info
short_description: List the peers that the listeners of a host have refused, and the rule that each would need
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Reads from the table C(inet federated_connectivity) which peers were refused in the last seven days.
  - Needs C(connectivity_log_refused) in the inventory, and the policy that results from it on the host.
  - A host with Windows is not asked, since its firewall keeps no such record. RV(lines) says so.
  - Says which host or network the inventory would need, so that a peer is admitted. Nothing is opened.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.info_module
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.linux
  - federated.connectivity.attributes.host_action
options:
  plan:
    description:
      - The directory of the plan on the controller.
      - A host that is not managed there, or that does not log refused peers, is skipped.
    type: path
  rules:
    description: The ids of the ingress rules of interest. The action plugin reads them from O(plan).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: List refused peers
  federated.connectivity.refused_info:
    plan: "{{ playbook_dir }}/plan"
  become: true
"""

RETURN = r"""
refused:
  description: The peers, by rule and address.
  returned: success
  type: list
  elements: dict
  contains:
    rule:
      description: The id of the ingress rule whose port refused the peer.
      type: str
    address:
      description: The address of the peer.
      type: str
  sample: [{rule: linksight.north.peer_http.ingress, address: 203.0.113.9}]
missing:
  description: The rules whose refused peers the host does not record.
  returned: success
  type: list
  elements: str
lines:
  description: One line for each peer, with what the inventory would need; or why the host was not asked.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.refused_peers import refused_peers
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "plan": {"type": "path"},
            "rules": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    try:
        found = refused_peers(module.params["rules"] or [], Host())
    except (PolicyError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, refused=[peer._asdict() for peer in found.refused], missing=found.missing)


if __name__ == "__main__":
    main()
