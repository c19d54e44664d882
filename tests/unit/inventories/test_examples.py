# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventories are what they say: readable by Ansible, on documentation addresses, with partners and without mistakes."""

from __future__ import annotations

import ipaddress
import pathlib
import re
import typing as t

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from ansible_collections.federated.connectivity.plugins.plugin_utils._catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._hosts import read_inventory
from ansible_collections.federated.connectivity.plugins.plugin_utils._problems import Problems

EXAMPLES = {path.parent.name: path.parent for path in sorted((pathlib.Path(__file__).parents[3] / "inventories").glob("*/hosts.yml"))}
DOCUMENTATION = [ipaddress.ip_network(cidr) for cidr in ("198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
ADDRESS = re.compile(r"(?<![\w.])(?:\d+(?:\.\d+){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*)(?:/\d+)?(?![\w.])")

every_example = pytest.mark.parametrize("example", EXAMPLES)


def host_variables(example: str) -> dict[str, dict[str, t.Any]]:
    """The variables of every host, as Ansible merges them from hosts.yml and group_vars."""
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[str(EXAMPLES[example])])
    variables = VariableManager(loader, inventory)
    return {host.name: variables.get_vars(host=host, include_hostvars=False) for host in inventory.get_hosts()}


def test_every_system_has_an_example() -> None:
    systems = set(Catalogue().names()) - {"baseline"}
    assert systems
    assert systems | {"mixed"} == set(EXAMPLES)


@every_example
def test_example_has_no_mistakes(example: str) -> None:
    problems = Problems(lambda value: None)
    inventory = read_inventory(host_variables(example), Catalogue(), problems)
    problems.stop()
    assert problems.warnings == []
    assert {host.profile.managed for host in inventory.hosts} == {True, False}, "an example shows hosts of ours and a partner's"


@every_example
def test_example_uses_documentation_addresses_only(example: str) -> None:
    files = [EXAMPLES[example] / "hosts.yml", *EXAMPLES[example].glob("*_vars/*.yml")]
    addresses = [ipaddress.ip_network(text) for path in files for text in ADDRESS.findall(path.read_text())]
    assert addresses
    assert [
        str(network)
        for network in addresses
        if not any(network.version == known.version and network.subnet_of(known) for known in DOCUMENTATION)
    ] == []


@every_example
def test_example_tells_how_to_run_it(example: str) -> None:
    assert f"make plan INVENTORY=inventories/{example} PLAN=" in (EXAMPLES[example] / "hosts.yml").read_text()


def test_mixed_is_one_host_in_three_systems_and_two_federations_of_one() -> None:
    memberships = host_variables("mixed")["hospital"]["connectivity_memberships"]
    assert {membership["matrix"] for membership in memberships} == {"linksight", "fedbiomed", "shrine"}
    assert [membership["federation"] for membership in memberships if membership["matrix"] == "linksight"] == ["north", "south"]
