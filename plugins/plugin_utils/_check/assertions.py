# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a team demands of its network, beyond what the flows need: read from its file, and judged against a plan."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Sequence

from ...module_utils._plan.front import PlanFront
from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.ports import is_port_range, without
from ...module_utils._plan.protocols import WITH_PORTS, WITH_TYPES, WITHOUT_PORTS, traffic, type_number
from ...module_utils._plan.words import EGRESS, INGRESS, PROTOCOLS, TCP
from .._common.address_set_names import network_of
from .._common.addresses import ANYBODY
from .._common.problems import Problems, listed
from .._explain.connections import connections, outside_ports
from .._explain.decisions import Verdict
from .._explain.parties import THE_INTERNET, NotUnderstood, Party, as_responder, find_party
from .._inventory.findings import ACCEPTABLE, shown
from .._inventory.value import Value
from .model import Networks, Result, State, joined

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

KIND = "assertion"
EXAMPLE = "[{name: the internet reaches nobody, from: internet, reaches_only: []}]"
TEXTS_SHOWN = 50
HIGHEST_TYPE = 255
KEYS = ("name", "from", "to", "port", "ports", "protocol", "expect", "reaches_only", "reached_only_by", "no_finding")
EXPECTED = (Verdict.ALLOWED.value, Verdict.REFUSED.value)
JUDGED = ("expect", "reaches_only", "reached_only_by", "no_finding")
NEEDS = {
    "expect": ({"from", "to", "port"}, {"protocol"}),
    "reaches_only": ({"from"}, set()),
    "reached_only_by": ({"to"}, {"ports", "protocol"}),
    "no_finding": (set(), set()),
}
"""What each kind of assertion must have, and what it may have, besides its name."""


class Target(t.NamedTuple):
    """Whom a party may reach: ``hosts`` on ``ports`` (empty: all) by ``protocol`` (empty: all)."""

    hosts: tuple[str, ...]
    ports: tuple[str, ...]
    protocol: str


class Assertion(t.NamedTuple):
    """One demand. ``kind`` is one of JUDGED, and says which of the others count."""

    name: str
    kind: str
    initiator: Party = Party("")
    responder: Party = Party("")
    ports: tuple[str, ...] = ()
    protocol: str = ""
    expect: str = ""
    targets: tuple[Target, ...] = ()
    parties: tuple[Party, ...] = ()
    finding: str = ""


