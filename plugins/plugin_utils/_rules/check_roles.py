# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Refuses a node role that does not exist with the options of its host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._common.problems import Problems
from .._inventory.hosts import Host
from .federations import Federation


def check_roles_exist(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse the roles that a system has with other options only.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    for membership in hosts[0].profile.memberships:
        options = federations[membership.matrix.name, membership.federation].members[hosts[0].name].options
        for role in sorted(membership.roles):
            for name, wanted in membership.matrix.role_conditions.get(role, {}).items():
                if options[name] not in wanted:
                    problems.error(
                        f"{membership.label}: the role {role} exists only with {name}: {' or '.join(wanted)}, but the option {name} is "
                        f"{options[name]} here; leave the role out, or change the option",
                        [host.name for host in hosts],
                        [membership.source],
                    )
