# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a Windows host has to hold, as data for ``module_utils/WindowsFirewall.psm1``, for modules, scripts and previews alike."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart
from ...module_utils._plan.words import DIRECTIONS, PUBLISHED
from .powershell import Entry
from .rules import ANY, IN, Translation, WindowsRule, parts, rule_name, translate

SINGLE = ("DisplayName", "Description", "Direction", "Protocol")
"""Parameters of New-NetFirewallRule that have one text; the others have a list."""


class Wanted(t.TypedDict):
    """``rules`` in the words of New-NetFirewallRule, and texts that the host judges them by.

    Attributes:
        closed: Names of rules whose ports are closed to others.
        published: Names of rules whose ports containers answer.
        closed_without_rule: Ids of rules that need none, since nobody may pass.
        shut: What these are about, in the words of rules without a peer: the host reports what opens it.
        names: Ids of rules that have none for their host names.
        named: Rules whose peers have host names, in the same words, and ``Names``. RemoteAddress has the other peers, if there are any.
        own_names: Names that may have private addresses: the forward proxy is the site's own.
        denied: The directions that are denied by default.
    """

    rules: list[Entry]
    closed: list[str]
    closed_without_rule: list[str]
    shut: list[Entry]
    published: list[str]
    names: list[str]
    named: list[Entry]
    own_names: list[str]
    denied: list[str]


def wanted(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> Wanted:
    """One host's rules of the plan, in Windows' words.

    Raises:
        Inexpressible: naming each rule that Windows Firewall cannot hold.
    """
    return wanted_of(part, translate(part, address_sets))


def wanted_of(part: HostPart, translation: Translation) -> Wanted:
    """The same, of rules that have been translated."""
    return {
        "rules": [parameters(one) for rule in translation.rules for one in parts(rule)],
        "closed": [rule_name(rule.id) for rule in part.rules if rule.closed_to_others],
        "closed_without_rule": list(translation.closed),
        "shut": [parameters(rule) for rule in translation.shut],
        "published": [rule_name(rule.id) for rule in part.rules if rule.placement == PUBLISHED],
        "names": list(translation.unwritten),
        "named": [{**parameters(rule), "Names": list(rule.names)} for rule in translation.named],
        "own_names": own_names(part),
        "denied": list(filter(part.defaults.denies, DIRECTIONS)),
    }


def own_names(part: HostPart) -> list[str]:
    """The names of the host's forward proxy."""
    return sorted({name for rule in part.rules if rule.via_proxy for name in rule.peers.names})


def parameters(rule: WindowsRule) -> Entry:
    """Parameters of New-NetFirewallRule; those that a rule does not have, as an ICMP rule has no ports, are left out."""
    entry = {
        "DisplayName": [rule.name],
        "Description": [rule.description],
        "Direction": ["Inbound" if rule.direction == IN else "Outbound"],
        "Protocol": [protocol(rule)],
    }
    if rule.addresses:
        entry["RemoteAddress"] = ["Any"] if rule.addresses == ANY else list(rule.addresses)
    if rule.ports:
        entry["LocalPort" if rule.direction == IN else "RemotePort"] = list(rule.ports)
    if rule.own_ports:
        entry["LocalPort"] = list(rule.own_ports)
    if rule.icmp:
        entry["IcmpType"] = [icmp.removesuffix(":*") for icmp in rule.icmp]
    return entry


def protocol(rule: WindowsRule) -> str:
    """The protocol as Windows writes it."""
    return {"icmpv4": "ICMPv4", "icmpv6": "ICMPv6"}.get(rule.protocol, rule.protocol.upper())


def allowed(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What the host then allows and to whom, one line for each rule, however many parts Windows holds it in."""
    translation = translate(part, address_sets)
    for rule in (*translation.rules, *translation.named):
        direction, word = ("ingress", "from") if rule.direction == IN else ("egress", "to")
        peers = "anybody" if rule.addresses == ANY else f"{len(rule.addresses)} networks"
        if rule.names:
            peers = " and ".join([*([peers] if rule.addresses else []), f"the addresses of {', '.join(rule.names)}"])
        what = " ".join(filter(None, (rule.protocol, ",".join(rule.ports or rule.icmp))))
        yield f"{direction} {what} {word} {peers} [{rule.name}]"
