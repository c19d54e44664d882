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

import typing as t

from ..._plan.protocols import WITH_PORTS
from ..._plan.words import DIRECTIONS, HOST, ICMPV6, INGRESS, PUBLISHED
from ..._policy.model import FAMILIES, AddressSet, Policy, Rule
from .computations import COMPUTATIONS, decided_by_rules, published_by_them
from .contained import INPUT, forwarded, to_the_host
from .containers_apart import between, bridge_table
from .identifiers import MARK, comment, identifier
from .peers_watched import dynamic_sets, limit_chains, refusals
from .spared import DHCP_IN, DHCP_OUT, ERRORS, ESTABLISHED, LINK_IN, LINK_OUT

TABLE = "federated_connectivity"
DELETE = "table inet %s\ndelete table inet %s\n" % (TABLE, TABLE)
DENIED_INGRESS, DENIED_EGRESS = ('comment "%s default deny %s"' % (MARK, direction) for direction in DIRECTIONS)

_PROTOCOL_OF_FAMILY = {4: "ip", 6: "ip6"}
_DESTINATION = "%s dport"
_ORIGINAL_DESTINATION = "meta l4proto %s ct original proto-dst"
_INPUT = "filter hook input priority filter - 10"
_OUTPUT = "filter hook output priority filter - 10"
_REJECT = "reject with icmpx type admin-prohibited"

# RFC 1122, section 3.2.1.3: no such address appears outside a host. The kernel itself refuses ::1 from outside, always, and 127.0.0.0/8
# only later, when Docker has given a port that it publishes there another destination (or never, with route_localnet).
_FROM_THE_WIRE_TO_LOOPBACK = 'iifname != "lo" ip daddr 127.0.0.0/8 drop'
_DNS = 53
_BRIDGES = "container_bridges"
_OTHERS_LINKS = "links_of_others"
_TO_CONTAINERS = "oifname @%s" % _BRIDGES
_OWN_CONTAINERS = "iifname @%s fib saddr . iif oif exists" % _BRIDGES


def render_whole(
    policy: Policy,
    bridges: t.Sequence[str] = (),
    others: t.Sequence[str] = (),
    networks: t.Optional[AddressSet] = None,
    contained: t.Optional[AddressSet] = None,
) -> str:
    """The table that carries the host's own policy, guard included, as text for ``nft -f``, beginning with its own removal.

    Args:
        policy: What to enforce.
        bridges: The bridges that certainly are a container engine's own, by their exact names.
        others: Links that a prefix of the policy's container interfaces covers, and that are none of an engine.
        networks: Where containers live, for a kernel that cannot tell bridges; None: it can.
        contained: Where those of contained bridges live, in the same way.
    """
    return _table(policy, _host_chains(policy), policy.rules, bridges, others) + bridge_table(policy, others, networks, contained)


def render_guard(
    policy: Policy,
    redirected_pass: bool,
    bridges: t.Sequence[str] = (),
    others: t.Sequence[str] = (),
    networks: t.Optional[AddressSet] = None,
    contained: t.Optional[AddressSet] = None,
) -> str:
    """The table that stands beside another backend, which carries the host's own policy; empty where the policy needs no guard.

    Args:
        policy: What to enforce.
        redirected_pass: Whether the other backend lets all redirected connections pass.
        bridges: As for :func:`render_whole`.
        others: As there.
        networks: As there.
        contained: As there.
    """
    if not _is_guarded(policy):
        return ""
    used = [rule for rule in policy.rules if policy.deny_egress or rule.placement == PUBLISHED or rule.direction == INGRESS]
    return _table(policy, _beside(policy, redirected_pass), used, bridges, others) + bridge_table(policy, others, networks, contained)


def _is_guarded(policy: Policy) -> bool:
    """Whether the policy decides about containers, or about what other backends let pass."""
    decided = any(rule.placement == PUBLISHED or rule.closed_to_others for rule in policy.rules)
    return bool(decided or policy.deny_ingress or policy.deny_egress or policy.loopback_listeners or policy.contained_bridges)


