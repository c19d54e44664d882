# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules of others that take connections out of tracking (NOTRACK), as servers of names have them.

A denied default lets answers pass because their connection is known. The answers of a planned flow that is not tracked do not pass.
The same holds where others refuse by default, as ufw and firewalld do.
"""

from __future__ import annotations

import typing as t

from ..._host.port_names import spans
from ..._plan.ports import bounds
from ..._plan.protocols import WITH_PORTS, known_as
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_PORT, Spans
from ..._policy.model import Policy, Rule
from ..iptables.others import IPTABLES
from ..iptables.saved import Options, Saved, Table, options
from ..iptables.unread import UNREADABLE
from .listing import Entry, Listing, name_of

IN, OUT = "in", "out"
_HOOKS = {"prerouting": (IN,), "output": (OUT,)}
_BUILT_IN = {"PREROUTING": (IN,), "OUTPUT": (OUT,)}
_EPHEMERAL = (1024, 65535)  # where the client's port is


class Untracked(t.NamedTuple):
    """A rule that takes packets out of tracking.

    Attributes:
        words: The rule as its owner knows it.
        ways: The ways of its packets: IN, OUT.
        protocol: Of its packets; empty: of any.
        source, destination: Ports that it asks for.
    """

    words: str
    ways: t.Tuple[str, ...]
    protocol: str = ""
    source: Spans = ANY_PORT
    destination: Spans = ANY_PORT


def warnings(policy: Policy, found: t.Iterable[Untracked], refusing: t.Mapping[str, str]) -> t.List[str]:
    """A warning for each rule that keeps a default which refuses from knowing the answers of planned flows.

    Args:
        policy: With our own defaults.
        found: The rules.
        refusing: The chain of others that refuses by default, by direction.
    """
    said = []
    for untracked in found:
        for direction, denied in ((EGRESS, INGRESS), (INGRESS, EGRESS)):
            concerned = [rule.id for rule in policy.rules if rule.direction == direction and _concerns(untracked, rule)]
            flows = ", ".join(dict.fromkeys(concerned))
            if concerned and policy.denies(denied):
                said.append(
                    "%s takes connections out of tracking, and the %s default 'deny' then refuses the answers of %s. Remove this rule, "
                    "or leave the %s default unchanged" % (untracked.words, denied, flows, denied)
                )
            elif concerned and denied in refusing:
                said.append(
                    "%s takes connections out of tracking, and %s, which refuses by default, then refuses the answers of %s, "
                    "unless a rule there accepts them. Remove this rule, or make sure that they are accepted there"
                    % (untracked.words, refusing[denied], flows)
                )
    return said


def _concerns(untracked: Untracked, rule: Rule) -> bool:
    """Whether requests or answers of a planned flow may be packets of the rule."""
    if untracked.protocol and known_as(untracked.protocol) != rule.protocol:
        return False
    if rule.protocol not in WITH_PORTS:
        return bool(untracked.ways) and untracked.source == untracked.destination == ANY_PORT
    to_server = OUT if rule.direction == EGRESS else IN
    for way in untracked.ways:
        server, client = (untracked.destination, untracked.source) if way == to_server else (untracked.source, untracked.destination)
        if any(_meet(server, bounds(ports)) for ports in rule.ports) and _meet(client, _EPHEMERAL):
            return True
    return False


def _meet(row: Spans, span: t.Tuple[int, int]) -> bool:
    return any(low <= span[1] and span[0] <= high for low, high in row)


def of_iptables(family: int, saved: Saved) -> t.Iterator[Untracked]:
    """The rules in table raw of one family."""
    for chain, line in saved.tables.get("raw", Table()).rules:
        given = options(line)
        if given.get("-j") == "NOTRACK" or (given.get("-j") == "CT" and "--notrack" in given):
            words = "%s: '%s' in table raw" % (IPTABLES[family], line)
            source, destination = (_ports(given, names) for names in (("--sport", "--sports"), ("--dport", "--dports")))
            yield Untracked(words, _BUILT_IN.get(chain, (IN, OUT)), given.get("-p", ""), source, destination)


def _ports(given: Options, names: t.Sequence[str]) -> Spans:
    """The ports that a rule asks for; any where it does not say, or not in a way that is known here."""
    for name in names:
        if given.get(name):
            return _read(given[name].split(","))
    return ANY_PORT


def _read(ports: t.Iterable[str]) -> Spans:
    try:
        return spans(ports) or ANY_PORT
    except UNREADABLE:
        return ANY_PORT


def of_nftables(listing: Listing, shown: t.Collection[t.Tuple[str, str]]) -> t.Iterator[Untracked]:
    """The rules in tables of nftables but those that are dormant, or ``shown`` by iptables-save."""
    hooks = {(*chain.table, name_of(chain.content)): chain.content.get("hook") for chain in listing.chains}
    for table, rules in listing.rules.items():
        if table in shown or table in listing.dormant or table[0] not in ("inet", "ip", "ip6"):
            continue
        for rule in rules:
            expressions = rule.content.get("expr")
            if isinstance(expressions, list) and any(isinstance(each, dict) and "notrack" in each for each in expressions):
                chain = str(rule.content.get("chain", ""))
                hook = hooks.get((*table, chain))
                words = "nftables: '%s' in chain %s %s %s" % (listing.words(rule), *table, chain)
                yield _of_rule(Untracked(words, _HOOKS.get(hook, (IN, OUT)) if isinstance(hook, str) else (IN, OUT)), rule, listing)


def _of_rule(untracked: Untracked, rule: Entry, listing: Listing) -> Untracked:
    """The same with what the rule asks of packets, as far as it is known here."""
    for expression in rule.content["expr"]:
        try:
            condition = expression["match"]
            payload = condition["left"].get("payload") or condition["left"]["meta"]
            subject, values = payload.get("field") or payload.get("key"), _values(condition["right"], rule, listing)
            if condition["op"] not in ("==", "in"):
                continue
        except UNREADABLE:
            continue
        if subject in ("dport", "sport") and "protocol" in payload:
            untracked = untracked._replace(protocol={"th": untracked.protocol}.get(payload["protocol"], str(payload["protocol"])))
            ports = _read(values)
            untracked = untracked._replace(destination=ports) if subject == "dport" else untracked._replace(source=ports)
        elif subject in ("l4proto", "protocol", "nexthdr") and len(values) == 1:
            untracked = untracked._replace(protocol=values[0])
    return untracked


def _values(right: t.Any, rule: Entry, listing: Listing) -> t.List[str]:
    if isinstance(right, str) and right.startswith("@"):
        right = listing.elements((*rule.table, right[1:]))
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    return [
        "-".join(map(str, each["range"])) if isinstance(each, dict) else str(each)
        for each in (right if isinstance(right, list) else [right])
    ]
