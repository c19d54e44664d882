# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What only the host knows, and native rules depend on; and what its own containers add to a policy."""

from __future__ import annotations

import typing as t

from .._plan.words import EGRESS, HOST, INGRESS, TCP, UDP
from .model import AddressSet, Policy, Rule

OWN_CONTAINERS = "containers_of_this_host"


class Surroundings(t.NamedTuple):
    """What is read on the host before its policy becomes native rules.

    The live management connection is not here: it is part of the policy, because the policy decides whether it needs a rule.

    Attributes:
        bridges: The bridges that certainly are a container engine's own, by their exact names.
        links_of_others: Links that a prefix of the policy's container interfaces covers, and that belong to no engine.
        containers: The networks of the host's own containers, for firewalls that know containers by their addresses only.
        ipv6: Whether the firewall filters IPv6 at all (ufw: ``IPV6=yes``).
        names_bridges: Whether the kernel tells which bridge a packet comes from (nft_meta_bridge).
        contained: The networks of contained bridges, for a kernel that does not.
        redirected_pass: Whether the firewall beside our own table lets all redirected connections pass (firewalld does).
    """

    bridges: t.Tuple[str, ...] = ()
    links_of_others: t.Tuple[str, ...] = ()
    containers: AddressSet = AddressSet(OWN_CONTAINERS, (), ())
    ipv6: bool = True
    redirected_pass: bool = False
    names_bridges: bool = True
    contained: AddressSet = AddressSet(OWN_CONTAINERS, (), ())


def admit(policy: Policy, containers: AddressSet) -> Policy:
    """The policy with the host's containers as peers of every port that it closes to others, and within reach under a denied egress."""
    if not (containers.ipv4 or containers.ipv6):
        return policy
    rules = [
        rule._replace(peers=(*rule.peers, containers)) if rule.direction == INGRESS and rule.closed_to_others else rule
        for rule in policy.rules
    ]
    if policy.deny_egress:
        rules += [
            Rule("%s.%s" % (OWN_CONTAINERS, protocol), EGRESS, protocol, ("1-65535",), (containers,), HOST, False)
            for protocol in (TCP, UDP)
        ]
    return policy._replace(rules=tuple(rules))
