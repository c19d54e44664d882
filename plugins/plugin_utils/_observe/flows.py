# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Flows of a matrix from what hosts saw."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections import defaultdict
from collections.abc import Iterable, Iterator

from .._common.problems import listed
from .._matrix.model import ALL_ADDRESSES
from .._rules.listeners import SHARED_PORTS
from .._vendor_table.unclear import NAME
from .roles import Roles, cover
from .sightings import HOST, NETWORK, OUTSIDE, PUBLISHED, Connection, Evidence, Listener, Sightings

TEMPORARY = (32768, 60999)
"""The ports that Linux takes for programs that ask for any."""

ADMINISTRATION = ("tcp", 22)
"""The port that the baseline of every managed host has: two matrices cannot have it."""

STAYS = 0.9
"""In which part of the looks a connection has to be seen so that it counts as one that stays."""

_NETWORK_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{NAME - 1}}}")
Service = tuple[str, int]


@dataclasses.dataclass
class Flow:
    """A flow of the draft. ``data`` is as in a matrix; ``comments`` stand above it."""

    id: str
    data: dict[str, t.Any]
    comments: list[str]


@dataclasses.dataclass
class Flows:
    """The flows, the networks that they need with a description, what a person has to decide, and what needs no flow."""

    flows: list[Flow] = dataclasses.field(default_factory=list)
    networks: dict[str, str] = dataclasses.field(default_factory=dict)
    decide: list[str] = dataclasses.field(default_factory=list)
    left_out: list[str] = dataclasses.field(default_factory=list)


def flows_of(seen: Sightings, roles: Roles) -> Flows:
    """The flows. The same sightings give the same flows in the same order."""
    return _Drafting(seen, roles).flows()


