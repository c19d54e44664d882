# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A policy in firewalld's terms: two policies of rich rules, a service for each rule, an ipset for each address set and family.

Rich rules are ordered by explicit priorities: live management connection, accepts, closures, then what a default of deny must
spare, narrowed first, and the refusal itself. firewalld accepts established connections, what is related to them, and ``lo`` before
any policy; what a connection tracking helper expects is our own table's affair.
"""

from __future__ import annotations

import collections
import hashlib
import re
import typing as t

from ..._errors import PolicyRefused
from ..._plan.words import EGRESS, ICMP, ICMPV6, INGRESS
from ..._policy.model import FAMILIES, AddressSet, Policy, Rule
from .objects import MARK, Element, Object, RichRule, Settings

PREFIX = "fedconn"
POLICIES = {INGRESS: PREFIX + "-in", EGRESS: PREFIX + "-out"}
ZONES = {INGRESS: ("ANY", "HOST"), EGRESS: ("HOST", "ANY")}

# firewalld.policies(5): policies below 0 come before zones, the lowest first.
POLICY_PRIORITY = -32768
MANAGEMENT, ACCEPT, CLOSE, NARROW, SPARE, REFUSE = -400, -300, -200, -150, -100, 32767

IPSET_LENGTH = 31  # IPSET_MAXNAMELEN of the kernel, less its terminating zero
SERVICE_LENGTH = 200  # of a file name's 255
_FAMILY = {4: "ipv4", 6: "ipv6"}

# Everybody else meets silence; an application of the host itself learns at once that the administrator forbids its connection.
_REFUSALS: t.Mapping[str, t.Mapping[str, Element]] = {
    INGRESS: {"": ("drop", ())},
    EGRESS: {
        "ipv4": ("reject", (("type", "icmp-admin-prohibited"),)),
        "ipv6": ("reject", (("type", "icmp6-adm-prohibited"),)),
    },
}

# The types of ICMP that every firewalld since 0.9 has, by the plan's names. It names none of IPv6's after nft.
_ICMP_TYPES: t.Mapping[str, t.Mapping[str, str]] = {
    ICMP: {
        name: name
        for name in (
            *("echo-reply", "destination-unreachable", "source-quench", "redirect", "echo-request", "router-advertisement"),
            *("router-solicitation", "time-exceeded", "parameter-problem", "timestamp-request", "timestamp-reply"),
        )
    },
    ICMPV6: {
        "destination-unreachable": "destination-unreachable",
        "packet-too-big": "packet-too-big",
        "time-exceeded": "time-exceeded",
        "parameter-problem": "parameter-problem",
        "echo-request": "echo-request",
        "echo-reply": "echo-reply",
        "nd-router-solicit": "router-solicitation",
        "nd-router-advert": "router-advertisement",
        "nd-neighbor-solicit": "neighbour-solicitation",
        "nd-neighbor-advert": "neighbour-advertisement",
        "nd-redirect": "redirect",
    },
}

_Match = t.Tuple[str, t.Tuple[Element, ...]]
"""A family and what a rich rule asks of its packets."""


def _icmp(name: str) -> Element:
    return ("icmp-type", (("name", name),))


def _port(port: str, protocol: str) -> Element:
    return ("port", (("port", port), ("protocol", protocol)))


def _address(side: str, network: str) -> Element:
    return (side, (("address", network),))


def _other_than(port: int, family: str) -> t.Iterator[_Match]:
    for ports in ("0-%d" % (port - 1), "%d-65535" % (port + 1)):
        yield family, (("source-port", (("port", ports), ("protocol", "udp"))),)


# A rich rule matches one port alone. DHCP goes from one port to another (RFC 2131, section 4.1; RFC 8415, section 7.2), so UDP from every
# other port is refused first. Nothing else by UDP is spared, so this refuses nothing that the last rule would not. In the same way pings
# are refused before multicast on the link is spared, which they would reach.
_NARROWED: t.Mapping[str, t.Tuple[_Match, ...]] = {
    direction: (
        *_other_than(ipv4_port, "ipv4"),
        *_other_than(ipv6_port, "ipv6"),
        *(("ipv6", (_icmp(name),)) for name in ("echo-request", "echo-reply")),
    )
    for direction, ipv4_port, ipv6_port in ((INGRESS, 67, 547), (EGRESS, 68, 546))
}
# RFC 4861: neighbours and routers; multicast listeners by their destination, because not every firewalld knows their ICMP types. Errors
# about a connection that exists are accepted by firewalld itself.
_SPARED: t.Mapping[str, t.Tuple[_Match, ...]] = {
    INGRESS: (
        *(
            ("ipv6", (_icmp(name),))
            for name in ("router-solicitation", "router-advertisement", "neighbour-solicitation", "neighbour-advertisement")
        ),
        ("ipv6", (_address("destination", "ff02::/16"), ("protocol", (("value", "ipv6-icmp"),)))),
        ("ipv4", (_port("68", "udp"),)),
        ("ipv6", (_address("source", "fe80::/10"), _port("546", "udp"))),
    ),
    EGRESS: (
        *(("ipv6", (_icmp(name),)) for name in ("neighbour-solicitation", "neighbour-advertisement")),
        ("ipv6", (_address("destination", "fe80::/10"), _icmp("router-advertisement"))),
        ("ipv6", (_address("destination", "ff02::/16"), ("protocol", (("value", "ipv6-icmp"),)))),
        ("ipv4", (_port("67", "udp"),)),
        *(("ipv6", (_address("destination", network), _port("547", "udp"))) for network in ("fe80::/10", "ff02::1:2")),
    ),
}


def translate(policy: Policy) -> t.List[Object]:
    """The objects that carry a policy; none where it has neither rules nor a default of deny.

    Raises:
        PolicyRefused: firewalld has no name for a type of ICMP.
    """
    if not (policy.rules or policy.deny_ingress or policy.deny_egress):
        return []
    unknown = list(_unknown_types(policy))
    if unknown:
        raise PolicyRefused(*unknown)
    services = service_names(rule.id for rule in policy.rules)
    ipsets = ipset_names(peers.name for peers in policy.address_sets())
    objects = [_ipset(peers, family, ipsets) for peers in policy.address_sets() for family in FAMILIES if _needs_ipset(peers, family)]
    objects += [_service(rule, services) for rule in policy.rules if not rule.types]
    return objects + [_policy(policy, direction, services, ipsets) for direction in (INGRESS, EGRESS)]


def service_names(ids: t.Iterable[str]) -> t.Dict[str, str]:
    """firewalld's name of each rule's service; rule ids have dots, which services must not have."""
    return _names(ids, "%s-" % PREFIX, r"[^A-Za-z0-9_-]", SERVICE_LENGTH)


def ipset_names(names: t.Iterable[str]) -> t.Dict[str, str]:
    """firewalld's name of each address set, with ``%d`` where the family stands."""
    return _names(names, PREFIX + "%d-", r"[^A-Za-z0-9_.-]", IPSET_LENGTH + len("%d") - 1)


