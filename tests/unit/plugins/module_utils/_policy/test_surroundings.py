# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's own containers become peers where the plan closes a port, and nowhere else."""

from __future__ import annotations

from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule
from ansible_collections.federated.connectivity.plugins.module_utils._policy.surroundings import Surroundings, admit

CONTAINERS = AddressSet("containers_of_this_host", ("203.0.113.16/28",), ("2001:db8:17:1::/64",))
CLOSED = Rule("closed", INGRESS, "tcp", ("8443",), (), HOST, True)
OTHERS = (Rule("open", INGRESS, "tcp", ("22",), (), HOST, False), Rule("out", EGRESS, "tcp", ("443",), (), HOST, False))


def test_containers_are_peers_of_closed_ports_alone() -> None:
    admitted = admit(Policy("host", (CLOSED, *OTHERS), True, False), CONTAINERS)
    assert admitted.rules == (CLOSED._replace(peers=(CONTAINERS,)), *OTHERS)


def test_a_denied_egress_lets_the_host_reach_them() -> None:
    added = admit(Policy("host", OTHERS, False, True), CONTAINERS).rules[2:]
    assert [(rule.direction, rule.protocol, rule.ports, rule.peers) for rule in added] == [
        (EGRESS, protocol, ("1-65535",), (CONTAINERS,)) for protocol in ("tcp", "udp")
    ]


def test_a_host_without_containers_has_the_policy_as_it_is() -> None:
    policy = Policy("host", (CLOSED, *OTHERS), True, True)
    assert admit(policy, Surroundings().containers) == policy
