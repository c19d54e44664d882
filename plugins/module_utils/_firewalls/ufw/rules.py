# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A policy in ufw's terms: what each rule is in ``user.rules``, and what the kernel makes of it."""

from __future__ import annotations

import re
import socket
import typing as t

from ..._errors import PolicyRefused
from ..._plan.words import AH, EGRESS, ESP, GRE, INGRESS, TCP, UDP
from ..._policy.model import Placeholder, Policy, Rule

MARK = "federated.connectivity"
ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
PREFIX = {4: "ufw", 6: "ufw6"}
CHAIN = {"in": "input", "out": "output"}

PROTOCOLS = (TCP, UDP, ESP, AH, GRE)
_TARGET = {"allow": "ACCEPT", "deny": "DROP"}
_MULTIPORT = 15  # iptables-extensions(8), multiport: up to 15 ports, a range counts as two
# What renews a lease: the ports of client and server, and where servers are; by IPv6 on the link alone.
# RFC 2131, section 4.1; RFC 8415, sections 7.1 and 7.2. ufw itself lets answers in, from the server's port (before.rules).
_DHCP = {4: ("68", "67", ("",)), 6: ("546", "547", ("fe80::/10", "ff02::1:2"))}


class UfwRule(t.NamedTuple):
    """One rule as ufw has it: ``action`` allow or deny, ``direction`` in or out.

    ``ports`` are destination ports, comma-separated, ranges with a colon, at most what multiport takes, or "any";
    ``peer`` is the network at the other end, without the mask of a single address; ``source_port`` is one port, or "any".
    """

    id: str
    family: int
    action: str
    direction: str
    protocol: str = "any"
    ports: str = "any"
    peer: str = ""
    source_port: str = "any"

    @property
    def key(self) -> str:
        """What ufw compares rules by, besides the action and the comment: protocol, destination, source, direction."""
        anywhere = ANYWHERE[self.family]
        destination, source = (self.peer or anywhere, anywhere) if self.direction == "out" else (anywhere, self.peer or anywhere)
        return " ".join((self.protocol, self.ports, destination, self.source_port, source, self.direction))

    @property
    def chain(self) -> str:
        return "%s-user-%s" % (PREFIX[self.family], CHAIN[self.direction])

    def file_text(self) -> str:
        """The rule's lines in ``user.rules``, byte for byte as ufw itself writes them."""
        match = ""
        if self.protocol != "any":
            match = " -p " + self.protocol
        multiport = _is_multiport(self.ports)
        if multiport:
            match += " -m multiport --dports " + self.ports
        if self.peer and self.direction == "out":
            match += " -d " + self.peer
        if self.ports != "any" and not multiport:
            match += " --dport " + self.ports
        if self.peer and self.direction == "in":
            match += " -s " + self.peer
        if self.source_port != "any":
            match += " --sport " + self.source_port
        comment = ("%s %s" % (MARK, self.id)).encode().hex()
        return "\n### tuple ### %s %s comment=%s\n-A %s%s -j %s\n" % (
            self.action,
            self.key,
            comment,
            self.chain,
            match,
            _TARGET[self.action],
        )

    def kernel_text(self) -> str:
        """The rule as iptables-save shows it."""
        match = ""
        if self.peer:
            length = "" if "/" in self.peer else "/32" if self.family == 4 else "/128"
            match = " -%s %s%s" % ("s" if self.direction == "in" else "d", self.peer, length)
        if self.protocol != "any":
            match += " -p " + self.protocol
        if _is_multiport(self.ports):
            match += " -m multiport --dports " + self.ports
        elif self.ports != "any":
            source = "" if self.source_port == "any" else " --sport " + self.source_port
            match += " -m %s%s --dport %s" % (self.protocol, source, self.ports)
        return "-A %s%s -j %s" % (self.chain, match, _TARGET[self.action])


