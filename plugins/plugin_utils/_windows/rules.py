# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""From one host's rules of the plan to rules of Windows Firewall: one for each rule of the plan, in parts where its peers are too many.

Facts are from Microsoft's reference of INetFwRule, ``netsh advfirewall`` and ``New-NetFirewallRule``: what is inbound and has no
rule is refused by default, what is outbound passes; a list of addresses or ports is one rule; no text may hold "|".
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart, PlanRule
from ...module_utils._plan.ports import disjoint
from ...module_utils._plan.protocols import FAMILY, NUMBERS, WITHOUT_PORTS, faults, type_number
from ...module_utils._plan.words import EGRESS, ICMP, INGRESS, SCTP
from .._common.addresses import ANYBODY, merge
from .._common.texts import visible
from .._matrix.model import BASELINE

GROUP = "federated.connectivity"
ANY = ("any",)
IN = "in"
OUT = "out"
_PROTOCOLS = {ICMP: "icmpv4", **{protocol: str(NUMBERS[protocol]) for protocol in WITHOUT_PORTS}}
LARGEST = 1000
"""Addresses of one family that Windows takes in a rule ([MS-FASP] 2.2.5, 2.2.7, 2.2.9 and 2.2.11: each list is bounded to 1000 entries)."""

_DIRECTIONS = {INGRESS: IN, EGRESS: OUT}
# Windows takes no prefix of length 0; "any" is both families.
_HALVES = {"0.0.0.0/0": ("0.0.0.0/1", "128.0.0.0/1"), "::/0": ("::/1", "8000::/1")}
# RFC 4890, 4.3.1 and 4.4.1: errors, multicast listeners, neighbour and router discovery, as far as a host sends them.
_ICMPV6 = ("1:*", "2:*", "3:*", "4:*", "131:*", "132:*", "133:*", "135:*", "136:*", "143:*")


class Inexpressible(Exception):
    """Windows Firewall cannot hold these rules; one message for each, naming the rule."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


class WindowsRule(t.NamedTuple):
    """One rule that allows, in all profiles, for every program and service.

    Attributes:
        name: Unique on the host, also where case does not count, as with Windows.
        direction: IN or OUT.
        protocol: ``tcp``, ``udp``, ``icmpv4``, ``icmpv6``, or the number of another protocol.
        ports: The responder's, ascending: the host's own if IN, the peers' if OUT. Empty for the others.
        addresses: The peers, merged, IPv4 first: addresses and CIDRs, or ANY. Empty only where there are names, or nobody may pass.
        icmp: ``type:code`` of ICMP, otherwise empty.
        own_ports: The host's own if OUT, where they matter; empty: any.
        names: Host names of peers, which the host itself looks up. Windows Firewall knows addresses only.
    """

    name: str
    direction: str
    protocol: str
    ports: tuple[str, ...]
    addresses: tuple[str, ...]
    description: str
    icmp: tuple[str, ...] = ()
    own_ports: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Translation(t.NamedTuple):
    """The rules of one host in the order of the plan, and the ids of those that need none.

    Attributes:
        unwritten: Outbound rules to names alone. Windows knows no names, and lets everything out that nobody blocks.
        closed: Inbound rules without a peer. Windows refuses what has no rule.
        named: Outbound rules with host names, where egress is denied. The host adds the addresses of the names.
        shut: What those of closed would be about, without any address.
    """

    rules: tuple[WindowsRule, ...]
    unwritten: tuple[str, ...]
    closed: tuple[str, ...]
    named: tuple[WindowsRule, ...] = ()
    shut: tuple[WindowsRule, ...] = ()


def translate(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> Translation:
    """Translate the rules of one host.

    Args:
        part: What the plan says about the host.
        address_sets: The plan's address sets, name -> CIDRs.

    Raises:
        Inexpressible: naming each rule that Windows Firewall cannot hold.
    """
    denied = part.defaults.denies(EGRESS)
    rules: list[WindowsRule] = []
    unwritten: list[str] = []
    closed: list[str] = []
    named: list[WindowsRule] = []
    shut: list[WindowsRule] = []
    problems = [*_same_names(part.rules), *_not_of_windows(part)]
    for rule in part.rules:
        addresses = _addresses([_of_family(rule, address_sets[name]) for name in rule.peers.address_sets])
        problems += _faults(rule)
        names = rule.peers.names
        if names and rule.direction == INGRESS:
            problems.append(_no_names(rule))
        elif names and denied and addresses != ANY:
            named.append(_windows_rule(rule, addresses)._replace(names=tuple(names)))
        elif addresses:
            rules.append(_windows_rule(rule, addresses))
        else:
            (closed if rule.direction == INGRESS else unwritten).append(rule.id)
        if not addresses and rule.direction == INGRESS:
            shut.append(_windows_rule(rule, ()))
        if names and addresses and not denied:
            unwritten.append(rule.id)
    if problems:
        raise Inexpressible(problems)
    return Translation(tuple(rules) + (_BEFORE_ANY_FLOW if denied else ()), tuple(unwritten), tuple(closed), tuple(named), tuple(shut))


def rule_name(rule_id: str) -> str:
    """What the rule is called: the mark of what is ours, and the rule's id in the plan."""
    return f"{GROUP} {rule_id}"


