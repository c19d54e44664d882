# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Answers a question about a plan: as data, and as lines for people."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import Peers, PlanRule
from ...module_utils._plan.ports import holds
from ...module_utils._plan.protocols import WITHOUT_PORTS, number_shown, one_traffic, traffic
from ...module_utils._plan.words import DENY, EGRESS, INGRESS, TCP
from .._common.address_set_names import network_of
from .._common.problems import listed
from .._common.texts import one_line
from .._inventory.findings import shown
from .._matrix.page import INSPECTION, TLS
from .._plan.reader import AddressSetIndex, Plan
from .connections import Connection, Opening, connections, openings, outside_ports, ports_between
from .decisions import Decision, Verdict
from .parties import NotUnderstood, Party, Question, find_party
from .reasons import Matrices, missing, nearest

FINDINGS_SHOWN = 10
ADDRESSES_SHOWN = 4
LINES_SHOWN = 200
Places = Callable[[str, str], str | None]
"""Host and address -> where the inventory says so, as file and line; None: not known."""

_HEADS = {
    Verdict.ALLOWED: "yes",
    Verdict.REFUSED: "no",
    Verdict.PROXIED: "yes, through the forward proxy",
    Verdict.UNRESTRICTED: "not restricted: no flow needs it, and nothing in the plan refuses it",
    Verdict.UNKNOWN: "not known",
}


class Known(t.NamedTuple):
    """What answers are made of.

    Attributes:
        plan: The plan.
        matrices: Those of the plan's systems that can be read.
        place: Where the inventory has an address of a host.
    """

    plan: Plan
    matrices: Matrices
    place: Places


class Answer(t.NamedTuple):
    """The answer to a question.

    Attributes:
        verdict: What all connections of the question have in common, or ``mixed``; empty where a list was asked for.
        lines: For people.
        connections: The same as data.
        summary: One line: what was shown.
    """

    verdict: str
    lines: list[str]
    connections: list[dict[str, t.Any]]
    summary: str


def answer(question: Question, known: Known) -> Answer:
    """Answer a question.

    Raises:
        NotUnderstood: the question names nobody, or somebody that does not exist; all such errors at once.
    """
    if not question.initiator and not question.responder:
        raise NotUnderstood("name who connects (FROM, connectivity_from), who is reached (TO, connectivity_to), or both")
    parties, errors = [], []
    for text in (question.initiator, question.responder):
        try:
            parties.append(find_party(text, known.plan) if text else None)
        except NotUnderstood as error:
            errors.append(str(error))
    if errors:
        raise NotUnderstood("\n".join(errors))
    initiator, responder = parties
    sets = AddressSetIndex(known.plan.address_sets)
    if question.port is None and question.protocol in WITHOUT_PORTS:
        question = question._replace(port=0)
    if initiator and responder:
        if question.port is None:
            return _all_between(question, initiator, responder, sets, known)
        found = connections(known.plan, sets, initiator, responder, question.protocol, question.port)
        return _explained(found, initiator, responder, sets, known)
    return _listed(question, initiator, responder, sets, known)


def _explained(found: Sequence[Connection], initiator: Party, responder: Party, sets: AddressSetIndex, known: Known) -> Answer:
    lines: list[str] = []
    for one in found:
        lines += [one_line(_head(one, len(found) > 1)), *(f"  {one_line(line)}" for line in _details(one, known))]
    refused = [one for one in found if one.verdict is Verdict.REFUSED]
    below = [f"missing: {line}" for one in refused for line in missing(one, known.matrices)]
    if refused:
        closest = nearest(known.plan, sets, initiator, responder)
        below += [f"allowed from {initiator.text} to {responder.text}: {line}" for line in closest]
        below += [] if closest else [f"the plan allows no connection from {initiator.text} to {responder.text}"]
    rules = {rule.label for one in found for rule in (*one.egress.rules, *one.ingress.rules)}
    below += _findings(known.plan, {*initiator.hosts, *responder.hosts}, rules)
    lines += map(one_line, dict.fromkeys(below))
    verdicts = {one.verdict for one in found}
    verdict = next(iter(verdicts)).value if len(verdicts) == 1 else "mixed"
    said = _HEADS[next(iter(verdicts))].partition(":")[0] if len(verdicts) == 1 else "not for all addresses"
    first = found[0]
    summary = f"{said}: {initiator.text} to {responder.text}, {first.traffic}; rules shown: {len(rules)}"
    return Answer(verdict, lines, [_as_data(one, number_shown(one.protocol, one.port)) for one in found], one_line(summary))


def _head(one: Connection, with_addresses: bool) -> str:
    ends = [
        f"{text} ({_few(addresses)})" if with_addresses and addresses and addresses != (text,) else text
        for text, addresses in ((one.initiator, one.sources), (one.responder, one.destinations))
    ]
    return f"{_HEADS[one.verdict]}: {ends[0]} -> {ends[1]}, {one.traffic}"


