# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads what the inventory says about every host."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from ...module_utils._plan.front import PlanFront
from ...module_utils._plan.words import DIRECTIONS, FIREWALLS, LINUX, PHASES, PLATFORMS, WINDOWS
from .._common.addresses import ANYBODY, families, parse_network
from .._common.problems import Problems, did_you_mean
from .._common.texts import first_unseen, unseen_message
from .._inspection_exports import EXPORTERS
from .._matrix.catalogue import Catalogue
from .._matrix.model import BASELINE
from .findings import Acceptance, read_acceptances
from .forward_proxy import ForwardProxy, read_forward_proxy
from .front import is_host_name, read_front
from .membership import Membership
from .memberships import BASELINE_FEDERATION, MembershipReader
from .names import UNASSIGNED, misnomer, parts_of, unassigned
from .networks import Networks, read_network, read_networks
from .value import Value

MEMBERSHIPS = "connectivity_memberships"
ADDRESSES = "connectivity_addresses"
MANAGED = "connectivity_managed"
NETWORKS = "connectivity_networks"
FORWARD_PROXY = "connectivity_forward_proxy"
PHASES_WANTED = "connectivity_phases"
DEFAULTS = "connectivity_defaults"
ACCEPTED = "connectivity_accepted_findings"
PLATFORM = "connectivity_platform"
FIREWALL = "connectivity_firewall"
SITE = "connectivity_site"
CONTACT = "connectivity_contact"
FRONT = "connectivity_front"
PRODUCTS = "connectivity_inspection_products"
LOG_REFUSED = "connectivity_log_refused"
CONNECTION_LIMIT = "connectivity_connection_limit"
_OF_RULES = (
    MEMBERSHIPS,
    ADDRESSES,
    MANAGED,
    NETWORKS,
    FORWARD_PROXY,
    PHASES_WANTED,
    DEFAULTS,
    ACCEPTED,
    PLATFORM,
    FIREWALL,
    LOG_REFUSED,
    CONNECTION_LIMIT,
    FRONT,
)
VARIABLES = (*_OF_RULES, SITE, CONTACT, PRODUCTS)

NO_SITE = "all"
LONGEST_NAME = 200
LARGEST_LIMIT = 65535
SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclasses.dataclass(frozen=True)
class Profile:
    """Everything that decides a host's rules. Hosts with equal profiles have equal rules.

    Attributes:
        baseline: The membership that every managed host has by itself.
        networks: Named networks and their merged CIDRs, sorted by name, from all variables that name them.
        denied: Directions in which the user asked for deny.
        platform: LINUX or WINDOWS.
        firewall: The one that the user declares; None: none.
        log_refused: Peers that the host's listeners refuse are logged.
        connection_limit: How many connections of one peer a listener takes; 0: no limit.
        front: What stands in front of the host; None: the user says nothing about it.
    """

    managed: bool
    memberships: tuple[Membership, ...]
    baseline: Membership | None
    networks: Networks
    proxy: ForwardProxy | None
    phases: frozenset[str]
    denied: frozenset[str]
    platform: str
    firewall: str | None
    log_refused: bool = False
    connection_limit: int = 0
    front: PlanFront | None = None

    @property
    def demanded(self) -> frozenset[str]:
        """Directions in which a role demands deny."""
        return frozenset(direction for member in self.memberships for role in member.roles for direction in member.matrix.roles[role])


@dataclasses.dataclass(frozen=True)
class Host:
    """A host that has memberships.

    Attributes:
        addresses: As partners see it; None if the user's could not be read.
        site: Whose network it is in; hosts that name none share one.
        contact: Whom to ask about it.
        products: What inspects its site's traffic, as names of exporters.
    """

    name: str
    addresses: tuple[str, ...] | None
    profile: Profile
    accepted: tuple[Acceptance, ...]
    site: str
    contact: str | None
    products: tuple[str, ...]
    variables: Mapping[str, object] = dataclasses.field(compare=False, repr=False)

    @property
    def families(self) -> frozenset[int]:
        return families(self.addresses or ())


@dataclasses.dataclass(frozen=True)
class Inventory:
    """All hosts with memberships, sorted by name, and what :class:`MembershipReader` doubts."""

    hosts: tuple[Host, ...]
    doubts: frozenset[tuple[str | None, str | None]]


