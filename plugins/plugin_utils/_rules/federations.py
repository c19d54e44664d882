# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Brings the members of each federation together and settles what they have to agree on."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Collection, Iterable, Mapping

from ...module_utils._plan.words import PHASES
from .._common.addresses import is_private
from .._common.problems import Problems, listed
from .._inventory.hosts import Host, Inventory
from .._inventory.membership import Membership
from .._inventory.openings import Opening
from .._matrix.model import FEDERATION, RESPONDER, Flow, Matrix, Options, Ports, fit


def ports_in_front(host: Host, ports: Ports, protocol: str) -> Ports:
    """The ports where partners reach a host that listens on others."""
    front = host.profile.front
    return front.outside(ports, protocol) if front else ports


@dataclasses.dataclass(frozen=True)
class Member:
    """A host in a federation. ``options`` are those that count for it: its own, the federation's, the defaults.

    Which flows of its system's versions a host has is its own affair: a connection needs two hosts whose versions have it.
    """

    host: Host
    membership: Membership
    options: Options

    def has_roles(self, flow: Flow, end: str) -> bool:
        """Whether the host can be at this end of the flow: it has a role there, and a version that has the flow."""
        has_role = flow.ends[end].kind == "roles" and not self.membership.roles.isdisjoint(flow.ends[end].values)
        return has_role and self.membership.version in flow.versions

    def takes_part(self, flow: Flow, end: str) -> bool:
        """Whether the host is at this end of the flow: it has the role, chose the flow, and opened it if it is optional."""
        chosen = self.has_roles(flow, end) and flow.fits(end, self.options)
        return chosen and (flow.opener != end or self.opens(flow))

    def opens(self, flow: Flow) -> bool:
        """Whether the host opens an optional flow: by name, in one of its phases, or by an option that needs it."""
        opening = self.membership.opening(flow.id)
        return (opening is not None and opening.is_open(self.host.profile.phases)) or fit(flow.opened_by, self.options)

    def phases(self, flow: Flow, end: str) -> tuple[str, ...]:
        """When the host needs the flow, in order: an opening that names phases decides it for the end that opens."""
        opening = self._ending(flow)
        if opening is None or opening.phases is None or flow.opener is None:
            return flow.phases
        return tuple(phase for phase in PHASES if phase in opening.phases or (flow.opener != end and phase in flow.phases))

    def opened_until(self, flow: Flow) -> str | None:
        """The last day of the host's own opening of a flow; None: it has no end, or the host does not open the flow."""
        opening = self._ending(flow)
        return opening.until if opening else None

    def _ending(self, flow: Flow) -> Opening | None:
        """The host's own opening of a flow, which may end; None also where an option opens the flow: that has no end, whatever is said."""
        return None if fit(flow.opened_by, self.options) else self.membership.opening(flow.id)


