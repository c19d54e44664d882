# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What hosts saw, put together: each connection once, from who opened it to who answered, in names of the inventory."""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import typing as t
from collections.abc import Iterable, Mapping

Answer = Mapping[str, t.Any]
HOST, NETWORK, OUTSIDE = "host", "network", "outside"
PUBLISHED = "published"
BASELINE_PORTS = frozenset({("tcp", 53), ("udp", 53), ("udp", 123)})
"""Name servers and clocks, which every managed host has in its baseline."""


class Member(t.NamedTuple):
    """A host of the inventory.

    Attributes:
        name: Its name there.
        addresses: Its addresses, as others see it.
        networks: Its named networks, with their CIDRs.
        answer: What it saw, judged; None: it was not asked, or did not answer.
    """

    name: str
    addresses: tuple[str, ...] = ()
    networks: Mapping[str, tuple[str, ...]] = {}
    answer: Answer | None = None


class End(t.NamedTuple):
    """One end of a connection: a host of the inventory, one of its host's named networks, or an address that is neither."""

    kind: str
    name: str


class Connection(t.NamedTuple):
    """Who opened what to whom; ``port`` is the responder's."""

    protocol: str
    port: int
    initiator: End
    responder: End


@dataclasses.dataclass
class Evidence:
    """What was seen of a connection.

    Attributes:
        opened: How many there were.
        looks: In how many looks one was there, of ``of`` in all.
        answered: Whether the responder ever answered.
        published: The ends that were in containers.
        programs: What the hosts call the programs.
        addresses: Of an end that is not a host of the inventory.
    """

    opened: int = 0
    looks: int = 0
    of: int = 1
    answered: bool = False
    published: set[str] = dataclasses.field(default_factory=set)
    programs: set[str] = dataclasses.field(default_factory=set)
    addresses: set[str] = dataclasses.field(default_factory=set)

    def add(self, row: Answer, of: int, end: str) -> None:
        """Add what one host saw. ``end`` is the end that it was."""
        self.opened = max(self.opened, row["opened"])
        if row["looks"] * self.of > self.looks * of:
            self.looks, self.of = row["looks"], of
        self.answered |= row["answered"]
        self.published |= {end} if row["placement"] == PUBLISHED else set()
        self.programs |= {row["program"]} - {""}

    def merge(self, other: Evidence) -> None:
        """Add what was seen of another connection that is the same to a matrix."""
        self.opened += other.opened
        if other.looks * self.of > self.looks * other.of:
            self.looks, self.of = other.looks, other.of
        self.answered |= other.answered
        self.published |= other.published
        self.programs |= other.programs
        self.addresses |= other.addresses


class Listener(t.NamedTuple):
    """A port that software of a host listens on."""

    host: str
    protocol: str
    port: int
    address: str
    placement: str
    program: str
    tls: str

    @property
    def loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback


@dataclasses.dataclass
class Sightings:
    """What all hosts saw together.

    Attributes:
        connections: Between hosts, or with others.
        within: Connections of a host with itself: (host, protocol, port).
        listeners: Sorted.
        baseline: Hosts that asked name servers or clocks.
    """

    connections: dict[Connection, Evidence] = dataclasses.field(default_factory=dict)
    within: dict[tuple[str, str, int], Evidence] = dataclasses.field(default_factory=dict)
    listeners: list[Listener] = dataclasses.field(default_factory=list)
    baseline: set[str] = dataclasses.field(default_factory=set)

    @property
    def hosts(self) -> set[str]:
        """The hosts that have a part in anything."""
        ends = {end.name for one in self.connections for end in (one.initiator, one.responder) if end.kind == HOST}
        return ends | {host for host, _protocol, _port in self.within} | {one.host for one in self.listeners}


def put_together(members: Iterable[Member]) -> Sightings:
    """What the hosts saw; in whatever order they and their rows come, the result is the same."""
    known = sorted(members, key=lambda member: member.name)
    found = Sightings()
    for member in known:
        answer = member.answer
        if answer is None:
            continue
        found.listeners += [
            Listener(member.name, one["protocol"], one["port"], one["address"], one["placement"], one["program"], one["tls"])
            for one in answer["sockets"]
        ]
        for row in answer["connections"]:
            _add(found, row, member, known, answer["looks"])
    found.listeners = sorted(set(found.listeners))
    return found


def _add(found: Sightings, row: Answer, member: Member, known: list[Member], of: int) -> None:
    protocol, port = row["protocol"], row["port"]
    own = End(HOST, member.name)
    other = own if row["own"] or not row["peer"] else end_of(row["peer"], member, known)
    if other == own:
        found.within.setdefault((member.name, protocol, port), Evidence()).add(row, of, "responder")
        return
    if not row["incoming"] and other.kind != HOST and (protocol, port) in BASELINE_PORTS:
        found.baseline.add(member.name)
        return
    initiator, responder = (other, own) if row["incoming"] else (own, other)
    evidence = found.connections.setdefault(Connection(protocol, port, initiator, responder), Evidence())
    evidence.add(row, of, "responder" if row["incoming"] else "initiator")
    if other.kind != HOST:
        evidence.addresses.add(row["peer"])


def end_of(address: str, member: Member, known: Iterable[Member]) -> End:
    """Whose an address is, as one host sees it. The most exact network counts, and of equal ones the first by name."""
    hosts = [
        (_size(address, one.addresses), one.name != member.name, one.name) for one in known if _size(address, one.addresses) is not None
    ]
    if hosts:
        return End(HOST, min(hosts)[2])
    networks = [(_size(address, cidrs), name) for name, cidrs in member.networks.items() if _size(address, cidrs) is not None]
    return End(NETWORK, min(networks)[1]) if networks else End(OUTSIDE, address)


def _size(address: str, networks: Iterable[str]) -> int | None:
    """How many addresses the smallest of the networks has that hold an address; None: none does."""
    parsed = ipaddress.ip_address(address)
    held = (network for network in map(_network, networks) if network.version == parsed.version and parsed in network)
    return min((network.num_addresses for network in held), default=None)


@functools.lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)