def read_inventory(variables: Mapping[str, Mapping[str, object]], catalogue: Catalogue, problems: Problems) -> Inventory:
    """Read the variables of every host; a host that defines no memberships is not ours."""
    reader = MembershipReader(catalogue, problems)
    hosts: list[Host] = []
    for name in sorted(variables):
        refuse_misnomers(name, variables[name], problems)
        if parts_of(MEMBERSHIPS, variables[name]):
            _refuse_unfit_name(name, problems)
            hosts.append(_HostReader(name, variables[name], reader, problems).host())
    if not hosts:
        problems.error(f"no host defines {MEMBERSHIPS}, so there is nothing to plan; is this the right inventory?")
    _refuse_alike_names(hosts, problems)
    _refuse_unknown_networks(hosts, reader, problems)
    return Inventory(tuple(hosts), frozenset(reader.doubts))


def may_be_ours(name: str) -> bool:
    """Whether :func:`refuse_misnomers` has to see a variable of this name."""
    return name == UNASSIGNED or misnomer(name, VARIABLES) is not None


def platform_of(own: Mapping[str, object]) -> str:
    """The platform of a host whose variables say so or not: Windows Firewall is Windows, and what says nothing is Linux."""
    return str(own.get(PLATFORM) or (WINDOWS if own.get(FIREWALL) == WINDOWS else LINUX))


def refuse_misnomers(host: str, variables: Mapping[str, object], problems: Problems) -> None:
    """Refuse what looks like a variable of ours and is not: it would have no effect, and nobody would see it."""
    for name, data in variables.items():
        wrong = unassigned(data, VARIABLES) if name == UNASSIGNED else misnomer(name, VARIABLES)
        if wrong:
            problems.error(wrong, [host], [data])


def _refuse_unfit_name(host: str, problems: Problems) -> None:
    """The name becomes a file of the plan, and stands in texts that others read line by line."""
    char = first_unseen(host)
    if char is not None:
        problems.error(f"its name {unseen_message(char)} in the inventory", [host])
    elif host.startswith(".") or any(char in host for char in "/\\"):
        problems.error("a name with slashes or a leading dot cannot be a file of the plan; rename it in the inventory", [host])
    elif len(host.encode()) > LONGEST_NAME:
        problems.error(f"a name of more than {LONGEST_NAME} bytes cannot be a file of the plan; rename it in the inventory", [host])
    elif not host or host.startswith("-") or host != host.strip():
        unfit = "an empty name, or one with a leading hyphen or a blank at an end, misleads commands"
        problems.error(f"{unfit}; rename it in the inventory", [host])


def _refuse_alike_names(hosts: list[Host], problems: Problems) -> None:
    """Letter case: probably one host, written in two ways, and a group has the wrong one."""
    alike: dict[str, list[str]] = {}
    for host in hosts:
        alike.setdefault(host.name.casefold(), []).append(host.name)
    for names in alike.values():
        if len(names) > 1:
            problems.error(
                "these names differ in letter case alone, and on some machines their files in the plan would be one. If they are one host, "
                "write its name in one way everywhere in the inventory; if not, rename one",
                names,
            )


def _refuse_unknown_networks(hosts: list[Host], reader: MembershipReader, problems: Problems) -> None:
    known = sorted({network for matrix in reader.matrices.values() for network in matrix.networks})
    for host in hosts:
        parts = [(part, host.variables[part]) for part in parts_of(NETWORKS, host.variables)]
        unused = [(name, part, data) for name, _cidrs in host.profile.networks if name not in known for part, data in parts]
        for name, part, data in unused:
            if not isinstance(data, Mapping) or name not in data:
                continue
            meant = did_you_mean(name, known)
            if meant:
                Value(data, part, host.name, problems).refuse(f"no matrix in use has a network {name!r}{meant}")
            else:
                problems.warn(f"{part}.{name} is used by no matrix of the inventory", [host.name])


def read_addresses(host: str, variables: Mapping[str, object], problems: Problems) -> tuple[str, ...] | None:
    """The addresses of a host as partners see it; None if the user's cannot be read."""
    value = Value(variables[ADDRESSES], ADDRESSES, host, problems) if ADDRESSES in variables else None
    if value is None:
        for name in (variables.get("ansible_host"), host):
            try:
                return (parse_network(str(name)),)
            except ValueError:
                continue
        return ()
    items = value.items('[198.51.100.10, "2001:db8::10"]')
    named = [item for item in items or () if isinstance(item.data, str) and is_host_name(item.data)]
    for item in named:
        item.refuse(
            f"{item.data!r} is not a valid IPv4 or IPv6 address or network; "
            f"where partners know the host by a name alone, write {FRONT}: {{names: [{item.data}]}}"
        )
    addresses = [None if item in named else read_network(item) for item in items or ()]
    if items is None or None in addresses:
        return None
    if any(address in ANYBODY for address in addresses):
        value.refuse("everybody's address is nobody's; name the host's own")
    return tuple(dict.fromkeys(address for address in addresses if address))


