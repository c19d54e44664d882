# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a network communication matrix says: node roles, options and flows, as immutable data."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Set

from ...module_utils._plan.ports import bounds
from ...module_utils._plan.protocols import WITH_PORTS, WITHOUT_PORTS, traffic
from ...module_utils._plan.words import LOOPBACK
from .versions import Span, Version

INITIATOR = "initiator"
RESPONDER = "responder"
FEDERATION = "federation"
ENDS = (INITIATOR, RESPONDER)

BASELINE = "baseline"
ALL_ADDRESSES = "all"
IN_USE = "in_use"

Options = Mapping[str, t.Union[str, int]]
"""The values of a matrix's options, by name."""

OptionValues = Mapping[str, tuple[str, ...]]
"""Options with the values of each that are meant."""

Ports = tuple[str, ...]
"""Destination ports and ascending ranges of them: ``("8443", "9000-9010")``, sorted."""


class Source(t.NamedTuple):
    """A document of the matrix and the sections of it that are cited."""

    title: str
    url: str | None
    sections: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Option:
    """What a membership may choose. ``owner`` says whose value counts.

    ``choices`` is empty for a port and a text. Only a text has a ``pattern``, an ``example`` and no default.
    """

    name: str
    owner: str
    choices: tuple[str, ...]
    default: str | int | None
    pattern: str | None = None
    example: str = ""


@dataclasses.dataclass(frozen=True)
class ByOption:
    """A value that an option decides: its own value, or with ``cases`` what they say for it."""

    option: str
    cases: Mapping[str, t.Any] | None = None

    def value(self, options: Options) -> t.Any:
        chosen = options[self.option]
        return chosen if self.cases is None else self.cases[str(chosen)]


class NamesByText(t.NamedTuple):
    """Host names that a text option completes: ``{}`` stands for its value."""

    option: str
    names: tuple[str, ...]

    def with_options(self, options: Options) -> tuple[str, ...]:
        """The names; none while the option is unset."""
        return tuple(name.replace("{}", str(options[self.option])) for name in self.names if self.option in options)


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One end of a flow. ``kind`` is roles, network, names, any or local; ``values`` are the roles, the network's name, or the names."""

    kind: str
    values: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Condition:
    """The flow exists where the option has one of the values. ``decider`` is the end, or the federation, whose value counts."""

    option: str
    values: tuple[str, ...]
    decider: str


@dataclasses.dataclass(frozen=True)
class Flow:
    """One allowed communication (docs/reference/matrix.md)."""

    id: str
    purpose: str
    ends: Mapping[str, Endpoint]
    protocol: str
    ports: tuple[str | int | ByOption, ...]
    conditions: tuple[Condition, ...]
    placements: Mapping[str, str | ByOption]
    application: str
    tls: str
    necessity: str
    phases: tuple[str, ...]
    fallback_for: str | None
    proxy: str
    proxy_mechanisms: tuple[str, ...] | ByOption
    tunnel_networks: tuple[str, ...]
    inspection: str
    inspection_reason: str | None
    exposure: str
    inside: str | None
    dynamic: bool
    closed_to_others: bool
    listens: str | ByOption | None
    confidence: str | None
    disputed: bool
    long_lived: bool
    middleboxes: Mapping[str, str | int]
    documents: tuple[Source, ...]
    versions: Span
    notes: str = ""
    responder_names: NamesByText | None = None
    opened_by: OptionValues = dataclasses.field(default_factory=dict)
    without_tls: OptionValues = dataclasses.field(default_factory=dict)
    types: tuple[str, ...] = ()

    @property
    def goes_both_ways(self) -> bool:
        """Whether either end may send first: tunnels without ports have no initiator, once two known ends have set them up."""
        return self.protocol in WITHOUT_PORTS and all(end.kind in ("roles", "network") for end in self.ends.values())

    @property
    def is_listener(self) -> bool:
        """Whether the flow is a listener to verify, not a rule."""
        return self.exposure == LOOPBACK

    @property
    def makes_rules(self) -> bool:
        local = any(end.kind == "local" for end in self.ends.values())
        return self.exposure not in ("loopback", "host") and self.inside is None and not local

    @property
    def between_roles(self) -> bool:
        return all(end.kind == "roles" for end in self.ends.values())

    @property
    def opener(self) -> str | None:
        """The end whose membership opens an optional flow; None if the flow needs no opening."""
        if self.necessity != "optional":
            return None
        return RESPONDER if self.ends[RESPONDER].kind == "roles" else INITIATOR

    def mentions(self, option: str) -> bool:
        """Whether anything about the flow depends on an option."""
        others = (self.proxy_mechanisms, self.listens)
        of_others = any(isinstance(value, ByOption) and value.option == option for value in others)
        return of_others or option in self.without_tls or bool(self.ends_with(option))

    def ends_with(self, option: str) -> frozenset[str]:
        """The ends, and the federation, where rules of the flow show the value of an option."""
        by_option: dict[str, list[object]] = {
            FEDERATION: [self.responder_names],
            RESPONDER: [*self.ports, self.placements.get(RESPONDER)],
            INITIATOR: [self.placements.get(INITIATOR)],
        }
        found = {condition.decider for condition in self.conditions if condition.option == option}
        found.update(
            end
            for end, values in by_option.items()
            if any(isinstance(value, (ByOption, NamesByText)) and value.option == option for value in values)
        )
        return frozenset(ENDS) if option in self.opened_by else frozenset(found)

    def is_with(self, network: str) -> bool:
        """Whether one end of the flow is a named network."""
        return any(end.kind == "network" and network in end.values for end in self.ends.values())

    def fits(self, decider: str, options: Options) -> bool:
        """Whether the conditions that the decider decides hold for its options."""
        return all(options[condition.option] in condition.values for condition in self.conditions if condition.decider == decider)

    def with_options(self, options: Options) -> Flow:
        """The flow with the responder that the federation's options give."""
        names = self.responder_names.with_options(options) if self.responder_names else ()
        return dataclasses.replace(self, ends={**self.ends, RESPONDER: Endpoint("names", names)}) if names else self

    def ports_with(self, options: Options) -> Ports:
        texts = {str(port.value(options) if isinstance(port, ByOption) else port) for port in self.ports}
        return tuple(sorted(texts, key=bounds))

    def traffic(self, options: Options) -> str:
        """Protocol with ports or types, for people."""
        return traffic(self.protocol, self.ports_with(options), self.types)

    def placement(self, end: str, options: Options) -> str:
        placement = self.placements.get(end, "host")
        return str(placement.value(options)) if isinstance(placement, ByOption) else placement

    def listens_with(self, options: Options) -> str:
        """Where the responder's software listens by its own default, whether or not anybody uses the flow.

        ALL_ADDRESSES, LOOPBACK, or IN_USE: nothing is known to listen unless the flow is used.
        """
        if isinstance(self.listens, ByOption):
            return str(self.listens.value(options))
        if self.listens is not None:
            return self.listens
        if self.is_listener:
            return LOOPBACK
        return IN_USE if self.necessity == "optional" or self.protocol not in WITH_PORTS else ALL_ADDRESSES

    def mechanisms(self, options: Options) -> tuple[str, ...]:
        """What has to know the forward proxy, so that the flow can use it."""
        mechanisms = self.proxy_mechanisms
        return tuple(mechanisms.value(options)) if isinstance(mechanisms, ByOption) else mechanisms


