# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that stands in for Windows, which cannot run here: its firewall is the JSON file that FAKE_WINDOWS names.

It keeps rules as community.windows.win_firewall_rule does: found by name in any case, of each only the given options compared,
addresses as a set in Windows' own notation, ports as they are written.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import os
import pathlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

Data = t.Dict[str, t.Any]


def run(options: Data, change: t.Callable[[AnsibleModule, Data], Data]) -> None:
    """Run a module that stands in for one of Windows: ``change`` alters the host's data and returns what the module tells."""
    module = AnsibleModule(options, supports_check_mode=True)
    file = pathlib.Path(os.environ["FAKE_WINDOWS"])
    host = json.loads(file.read_text())
    before = copy.deepcopy(host)
    told = change(module, host)
    if not module.check_mode:
        file.write_text(json.dumps(host, indent=2, sort_keys=True))
    module.exit_json(**{"changed": host != before, **told})


def in_windows_words(options: Data) -> Data:
    """A rule's options as Windows reports them."""
    told = {name: value for name, value in options.items() if value is not None}
    for side in ("localip", "remoteip"):
        told[side] = sorted(map(_address, told[side].split(",")))
    return told


def _address(text: str) -> str:
    if text == "any":
        return "*"
    network = ipaddress.ip_network(text)
    return f"{network.network_address}/{network.netmask}" if network.version == 4 else str(network)
