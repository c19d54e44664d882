# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which connections to trace: one that was asked for, or those that verify could not prove."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.ports import holds
from ...module_utils._plan.words import EGRESS, TCP
from .._plan.reader import AddressSetIndex, Plan
from .._verify.rulings import FAILED, UNPROVEN, WARNING

TARGETS = 50
"""How many connections one host traces in a run; the others are counted."""
_DESTINATION = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})/tcp$")
_UNSHOWN = (FAILED, WARNING, UNPROVEN)


class NotTraceable(Exception):
    """The question cannot be answered; the message says why and what to do."""


class Target(t.NamedTuple):
    """One connection: from ``initiator`` to an address of ``responder``; ``flow`` is empty where the plan has none."""

    initiator: str
    responder: str
    destination: str
    port: int
    flow: str = ""


def asked(plan: Plan, start: str, end: str, port: int | None) -> list[Target]:
    """The connection that was asked for, on every address family that both hosts have.

    Raises:
        NotTraceable: an end or the port is not known.
    """
    host = plan.hosts.get(start)
    if host is None:
        raise NotTraceable(f"{start or 'FROM'} is not a host of the plan; name the host that starts the connection. {_known(plan)}")
    other = plan.hosts.get(end)
    if other is not None:
        addresses = [address.partition("/")[0] for address in other.addresses]
    else:
        try:
            addresses = [str(ipaddress.ip_address(end))]
        except ValueError:
            raise NotTraceable(f"{end or 'TO'} is neither a host of the plan nor an address; name one. {_known(plan)}") from None
    ports = [port] if port is not None else sorted(_ports(plan, start, addresses))
    if not ports:
        raise NotTraceable(f"the plan has no TCP flow from {start} to {end}, so give a port, too")
    own = {_version(address) for address in host.addresses} or {4, 6}
    found = [
        Target(start, end, address, one, _flow(plan, start, address, one))
        for one in ports
        for address in addresses
        if _version(address) in own
    ]
    if not found:
        raise NotTraceable(f"{start} and {end} have no addresses of the same family in the plan; add them to connectivity_addresses")
    return found


def unshown(plan: Plan, hosts: Mapping[str, Mapping[str, t.Any]]) -> list[Target]:
    """The TCP connections that verify could not prove, from its report; each once. What must stay closed is not among them."""
    found: dict[Target, None] = {}
    for findings in hosts.values():
        for finding in findings["findings"]:
            place = _DESTINATION.search(finding["what"])
            ends = (finding["host"], finding.get("other", ""))
            start = next((end for end in ends if end and finding["what"].startswith(f"{end} -> ")), "")
            if finding["state"] not in _UNSHOWN or place is None or start not in plan.hosts or not 1 <= int(place[3]) <= 65535:
                continue
            destination, port = place[1] or place[2], int(place[3])
            if _version(destination) and _flow(plan, start, destination, port):
                responder = next((end for end in ends if end and end != start), destination)
                found[Target(start, responder, str(ipaddress.ip_address(destination)), port, finding["flow"])] = None
    return list(found)


def by_host(targets: Sequence[Target]) -> dict[str, list[Target]]:
    """The connections of each host that traces, without those that are too many."""
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target.initiator, []).append(target)
    return {host: own[:TARGETS] for host, own in found.items()}


def _flow(plan: Plan, start: str, destination: str, port: int) -> str:
    """The label of the flow that opens a connection; empty: the plan has none."""
    index = AddressSetIndex(plan.address_sets)
    for rule in plan.hosts[start].part.rules:
        if (
            rule.direction == EGRESS
            and rule.protocol == TCP
            and holds(rule.ports, port)
            and index.holds(rule.peers.address_sets, destination)
        ):
            return rule.label
    return ""


def _ports(plan: Plan, start: str, addresses: Sequence[str]) -> Iterator[int]:
    """The TCP ports that the plan opens from a host to some addresses, of ranges the first."""
    index = AddressSetIndex(plan.address_sets)
    found = set()
    for rule in plan.hosts[start].part.rules:
        if rule.direction == EGRESS and rule.protocol == TCP and any(index.holds(rule.peers.address_sets, one) for one in addresses):
            found |= {int(port.partition("-")[0]) for port in rule.ports}
    yield from found


def _version(address: str) -> int:
    try:
        return ipaddress.ip_network(address, strict=False).version
    except ValueError:
        return 0


def _known(plan: Plan) -> str:
    names = sorted(plan.hosts)
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"The plan has {', '.join(names[:10])}{more}"
