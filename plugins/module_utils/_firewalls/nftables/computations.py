# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Containers that the host alone may reach, known by the port inside that they publish, as COINSTAC's computations.

Such a container belongs on 127.0.0.1. Where it is published on another address, the engine rewrites the destination of what others send,
and the forward guard sees the port inside. Ports that rules of the plan admit to somebody are left to these rules.
"""

from __future__ import annotations

import typing as t

from ..._policy.model import Policy
from .identifiers import comment

COMPUTATIONS = "computations"


def published_by_them(policy: Policy, links_of_others: str) -> t.Iterator[str]:
    """Of the forward chain: connections through a published port to a port inside of such a container.

    Args:
        policy: What to enforce.
        links_of_others: The name of the set of links that belong to no container engine.
    """
    for flow in policy.computations:
        for interface in policy.container_interfaces:
            ports = "%s dport { %s }" % (flow.protocol, ", ".join(flow.ports))
            yield 'oifname "%s" oifname != @%s ct status dnat %s jump %s' % (interface, links_of_others, ports, COMPUTATIONS)


def decided_by_rules(policy: Policy) -> t.Iterator[str]:
    """The chain of these connections: what rules admit to somebody goes back to them, the rest is for the host alone."""
    for rule in policy.ingress():
        if rule.peers:
            for port in rule.ports:
                yield "meta l4proto %s ct original proto-dst %s return" % (rule.protocol, port)
    yield "drop %s" % comment(", ".join(sorted({flow.flow for flow in policy.computations})))