class _HostReader:
    def __init__(self, name: str, variables: Mapping[str, object], memberships: MembershipReader, problems: Problems) -> None:
        self._name = name
        self._variables = variables
        self._memberships = memberships
        self._problems = problems

    def host(self) -> Host:
        return Host(
            self._name,
            read_addresses(self._name, self._variables, self._problems),
            self._profile(),
            tuple(dict.fromkeys(one for part in self._parts(ACCEPTED) for one in read_acceptances(part))),
            self._site(),
            self._contact(),
            self._products(),
            self._variables,
        )

    def _value(self, variable: str) -> Value | None:
        if variable not in self._variables:
            return None
        return Value(self._variables[variable], variable, self._name, self._problems)

    def _parts(self, variable: str) -> list[Value]:
        return [Value(self._variables[part], part, self._name, self._problems) for part in parts_of(variable, self._variables)]

    def _profile(self) -> Profile:
        managed = self._value(MANAGED)
        is_managed = managed is None or managed.flag() is not False
        read = self._memberships.read(self._parts(MEMBERSHIPS))
        baseline = self._memberships.baseline
        usual = Membership(baseline, BASELINE_FEDERATION, frozenset(baseline.roles))
        own = next((member for member in read if member.matrix is baseline), usual)
        return Profile(
            is_managed,
            tuple(member for member in read if member.matrix.name != BASELINE),
            own if is_managed else None,
            read_networks(self._parts(NETWORKS)),
            read_forward_proxy(self._value(FORWARD_PROXY)),
            self._phases(),
            self._denied(),
            *self._platform(),
            *self._watch(is_managed),
            front=read_front(self._value(FRONT)),
        )

    def _phases(self) -> frozenset[str]:
        value = self._value(PHASES_WANTED)
        if value is None:
            return frozenset(PHASES)
        items = value.items("[install, run]") or ()
        return frozenset(phase for phase in (item.one_of("phase", "a flow", PHASES) for item in items) if phase)

    def _site(self) -> str:
        value = self._value(SITE)
        name = value.text() if value else None
        if value and name is not None and not SITE_NAME.fullmatch(name):
            value.refuse(f"{name!r} is not a valid name for a site; use up to 63 letters, digits, and within the name also _ . -")
        return name or NO_SITE

    def _contact(self) -> str | None:
        value = self._value(CONTACT)
        if value and isinstance(value.data, str) and (not value.data.strip() or "\n" in value.data):
            value.refuse("must be one line that says whom to ask, such as 'network team, noc@example.org'")
            return None
        return value.text() if value else None

    def _products(self) -> tuple[str, ...]:
        value = self._value(PRODUCTS)
        items = (value.items("[squid, fortigate]") if value else None) or ()
        return tuple(sorted(filter(None, {item.one_of("product", "the table of exporters", tuple(EXPORTERS)) for item in items})))

    def _denied(self) -> frozenset[str]:
        value = self._value(DEFAULTS)
        fields = (value.mapping(DIRECTIONS) if value else None) or {}
        chosen = {direction: field.one_of("default", "a direction", ("unchanged", "deny")) for direction, field in fields.items()}
        return frozenset(direction for direction, default in chosen.items() if default == "deny")

    def _watch(self, is_managed: bool) -> tuple[bool, int]:
        """Whether refused peers are logged, and how many connections of one peer a listener takes: nothing of it on a partner's host."""
        logged, limit = self._value(LOG_REFUSED), self._value(CONNECTION_LIMIT)
        found = (bool(logged and logged.flag()), (limit.count(LARGEST_LIMIT) if limit else None) or 0)
        return found if is_managed else (False, 0)

    def _platform(self) -> tuple[str, str | None]:
        """The platform, and the firewall that is declared: Windows has Windows Firewall, and nothing else has."""
        own, declared = self._value(PLATFORM), self._value(FIREWALL)
        platform = own.one_of("platform", "a host", PLATFORMS) if own else None
        firewall = declared.one_of("firewall", "a host", FIREWALLS) if declared else None
        implied = platform_of({FIREWALL: firewall})
        if declared and platform and firewall and platform != implied:
            declared.refuse(f"{firewall} contradicts {PLATFORM}: {platform}; leave one of the two out")
        return platform or implied, firewall