class _Drafting:
    def __init__(self, seen: Sightings, roles: Roles) -> None:
        self._seen = seen
        self._roles = roles
        self._found = Flows()
        self._listeners: dict[Service, list[Listener]] = defaultdict(list)
        for one in seen.listeners:
            self._listeners[one.protocol, one.port].append(one)

    def flows(self) -> Flows:
        temporary: list[Listener] = []
        services: set[Service] = {*self._listeners, *((one.protocol, one.port) for one in self._seen.connections)}
        services |= {(protocol, port) for _host, protocol, port in self._seen.within}
        for service in sorted(services, key=lambda service: (service[1], service[0])):
            temporary += self._service(*service)
        self._temporary(temporary)
        for host in sorted(self._seen.baseline):
            self._found.left_out.append(f"{host} asks name servers or clocks: every managed host has them in its baseline")
        _make_unique(self._found.flows)
        return self._found

    def _service(self, protocol: str, port: int) -> Iterator[Listener]:
        """The flows of one port; yields the loopback listeners on a port that somebody chose at run time."""
        connections = {one: what for one, what in self._seen.connections.items() if (one.protocol, one.port) == (protocol, port)}
        listeners = self._listeners[protocol, port]
        within = {host: what for (host, other, number), what in self._seen.within.items() if (other, number) == (protocol, port)}
        responders = {one.responder.name for one in connections if one.responder.kind == HOST}
        place = cover(responders | {one.host for one in listeners}, self._roles)
        if (protocol, port) == ADMINISTRATION:
            reached = "the baseline of every managed host has it, for the network management"
            self._found.left_out += [f"{host} is reached at {protocol} {port}: {reached}" for host in sorted(place)]
            place = {}
        for role in sorted(set(place.values())):
            here = {host for host in place if place[host] == role}
            mine = {one: what for one, what in connections.items() if one.responder.kind == HOST and one.responder.name in here}
            own = [one for one in listeners if one.host in here]
            inside = [within[host] for host in sorted(here & within.keys())]
            if mine:
                self._to_role(protocol, port, role, mine, own, bool(inside))
            elif own and all(one.loopback for one in own) and TEMPORARY[0] <= port <= TEMPORARY[1]:
                yield from own
            elif own:
                self._local(protocol, port, role, own, inside)
        for host in sorted(within.keys() - place.keys()):
            self._found.left_out.append(f"{host} connects to its own {protocol} {port}, where no chosen program listens: no rule is needed")
        self._outgoing(protocol, port, {one: what for one, what in connections.items() if one.responder.kind != HOST})

    def _to_role(self, protocol: str, port: int, role: str, mine: dict[Connection, Evidence], own: list[Listener], inside: bool) -> None:
        """The flows towards the hosts of one role."""
        hosts = {one: what for one, what in mine.items() if one.initiator.kind == HOST}
        initiators = self._roles_at(hosts, answered=True)
        tried = sorted(set(self._roles_at(hosts, answered=False)) - set(initiators))
        more = [_tls_comment(own)] if len({one.tls for one in own if one.tls}) > 1 else []
        more += ["The host itself connects there, too: that needs no rule."] if inside else []
        for names, note in ((initiators, ""), (tried, "_tried")):
            if names:
                what = _together(hosts[one] for one in hosts if bool(note) != hosts[one].answered)
                self._add(
                    f"{role}_{protocol}_{port}{note}",
                    f"{' and '.join(names)} to {role}, {protocol} {port}",
                    {"roles": names},
                    {"roles": [role]},
                    (protocol, port),
                    what,
                    tls=_tls(own),
                    exposure="partners",
                    comments=more if not note else [],
                    listeners=own,
                )
        for kind, network, group in self._outsiders({one: what for one, what in mine.items() if one.initiator.kind != HOST}, "initiator"):
            name = network if kind == NETWORK else f"from_outside_{protocol}_{port}"
            self._add(
                f"{role}_{protocol}_{port}_from_{network or 'outside'}",
                f"{name} to {role}, {protocol} {port}",
                {"network": self._network(name, kind, "Who connects", protocol, port)},
                {"roles": [role]},
                (protocol, port),
                _together(group.values()),
                tls=_tls(own),
                exposure="site" if kind == NETWORK else "partners",
                comments=more,
                outside=kind == OUTSIDE,
                listeners=own,
            )

    def _outgoing(self, protocol: str, port: int, connections: dict[Connection, Evidence]) -> None:
        """The flows towards networks and unknown addresses."""
        for kind, network, group in self._outsiders(connections, "responder"):
            name = network if kind == NETWORK else f"to_outside_{protocol}_{port}"
            names = sorted(set(cover((one.initiator.name for one in group), self._roles).values()))
            self._add(
                f"to_{network or 'outside'}_{protocol}_{port}",
                f"{' and '.join(names)} to {name}, {protocol} {port}",
                {"roles": names},
                {"network": self._network(name, kind, "Where hosts connect to", protocol, port)},
                (protocol, port),
                _together(group.values()),
                exposure="site" if kind == NETWORK else "internet",
                outside=kind == OUTSIDE,
            )

    def _outsiders(self, connections: dict[Connection, Evidence], end: str) -> Iterator[tuple[str, str, dict[Connection, Evidence]]]:
        """Connections with one end that is not a host, by named network; the unknown addresses together."""
        groups: dict[tuple[str, str], dict[Connection, Evidence]] = defaultdict(dict)
        for one, what in connections.items():
            other = one.initiator if end == "initiator" else one.responder
            named = other.kind == NETWORK and _NETWORK_NAME.fullmatch(other.name)
            groups[(NETWORK, other.name) if named else (OUTSIDE, "")][one] = what
        yield from ((kind, name, groups[kind, name]) for kind, name in sorted(groups))

    def _network(self, name: str, kind: str, what: str, protocol: str, port: int) -> str:
        said = (
            f"The network {name} of the inventory." if kind == NETWORK else f"{what} on {protocol} {port} without being in the inventory."
        )
        self._found.networks.setdefault(name, said)
        return name

    def _roles_at(self, connections: dict[Connection, Evidence], answered: bool) -> list[str]:
        """The roles of the hosts that opened such connections."""
        hosts = {one.initiator.name for one, what in connections.items() if what.answered == answered}
        return sorted(set(cover(hosts, self._roles).values()))

    def _local(self, protocol: str, port: int, role: str, own: list[Listener], inside: list[Evidence]) -> None:
        """A listener that only its own host uses, or nobody."""
        loopback = all(one.loopback for one in own)
        said = f"{role} within one host, {protocol} {port}"
        comments = [] if loopback or inside else ["Nobody connected to it. It is closed to others: if somebody has to connect, write who."]
        if not loopback and any(one.loopback for one in own):
            comments.append("On some hosts it listens on loopback alone.")
        self._add(
            f"{role}_{protocol}_{port}_local",
            said,
            {"local": True},
            {"roles": [role]},
            (protocol, port),
            _together(inside) if inside else None,
            tls=_tls(own),
            exposure="loopback" if loopback else "host",
            comments=comments + _addresses(own),
            listeners=own,
        )

    def _temporary(self, listeners: list[Listener]) -> None:
        """Loopback listeners on ports that were chosen at run time: the next start chooses others."""
        for protocol in sorted({one.protocol for one in listeners}):
            place = cover((one.host for one in listeners if one.protocol == protocol), self._roles)
            for role in sorted(set(place.values())):
                ports = sorted({one.port for one in listeners if one.protocol == protocol and place[one.host] == role})
                shown = ", ".join(map(str, ports[:5])) + (f" and {len(ports) - 5} more" if len(ports) > 5 else "")
                self._add(
                    f"{role}_{protocol}_temporary",
                    f"{role} within one host, {protocol}, ports that the software chooses when it starts",
                    {"local": True},
                    {"roles": [role]},
                    (protocol, f"{TEMPORARY[0]}-{TEMPORARY[1]}"),
                    None,
                    exposure="loopback",
                    comments=[f"Seen on {shown}: the range that Linux takes such ports from."],
                    more={"dynamic": True},
                )

    def _add(
        self,
        name: str,
        purpose: str,
        initiator: dict[str, t.Any],
        responder: dict[str, t.Any],
        service: tuple[str, int | str],
        what: Evidence | None,
        *,
        exposure: str,
        tls: str = "unknown",
        comments: Iterable[str] = (),
        outside: bool = False,
        listeners: Iterable[Listener] = (),
        more: dict[str, t.Any] | None = None,
    ) -> None:
        protocol, port = service
        answered = what is None or what.answered
        ends = {end for end in (what.published if what else ()) if "roles" in (initiator if end == "initiator" else responder)}
        ends |= {"responder"} if any(one.placement == PUBLISHED for one in listeners) else set()
        necessity = "optional" if outside or not answered else "conditional"
        # Without a word about it, these are taken to listen only while somebody may use them, and would stay open to everybody.
        known = (necessity == "optional" or str(port) in SHARED_PORTS) and any(not one.loopback for one in listeners)
        within = "local" in initiator
        data = {
            "purpose": purpose,
            "initiator": initiator,
            "responder": responder,
            "protocol": protocol,
            "ports": [port],
            **({"placement": dict.fromkeys(sorted(ends), PUBLISHED)} if ends else {}),
            "application": "unknown",
            "tls": tls,
            "necessity": necessity,
            "phases": ["run"],
            "proxy": "forbidden" if protocol == "udp" or within else "unknown",
            "inspection": "not_applicable" if within or tls == "none" else "unknown",
            "exposure": exposure,
            **({"listens": ALL_ADDRESSES} if known else {}),
            **(more or {}),
            "citations": [f"observation: {purpose}"],
            "confidence": "medium",
        }
        said = [*_comments(what), *comments]
        if not answered:
            said.append("Nobody ever answered. It is optional: leave it out if the software works without it.")
        elif outside:
            said.append(
                "These addresses are in no group and no network of the inventory. It is optional until somebody decides who they are."
            )
        if outside and what:
            addresses = sorted(what.addresses)
            shown = ", ".join(addresses[:10]) + (f" and {len(addresses) - 10} more" if len(addresses) > 10 else "")
            said.append(f"Addresses: {shown}.")
            self._found.decide.append(f"{purpose}: who is {shown}?")
        self._found.flows.append(Flow(name, data, said))


