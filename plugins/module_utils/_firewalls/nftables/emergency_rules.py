# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A policy's closed ports in the language of iptables-restore(8): for a boot at which nft cannot load our table.

The rules stand in chains of our own in the mangle table, which ufw, firewalld and Docker leave alone. PREROUTING comes before Docker
rewrites destinations, INPUT behind whatever else redirects. Peers and the management connection pass; all others are refused at the
plan's ports, and under a denied default at all ports. Containers of this host count as others at the ports of the host itself.
"""

from __future__ import annotations

import typing as t

from ..._plan.protocols import FAMILY, SPARED, TYPES, WITH_PORTS, WITHOUT_PORTS, type_number
from ..._plan.words import HOST
from ..._plan.words import PUBLISHED as PLACEMENT_PUBLISHED
from ..._policy.model import AddressSet, Policy, Rule

CLOSED = "FEDERATED-CONNECTIVITY"
ARRIVED, DENIED, LEAVING = CLOSED + "-PRE", CLOSED + "-IN", CLOSED + "-OUT"
PUBLISHED, CONTAINERS = CLOSED + "-FWD", CLOSED + "-CON"
HOOKS = (
    ("PREROUTING", ARRIVED),
    ("INPUT", CLOSED),
    ("INPUT", DENIED),
    ("OUTPUT", LEAVING),
    ("FORWARD", CONTAINERS),
    ("FORWARD", PUBLISHED),
)
"""Where each chain may hang, in the order in which packets meet them."""

_ESTABLISHED = "-m conntrack --ctstate ESTABLISHED -j RETURN"
_FOR_OTHER_HOSTS = "-m addrtype ! --dst-type LOCAL -m addrtype --dst-type UNICAST -j RETURN"
_DESTINATION = "-p {protocol} -m {protocol} --dport {port}"
_ORIGINAL_DESTINATION = "-m conntrack --ctproto {protocol} --ctorigdstport {port}"
_ICMP = {4: "-p icmp -m icmp --icmp-type %d", 6: "-p ipv6-icmp -m icmp6 --icmpv6-type %d"}
_SPARED = {FAMILY[protocol]: sorted(TYPES[protocol][name] for name in names) for protocol, names in SPARED.items()}
# RFC 2131, section 4.1; RFC 8415, section 7.2.
_DHCP_IN = {4: ("-p udp -m udp --sport 67 --dport 68",), 6: ("-s fe80::/10 -p udp -m udp --sport 547 --dport 546",)}
_DHCP_OUT = {
    4: ("-p udp -m udp --sport 68 --dport 67",),
    6: tuple("-d %s -p udp -m udp --sport 546 --dport 547" % server for server in ("fe80::/10", "ff02::1:2/128")),
}
_DNS = 53


def render(policy: Policy, family: int, host_chains: bool, bridges: t.Sequence[str] = ()) -> str:
    """The input of ``iptables-restore --noflush`` of one family; the chains must not hang anywhere yet.

    Args:
        policy: What is to be closed.
        family: 4 or 6.
        host_chains: Whether our table carries the host's own policy, or stands beside another backend that does.
        bridges: The bridges that certainly are a container engine's own, by their exact names.
    """
    chains = {CLOSED: list(_closed(policy, family)), ARRIVED: [_FOR_OTHER_HOSTS, "-j " + CLOSED]}
    if policy.deny_ingress or policy.computations:
        chains[PUBLISHED] = list(_published(policy, family))
    if policy.deny_ingress and host_chains:
        chains[DENIED] = list(_denied(policy, family))
    if policy.deny_egress or policy.contained_bridges:
        chains[CONTAINERS] = list(_containers(policy, family))
    if policy.deny_egress and host_chains:
        chains[LEAVING] = list(_leaving(policy, family, bridges))
    hooks = [(hook, chain) for hook, chain in HOOKS if chain in chains]
    lines = [":%s - [0:0]" % chain for chain in chains]
    lines += ["-I %s -j %s" % hook for hook in reversed(hooks)]  # each comes first, so the last one stands before the others
    lines += ["-A %s %s" % (chain, rule) for chain, rules in chains.items() for rule in rules]
    return "\n".join(["*mangle", *lines, "COMMIT", ""])


def _closed(policy: Policy, family: int) -> t.Iterator[str]:
    """Connections to the host, to ports that containers have published among them."""
    yield "-i lo -j RETURN"
    if policy.loopback_listeners and family == 4:
        yield "-d 127.0.0.0/8 -j DROP"
    yield _ESTABLISHED
    for bridge in policy.contained_bridges:
        yield "-i %s %s-j DROP" % (bridge, "! -p ipv6-icmp " if family == 6 else "")
    yield from _accepts(policy, family, _DESTINATION)
    for rule in policy.ingress():
        closing = rule.closing
        for ports in _ports(closing, _DESTINATION, family) if closing else ():
            yield "%s -j DROP" % ports


def _denied(policy: Policy, family: int) -> t.Iterator[str]:
    """Whatever else comes to the host itself."""
    yield "-i lo -j RETURN"
    yield _ESTABLISHED
    yield from _essential(family, _DHCP_IN)
    yield from _accepts(policy, family, _DESTINATION)
    yield "-j DROP"


def _leaving(policy: Policy, family: int, bridges: t.Sequence[str]) -> t.Iterator[str]:
    """What the host itself opens."""
    for link in ("lo", *bridges):
        yield "-o %s -j RETURN" % link
    yield _ESTABLISHED
    yield from _essential(family, _DHCP_OUT)
    yield from _opens(policy.egress(), family)
    yield "-j DROP"


def _containers(policy: Policy, family: int) -> t.Iterator[str]:
    """What containers open: those of contained bridges nothing, the others to each other and to whom our table lets them reach."""
    links = [interface.replace("*", "+") for interface in policy.container_interfaces]
    yield _ESTABLISHED
    for bridge in policy.contained_bridges:
        yield from ("-%s %s -j DROP" % (way, bridge) for way in "io")
    if not policy.deny_egress:
        return
    for link in links:
        if policy.containers_apart is None:
            yield "-o %s -j RETURN" % link
        for flow in policy.containers_apart or ():
            matches = (_DESTINATION.format(protocol=flow.protocol, port=port.replace("-", ":")) for port in flow.ports)
            yield from ("-o %s %s -j RETURN" % (link, match) for match in matches)
    rules = policy.egress(PLACEMENT_PUBLISHED)
    yield from _opens(rules, family)
    if rules and policy.containers_apart is None:
        names = [rule._replace(ports=(str(_DNS),)) for rule in policy.egress(HOST) if rule.has_port(_DNS)]
        yield from _opens(names, family)
    for link in links:
        yield "-i %s -j DROP" % link


def _published(policy: Policy, family: int) -> t.Iterator[str]:
    """Whatever else is opened to a container through a published port; to one that is for the host alone, without a denied default, too."""
    yield _ESTABLISHED
    yield "-m conntrack ! --ctstate DNAT -j RETURN"
    yield from _accepts(policy, family, _ORIGINAL_DESTINATION)
    if policy.deny_ingress:
        yield "-j DROP"
        return
    for flow in policy.computations:
        for interface in policy.container_interfaces:
            for port in flow.ports:
                match = _DESTINATION.format(protocol=flow.protocol, port=port.replace("-", ":"))
                yield "-o %s %s -j DROP" % (interface.replace("*", "+"), match)


def _accepts(policy: Policy, family: int, destination: str) -> t.Iterator[str]:
    if policy.management and (":" in policy.management[0]) == (family == 6):
        client, port = policy.management
        yield "-s %s %s -j RETURN" % (client, destination.format(protocol="tcp", port=port))
    for rule in policy.ingress():
        for ports in _ports(rule, destination, family):
            for source in _peers(rule.peers, family, "-s"):
                yield "%s%s -j RETURN" % (source, ports)


def _opens(rules: t.Iterable[Rule], family: int) -> t.Iterator[str]:
    for rule in rules:
        for ports in _ports(rule, _DESTINATION, family):
            for target in _peers(rule.peers, family, "-d"):
                yield "%s%s -j RETURN" % (target, ports)


def _essential(family: int, dhcp: t.Mapping[int, t.Sequence[str]]) -> t.Iterator[str]:
    """What nothing works without."""
    yield from ((_ICMP[family] + " -j RETURN") % kind for kind in _SPARED[family])
    yield from (match + " -j RETURN" for match in dhcp[family])


def _ports(rule: Rule, destination: str, family: int) -> t.Iterator[str]:
    if rule.protocol not in WITH_PORTS and destination != _DESTINATION:
        return
    if rule.types and family in rule.families:
        yield from (_ICMP[family] % (type_number(rule.protocol, text) or 0) for text in rule.types)
    elif rule.protocol in WITHOUT_PORTS:
        yield "-p " + rule.protocol
    for port in rule.ports:
        yield destination.format(protocol=rule.protocol, port=port.replace("-", ":"))


def _peers(peers: t.Iterable[AddressSet], family: int, option: str) -> t.Iterator[str]:
    for peer in peers:
        if peer.is_any(family):
            yield ""
        else:
            yield from ("%s %s " % (option, network) for network in peer.of_family(family))