def _table(policy: Policy, own: t.Iterable[str], used: t.Iterable[Rule], bridges: t.Sequence[str], others: t.Sequence[str]) -> str:
    """The table with these chains of the host, the forward guard where it is needed, and the sets of these rules."""
    chains = [*own, *(_forward_guard(policy, others) if _is_guarded(policy) else ())]
    chains += [_chain(*limit) for limit in limit_chains(policy, _ports_met)]
    used = [*used, *_name_service(policy)]
    sets = [block for peers in sorted({peer for rule in used for peer in rule.peers}) for block in set_blocks(peers)]
    blocks = [_link_set(_BRIDGES, bridges), _link_set(_OTHERS_LINKS, others), *sets, *dynamic_sets(policy), *chains]
    return "%stable inet %s {\n%s}\n" % (DELETE, TABLE, "\n".join(blocks))


def _host_chains(policy: Policy) -> t.Iterator[str]:
    yield _chain("own_containers", None, _own_containers(policy))
    yield _chain("redirected", None, _redirected(policy))
    yield _chain("input", _INPUT, _input(policy))
    yield _chain("output", _OUTPUT, _output(policy))


def _beside(policy: Policy, redirected_pass: bool) -> t.Iterator[str]:
    """The host's chains beside another backend, which decides everything that they let pass."""
    if policy.deny_ingress:
        yield _chain("own_containers", None, _own_containers(policy))
    yield _chain("input", _INPUT, _closed(policy, redirected_pass))
    if policy.deny_egress:
        yield _chain("expected", None, _expected(policy))
        yield _chain("output", _OUTPUT, _narrowed(policy))


def _closed(policy: Policy, redirected_pass: bool) -> t.Iterator[str]:
    yield from _always(policy)
    if policy.deny_ingress:
        yield _OWN_CONTAINERS + " ct state related jump own_containers"
        yield "%s ct state related drop %s" % (_OWN_CONTAINERS, DENIED_INGRESS)
    yield from _redirected(policy)
    if policy.deny_ingress:
        yield "ct state related drop " + DENIED_INGRESS
        if redirected_pass:
            yield "ct status dnat drop " + DENIED_INGRESS


def _expected(policy: Policy) -> t.Iterator[str]:
    """Connections of the host itself that a helper expects, under a denied egress: other backends accept all of them."""
    yield from _accepts(policy.egress(), "daddr", _DESTINATION)
    yield "%s %s" % (_REJECT, DENIED_EGRESS)


def _narrowed(policy: Policy) -> t.Iterator[str]:
    """Where other backends spare more than we do, under a denied egress: what helpers expect, and ICMPv6 (ufw: pings of every user)."""
    yield 'oifname "lo" accept'
    yield ESTABLISHED
    yield from ERRORS
    yield _TO_CONTAINERS + " accept"
    yield "ct state related jump expected"
    yield from _accepts([rule for rule in policy.egress() if rule.protocol == ICMPV6], "daddr", _DESTINATION)
    yield from LINK_OUT
    yield "meta l4proto ipv6-icmp %s %s" % (_REJECT, DENIED_EGRESS)


def _always(policy: Policy) -> t.Iterator[str]:
    yield 'iifname "lo" accept'
    yield ESTABLISHED
    yield from ERRORS
    if policy.management:
        yield _management(*policy.management)


def _redirected(policy: Policy) -> t.Iterator[str]:
    """Connections to the host itself, which something may have given another port: the one opened counts, and the one they come to."""
    yield _OWN_CONTAINERS + " return"
    for destination in (_ORIGINAL_DESTINATION, _DESTINATION):
        yield from _accepts(policy.ingress(), "saddr", destination)
    for destination in (_ORIGINAL_DESTINATION, _DESTINATION):
        yield from _closures(policy, destination)


