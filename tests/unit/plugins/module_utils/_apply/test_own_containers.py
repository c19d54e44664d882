# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of the host's own containers are those of its bridges."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._policy.container_networks import networks_of
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet

CONTAINERS = AddressSet("containers_of_this_host", ("203.0.113.16/28",), ("2001:db8:17:1::/64",))


def _address(local: str, prefixlen: int, scope: str = "global") -> dict[str, t.Any]:
    return {"local": local, "prefixlen": prefixlen, "scope": scope}


def test_networks_are_those_of_the_bridges_addresses() -> None:
    bridge = {"addr_info": [_address("203.0.113.17", 28), _address("2001:db8:17:1::1", 64), _address("fe80::1", 64, "link")]}
    assert networks_of([bridge, bridge, {}]) == CONTAINERS
    assert networks_of([]) == AddressSet("containers_of_this_host", (), ())