class Trap(t.NamedTuple):
    """A known problem of a system. ``flows`` are those that it concerns; none means the system as a whole."""

    text: str
    flows: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Versions:
    """The versions of its system that a matrix describes. Whoever names none runs the current one. Both are the same if one was read."""

    oldest: Version
    current: Version


class Containment(t.NamedTuple):
    """What a role promises of its containers: that they open no connection.

    Attributes:
        when: The options with which the guard keeps the promise.
        bridge: The text option that names the containers' bridge.
        usual: The bridge where nobody sets the option.
        advice: What is so, and how to change it, where the options are others.
        impossible: Options and values with which nothing here can keep the promise, and what to do then.
        flow: The flow of the host to such a container; empty: nothing tells these containers from others.
        container_ports: The ports inside that such a container publishes for this flow.
    """

    when: OptionValues
    bridge: str
    usual: str
    advice: str
    impossible: tuple[tuple[str, str, str], ...]
    flow: str = ""
    container_ports: Ports = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Matrix:
    """One system. ``roles`` maps each node role to the directions in which it demands deny; ``file`` is where it was read.

    ``role_conditions``: the options that roles need, for those that need some. ``containments``: of roles whose containers are contained.
    """

    name: str
    title: str
    file: str
    roles: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Option]
    networks: tuple[str, ...]
    essential_networks: frozenset[str]
    flows: Mapping[str, Flow]
    versions: Versions | None
    traps: tuple[Trap, ...] = ()
    role_conditions: Mapping[str, OptionValues] = dataclasses.field(default_factory=dict)
    containments: Mapping[str, Containment] = dataclasses.field(default_factory=dict)

    def flows_change(self, roles: Set[str]) -> bool:
        """Whether flows of one of these roles come or go with the versions of the system."""
        ends = ((flow, end) for flow in self.flows.values() for end in flow.ends.values() if end.kind == "roles")
        return any(flow.versions != Span() and not roles.isdisjoint(end.values) for flow, end in ends)

    def accepts_nothing(self, role: str) -> bool:
        """Whether hosts of a role never accept connections of others, except by optional flows that somebody opens."""
        accepting = (flow for flow in self.flows.values() if flow.makes_rules and flow.necessity != "optional")
        return not any(flow.ends[RESPONDER].kind == "roles" and role in flow.ends[RESPONDER].values for flow in accepting)

    @property
    def defaults(self) -> Options:
        """The options that have a value where nobody sets one."""
        return {name: option.default for name, option in self.options.items() if option.default is not None}


def fit(values: OptionValues, options: Options) -> bool:
    """Whether every option named has one of its values; never, where none is named."""
    return bool(values) and all(options[name] in wanted for name, wanted in values.items())
