# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A policy in the language of nft(8): one table of our own, loaded in one transaction.

Chains, in the order in which packets meet them:

``input`` and ``output`` at priority filter - 10 carry the policy of the host itself; only the nftables backend has all of them. Beside
another one, ``input`` closes ports to others and leaves everything else to it: a reload of ufw or a restart of firewalld opens the host
for seconds, and redirected connections come to ports that neither knows to be closed.
``loopback`` at priority raw keeps the wire away from what the plan keeps to the host itself.
``forward`` at priority filter - 5 is the forward guard. Docker and Podman rewrite the destination of published ports before any
filter, so it looks at the destination that the connection was opened to (``ct original proto-dst``).

A drop here is final; an accept only means that we have no objection: what other tables refuse stays refused.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._policy import (
    FAMILIES,
    HOST,
    INGRESS,
    PUBLISHED,
    AddressSet,
    Policy,
    Rule,
)

TABLE = "federated_connectivity"
MARK = "federated.connectivity"
DELETE = "table inet %s\ndelete table inet %s\n" % (TABLE, TABLE)
COMMENT_LENGTH = 127  # NFTNL_UDATA_COMMENT_MAXLEN, less its terminating zero
IDENTIFIER_LENGTH = 200  # the kernel takes 255 (NFT_NAME_MAXLEN)

_PROTOCOL_OF_FAMILY = {4: "ip", 6: "ip6"}
_PLAIN_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")
_DESTINATION = "%s dport"
_ORIGINAL_DESTINATION = "meta l4proto %s ct original proto-dst"
_INPUT = "filter hook input priority filter - 10"
_REJECT = "reject with icmpx type admin-prohibited"

# RFC 4890, sections 4.3 and 4.4: errors and path MTU; neighbour and router discovery; multicast listeners.
_ESSENTIAL_ICMP = (
    "icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept",
    "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
    "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept",
)
# RFC 2131, section 4.1; RFC 8415, section 7.2.
_DHCP_IN = ("udp sport 67 udp dport 68 accept", "ip6 saddr fe80::/10 udp dport 546 accept")
_DHCP_OUT = ("udp sport 68 udp dport 67 accept", "udp sport 546 udp dport 547 accept")
_ESTABLISHED = "ct state established,related accept"
# A connection older than the first rule about connections is unknown to the kernel's tracking, which takes its next segment for new.
# Only a SYN opens one (RFC 9293, section 3.5); the host sends any other segment for a connection that it has.
_OLDER_THAN_TRACKING = "tcp flags & (fin | syn | rst | ack) != syn accept"
# RFC 1122, section 3.2.1.3: no such address appears outside a host. The kernel itself refuses ::1 from outside, always, and 127.0.0.0/8
# only later, when Docker has given a port that it publishes there another destination (or never, with route_localnet).
_FROM_THE_WIRE_TO_LOOPBACK = 'iifname != "lo" ip daddr 127.0.0.0/8 drop'
_DNS = 53
_BRIDGES = "container_bridges"
_OTHERS_LINKS = "links_of_others"
_OWN_CONTAINERS = "iifname @%s fib saddr . iif oif exists" % _BRIDGES


def render(
    policy: Policy, host_chains: bool, bridges: t.Sequence[str] = (), others: t.Sequence[str] = (), redirected_pass: bool = False
) -> str:
    """The table's text for ``nft -f``, beginning with its own removal; empty where the policy needs no table.

    Args:
        policy: What to enforce.
        host_chains: Whether the table carries the host's own policy, or stands beside another backend that does.
        bridges: The bridges that certainly are a container engine's own, by their exact names.
        others: Links that a prefix of the policy's container interfaces covers, and that are none of an engine.
        redirected_pass: Whether the other backend lets all redirected connections pass.
    """
    decided = any(rule.placement == PUBLISHED or rule.closed_to_others for rule in policy.rules)
    guarded = decided or policy.deny_ingress or policy.deny_egress or policy.loopback_listeners
    if not (guarded or host_chains):
        return ""
    beside = _chain("input", _INPUT, _closed(policy, redirected_pass))
    chains = [*(_host_chains(policy) if host_chains else [beside]), *(_forward_guard(policy, others) if guarded else ())]
    used = [rule for rule in policy.rules if host_chains or rule.placement == PUBLISHED or rule.direction == INGRESS]
    if policy.egress(PUBLISHED):
        used += _name_service(policy)
    sets = [block for peers in sorted({peer for rule in used for peer in rule.peers}) for block in _sets(peers)]
    blocks = [_link_set(_BRIDGES, bridges), _link_set(_OTHERS_LINKS, others), *sets, *chains]
    return "%stable inet %s {\n%s}\n" % (DELETE, TABLE, "\n".join(blocks))