def _few(addresses: Sequence[str]) -> str:
    """Some addresses in their own order, shortened where they are many."""
    shown = ", ".join(addresses[:ADDRESSES_SHOWN])
    return shown if len(addresses) <= ADDRESSES_SHOWN else f"{shown} and {len(addresses) - ADDRESSES_SHOWN} more"


def _details(one: Connection, known: Known) -> Iterator[str]:
    if one.reason:
        yield one.reason
        return
    yield f"{one.initiator}, outgoing: {_decided(one.egress, known.plan.address_sets)}"
    yield f"{one.responder}, incoming: {_decided(one.ingress, known.plan.address_sets)}"
    front = known.plan.hosts[one.responder].part.front if one.responder in known.plan.hosts else None
    if front and front.sources and one.ingress.verdict is Verdict.ALLOWED and not any(map(_is_named_network, one.ingress.rules)):
        yield f"{one.responder} sees the addresses of what stands in front of it ({_few(front.sources)}), and cannot tell initiators apart"
    if one.egress.verdict is Verdict.PROXIED:
        yield from (f"{flow.flow} goes through the forward proxy by {flow.method}: {flow.purpose}" for flow in one.egress.proxied)
    for host in (one.initiator, one.responder):
        if host in known.plan.hosts and not known.plan.hosts[host].part.managed:
            yield f"{host} belongs to a partner, who configures it: the plan says which rules its firewall needs"
    rules = {rule.label: rule for rule in (*one.egress.rules, *one.ingress.rules)}
    for label, rule in sorted(rules.items()):
        yield from _flow(label, rule, known)
    for host, addresses in ((one.initiator, one.sources), (one.responder, one.destinations)):
        for address in addresses:
            place = known.place(host, address)
            if place:
                yield f"{address} of {host}: {place}"


def _is_named_network(rule: PlanRule) -> bool:
    return any(map(network_of, rule.peers.address_sets))


def _decided(decision: Decision, address_sets: Mapping[str, Sequence[str]]) -> str:
    labels = ", ".join(dict.fromkeys(rule.label for rule in decision.rules))
    if decision.verdict is Verdict.ALLOWED:
        closed = "; closed to everybody else" if any(rule.closed_to_others for rule in decision.rules) else ""
        peers = ", ".join(dict.fromkeys(_peers(rule.peers, address_sets) for rule in decision.rules))
        return f"allowed by {labels} for {peers}{closed}"
    if decision.verdict is Verdict.CLOSED:
        peers = ", ".join(dict.fromkeys(_peers(rule.peers, address_sets) for rule in decision.rules))
        return f"refused, because {labels} closes the port to all but {peers}"
    if decision.verdict is Verdict.DENIED:
        return "refused by the host's default, because no rule allows it"
    if decision.verdict is Verdict.PROXIED:
        return f"not directly; the rule of the forward proxy is {labels or 'not needed'}"
    if decision.verdict is Verdict.UNKNOWN:
        return "not in the plan, so its own firewall is not known"
    return "not restricted by the plan"


def _peers(peers: Peers, address_sets: Mapping[str, Sequence[str]]) -> str:
    sets = [f"{name} ({_count(len(address_sets.get(name, ())), 'network')})" if name != "any" else "anybody" for name in peers.address_sets]
    return " and ".join((*sets, *peers.names)) or "nobody"


def _flow(label: str, rule: PlanRule, known: Known) -> Iterator[str]:
    if rule.purpose:
        yield f"{label}: {rule.purpose}"
    facts = [TLS.get(rule.tls, ""), f"TLS inspection {INSPECTION[rule.inspection]}" if rule.inspection in INSPECTION else ""]
    facts += [rule.necessity, f"until {rule.until}" if rule.until else "", f"needed for {' and '.join(rule.phases)}" if rule.phases else ""]
    yield f"{label}: {'; '.join(filter(None, facts))}"
    flow = known.matrices[rule.matrix].flows.get(rule.flow) if rule.matrix in known.matrices else None
    for document in flow.documents if flow else ():
        yield f"{label}: source: {document.title}: {'; '.join(document.sections)}" + (f" ({document.url})" if document.url else "")


def _findings(plan: Plan, hosts: Iterable[str], labels: Iterable[str]) -> Iterator[str]:
    wanted, about = set(hosts), set(labels)
    found = [entry for entry in plan.findings if entry["about"] in about or (not about and wanted & set(entry["hosts"]))]
    yield from (f"finding: {shown(dict(entry))}" for entry in found[:FINDINGS_SHOWN])
    if len(found) > FINDINGS_SHOWN:
        yield f"and {len(found) - FINDINGS_SHOWN} more findings in plan.json"


def _narrowed(question: Question) -> str:
    """The protocol that a list is about; empty: all. TCP is the default, so without a port it narrows nothing."""
    return question.protocol if question.port is not None or question.protocol != TCP else ""


