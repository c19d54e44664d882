# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Flows between a host and its own containers, for firewalls that tell containers by their addresses alone."""

from __future__ import annotations

import os

from .._host.host import Host
from .._policy.container_bridges import container_bridges
from .._policy.container_networks import links_of, networks_of
from .._policy.model import AddressSet, Policy


def own_containers(policy: Policy, host: Host) -> AddressSet:
    """The networks of the bridges that certainly are a container engine's own, as the host's addresses on them tell."""
    bridges = container_bridges(policy.container_interfaces, os.listdir("/sys/class/net"))
    listed = links_of(host.run(["ip", "-json", "address", "show"], check=False).stdout) if host.which("ip") else []
    return networks_of([link for link in listed if link.get("ifname") in bridges])