def identifier(name: str, family: int) -> str:
    """The set's name in the table. Names that nft could take for something else carry a hash of their original."""
    if not _PLAIN_IDENTIFIER.match(name) or len(name) > IDENTIFIER_LENGTH:
        readable = re.sub(r"[^A-Za-z0-9_]", "_", name)[:IDENTIFIER_LENGTH]
        name = "_%s_%s" % (readable, _digest(name))
    return "%s_ipv%d" % (name, family)


def comment(text: str) -> str:
    """Our mark and a rule's id, as long as nft takes comments; longer ones end in a hash of the whole."""
    text = "%s %s" % (MARK, text)
    if len(text.encode()) > COMMENT_LENGTH:
        text = "%s~%s" % (text.encode()[: COMMENT_LENGTH - 9].decode(errors="ignore"), _digest(text))
    return 'comment "%s"' % re.sub(r'["\\\n]', "?", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _host_chains(policy: Policy) -> t.Iterator[str]:
    yield _chain("own_containers", None, _own_containers(policy))
    yield _chain("redirected", None, _redirected(policy))
    yield _chain("input", _INPUT, _input(policy))
    yield _chain("output", "filter hook output priority filter - 10", _output(policy))


def _closed(policy: Policy, redirected_pass: bool) -> t.Iterator[str]:
    yield from _always(policy)
    yield from _redirected(policy)
    if redirected_pass and policy.deny_ingress:
        yield "ct status dnat drop " + comment("default deny ingress")


def _always(policy: Policy) -> t.Iterator[str]:
    yield 'iifname "lo" accept'
    yield _ESTABLISHED
    if policy.management:
        yield _management(*policy.management)


def _redirected(policy: Policy) -> t.Iterator[str]:
    """Connections to the host itself, which something may have given another port: the one opened counts, and the one they come to."""
    yield _OWN_CONTAINERS + " return"
    for destination in (_ORIGINAL_DESTINATION, _DESTINATION):
        yield from _accepts(policy.ingress(), "saddr", destination)
    for destination in (_ORIGINAL_DESTINATION, _DESTINATION):
        yield from _closures(policy.ingress(), destination)


def _input(policy: Policy) -> t.Iterator[str]:
    yield from _always(policy)
    yield _OWN_CONTAINERS + " jump own_containers"
    yield "ct status dnat jump redirected"
    yield from _accepts(policy.ingress(), "saddr", _DESTINATION)
    yield from _closures(policy.ingress(), _DESTINATION)
    if policy.deny_ingress:
        yield from _ESSENTIAL_ICMP + _DHCP_IN
        yield "drop " + comment("default deny ingress")


def _own_containers(policy: Policy) -> t.Iterator[str]:
    """Containers of this host at a port of the plan, by the host's own address: a flow inside one host."""
    for rule in policy.ingress():
        if rule.closed_to_others:
            for ports in _ports(rule, _DESTINATION):
                yield "%s accept %s" % (ports, comment(rule.id))


def _output(policy: Policy) -> t.Iterator[str]:
    yield 'oifname "lo" accept'
    yield _ESTABLISHED
    yield from _accepts(policy.egress(), "daddr", _DESTINATION)
    if policy.deny_egress:
        yield _OLDER_THAN_TRACKING
        yield "oifname @%s accept" % _BRIDGES
        yield from _ESSENTIAL_ICMP + _DHCP_OUT
        yield "%s %s" % (_REJECT, comment("default deny egress"))


def _forward_guard(policy: Policy, others: t.Iterable[str]) -> t.Iterator[str]:
    yield _chain("published", None, _published(policy))
    if policy.deny_egress:
        yield _chain("containers", None, _containers(policy, others))
    yield _chain("forward", "filter hook forward priority filter - 5", _forward(policy))
    if policy.loopback_listeners:
        rule = "%s %s" % (_FROM_THE_WIRE_TO_LOOPBACK, comment("loopback"))
        yield _chain("loopback", "filter hook prerouting priority raw", [rule])


def _forward(policy: Policy) -> t.Iterator[str]:
    yield _ESTABLISHED
    yield "%s oifname @%s ct status dnat accept" % (_OWN_CONTAINERS, _BRIDGES)
    yield "ct status dnat jump published"
    # A container's port need not be the published one, and Docker before 28 lets neighbours route to it.
    closed = policy.loopback_listeners or any(rule.closed_to_others for rule in policy.ingress(PUBLISHED))
    direct = ["drop " + comment("direct routing")] if closed else []
    for verdict in ("ct status dnat accept", "jump published", *direct):
        yield "iifname @%s oifname @%s %s" % (_OTHERS_LINKS, _BRIDGES, verdict)
    for interface in policy.container_interfaces:
        yield 'iifname "%s" %s' % (interface, "goto containers" if policy.deny_egress else "accept")
    yield "ct status dnat accept"
    for interface in policy.container_interfaces:
        yield 'oifname "%s" jump published' % interface
    for verdict in direct:
        yield "oifname @%s %s" % (_BRIDGES, verdict)


def _published(policy: Policy) -> t.Iterator[str]:
    """Connections to containers, through a published port or routed to the container's own address."""
    yield from _accepts(policy.ingress(), "saddr", _ORIGINAL_DESTINATION)
    yield from _closures(policy.ingress(PUBLISHED), _ORIGINAL_DESTINATION)
    for closure in _closures(policy.ingress(HOST), _ORIGINAL_DESTINATION):
        yield "ct status dnat " + closure  # a port of the host itself, which a container has published all the same
    if policy.deny_ingress:
        yield "drop " + comment("default deny ingress")


def _containers(policy: Policy, others: t.Iterable[str]) -> t.Iterator[str]:
    """Connections that containers open, under a default of deny; and what neighbours on one link of others say to each other."""
    for link in others:
        yield 'iifname "%s" oifname "%s" accept' % (link, link)
    for interface in policy.container_interfaces:
        yield 'oifname "%s" oifname != @%s accept' % (interface, _OTHERS_LINKS)
    rules = policy.egress(PUBLISHED)
    yield from _accepts(rules + _name_service(policy) if rules else (), "daddr", _DESTINATION)
    yield "%s %s" % (_REJECT, comment("default deny egress"))


def _name_service(policy: Policy) -> t.List[Rule]:
    """The host's own way to its name servers. Containers that may go anywhere ask them too: Docker hands them the host's list."""
    return [rule for rule in policy.egress(HOST) if rule.has_port(_DNS)]


def _management(client: str, port: int) -> str:
    family = "ip6" if ":" in client else "ip"
    return "%s saddr %s tcp dport %d accept %s" % (family, client, port, comment("management connection"))


def _accepts(rules: t.Iterable[Rule], address: str, destination: str) -> t.Iterator[str]:
    for rule in rules:
        for peer in rule.peers:
            for match in _match(peer, address):
                for ports in _ports(rule, destination):
                    yield "%s%s accept %s" % (match, ports, comment(rule.id))


def _closures(rules: t.Iterable[Rule], destination: str) -> t.Iterator[str]:
    for rule in rules:
        if rule.closed_to_others:
            for ports in _ports(rule, destination):
                yield "%s drop %s" % (ports, comment(rule.id))


def _ports(rule: Rule, destination: str) -> t.Iterator[str]:
    """nft up to 1.0.6 cannot read back its own listing of a list of original ports, so those get a line each."""
    if destination == _DESTINATION:
        yield "%s { %s }" % (destination % rule.protocol, ", ".join(rule.ports))
    else:
        for port in rule.ports:
            yield "%s %s" % (destination % rule.protocol, port)


def _match(peers: AddressSet, address: str) -> t.Iterator[str]:
    if all(peers.is_any(family) for family in FAMILIES):
        yield ""
        return
    for family in FAMILIES:
        if peers.is_any(family):
            yield "meta nfproto ipv%d " % family
        elif peers.of_family(family):
            yield "%s %s @%s " % (_PROTOCOL_OF_FAMILY[family], address, identifier(peers.name, family))


def _link_set(name: str, links: t.Sequence[str]) -> str:
    elements = "\t\telements = { %s }\n" % ", ".join('"%s"' % link for link in links) if links else ""
    return "\tset %s {\n\t\ttype ifname\n%s\t}\n" % (name, elements)


def _sets(peers: AddressSet) -> t.Iterator[str]:
    for family in FAMILIES:
        if peers.of_family(family) and not peers.is_any(family):
            yield "\tset %s {\n\t\ttype ipv%d_addr\n\t\tflags interval\n\t\telements = { %s }\n\t}\n" % (
                identifier(peers.name, family),
                family,
                ", ".join(peers.of_family(family)),
            )


def _chain(name: str, hook: t.Optional[str], rules: t.Iterable[str]) -> str:
    lines = ["type %s; policy accept;" % hook] if hook else []
    return "\tchain %s {\n%s\t}\n" % (name, "".join("\t\t%s\n" % line for line in [*lines, *rules]))