class Place(t.NamedTuple):
    """Our rules of one family: those before all of the administrator's, and those behind them."""

    first: t.Tuple[UfwRule, ...] = ()
    last: t.Tuple[UfwRule, ...] = ()


def translate(policy: Policy, family: int) -> Place:
    """The rules of ``family`` that carry the policy.

    First the live management connection, then what is allowed, in the order of the plan, then what is closed to everybody
    else: no closure may stand before another rule's allowance of the same port. Denied defaults come last.

    Raises:
        PolicyRefused: ufw has no words for the protocol of a rule.
    """
    refused = list(_inexpressible(policy))
    if refused:
        raise PolicyRefused(*refused)
    first: t.List[UfwRule] = []
    if policy.management and (":" in policy.management[0]) == (family == 6):
        address, port = policy.management
        first.append(UfwRule("management connection", family, "allow", "in", "tcp", str(port), _peer(address, family)))
    for rule in policy.rules:
        first.extend(
            UfwRule(rule.id, family, "allow", "in" if rule.direction == INGRESS else "out", rule.protocol, ports, peer)
            for peer in _peers(rule, family)
            for ports in _destinations(rule)
        )
    for rule in policy.rules:
        if rule.direction == INGRESS and rule.closed_to_others and "" not in _peers(rule, family):
            first.extend(UfwRule(rule.id, family, "deny", "in", rule.protocol, ports) for ports in _destinations(rule))
    last = []
    if policy.denies(INGRESS):
        last.append(UfwRule("default deny ingress", family, "deny", "in"))
    if policy.denies(EGRESS):
        client, server, peers = _DHCP[family]
        last.extend(UfwRule("DHCP renewal", family, "allow", "out", "udp", server, peer, client) for peer in peers)
        last.append(UfwRule("default deny egress", family, "deny", "out"))
    return Place(tuple(first), tuple(last))


def _inexpressible(policy: Policy) -> t.Iterator[str]:
    """A message for each rule that ufw cannot hold: its file of rules is read with these protocols alone (ufw 0.36, util.py)."""
    for rule in policy.rules:
        if rule.protocol not in PROTOCOLS:
            yield (
                "rule %s: ufw has no rules for %s, only for %s. Let this host use nftables or firewalld, "
                "or leave the flow out" % (rule.id, rule.traffic, ", ".join(PROTOCOLS))
            )


def _destinations(rule: Rule) -> t.List[str]:
    return multiports(rule.ports) if rule.ports else ["any"]


def multiports(ports: t.Iterable[str]) -> t.List[str]:
    """Ports in ufw's notation and order, in as few groups as one iptables rule may hold."""
    groups: t.List[t.List[str]] = []
    room = 0
    for port in sorted({port.replace("-", ":") for port in ports}, key=_human):
        size = 2 if ":" in port else 1
        if size > room:
            groups.append([])
            room = _MULTIPORT
        groups[-1].append(port)
        room -= size
    return [",".join(group) for group in groups]


def _is_multiport(ports: str) -> bool:
    return "," in ports or ":" in ports


def _human(port: str) -> t.List[t.Any]:
    """ufw orders ports so whenever it normalizes a rule; another order would not survive its next command."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", port)]


def _peers(rule: Rule, family: int) -> t.List[str]:
    """The peers' networks of a family, each once; just "" where anybody is one."""
    if any(peer.is_any(family) for peer in rule.peers):
        return [""]
    return list(dict.fromkeys(_peer(network, family) for peer in rule.peers for network in peer.of_family(family)))


def _peer(network: str, family: int) -> str:
    """A network as ufw and iptables write it: inet_ntop(3), and no mask on a single address."""
    if isinstance(network, Placeholder):
        return network
    version, bits = (socket.AF_INET, "32") if family == 4 else (socket.AF_INET6, "128")
    address, _slash, length = network.partition("/")
    text = socket.inet_ntop(version, socket.inet_pton(version, address))
    return text if length in ("", bits) else "%s/%s" % (text, length)
