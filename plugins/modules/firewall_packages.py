#!/usr/bin/python

# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_packages
short_description: Install the packages that enforcement needs, where their command is missing
version_added: 0.1.0
author: The federated.connectivity contributors (@federated)
description:
  - Installs packages by apt-get, dnf, yum or zypper, whichever the host has, unless a command that they bring is there already.
  - Nothing is upgraded or removed.
extends_documentation_fragment:
  - federated.connectivity.attributes
  - federated.connectivity.attributes.asked
  - federated.connectivity.attributes.linux
  - federated.connectivity.attributes.host_action
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  packages:
    description: What to install.
    type: list
    elements: str
    default: [nftables]
  command:
    description: Where this file exists, nothing is installed.
    type: path
    default: /usr/sbin/nft
seealso:
  - module: federated.connectivity.firewall_policy
"""

EXAMPLES = r"""
- name: See that nft is there
  federated.connectivity.firewall_packages:
  become: true
"""

RETURN = r"""
missing:
  description: What was installed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [nftables]
errors:
  description: Each thing that is wrong, by itself; all of them are in the message too.
  returned: failure
  type: list
  elements: str
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.packages import ENVIRONMENT, install


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "bool", "default": True},
            "packages": {"type": "list", "elements": "str", "default": ["nftables"]},
            "command": {"type": "path", "default": "/usr/sbin/nft"},
        },
        supports_check_mode=True,
    )
    missing = [] if os.path.exists(module.params["command"]) else module.params["packages"]

    def run(command: t.Sequence[str]) -> t.Tuple[int, str, str]:
        status, output, errors = module.run_command(list(command), environ_update=ENVIRONMENT)
        return status, output, errors

    if missing and not module.check_mode:
        try:
            install(missing, Host().which, run)
        except PolicyError as error:
            module.fail_json(msg=str(error), errors=list(error.messages))
    module.exit_json(changed=bool(missing), missing=missing)


if __name__ == "__main__":
    main()
