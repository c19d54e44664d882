# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds hosts that look as if something stood in front of them, although the inventory says nothing about it."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterable, Iterator

from ...module_utils._plan.model import HostPart
from ...module_utils._plan.ports import holds
from ...module_utils._plan.words import INGRESS, TCP
from .._common.addresses import is_private
from .._inventory.findings import MANAGEMENT_PORT, TRANSLATED_ADDRESS, Finding
from .._inventory.hosts import FRONT, Host
from .._matrix.model import INITIATOR, RESPONDER
from .federations import Federation

OVER_SSH = ("ssh", "smart", "paramiko", "paramiko_ssh", "libssh", "ansible.netcommon.libssh", "mitogen_ssh")


def front_findings(hosts: Iterable[Host], federations: Iterable[Federation]) -> dict[str, list[Finding]]:
    """Host -> findings about addresses that something translates on the way to it."""
    visited: dict[str, set[str]] = {}
    for federation in federations:
        for flow in federation.between_roles:
            initiators = federation.participants(flow, INITIATOR)
            for member in federation.participants(flow, RESPONDER):
                others = visited.setdefault(member.host.name, set())
                others.update(address for one in initiators if one is not member for address in one.host.addresses or ())
    return {
        host.name: list(_translated(host, visited[host.name])) for host in hosts if visited.get(host.name) and host.profile.front is None
    }


def _translated(host: Host, partners: set[str]) -> Iterator[Finding]:
    addresses = host.addresses or ()
    reached = _address(host.variables.get("ansible_host"))
    if host.profile.managed and reached and is_private(reached) and addresses and not any(map(is_private, addresses)):
        text = (
            f"Ansible reaches the host at {reached}, and partners at {', '.join(addresses)}: something in front of it translates; "
            f"say in {FRONT} whether it also changes ports (ports) or hides sources (sources, health_checks), or write {FRONT}: {{}}"
        )
        yield Finding(TRANSLATED_ADDRESS, reached, text)
        return
    unrouted = bool(addresses) and all(map(is_private, addresses))
    if unrouted and partners and not any(map(is_private, partners)):
        text = (
            f"its partners have public addresses and open flows to {', '.join(addresses)}, which is not routed between sites; write in "
            f"connectivity_addresses the address that they see, and in {FRONT} what changes on the way, or {FRONT}: {{}} if they reach it"
        )
        yield Finding(TRANSLATED_ADDRESS, addresses[0], text)


def management_port(host: Host, part: HostPart) -> Iterator[Finding]:
    """Under denied ingress, the port that Ansible uses has to be one that a rule of the host admits."""
    variables = host.variables
    port = _port(variables.get("ansible_port", variables.get("ansible_ssh_port")))
    connection = variables.get("ansible_connection", "ssh")
    if port is None or not part.managed or not part.defaults.denies(INGRESS) or connection not in OVER_SSH:
        return
    own = part.front.own_port(port) if part.front else port
    admitted = [rule.ports for rule in part.rules if (rule.direction, rule.protocol) == (INGRESS, TCP) and rule.peers.address_sets]
    if not any(holds(ports, own) for ports in admitted):
        text = (
            f"Ansible comes in by port {port} (ansible_port), and no rule of the host admits it; if sshd listens on it, "
            f"write a membership {{matrix: baseline, options: {{management_port: {port}}}}}; "
            f"if it is translated on the way, write {FRONT}: {{ports: {{22: {port}}}}}"
        )
        yield Finding(MANAGEMENT_PORT, str(port), text)


def _address(data: object) -> str | None:
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(data)) if isinstance(data, str) else None
    return None


def _port(data: object) -> int | None:
    if isinstance(data, str) and data.isascii() and data.isdecimal() and len(data) <= 5:
        data = int(data)
    return data if isinstance(data, int) and not isinstance(data, bool) and 1 <= data <= 65535 else None
