# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a check of a plan finds, and the networks that it compares."""

from __future__ import annotations

import contextlib
import enum
import functools
import ipaddress
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from ...module_utils._plan.model import Peers, PlanRule
from .._plan.reader import AddressSetIndex, Plan

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr


class State(enum.StrEnum):
    """What a check found: a NOTE is worth a look and fails nothing."""

    PASSED = "passed"
    NOTE = "note"
    FAILED = "failed"


class Result(t.NamedTuple):
    """One check.

    Attributes:
        kind: Which check: ``mandatory flow``, ``rules``, ``default`` or ``assertion``.
        about: The flow, host or assertion.
        state: What it found.
        text: Why, as a sentence; empty where it passed.
    """

    kind: str
    about: str
    state: State
    text: str = ""


class Networks:
    """The networks of a plan's hosts and rules, each computed once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sets = AddressSetIndex(plan.address_sets)
        self.of = functools.cache(self._of)
        self._admitted = functools.cache(self._admitted_by)

    def _of(self, peers: Peers) -> netaddr.IPSet:
        """The networks of a rule's peers, without those that are known by name."""
        return netaddr.IPSet([cidr for name in peers.address_sets for cidr in self.sets.members(name)])

    def admitted(self, host: str, direction: str, protocol: str, port: int) -> netaddr.IPSet | None:
        """With whom a host may have a connection on a port; None where its part of the plan does not restrict that."""
        part = self.plan.hosts[host].part
        return self._admitted(part.rules, part.defaults.denies(direction), direction, protocol, port)

    def _admitted_by(self, rules: tuple[PlanRule, ...], denied: bool, direction: str, protocol: str, port: int) -> netaddr.IPSet | None:
        concerned = [rule for rule in rules if rule.direction == direction and rule.concerns(protocol, port)]
        if not denied and not any(rule.closed_to_others for rule in concerned):
            return None
        return joined(self.of(rule.peers) for rule in concerned)

    @functools.cached_property
    def hosts(self) -> netaddr.IPSet:
        """The addresses of all hosts of the plan."""
        return netaddr.IPSet([address for host in self.plan.hosts.values() for address in host.addresses])

    def hosts_in(self, networks: netaddr.IPSet) -> list[str]:
        """The hosts that have an address in some networks, in order."""
        return [name for name, host in sorted(self.plan.hosts.items()) if any(_in(address, networks) for address in host.addresses)]

    def outside(self, hosts: Iterable[str], networks: netaddr.IPSet, versions: Collection[int]) -> list[str]:
        """The hosts that have an address, of one of the families, that is not in some networks."""
        return [
            name
            for name in hosts
            if any(version(address) in versions and not _in(address, networks) for address in self.plan.hosts[name].addresses)
        ]

    def versions(self, host: str, networks: netaddr.IPSet) -> frozenset[int]:
        """The families of a host's addresses that are in some networks."""
        return frozenset({version(address) for address in self.plan.hosts[host].addresses if _in(address, networks)})

    def families(self, host: str) -> frozenset[int]:
        """The families of all of a host's addresses."""
        return frozenset(map(version, self.plan.hosts[host].addresses))


def joined(networks: Iterable[netaddr.IPSet]) -> netaddr.IPSet:
    """All addresses that are in one of some sets."""
    return functools.reduce(netaddr.IPSet.union, networks, netaddr.IPSet())


def version(address: str) -> int:
    return ipaddress.ip_network(address).version


def _in(address: str, networks: netaddr.IPSet) -> bool:
    return netaddr.IPNetwork(address) in networks


def counted(results: Sequence[Result]) -> Mapping[State, int]:
    """How many checks ended how."""
    return {state: sum(result.state is state for result in results) for state in State}
