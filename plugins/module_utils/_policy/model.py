# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is to be enforced on one host: rules whose peers are addresses, without a trace of matrices or inventories."""

from __future__ import annotations

import ipaddress
import typing as t

from .._plan.model import InsideFlow
from .._plan.ports import holds
from .._plan.protocols import FAMILY, closable, traffic
from .._plan.words import EGRESS, INGRESS

FAMILIES = (4, 6)
_ANY = {4: ("0.0.0.0/0",), 6: ("::/0",)}


class Placeholder(str):
    """What stands for networks in native rules that are shown before any host is known; no firewall takes it."""


class AddressSet(t.NamedTuple):
    """A named list of networks; ``ipv4`` and ``ipv6`` are CIDRs, sorted, without overlaps."""

    name: str
    ipv4: t.Tuple[str, ...]
    ipv6: t.Tuple[str, ...]

    def of_family(self, family: int) -> t.Tuple[str, ...]:
        return self.ipv4 if family == 4 else self.ipv6

    def is_any(self, family: int) -> bool:
        """Whether the set holds every address of the family, so that no match on addresses is needed."""
        return self.of_family(family) == _ANY[family]

    def covers(self, address: str) -> bool:
        """Whether an address is in one of the networks."""
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(network) for network in self.of_family(found.version))

    def __str__(self) -> str:
        if all(self.is_any(family) for family in FAMILIES):
            return self.name
        count = len(self.ipv4) + len(self.ipv6)
        return "%s (%d network%s)" % (self.name, count, "" if count == 1 else "s")


class Rule(t.NamedTuple):
    """What the host does because of one flow. No peer set at all means nobody: the port is only closed.

    ``ports`` are empty where the protocol has none; ``types`` are those of ICMP.
    """

    id: str
    direction: str
    protocol: str
    ports: t.Tuple[str, ...]
    peers: t.Tuple[AddressSet, ...]
    placement: str
    closed_to_others: bool
    types: t.Tuple[str, ...] = ()

    @property
    def families(self) -> t.Tuple[int, ...]:
        """The address families of its packets: ICMP has one of its own for each."""
        own = FAMILY.get(self.protocol)
        return (own,) if own else FAMILIES

    @property
    def traffic(self) -> str:
        """Protocol with ports or types, for people."""
        return traffic(self.protocol, self.ports, self.types)

    @property
    def closing(self) -> t.Optional[Rule]:
        """The rule as far as it closes something to others: of ICMP, what a link does not work without stays open. None: nothing."""
        types = closable(self.protocol, self.types) if self.types else ()
        return self._replace(types=types) if self.closed_to_others and (types or not self.types) else None

    def has_port(self, port: int) -> bool:
        return holds(self.ports, port)

    def __str__(self) -> str:
        peers = ", ".join(map(str, self.peers)) or "nobody"
        preposition = "from" if self.direction == INGRESS else "to"
        what = " ".join(filter(None, (self.protocol, ",".join((*self.ports, *self.types)))))
        return "%s %s %s %s [%s]" % (self.direction, what, preposition, peers, self.id)


class Policy(t.NamedTuple):
    """The rules of one host in the order of the plan, and what happens to everything else.

    ``deny_ingress`` and ``deny_egress``: everything without a rule is refused. ``management`` is the live management
    connection: (client address, local port), or None where there is none (a local connection) or nothing here could refuse it.
    ``container_interfaces`` are the bridges of containers, by name or by prefix with a trailing ``*``.
    ``loopback_listeners``: the plan keeps ports to the host itself.
    ``log_refused``: peers that listeners refuse are logged. ``connection_limit``: connections of one peer to one listener; 0: no limit.
    ``containers_apart``: the only flows between containers of the host; None: containers are not kept from each other.
    ``contained_bridges``: bridges whose containers open no connection.
    ``computations``: flows of the host to containers of its own; who publishes one of their ports inside is for the host alone.
    """

    host: str
    rules: t.Tuple[Rule, ...]
    deny_ingress: bool
    deny_egress: bool
    management: t.Optional[t.Tuple[str, int]] = None
    container_interfaces: t.Tuple[str, ...] = ()
    loopback_listeners: bool = False
    log_refused: bool = False
    connection_limit: int = 0
    containers_apart: t.Optional[t.Tuple[InsideFlow, ...]] = None
    contained_bridges: t.Tuple[str, ...] = ()
    computations: t.Tuple[InsideFlow, ...] = ()

    def ingress(self, *placements: str) -> t.List[Rule]:
        return [rule for rule in self.rules if rule.direction == INGRESS and (not placements or rule.placement in placements)]

    def egress(self, *placements: str) -> t.List[Rule]:
        return [rule for rule in self.rules if rule.direction == EGRESS and (not placements or rule.placement in placements)]

    def denies(self, direction: str) -> bool:
        return self.deny_ingress if direction == INGRESS else self.deny_egress

    def address_sets(self) -> t.List[AddressSet]:
        """The sets that the rules use, each once, sorted by name."""
        return sorted({peer for rule in self.rules for peer in rule.peers})

    def endangers(self, client: str, port: int) -> bool:
        """Whether a TCP connection of this client to this port of the host needs a rule of its own.

        It does where a default or a closed port could refuse it and no rule accepts it anyway. Everywhere else the policy is the
        same whoever applies it.
        """
        concerned = [rule for rule in self.ingress() if rule.protocol == "tcp" and rule.has_port(port)]
        if any(peers.covers(client) for rule in concerned for peers in rule.peers):
            return False
        return self.deny_ingress or self.deny_egress or any(rule.closed_to_others for rule in concerned)

    def refuses(self, client: str, port: int) -> str:
        """The rule or the default by which this policy refuses a new TCP connection of a client to a port of the host; "" if none does."""
        if self.management == (client, port):
            return ""
        concerned = [rule for rule in self.ingress() if rule.protocol == "tcp" and rule.has_port(port)]
        if any(peers.covers(client) for rule in concerned for peers in rule.peers):
            return ""
        closed = [rule.id for rule in concerned if rule.closed_to_others]
        return ", ".join(closed) or ("the default deny of ingress" if self.deny_ingress else "")