def parts(rule: WindowsRule) -> Iterator[WindowsRule]:
    """The rule as Windows can hold it: itself, or several of the same name with at most LARGEST addresses of each family."""
    families = [address for address in rule.addresses if ":" not in address], [address for address in rule.addresses if ":" in address]
    if max(map(len, families)) <= LARGEST:
        yield rule
        return
    for start in range(0, max(map(len, families)), LARGEST):
        yield rule._replace(addresses=tuple(address for family in families for address in family[start : start + LARGEST]))


def _windows_rule(rule: PlanRule, addresses: tuple[str, ...]) -> WindowsRule:
    description = _one_line(f"{rule.id}: {rule.purpose}")
    direction, ports = _DIRECTIONS[rule.direction], disjoint(rule.ports)
    icmp = tuple(f"{type_number(rule.protocol, text)}:*" for text in rule.types)
    return WindowsRule(rule_name(rule.id), direction, _PROTOCOLS.get(rule.protocol, rule.protocol), ports, addresses, description, icmp)


def _addresses(sets: Iterable[Sequence[str]]) -> tuple[str, ...]:
    merged = merge(cidr for cidrs in sets for cidr in cidrs)
    if merged == ANYBODY:
        return ANY
    return tuple(written for cidr in merged for written in _HALVES.get(cidr, (_short(cidr),)))


def _short(cidr: str) -> str:
    return cidr.removesuffix("/128" if ":" in cidr else "/32")


def _of_family(rule: PlanRule, cidrs: Sequence[str]) -> Sequence[str]:
    """The addresses that packets of the rule's protocol can have."""
    family = FAMILY.get(rule.protocol)
    return [cidr for cidr in cidrs if (":" in cidr) == (family == 6)] if family else cidrs


def _faults(rule: PlanRule) -> Iterator[str]:
    """Why a rule is none for Windows Firewall, where its protocol is the reason."""
    yield from (f"rule {rule.id}: {fault}" for fault in faults(rule.protocol, rule.ports, rule.types))
    if rule.protocol == SCTP:
        yield (
            f"rule {rule.id} is for {rule.traffic}, and rules of Windows Firewall have ports for tcp and udp alone; "
            "leave the flow out, or let another host take part in it"
        )


def _one_line(text: str) -> str:
    return " ".join(visible(text).replace("|", "/").split())


def _same_names(rules: Iterable[PlanRule]) -> Iterable[str]:
    by_name = collections.defaultdict(list)
    for rule in rules:
        by_name[rule.id.casefold()].append(rule.id)
    for ids in by_name.values():
        if len(ids) > 1:
            told = " and ".join(ids)
            yield f"Windows takes the rules {told} for one; let the federations' names differ in more than case"


def _not_of_windows(part: HostPart) -> Iterable[str]:
    """What the inventory wants of a host and Windows Firewall has no rules for."""
    if part.log_refused:
        yield (
            "connectivity_log_refused is true, and rules of Windows Firewall log nothing for single ports; leave it out for this host, and "
            "use the log of dropped packets of Windows Firewall itself"
        )
    if part.connection_limit:
        yield (
            f"connectivity_connection_limit is {part.connection_limit}, and Windows Firewall cannot limit the connections of "
            "a peer; leave it out for this host, and limit them on a firewall in front of it"
        )
    if part.containers_apart is not None:
        roles = sorted({f"{role} of {one.matrix}" for one in part.memberships if one.matrix != BASELINE for role in one.roles})
        yield (
            f"a role of this host ({', '.join(roles) or 'not named'}) demands that containers connect only to what the matrix names, and "
            "Windows Firewall does not see the connections between containers; give this role to a Linux host"
        )
    if part.contained_bridges:
        yield (
            f"the containers of {', '.join(part.contained_bridges)} are to open no connection (containment: full), and Windows Firewall "
            "does not see the connections of containers; take containment: none for this host"
        )


def _no_names(rule: PlanRule) -> str:
    return f"rule {rule.id} names {', '.join(rule.peers.names)}, and Windows Firewall knows addresses alone; name networks instead"


def _own(flow: str, purpose: str, protocol: str, addresses: tuple[str, ...] = ANY, **more: tuple[str, ...]) -> WindowsRule:
    rule_id = f"baseline.host.{flow}.egress"
    return WindowsRule(rule_name(rule_id), OUT, protocol, more.pop("ports", ()), addresses, f"{rule_id}: {purpose}", **more)


# What a host needs to have an address at all; the baseline matrix has the flows that come after that. DHCP goes from the client's own
# port, by IPv6 on the link alone (RFC 8415, section 7.1).
_BEFORE_ANY_FLOW = (
    _own("dhcp", "Addresses over DHCP (RFC 2131)", "udp", ports=("67",), own_ports=("68",)),
    _own("dhcpv6", "Addresses over DHCPv6 (RFC 8415)", "udp", ("fe80::/10", "ff02::1:2"), ports=("547",), own_ports=("546",)),
    _own("icmpv6", "What IPv6 does not work without (RFC 4890)", "icmpv6", icmp=_ICMPV6),
)
