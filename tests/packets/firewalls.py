# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each backend's firewall as an administrator runs it before we come."""

from __future__ import annotations

import typing as t

from firewall_host import FirewallHost
from firewalld_daemon import Firewalld
from model import Packet, Surroundings

OPEN_TO_ALL = (("tcp", 22), *(("udp", port) for port in range(8000, 8011)))


def _nftables(_host: FirewallHost) -> Surroundings:
    return Surroundings()


def _ufw(host: FirewallHost) -> Surroundings:
    commands = ("allow 22/tcp", "allow 8000:8010/udp", "deny out 443/tcp", "allow out 53/udp", "--force enable")
    host.run(["sh", "-ec", "\n".join(f"ufw {command}" for command in commands)])
    named = {("egress", "udp", 53), *(("ingress", *service) for service in OPEN_TO_ALL)}
    return Surroundings(
        admits=lambda packet: _key(packet) in named or (packet.direction == "egress" and _key(packet) != ("egress", "tcp", 443)),
        exceptions=lambda packet: _key(packet) in named,
    )


def _firewalld(host: FirewallHost) -> Surroundings:
    Firewalld(host).cmd("--add-port=8000-8010/udp")
    return Surroundings(admits=lambda packet: packet.direction == "egress" or (packet.protocol, packet.port) in OPEN_TO_ALL)


def containers(host: FirewallHost) -> Surroundings:
    """Nothing of an administrator's, but a container to which most ports lead."""
    host.container(published := {port: port + 1 for port in (80, 443, 8000, 8001, 8005, 8010, 8443)})
    return Surroundings(published=published)


def _key(packet: Packet) -> tuple[str, str, int]:
    return packet.direction, packet.protocol, packet.port


FIREWALLS: dict[str, t.Callable[[FirewallHost], Surroundings]] = {"nftables": _nftables, "ufw": _ufw, "firewalld": _firewalld}
