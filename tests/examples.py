# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventories, as Ansible reads them."""

from __future__ import annotations

import pathlib
import typing as t

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

EXAMPLES = {path.parent.name: path.parent for path in sorted((pathlib.Path(__file__).parents[1] / "inventories").glob("*/hosts.yml"))}


def host_variables(example: str) -> dict[str, dict[str, t.Any]]:
    """The variables of every host, as Ansible merges them from hosts.yml and group_vars."""
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[str(EXAMPLES[example])])
    variables = VariableManager(loader, inventory)
    return {host.name: variables.get_vars(host=host, include_hostvars=False) for host in inventory.get_hosts()}