class Federation:
    """The hosts that work together in one system.

    Attributes:
        options: The matrix's options as somebody has them who sets nothing.
        flows: The flows that exist under the options that the members agreed on.
    """

    def __init__(self, matrix: Matrix, name: str, members: Iterable[tuple[Host, Membership]], agreed: Options) -> None:
        self.matrix = matrix
        self.name = name
        self.label = f"{matrix.name}.{name}"
        self.options: Options = {**matrix.defaults, **agreed}
        self.flows = tuple(flow.with_options(self.options) for flow in matrix.flows.values() if flow.fits(FEDERATION, self.options))
        self.members = {host.name: Member(host, membership, self._effective(membership)) for host, membership in members}
        self._participants: dict[tuple[str, str], tuple[Member, ...]] = {}
        self._responders: dict[str, Mapping[Ports, tuple[Member, ...]]] = {}
        self._with_roles: dict[frozenset[str], tuple[Member, ...]] = {}

    def _effective(self, membership: Membership) -> Options:
        own = {name: value for name, value in membership.options if self.matrix.options[name].owner != FEDERATION}
        return {**self.options, **own} if own else self.options

    def with_values(self, option: str, value: str | int | None, hosts: Collection[str]) -> Federation:
        """The same federation where these hosts set an option to a value; None: where they do not set it."""
        members = [(member.host, _with_value(member.membership, option, value, name in hosts)) for name, member in self.members.items()]
        options = self.matrix.options
        said = {name: one for _host, own in members for name, one in own.options if options[name].owner == FEDERATION}
        return Federation(self.matrix, self.name, members, said)

    @property
    def agreements(self) -> Options:
        """The options that the members agree on."""
        agreed = [name for name, option in self.matrix.options.items() if option.owner == FEDERATION]
        return {name: self.options[name] for name in agreed if name in self.options}

    @property
    def between_roles(self) -> tuple[Flow, ...]:
        """The flows between hosts of the federation that make rules."""
        return tuple(flow for flow in self.flows if flow.makes_rules and flow.between_roles)

    @functools.cached_property
    def is_private(self) -> bool:
        """Whether its members know each other by private addresses alone: they share a site, or a tunnel between sites."""
        return all(is_private(address) for member in self.members.values() for address in member.host.addresses or ())

    def with_roles(self, roles: Iterable[str]) -> tuple[Member, ...]:
        """The members that have one of the roles, sorted by host."""
        wanted = frozenset(roles)
        if wanted not in self._with_roles:
            members = self.members.values()
            self._with_roles[wanted] = tuple(member for member in members if not wanted.isdisjoint(member.membership.roles))
        return self._with_roles[wanted]

    def participants(self, flow: Flow, end: str) -> tuple[Member, ...]:
        """The members at one end of a flow, sorted by host."""
        key = (flow.id, end)
        if key not in self._participants:
            self._participants[key] = tuple(member for member in self.members.values() if member.takes_part(flow, end))
        return self._participants[key]

    def responders_by_ports(self, flow: Flow) -> Mapping[Ports, tuple[Member, ...]]:
        """The responders of a flow, grouped by the ports where partners reach them."""
        if flow.id not in self._responders:
            groups: dict[Ports, list[Member]] = collections.defaultdict(list)
            for member in self.participants(flow, RESPONDER):
                groups[ports_in_front(member.host, flow.ports_with(member.options), flow.protocol)].append(member)
            self._responders[flow.id] = {ports: tuple(groups[ports]) for ports in sorted(groups)}
        return self._responders[flow.id]


def _with_value(membership: Membership, option: str, value: str | int | None, sets_it: bool) -> Membership:
    if not sets_it:
        return membership
    kept = [(name, one) for name, one in membership.options if name != option]
    return dataclasses.replace(membership, options=tuple(sorted([*kept, *([(option, value)] if value is not None else [])])))


def form_federations(inventory: Inventory, problems: Problems) -> dict[tuple[str, str], Federation]:
    """All federations by (matrix, federation), the baseline's among them; contradicting members are refused."""
    members: dict[tuple[str, str], list[tuple[Host, Membership]]] = collections.defaultdict(list)
    for host in inventory.hosts:
        own = (host.profile.baseline,) if host.profile.baseline else ()
        for membership in (*own, *host.profile.memberships):
            members[membership.matrix.name, membership.federation].append((host, membership))
    return {key: Federation(group[0][1].matrix, key[1], group, _agreed(group, problems)) for key, group in sorted(members.items())}


def _agreed(members: list[tuple[Host, Membership]], problems: Problems) -> Options:
    """What the members say about the options that are the federation's."""
    first = members[0][1]
    agreed: dict[str, str | int] = {}
    for name, option in first.matrix.options.items():
        if option.owner != FEDERATION:
            continue
        chosen: dict[str | int, list[tuple[Host, Membership]]] = collections.defaultdict(list)
        for host, membership in members:
            for own, value in membership.options:
                if own == name:
                    chosen[value].append((host, membership))
        if len(chosen) > 1:
            said = "; ".join(f"{listed(host.name for host, _own in chosen[value])}: {value}" for value in sorted(chosen, key=str))
            sources = [group[0][1].source for group in chosen.values()]
            problems.error(f"{first.label}: members must agree on the option {name}, but they say {said}", values=sources)
        if chosen:
            agreed[name] = next(iter(chosen))
    return agreed