def _together(evidence: Iterable[Evidence]) -> Evidence:
    whole = Evidence()
    for one in evidence:
        whole.merge(one)
    return whole


def _comments(what: Evidence | None) -> Iterator[str]:
    if what is None:
        return
    if what.programs:
        yield f"Programs: {listed(what.programs)}."
    if not what.answered:
        yield f"Tried {_times(what.opened)}."
    elif what.looks >= STAYS * what.of:
        yield "Stays open. If it is silent for long, add long_lived: true."
    elif what.opened == 1:
        yield "Came once."
    else:
        yield f"Came {_times(what.opened)}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _tls(listeners: Iterable[Listener]) -> str:
    """The kind of TLS that all listeners show; unknown if they differ or do not show it."""
    kinds = {one.tls for one in listeners if one.tls}
    return kinds.pop() if len(kinds) == 1 else "unknown"


def _tls_comment(listeners: Iterable[Listener]) -> str:
    said = sorted({f"{one.tls} on {one.host}" for one in listeners if one.tls})
    return f"TLS differs: {', '.join(said[:10])}."


def _addresses(listeners: Iterable[Listener]) -> list[str]:
    addresses = sorted({one.address for one in listeners})
    return [f"Listens on {', '.join(addresses[:10])}."]


def _make_unique(flows: list[Flow]) -> None:
    """Names that fit, each once; a number follows where one is taken."""
    taken: set[str] = set()
    for flow in flows:
        name, number = flow.id[:NAME].rstrip("_"), 1
        while name in taken:
            number += 1
            name = f"{flow.id[: NAME - 1 - len(str(number))].rstrip('_')}_{number}"
        taken.add(name)
        flow.id = name
