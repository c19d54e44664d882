# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewalld does with a packet, as far as our objects go: rich rules in the order of their priorities."""

from __future__ import annotations

import ipaddress
import re
import typing as t

Services = t.Mapping[str, t.Sequence[t.Tuple[str, str]]]
IPSets = t.Mapping[str, t.Iterable[str]]


class Packet(t.NamedTuple):
    """The first packet of a connection; ``peer`` is the far end, whoever begins. ICMP: its type stands for the protocol."""

    peer: str
    protocol: str
    port: int
    source_port: int = 40000


def verdict(rules: t.Iterable[str], services: Services, ipsets: IPSets, packet: Packet) -> str:
    """``accept``, ``drop``, ``reject``, or ``continue`` where no rule decides; rules of one priority must not contradict."""
    decided: dict[int, set[str]] = {}
    for rule in rules:
        if _matches(rule, services, ipsets, packet):
            decided.setdefault(int(_attribute(rule, "priority") or 0), set()).add(re.sub(r' type=".*"', "", rule).split()[-1])
    if not decided:
        return "continue"
    (found,) = decided[min(decided)]
    return found


def _matches(rule: str, services: Services, ipsets: IPSets, packet: Packet) -> bool:
    peer = ipaddress.ip_address(packet.peer)
    family, service, ipset, icmp = (_attribute(rule, name) for name in ("family", "service name", "ipset", "icmp-type name"))
    address, port, protocol = (_attribute(rule, name) for name in ("address", "port", "protocol"))
    if family and family != "ipv%d" % peer.version:
        return False
    if ipset and not any(peer in ipaddress.ip_network(entry) for entry in ipsets[ipset]):
        return False
    if address and peer not in ipaddress.ip_network(address):
        return False
    source_port = _attribute(rule, "source-port port")
    if source_port:
        return packet.protocol == protocol and _covers(source_port, packet.source_port)
    if service:
        return any(packet.protocol == protocol and _covers(ports, packet.port) for ports, protocol in services[service])
    if port:
        return packet.protocol == protocol and _covers(port, packet.port)
    if icmp:
        return packet.protocol == icmp
    return "ipv6-icmp" not in rule


def _attribute(rule: str, name: str) -> str:
    found = re.search(r'(?:^| )%s="([^"]*)"' % name, rule)
    return found[1] if found else ""


def _covers(ports: str, port: int) -> bool:
    low, _, high = ports.partition("-")
    return int(low) <= port <= int(high or low)