def _input(policy: Policy) -> t.Iterator[str]:
    yield from _always(policy)
    yield _OWN_CONTAINERS + " jump own_containers"
    yield "ct status dnat jump redirected"
    yield from _accepts(policy.ingress(), "saddr", _DESTINATION)
    yield from _closures(policy, _DESTINATION)
    if policy.deny_ingress:
        yield from LINK_IN + DHCP_IN
        yield "drop " + DENIED_INGRESS


def _own_containers(policy: Policy) -> t.Iterator[str]:
    """Containers of this host at a port of the plan, by the host's own address: a flow inside one host."""
    for rule in policy.ingress():
        closing = rule.closing
        if closing:
            for ports in _ports(closing, _DESTINATION):
                yield "%s accept %s" % (ports, comment(rule.id))


def _output(policy: Policy) -> t.Iterator[str]:
    yield 'oifname "lo" accept'
    yield ESTABLISHED
    yield from ERRORS
    yield from _accepts(policy.egress(), "daddr", _DESTINATION)
    if policy.deny_egress:
        yield _TO_CONTAINERS + " accept"
        yield from LINK_OUT + DHCP_OUT
        yield "%s %s" % (_REJECT, DENIED_EGRESS)


def _forward_guard(policy: Policy, others: t.Iterable[str]) -> t.Iterator[str]:
    yield _chain("published", None, _published(policy))
    if policy.computations:
        yield _chain(COMPUTATIONS, None, decided_by_rules(policy))
    if policy.deny_egress:
        yield _chain("containers", None, _containers(policy, others))
    yield _chain("forward", "filter hook forward priority filter - 5", _forward(policy))
    contained = to_the_host(policy, [ESTABLISHED, *ERRORS])
    if contained:
        yield _chain(INPUT, "filter hook input priority filter - 5", contained)
    if policy.loopback_listeners:
        rule = "%s %s" % (_FROM_THE_WIRE_TO_LOOPBACK, comment("loopback"))
        yield _chain("loopback", "filter hook prerouting priority raw", [rule])


def _forward(policy: Policy) -> t.Iterator[str]:
    yield ESTABLISHED
    yield from ERRORS
    yield from forwarded(policy)
    yield from published_by_them(policy, _OTHERS_LINKS)
    if policy.containers_apart is None:
        yield "%s %s ct status dnat accept" % (_OWN_CONTAINERS, _TO_CONTAINERS)
    else:
        yield from ("%s %s %s" % (_OWN_CONTAINERS, _TO_CONTAINERS, accept) for accept in between(policy))
    yield "ct status dnat jump published"
    # A container's port need not be the published one, and Docker before 28 lets neighbours route to it.
    closed = policy.loopback_listeners or any(rule.closed_to_others for rule in policy.ingress(PUBLISHED))
    direct = ["drop " + comment("direct routing")] if closed else []
    if closed:  # a helper that rewrites addresses (FTP's) leads to any port of the container, by a port that the plan does not know
        yield "iifname != @%s %s ct status dnat ct state related drop %s" % (_BRIDGES, _TO_CONTAINERS, comment("expected by a helper"))
    for verdict in ("ct status dnat accept", "jump published", *direct):
        yield "iifname @%s %s %s" % (_OTHERS_LINKS, _TO_CONTAINERS, verdict)
    for interface in policy.container_interfaces:
        yield 'iifname "%s" %s' % (interface, "goto containers" if policy.deny_egress else "accept")
    yield "ct status dnat accept"
    for interface in policy.container_interfaces:
        yield 'oifname "%s" jump published' % interface
    for verdict in direct:
        yield "%s %s" % (_TO_CONTAINERS, verdict)


def _published(policy: Policy) -> t.Iterator[str]:
    """Connections to containers, through a published port or routed to the container's own address."""
    yield from _accepts(policy.ingress(), "saddr", _ORIGINAL_DESTINATION)
    yield from _closures(policy, _ORIGINAL_DESTINATION, PUBLISHED)
    for closure in _closures(policy, _ORIGINAL_DESTINATION, HOST):
        yield "ct status dnat " + closure  # a port of the host itself, which a container has published all the same
    if policy.deny_ingress:
        yield "drop " + DENIED_INGRESS


