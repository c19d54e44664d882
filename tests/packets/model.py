# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy decides, packet by packet, read from the host's file of the plan alone: docs/reference/policy.md.

It knows nothing of the code that it is compared with.
"""

from __future__ import annotations

import ipaddress
import typing as t


class Packet(t.NamedTuple):
    """The first packet of a connection between the host and a neighbour: ``direction`` as the host sees it, ``port`` of the server."""

    direction: str
    protocol: str
    peer: str
    port: int


class Surroundings(t.NamedTuple):
    """The firewall as its administrator has it without us.

    Attributes:
        admits: What the administrator lets pass.
        exceptions: What the administrator has named, allowed or not, where that comes before a default of deny.
        published: TCP ports that lead into a container; packets for them never reach the host's own rules.
    """

    admits: t.Callable[[Packet], bool] = lambda _packet: True
    exceptions: t.Callable[[Packet], bool] = lambda _packet: False
    published: t.Collection[int] = ()


def admits(policy: t.Mapping[str, t.Any], management: tuple[str, int] | None, packet: Packet, surroundings: Surroundings) -> bool:
    """Whether the packet arrives.

    Args:
        policy: The host's file of the plan with its ``address_sets``; peers by name are not modelled.
        management: (client, port of the host) of the connection over which the policy is applied.
        packet: Neither of DHCP nor of a connection that exists.
        surroundings: What others decide about everything that the policy leaves alone.
    """
    denied = policy["defaults"]
    forwarded = packet[:2] == ("ingress", "tcp") and packet.port in surroundings.published
    matching = [rule for rule in policy["rules"] if _concerns(rule, packet)]
    closed = packet.direction == "ingress" and any(rule["closed_to_others"] for rule in matching)
    if any(_has_peer(policy, rule, packet.peer) for rule in matching):
        return True
    live = (packet.direction, packet.protocol, (packet.peer, packet.port)) == ("ingress", "tcp", management)
    if live and not forwarded and (closed or "deny" in denied.values()):
        return True
    if closed:
        return False
    if denied[packet.direction] == "deny" and not surroundings.exceptions(packet):
        return False
    return surroundings.admits(packet)


def _concerns(rule: t.Mapping[str, t.Any], packet: Packet) -> bool:
    spans = ([int(end) for end in ports.split("-")] for ports in rule["ports"])
    return (rule["direction"], rule["protocol"]) == packet[:2] and any(span[0] <= packet.port <= span[-1] for span in spans)


def _has_peer(policy: t.Mapping[str, t.Any], rule: t.Mapping[str, t.Any], peer: str) -> bool:
    networks = (ipaddress.ip_network(cidr) for name in rule["peers"]["address_sets"] for cidr in policy["address_sets"][name])
    return any(ipaddress.ip_address(peer) in network for network in networks)