def _names(originals: t.Iterable[str], prefix: str, forbidden: str, length: int) -> t.Dict[str, str]:
    """Readable names; too long ones and those that would be equal end in a hash of the original."""
    names = {original: prefix + re.sub(forbidden, "-", original) for original in originals}
    count = collections.Counter(names.values())
    for original, name in names.items():
        if count[name] > 1 or len(name) > length:
            names[original] = "%s-%s" % (name[: length - 7], hashlib.sha256(original.encode()).hexdigest()[:6])
    return names


def _needs_ipset(peers: AddressSet, family: int) -> bool:
    """An ipset cannot hold /0 (ipset(8)); everybody needs no match on addresses."""
    return bool(peers.of_family(family)) and not peers.is_any(family)


def _ipset(peers: AddressSet, family: int, names: t.Mapping[str, str]) -> Object:
    host = "/32" if family == 4 else "/128"
    entries = [cidr[: -len(host)] if cidr.endswith(host) else cidr for cidr in peers.of_family(family)]
    settings = {"type": "hash:net", "options": {"family": "inet" if family == 4 else "inet6"}, "entries": entries}
    return Object("ipset", names[peers.name] % family, settings, "address set " + peers.name)


def _service(rule: Rule, names: t.Mapping[str, str]) -> Object:
    settings: Settings = {"ports": [(port, rule.protocol) for port in rule.ports]} if rule.ports else {"protocols": [rule.protocol]}
    return Object("service", names[rule.id], settings, "rule " + rule.id)