def _containers(policy: Policy, others: t.Iterable[str]) -> t.Iterator[str]:
    """Connections that containers open, under a default of deny; and what neighbours on one link of others say to each other."""
    for link in others:
        yield 'iifname "%s" oifname "%s" accept' % (link, link)
    for interface in policy.container_interfaces:
        for allowed in ("accept",) if policy.containers_apart is None else between(policy):
            yield 'oifname "%s" oifname != @%s %s' % (interface, _OTHERS_LINKS, allowed)
    yield from _accepts(policy.egress(PUBLISHED) + _name_service(policy), "daddr", _DESTINATION)
    yield "%s %s" % (_REJECT, DENIED_EGRESS)


def _name_service(policy: Policy) -> t.List[Rule]:
    """The host's own way to name servers, by port 53 alone. Containers that may go anywhere ask them too: Docker gives them the list.

    Those that are kept from each other may not: no flow of a matrix leads there.
    """
    if not policy.egress(PUBLISHED) or policy.containers_apart is not None:
        return []
    return [rule._replace(ports=(str(_DNS),)) for rule in policy.egress(HOST) if rule.has_port(_DNS)]


def _management(client: str, port: int) -> str:
    family = "ip6" if ":" in client else "ip"
    return "%s saddr %s tcp dport %d accept %s" % (family, client, port, comment("management connection"))


def _accepts(rules: t.Iterable[Rule], address: str, destination: str) -> t.Iterator[str]:
    for rule in rules:
        for peer in rule.peers:
            for match in _match(peer, address, rule.families):
                for ports in _ports(rule, destination):
                    yield "%s%s accept %s" % (match, ports, comment(rule.id))


def _closures(policy: Policy, destination: str, *placements: str) -> t.Iterator[str]:
    for rule in policy.ingress(*placements):
        closing = rule.closing
        if closing:
            for ports in _ports(closing, destination):
                if policy.log_refused:
                    yield from refusals(rule.id, ports, rule.families)
                yield "%s drop %s" % (ports, comment(rule.id))


def _ports(rule: Rule, destination: str) -> t.Iterator[str]:
    """nft up to 1.0.6 cannot read back its own listing of a list of original ports, so those get a line each.

    Nothing gives a protocol without ports another destination port, so it matches where packets come to, and there alone.
    """
    if rule.protocol not in WITH_PORTS:
        if destination == _DESTINATION:
            yield "%s type { %s }" % (rule.protocol, ", ".join(rule.types)) if rule.types else "meta l4proto %s" % rule.protocol
    elif destination == _DESTINATION:
        yield "%s { %s }" % (destination % rule.protocol, ", ".join(rule.ports))
    else:
        for port in rule.ports:
            yield "%s %s" % (destination % rule.protocol, port)


def _ports_met(rule: Rule, original: bool) -> t.Iterator[str]:
    return _ports(rule, _ORIGINAL_DESTINATION if original else _DESTINATION)


def _match(peers: AddressSet, address: str, families: t.Sequence[int]) -> t.Iterator[str]:
    if all(peers.is_any(family) for family in families):
        yield ""
        return
    for family in families:
        if peers.is_any(family):
            yield "meta nfproto ipv%d " % family
        elif peers.of_family(family):
            yield "%s %s @%s " % (_PROTOCOL_OF_FAMILY[family], address, identifier(peers.name, family))


def _link_set(name: str, links: t.Sequence[str]) -> str:
    elements = "\t\telements = { %s }\n" % ", ".join('"%s"' % link for link in links) if links else ""
    return "\tset %s {\n\t\ttype ifname\n%s\t}\n" % (name, elements)


def set_blocks(peers: AddressSet) -> t.Iterator[str]:
    """The set of each family that the table needs for an address set."""
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