def _all_between(question: Question, initiator: Party, responder: Party, sets: AddressSetIndex, known: Known) -> Answer:
    lines, data, labels = [], [], set[str]()
    only = _narrowed(question)
    for protocol, ports, decided in ports_between(known.plan, sets, initiator, responder):
        for one in decided if only in ("", protocol) else ():
            rules = [rule for end in (one.egress, one.ingress) for rule in end.rules]
            labels |= {rule.label for rule in rules}
            named = ", ".join(sorted({rule.label for rule in rules}))
            said = _HEADS[one.verdict].partition(":")[0]
            lines.append(f"{said}: {one.initiator} -> {one.responder}, {traffic(protocol, filter(None, [ports]))}: {named}")
            data.append(_as_data(one, ports))
    if not lines:
        lines.append(f"the plan allows no {f'{only} ' if only else ''}connection from {initiator.text} to {responder.text}")
    lines += _defaults(known.plan, initiator, EGRESS) + _defaults(known.plan, responder, INGRESS)
    count = _count(len(data), f"{only} connection".strip())
    return Answer(
        "", list(map(one_line, lines)), data, one_line(f"{initiator.text} to {responder.text}: {count} by rules: {len(labels)} flows")
    )


def _listed(question: Question, initiator: Party | None, responder: Party | None, sets: AddressSetIndex, known: Known) -> Answer:
    party, incoming = (responder, True) if responder else (t.cast(Party, initiator), False)
    protocol = _narrowed(question)
    found = list(openings(known.plan, sets, party, incoming, protocol, question.port))
    lines = _openings(found, known.plan)
    asked = f"{one_traffic(protocol, question.port) if question.port is not None else protocol}, " if protocol else ""
    if not lines:
        about = asked if question.port is not None else asked.replace(",", "")
        lines.append(f"no rule of the plan is about {about}connections {'to' if incoming else 'from'} {party.text}")
    lines += _defaults(known.plan, party, INGRESS if incoming else EGRESS)
    for name in party.hosts if not incoming else ():
        proxy = known.plan.hosts[name].part.proxy
        lines += [
            f"from {name}, through the forward proxy, to {_peers(flow.peers, known.plan.address_sets)}, "
            f"port {', '.join(flow.ports)}; {flow.flow}"
            for flow in (proxy.flows if proxy and protocol in ("", TCP) else ())
            if question.port is None or holds(flow.ports, question.port)
        ]
    labels = {one.rule.label for one in found}
    lines += list(_findings(known.plan, party.hosts, labels)) if labels else []
    data = [{"host": one.host, **one.rule.to_json()} for one in found]
    way = "what may reach" if incoming else "what may be reached from"
    summary = f"{way} {party.text}: {asked}{_count(len(found), 'rule')} of {_count(len({one.host for one in found}), 'host')}"
    return Answer("", list(map(one_line, lines)), data, one_line(summary))


def _openings(found: Sequence[Opening], plan: Plan) -> list[str]:
    """One line for each rule; hosts that have the same one share it."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for one in found:
        hosts.setdefault(_opening(one, plan), []).append(one.host)
    lines = [f"{way} {listed(names)}, {text}" for (way, text), names in hosts.items()]
    more = [f"and {len(lines) - LINES_SHOWN} more; narrow the question by a port"] if len(lines) > LINES_SHOWN else []
    return lines[:LINES_SHOWN] + more


def _opening(one: Opening, plan: Plan) -> tuple[str, str]:
    """What stands before the host, and what behind it."""
    rule = one.rule
    way = ("to", "from") if rule.direction == INGRESS else ("from", "to")
    closed = "; closed to everybody else" if rule.closed_to_others else ""
    until = f"; until {rule.until}" if rule.until else ""
    purpose = f": {rule.purpose}" if rule.purpose else ""
    outside = outside_ports(plan.hosts[one.host], rule)
    behind = f" (its own port {', '.join(rule.ports)})" if outside != rule.ports else ""
    ports = f"{traffic(rule.protocol, outside, rule.types)}{behind}"
    return way[0], f"{ports}, {way[1]} {_peers(rule.peers, plan.address_sets)}{closed}{until}; {rule.label}{purpose}"


def _defaults(plan: Plan, party: Party, direction: str) -> list[str]:
    denied = {name for name in party.hosts if plan.hosts[name].part.defaults.denies(direction)}
    way = "in" if direction == INGRESS else "out"
    lines = [f"everything else {way} is refused on {listed(sorted(denied))} ({direction}: {DENY})"] if denied else []
    left = sorted(set(party.hosts) - denied)
    return lines + (
        [f"everything else {way} is left as it is on {listed(left)}: the plan restricts only what its rules close"] if left else []
    )


def _as_data(one: Connection, ports: str) -> dict[str, t.Any]:
    return {
        "from": one.initiator,
        "to": one.responder,
        "from_addresses": list(one.sources),
        "to_addresses": list(one.destinations),
        "protocol": one.protocol,
        "ports": ports,
        "verdict": one.verdict.value,
        "ends": [
            {"host": host, "direction": direction, "verdict": decision.verdict.value, "rules": [rule.to_json() for rule in decision.rules]}
            for host, direction, decision in ((one.initiator, EGRESS, one.egress), (one.responder, INGRESS, one.ingress))
        ],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