class Reader:
    """Reads assertions; who is named in them has to exist in the plan."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def read(self, data: object, problems: Problems) -> list[Assertion]:
        """Read the content of a file, a mapping with the list ``assertions``; what is wrong with it becomes a problem with its line."""
        top = Value(data, "assertions", "", problems)
        entries = top.mapping(("assertions",))
        listed = top.required(entries, "assertions", f"a list, such as {EXAMPLE}") if entries is not None else None
        if listed:
            listed.path = "assertions"
        read = [self._assertion(item) for item in (listed.items(EXAMPLE) if listed else None) or ()]
        return [one for one in read if one]

    def _assertion(self, value: Value) -> Assertion | None:
        fields = value.mapping(KEYS)
        if fields is None:
            return None
        named = value.required(fields, "name", "what the team demands, in its own words")
        name = named.prose() if named else None
        kinds = [kind for kind in JUDGED if kind in fields]
        if len(kinds) != 1:
            value.refuse(f"must have exactly one of {', '.join(JUDGED)}")
            return None
        (kind,) = kinds
        must, may = NEEDS[kind]
        if kind == "expect" and "protocol" in fields and fields["protocol"].data in WITHOUT_PORTS:
            must, may = must - {"port"}, may - {"port"}
        for key in sorted(must - fields.keys()):
            value.refuse(f"{key} is missing beside {kind}")
        for key in sorted(fields.keys() - must - may - {"name", kind}):
            if key == "port" and kind == "expect":
                fields[key].refuse(f"{fields['protocol'].data} has no ports; leave the port out")
            else:
                fields[key].refuse(f"has no meaning beside {kind}")
        if name is None or must - fields.keys():
            return None
        return self._of_kind(name, kind, fields)

    def _of_kind(self, name: str, kind: str, fields: dict[str, Value]) -> Assertion | None:
        initiator, responder = (self._party(fields[key]) if key in fields else Party("") for key in ("from", "to"))
        if kind == "reaches_only" and initiator and not _addresses(initiator, self._networks):
            fields["from"].refuse(f"the plan has no address of {initiator.text}, so this could never fail")
        if kind == "reached_only_by" and responder:
            responder = as_responder(responder, self._networks.plan)
            if not responder.hosts:
                fields["to"].refuse(f"{responder.text} is not a host of the plan and has none in it, so this could never fail")
        protocol = fields["protocol"].one_of("protocol", "the plan", PROTOCOLS) if "protocol" in fields else ""
        more = self._more(kind, fields)
        if initiator is None or responder is None or protocol is None or more is None:
            return None
        protocol = TCP if kind == "expect" and not protocol else protocol
        return Assertion(name, kind, initiator, responder, protocol=protocol, **more)

    def _more(self, kind: str, fields: dict[str, Value]) -> dict[str, t.Any] | None:
        """What only this kind of assertion has."""
        if kind == "expect" and "port" not in fields:
            expect = fields["expect"].one_of("expectation", "an assertion", EXPECTED)
            return {"ports": ("0",), "expect": expect} if expect else None
        if kind == "expect":
            port, expect = self._number(fields), fields["expect"].one_of("expectation", "an assertion", EXPECTED)
            return {"ports": (str(port),), "expect": expect} if port is not None and expect else None
        if kind == "no_finding":
            finding = fields["no_finding"].one_of("finding", "the linter", ACCEPTABLE)
            return {"finding": finding} if finding else None
        if kind == "reaches_only":
            targets = [self._target(item) for item in fields[kind].items("[{to: hub, ports: [6443]}]") or ()]
            return {"targets": tuple(target for target in targets if target)}
        parties = [self._party(item) for item in fields[kind].items("[users, clinic]") or ()]
        ports = _ports(fields["ports"]) if "ports" in fields else ()
        return {"parties": tuple(party for party in parties if party), "ports": ports}

    def _number(self, fields: dict[str, Value]) -> int | None:
        """The port, or the type of ICMP by number or name."""
        if "protocol" in fields and fields["protocol"].data in WITH_TYPES:
            written = fields["port"].data
            named = type_number(fields["protocol"].data, written) if isinstance(written, str) else None
            return fields["port"].count(HIGHEST_TYPE) if named is None else named
        return fields["port"].port()

    def _target(self, value: Value) -> Target | None:
        fields = value.mapping(("to", "ports", "protocol"))
        named = value.required(fields, "to", "the host that may be reached") if fields is not None else None
        party = self._party(named) if named else None
        if party is None or fields is None:
            return None
        if not party.hosts:
            value.refuse(f"{party.text} is not a host of the plan")
            return None
        protocol = fields["protocol"].one_of("protocol", "the plan", PROTOCOLS) if "protocol" in fields else ""
        return Target(party.hosts, _ports(fields["ports"]) if "ports" in fields else (), protocol or "")

    def _party(self, value: Value) -> Party | None:
        text = value.text()
        if text is None:
            return None
        try:
            return find_party(text, self._networks.plan)
        except NotUnderstood as error:
            value.refuse(str(error))
            return None


def _ports(value: Value) -> tuple[str, ...]:
    found: list[str] = []
    if value.data == []:
        value.refuse("an empty list of ports means nothing; leave it out for all ports")
    for item in value.items('[443, "8000-8010"]') or ():
        if is_port_range(str(item.data)):
            found.append(str(item.data))
        else:
            item.refuse(f"{item.data!r} is not a valid port or range of ports; write 443, or '8000-8010'")
    return tuple(found)


def judge(assertion: Assertion, networks: Networks) -> Result:
    """Compare an assertion with the plan."""
    why = {"expect": _connection, "reaches_only": _reaches, "reached_only_by": _reached, "no_finding": _findings}[assertion.kind]
    texts = list(dict.fromkeys(why(assertion, networks)))
    more = [f"and {len(texts) - TEXTS_SHOWN} more"] if len(texts) > TEXTS_SHOWN else []
    return Result(KIND, assertion.name, State.FAILED if texts else State.PASSED, "; ".join((*texts[:TEXTS_SHOWN], *more)))


def _connection(assertion: Assertion, networks: Networks) -> Iterator[str]:
    (port,) = map(int, assertion.ports)
    found = connections(networks.plan, networks.sets, assertion.initiator, assertion.responder, assertion.protocol, port)
    for one in found:
        if one.verdict.value != assertion.expect and not (one.verdict is Verdict.PROXIED and assertion.expect == Verdict.ALLOWED.value):
            said = _SAID[one.verdict]
            yield f"from {one.initiator} to {one.responder}, {one.traffic}: {said}{f' ({one.reason})' if one.reason else ''}"


_SAID = {
    Verdict.ALLOWED: "the plan allows it",
    Verdict.REFUSED: "the plan refuses it",
    Verdict.PROXIED: "it goes through the forward proxy",
    Verdict.UNRESTRICTED: "no rule is about it and no default refuses it, so the plan leaves it open",
    Verdict.UNKNOWN: "the plan does not say, because it knows neither end, or no addresses of the same family",
}


def _reaches(assertion: Assertion, networks: Networks) -> Iterator[str]:
    """Openings to the initiator that are not among the targets."""
    own = _addresses(assertion.initiator, networks)
    found: dict[str, list[str]] = {}
    for host, rule in _openings(networks):
        if host in assertion.initiator.hosts or not _reaches_by(rule, host, assertion.initiator, own, networks):
            continue
        for left in _left(outside_ports(networks.plan.hosts[host], rule), rule, [one for one in assertion.targets if host in one.hosts]):
            found.setdefault(f"{left}: opened by {rule.label}", []).append(host)
    yield from (f"{listed(hosts)}, {text}" for text, hosts in found.items())


def _reaches_by(rule: PlanRule, host: str, initiator: Party, own: netaddr.IPSet, networks: Networks) -> bool:
    """Whether a rule of a host admits an initiator. Where a front hides the initiators, their own rules say who comes that way."""
    peers = networks.of(rule.peers)
    front = networks.plan.hosts[host].part.front
    if front is None or not front.sources or any(map(network_of, rule.peers.address_sets)):
        return not own.isdisjoint(peers)
    if peers - _of_front(front):
        return not own.isdisjoint(peers)
    labels = {one.label for name in initiator.hosts for one in networks.plan.hosts[name].part.rules if one.direction == EGRESS}
    return rule.label in labels


def _of_front(front: PlanFront) -> netaddr.IPSet:
    return netaddr.IPSet([*front.sources, *front.health_checks])


def _reached(assertion: Assertion, networks: Networks) -> Iterator[str]:
    """Openings of the responder to others than the parties."""
    allowed = joined(_addresses(party, networks) for party in assertion.parties)
    names = {party.name for party in assertion.parties if party.name}
    for host, rule in _openings(networks):
        if host not in assertion.responder.hosts or (assertion.protocol and rule.protocol != assertion.protocol):
            continue
        outside = outside_ports(networks.plan.hosts[host], rule)
        ports = [port for port in outside if not assertion.ports or without((port,), assertion.ports) != (port,)]
        front = networks.plan.hosts[host].part.front
        own = netaddr.IPSet(networks.plan.hosts[host].addresses) | (_of_front(front) if front else netaddr.IPSet())
        others = [*_named(networks.of(rule.peers) - allowed - own, networks), *sorted(set(rule.peers.names) - names)]
        is_meant = bool(ports) if rule.protocol in WITH_PORTS else not assertion.ports
        if is_meant and others:
            yield f"{host}, {traffic(rule.protocol, ports, rule.types)}: {rule.label} admits also {listed(others)}"


def _named(addresses: netaddr.IPSet, networks: Networks) -> list[str]:
    """The hosts of the plan that have some addresses, and what is left as networks."""
    hosts = networks.hosts_in(addresses)
    left = addresses - netaddr.IPSet([address for name in hosts for address in networks.plan.hosts[name].addresses])
    return [*hosts, *map(str, left.iter_cidrs())]


def _left(ports: Sequence[str], rule: PlanRule, targets: Sequence[Target]) -> tuple[str, ...]:
    """The ports of a rule, as partners see them, that no target names, with the protocol; without ports, the protocol as a whole."""
    fitting = [target for target in targets if target.protocol in ("", rule.protocol)]
    if any(not target.ports for target in fitting):
        return ()
    if rule.protocol not in WITH_PORTS:
        return (rule.traffic,)
    return tuple(f"{rule.protocol} {port}" for port in without(ports, [port for target in fitting for port in target.ports]))


def _openings(networks: Networks) -> Iterator[tuple[str, PlanRule]]:
    for name, host in sorted(networks.plan.hosts.items()):
        yield from ((name, rule) for rule in host.part.rules if rule.direction == INGRESS)


def _addresses(party: Party, networks: Networks) -> netaddr.IPSet:
    """The addresses of a party. Those of the Internet are all but the ones of hosts of the plan, of their fronts, and of named networks."""
    if party == THE_INTERNET:
        known = [cidr for name, cidrs in networks.plan.address_sets.items() if network_of(name) for cidr in cidrs if cidr not in ANYBODY]
        fronts = joined(_of_front(host.part.front) for host in networks.plan.hosts.values() if host.part.front)
        return netaddr.IPSet((netaddr.IPSet(ANYBODY) - networks.hosts - fronts - netaddr.IPSet(known)).iter_cidrs())
    return netaddr.IPSet([*party.networks, *(one for name in party.hosts for one in networks.plan.hosts[name].addresses)])


def _findings(assertion: Assertion, networks: Networks) -> Iterator[str]:
    for entry in networks.plan.findings:
        if entry["id"] == assertion.finding:
            accepted = f" (accepted: {entry['accepted']})" if entry.get("accepted") else ""
            yield f"{shown(dict(entry))}{accepted}"
