# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Divides a host's rules: what goes through its forward proxy, what is reached directly, and what can do neither (docs/proxies.md)."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Sequence

from ...module_utils._plan.model import Peers
from ...module_utils._plan.words import EGRESS
from .._inventory.forward_proxy import ForwardProxy
from .._inventory.no_proxy import BRIDGES, LOOPBACK, Exemptions
from .._matrix.model import RESPONDER
from .address_sets import ANY, AddressSets
from .host_flows import Rule


class Proxied(t.NamedTuple):
    """A rule whose peers are reached through the proxy; ``key`` says which one, ``http_proxy`` or ``https_proxy``."""

    rule: Rule
    key: str


class Routed(t.NamedTuple):
    """The rules of a host with a forward proxy. Where a rule's peers go different ways, each part holds its own.

    Attributes:
        direct: The rules that the firewall carries out as they are.
        proxied: The rules that the proxy stands for.
        stuck: The rules that can go neither way, where the proxy is the only way out.
        exemptions: What must not go through the proxy.
    """

    direct: tuple[Rule, ...]
    proxied: tuple[Proxied, ...]
    stuck: tuple[Rule, ...]
    exemptions: Exemptions


def route(rules: Sequence[Rule], proxy: ForwardProxy, tunnel_networks: Iterable[str], sets: AddressSets) -> Routed:
    """Divide a host's rules.

    ``no_proxy`` knows no ports: who is reached directly for one flow is so for all. So first come the rules that are direct by themselves,
    then the others, without those peers.
    """
    direct = [rule for rule in rules if _is_fixed(rule, proxy)]
    exceptions = {*proxy.no_proxy, *LOOPBACK, *tunnel_networks}
    if any(_involves_containers(rule) for rule in rules):
        exceptions.update(BRIDGES)
    for rule in direct:
        if rule.direction == EGRESS:
            exceptions.update(_exceptions(rule.peers, sets))
    exempt = Exemptions(exceptions)
    proxied: list[Proxied] = []
    stuck: list[Rule] = []
    for rule in rules:
        if not _is_fixed(rule, proxy):
            inside, outside = _divide(rule, exempt, sets)
            if inside:
                direct.append(inside)
                exceptions.update(filter(exempt.holds, _exceptions(rule.peers, sets)))
            if outside and may_pass(rule, proxy):
                proxied.append(Proxied(outside, proxy_key(rule)))
            elif outside:
                stuck.append(outside)
    return Routed(tuple(direct), tuple(proxied), tuple(stuck), Exemptions(exceptions))


def proxy_key(rule: Rule) -> str:
    """The proxy that a rule's flow would use: plain connections the HTTP proxy, all others the HTTPS proxy."""
    return "http_proxy" if rule.flow.tls == "none" else "https_proxy"


def may_pass(rule: Rule, proxy: ForwardProxy) -> bool:
    """Whether an egress rule's flow may go through the proxy; where there is no other way, one of which nobody knows may try."""
    known = rule.flow.proxy == "allowed" or (proxy.only and rule.flow.proxy == "unknown" and rule.flow.protocol == "tcp")
    return known and proxy.urls[proxy_key(rule)] is not None


def _is_fixed(rule: Rule, proxy: ForwardProxy) -> bool:
    """Whether a rule is direct by itself: where there is another way out, all that must not use the proxy; else the site's own networks."""
    if rule.direction != EGRESS or rule.flow.ends[RESPONDER].kind == "network":
        return True
    return not proxy.only and not may_pass(rule, proxy)


def _involves_containers(rule: Rule) -> bool:
    return rule.placement == "published" or any(mechanism.startswith("docker") for mechanism in rule.proxy_mechanisms)


def _exceptions(peers: Peers, sets: AddressSets) -> Iterable[str]:
    """Peers address by address: not everything that reads no_proxy understands networks."""
    yield from peers.names
    for name in peers.address_sets:
        if name != ANY:
            yield from (address.removesuffix("/32").removesuffix("/128") for address in sets.listed[name])


def _divide(rule: Rule, exemptions: Exemptions, sets: AddressSets) -> tuple[Rule | None, Rule | None]:
    """The part of a rule whose peers are exempt from the proxy, and the rest; None: there is nobody. Anybody cannot be divided."""
    if ANY in rule.peers.address_sets:
        return None, rule
    inside = Peers(names=tuple(name for name in rule.peers.names if exemptions.holds(name)))
    outside = Peers(names=tuple(name for name in rule.peers.names if name not in inside.names))
    for name in rule.peers.address_sets:
        exempt, rest = exemptions.divide(sets.cidrs[name])
        if exempt:
            inside = inside._replace(address_sets=(*inside.address_sets, sets.part(name, exempt) if rest else name))
        if rest:
            outside = outside._replace(address_sets=(*outside.address_sets, sets.part(name, rest) if exempt else name))
    parts = [dataclasses.replace(rule, peers=peers) if peers != Peers() else None for peers in (inside, outside)]
    return parts[0], parts[1]
