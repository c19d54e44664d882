# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan lets one host's firewall do with a connection: docs/reference/policy.md, as a decision with its rules."""

from __future__ import annotations

import enum
import typing as t

from ...module_utils._plan.model import HostPart, Peers, PlanRule, ProxiedFlow
from ...module_utils._plan.ports import holds
from ...module_utils._plan.words import INGRESS, TCP
from .._common.addresses import ANYBODY
from .._plan.reader import AddressSetIndex


class Verdict(enum.StrEnum):
    """What is decided, at one end or as a whole."""

    ALLOWED = "allowed"
    CLOSED = "closed"
    DENIED = "denied"
    REFUSED = "refused"
    PROXIED = "proxied"
    UNRESTRICTED = "unrestricted"
    UNKNOWN = "unknown"

    @property
    def refuses(self) -> bool:
        return self in (Verdict.CLOSED, Verdict.DENIED, Verdict.REFUSED)


class Peer(t.NamedTuple):
    """The other end as a rule sees it: a network, or a name."""

    network: str = ""
    name: str = ""


class Decision(t.NamedTuple):
    """What one end decides.

    Attributes:
        verdict: ALLOWED by ``rules``; CLOSED by ``rules``, whose peers are others; DENIED by the host's default; PROXIED: only the
            forward proxy may; UNRESTRICTED: no rule of the plan is about it; UNKNOWN: this end is not in the plan.
        rules: The rules that decide.
        proxied: With PROXIED, the flows that the proxy carries.
    """

    verdict: Verdict
    rules: tuple[PlanRule, ...] = ()
    proxied: tuple[ProxiedFlow, ...] = ()


NOT_IN_PLAN = Decision(Verdict.UNKNOWN)


def decide(part: HostPart, direction: str, protocol: str, port: int, peer: Peer, sets: AddressSetIndex) -> Decision:
    """What a host's rules and defaults say of the first packet of a connection.

    Args:
        part: The host's part of the plan.
        direction: As the host sees the connection.
        protocol: One of PROTOCOLS.
        port: The responder's; the type of ICMP; 0 for a protocol with neither.
        peer: The other end.
        sets: The plan's address sets.
    """
    concerned = [rule for rule in part.rules if rule.direction == direction and rule.concerns(protocol, port)]
    admitting = tuple(rule for rule in concerned if has_peer(rule.peers, peer, sets))
    if admitting:
        return Decision(Verdict.ALLOWED, admitting)
    if direction == INGRESS:
        closing = tuple(rule for rule in concerned if rule.closed_to_others)
        if closing:
            return Decision(Verdict.CLOSED, closing)
    elif protocol == TCP and part.proxy:
        proxied = tuple(flow for flow in part.proxy.flows if holds(flow.ports, port) and has_peer(flow.peers, peer, sets))
        if proxied:
            return Decision(Verdict.PROXIED, tuple(rule for rule in part.rules if rule.via_proxy), proxied)
    return Decision(Verdict.DENIED if part.defaults.denies(direction) else Verdict.UNRESTRICTED)


def has_peer(peers: Peers, peer: Peer, sets: AddressSetIndex) -> bool:
    """Whether the other end is one of a rule's peers, a network as a whole."""
    if peer.name:
        return peer.name in peers.names or all(sets.holds(peers.address_sets, cidr) for cidr in ANYBODY)
    return sets.holds(peers.address_sets, peer.network)