def _policy(policy: Policy, direction: str, services: t.Mapping[str, str], ipsets: t.Mapping[str, str]) -> Object:
    origin, destination = ZONES[direction]
    settings = {
        "priority": POLICY_PRIORITY,
        "target": "CONTINUE",
        "ingress_zones": [origin],
        "egress_zones": [destination],
        "rich_rules": list(dict.fromkeys(_rich_rules(policy, direction, services, ipsets))),  # two sets may both be anybody
    }
    return Object("policy", POLICIES[direction], settings, "%s, %s of host %s" % (MARK, direction, policy.host))


def _rich_rules(policy: Policy, direction: str, services: t.Mapping[str, str], ipsets: t.Mapping[str, str]) -> t.Iterator[RichRule]:
    rules = policy.ingress() if direction == INGRESS else policy.egress()
    if direction == INGRESS and policy.management:
        yield _management(*policy.management)
    for rule in rules:
        for peers in rule.peers:
            for family, match in _matches(peers, "source" if direction == INGRESS else "destination", ipsets, rule.families):
                for element in _elements(rule, services):
                    yield RichRule(ACCEPT, family, (*match, element, ("accept", ())))
        closing = rule.closing if direction == INGRESS else None
        for element in _elements(closing, services) if closing else ():
            yield RichRule(CLOSE, _FAMILY[rule.families[0]] if rule.types else "", (element, ("drop", ())))
    if policy.denies(direction):
        refusals = _REFUSALS[direction]
        for family, parts in _NARROWED[direction]:
            yield RichRule(NARROW, family, (*parts, refusals.get(family) or refusals[""]))
        for family, parts in _SPARED[direction]:
            yield RichRule(SPARE, family, (*parts, ("accept", ())))
        for family, refusal in refusals.items():
            yield RichRule(REFUSE, family, (refusal,))


def _management(client: str, port: int) -> RichRule:
    parts = (_address("source", client), _port(str(port), "tcp"), ("accept", ()))
    return RichRule(MANAGEMENT, _FAMILY[6 if ":" in client else 4], parts)


def _elements(rule: Rule, services: t.Mapping[str, str]) -> t.List[Element]:
    """What a rich rule of a rule names: its service, or each of its types of ICMP, which services cannot hold."""
    if rule.types:
        return [_icmp(_ICMP_TYPES[rule.protocol][text]) for text in rule.types]
    return [("service", (("name", services[rule.id]),))]


def _unknown_types(policy: Policy) -> t.Iterator[str]:
    for rule in policy.rules:
        for text in rule.types:
            known = _ICMP_TYPES[rule.protocol]
            if text not in known:
                yield "rule %s: firewalld has no name for type %s of %s, and takes no numbers; it knows %s" % (
                    rule.id,
                    text,
                    rule.protocol,
                    ", ".join(known),
                )


def _matches(
    peers: AddressSet, side: str, ipsets: t.Mapping[str, str], families: t.Sequence[int]
) -> t.Iterator[t.Tuple[str, t.Tuple[Element, ...]]]:
    """Family and match on addresses for each rich rule that one address set needs."""
    if families == FAMILIES and all(peers.is_any(family) for family in families):
        yield "", ()
        return
    for family in families:
        if peers.is_any(family):
            yield _FAMILY[family], ()
        elif peers.of_family(family):
            yield _FAMILY[family], ((side, (("ipset", ipsets[peers.name] % family),)),)
