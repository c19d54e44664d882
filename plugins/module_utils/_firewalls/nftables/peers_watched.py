# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Peers at our listeners, whatever firewall carries the policy: those refused are logged, and each has a limited number of connections.

A refused peer is logged by the kernel, a few times a minute, and its address is remembered for a week in a set of the listener's own, which
has room for a thousand. So nobody can fill a disk or a memory. The limit counts the connections of each address in another set.
"""

from __future__ import annotations

import re
import typing as t

from ..._plan.protocols import WITH_PORTS
from ..._plan.words import PUBLISHED
from ..._policy.model import FAMILIES, Policy, Rule
from .identifiers import comment, identifier, log_prefix

REFUSED = "refused"
LIMITED = "limited"
REMEMBERED = "7d"
ROOM = 1000
LOGGED = "limit rate 6/minute burst 20 packets"
_SADDR = {4: "ip saddr", 6: "ip6 saddr"}
_SET = re.compile(r"\tset (\S+) \{\n(?:(?!\t\}\n)[^\n]*\n)*\t\}\n")
_ELEMENTS = re.compile(r"\t\telements = \{[^}]*\}\n")


def set_of(kind: str, rule_id: str, family: int) -> str:
    """The set with the peers of a listener; ``kind`` is REFUSED or LIMITED."""
    return identifier("%s %s" % (kind, rule_id), family)


def refusals(rule_id: str, match: str, families: t.Sequence[int]) -> t.Iterator[str]:
    """What stands before a drop: the peer is remembered, and logged now and then."""
    for family in families:
        update = "update @%s { %s }" % (set_of(REFUSED, rule_id, family), _SADDR[family])
        yield "meta nfproto ipv%d %s %s" % (family, match, update)
    yield "%s %s %s" % (match, LOGGED, log_prefix(rule_id))


def dynamic_sets(policy: Policy) -> t.Iterator[str]:
    """The sets that the kernel fills by itself."""
    closed = [rule for rule in policy.ingress() if rule.closed_to_others]
    for rule in closed if policy.log_refused else ():
        for family in FAMILIES:
            yield _set(set_of(REFUSED, rule.id, family), family, "dynamic,timeout", "\t\ttimeout %s\n" % REMEMBERED)
    for rule in _limited(policy):
        for family in FAMILIES:
            yield _set(set_of(LIMITED, rule.id, family), family, "dynamic", "")


def limit_chains(policy: Policy, ports: t.Callable[[Rule, bool], t.Iterable[str]]) -> t.Iterator[t.Tuple[str, str, t.List[str]]]:
    """Chains that refuse connections of a peer that has too many, each as its name, its hook and its rules.

    Args:
        policy: What to enforce.
        ports: The matches of a rule's ports, as they are (False) or as they were before a container engine rewrote them (True).
    """
    limited = list(_limited(policy))
    if not limited:
        return
    for name, hook, published in (("limited", "input", False), ("limited_published", "forward", True)):
        rules = [
            "%s%s ct state new add @%s { %s ct count over %d } drop %s"
            % (nf(family), match, set_of(LIMITED, rule.id, family), _SADDR[family], policy.connection_limit, comment("limit " + rule.id))
            for rule in limited
            if not published or rule.placement == PUBLISHED
            for match in ports(rule, published)
            for family in FAMILIES
        ]
        if rules:
            yield name, "filter hook %s priority filter - 11" % hook, ['iifname "lo" accept', *rules]


def nf(family: int) -> str:
    return "meta nfproto ipv%d " % family


def _limited(policy: Policy) -> t.Iterator[Rule]:
    if policy.connection_limit:
        yield from (rule for rule in policy.ingress() if rule.closed_to_others and rule.peers and rule.protocol in WITH_PORTS)


def _set(name: str, family: int, flags: str, more: str) -> str:
    return "\tset %s {\n\t\ttype ipv%d_addr\n\t\tsize %d\n\t\tflags %s\n%s\t}\n" % (name, family, ROOM, flags, more)


def without_peers(listing: str) -> str:
    """Our table as nft lists it, without what the kernel put into the sets that it fills by itself."""
    return _SET.sub(lambda found: _ELEMENTS.sub("", found[0]) if "\t\tflags dynamic" in found[0] else found[0], listing)
