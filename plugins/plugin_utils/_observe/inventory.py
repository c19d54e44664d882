# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The hosts of the inventory as an observation needs them: addresses and named networks, whether or not they have memberships."""

from __future__ import annotations

from collections.abc import Mapping

from .._common.problems import Problems
from .._inventory.hosts import NETWORKS, read_addresses
from .._inventory.names import parts_of
from .._inventory.networks import read_networks
from .._inventory.value import Value
from .sightings import Answer, Member


def read_members(variables: Mapping[str, Mapping[str, object]], answers: Mapping[str, Answer], problems: Problems) -> list[Member]:
    """The hosts, with what those of them answered that were watched.

    Raises:
        PlanRefused: addresses or networks of the inventory cannot be read.
    """
    members = []
    for name in sorted(variables):
        own = variables[name]
        networks = read_networks([Value(own[part], part, name, problems) for part in parts_of(NETWORKS, own)])
        members.append(Member(name, read_addresses(name, own, problems) or (), dict(networks), answers.get(name)))
    problems.stop()
    return members
