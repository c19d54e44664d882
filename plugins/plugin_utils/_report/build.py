# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Puts a report together: the plan, what the runs have found, and the answer of the first screen."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPlan, PlanRule
from ...module_utils._plan.words import INGRESS, PUBLISHED
from .._common.days import time_in_words, utc_time
from .._common.problems import natural
from .._common.texts import one_line
from .._matrix.page import TLS
from .._plan.exceptions import Ending
from .._plan.host_pages import DEFAULTS
from .._plan.reader import Plan
from .evidence import Comparison, Evidence
from .federations import FORWARD_PROXY, Graph, federations, set_in_words
from .model import IN_WORDS, ORDER, FindingView, HostView, Problem, Report, RuleView, Source, State, Status, worst
from .results import Results

Draw = t.Callable[[Graph, str], "tuple[str, str]"]
NO_ENDING = Ending([], [])


def build(plan: Plan, results: Results, draw: Draw, title: str, now: int, ending: Ending = NO_ENDING) -> Report:
    """Put a report together.

    Args:
        plan: The plan.
        results: What verify, audit, drift and trace have found.
        draw: Gives the SVG of a federation, or an empty text and why there is none.
        title: The name of the plan.
        now: The time, in seconds since 1970.
        ending: Exceptions of the plan that are over, or over soon.
    """
    evidence = Evidence(results)
    findings = tuple(_findings(plan))
    of_host: dict[str, list[str]] = {}
    for finding in findings:
        for host in finding.hosts:
            of_host.setdefault(host, []).append(f"{finding.id}: {finding.about}")
    hosts = tuple(
        _host(number, name, host, evidence, plan.address_sets, of_host.get(name, ()))
        for number, (name, host) in enumerate(sorted(plan.hosts.items()))
    )
    hosts = tuple(sorted(hosts, key=lambda host: (ORDER.index(host.state), natural(host.name))))
    problems = (*_problems(plan, results, evidence), *(Problem(line) for line in ending.expired))
    status, headline, explanation = _answer(hosts, problems, results)
    sources = tuple(Source(report.kind, time_in_words(report.time), report.file) for _kind, report in sorted(results.reports.items()))
    return Report(
        title=one_line(title),
        made=time_in_words(utc_time(now)),
        status=status,
        headline=headline,
        explanation=explanation,
        counts=tuple(_counts(hosts, findings)),
        problems=problems,
        remarks=(*ending.soon, *results.remarks),
        sources=sources,
        federations=tuple(federations(plan, hosts, draw)),
        hosts=hosts,
        findings=findings,
        sets=tuple((name, tuple(networks)) for name, networks in sorted(plan.address_sets.items())),
    )


def _host(
    number: int, name: str, host: HostPlan, evidence: Evidence, sets: Mapping[str, Sequence[str]], findings: Sequence[str]
) -> HostView:
    part = host.part
    compared = evidence.comparison(name) if part.managed else Comparison(text="A partner's administrator configures this host.")
    rules = tuple(_rule(rule, *evidence.rule(name, part.managed, rule, compared), sets) for rule in part.rules)
    own = _of_comparison(compared) if part.managed else []
    memberships = (f"{one.matrix}.{one.federation}: {', '.join(one.roles) or 'no node roles'}" for one in part.memberships)
    defaults = f"incoming {DEFAULTS[part.defaults.ingress]}, outgoing {DEFAULTS[part.defaults.egress]}"
    facts = [f"connections that no rule is about: {defaults}"]
    facts += [f"firewall in the inventory: {part.firewall}"] if part.firewall else []
    facts += [f"partners reach it as: {', '.join(part.front.names)}"] if part.front and part.front.names else []
    differences = (("missing", compared.missing), ("not of the plan", compared.added), ("other rules", compared.others))
    return HostView(
        name=name,
        anchor=f"h{number}",
        managed=part.managed,
        state=worst([*own, *(rule.state for rule in rules)]) or (State.APPLIED if compared.state == "in force" else State.PLANNED),
        addresses=host.addresses,
        memberships=tuple(memberships),
        facts=tuple(facts),
        comparison=compared.text,
        differences=tuple((kind, line) for kind, lines in differences for line in lines),
        rules=rules,
        loopback=tuple(f"{one.label}: {one.protocol} {', '.join(one.ports)}" for one in part.listeners),
        findings=tuple(findings),
    )


def _of_comparison(compared: Comparison) -> list[State]:
    """What a comparison means for the host as a whole."""
    return {"differs": [State.MISSING], "not compared": [State.PLANNED]}.get(compared.state, [])


def _rule(rule: PlanRule, state: State, details: tuple[str, ...], sets: Mapping[str, Sequence[str]]) -> RuleView:
    peers = [FORWARD_PROXY] if rule.via_proxy else [_peers(name, sets) for name in rule.peers.address_sets]
    remarks = [
        TLS.get(rule.tls, rule.tls) if rule.tls and rule.tls != "none" else "",
        "closed to others" if rule.closed_to_others else "",
        "published by a container" if rule.placement == PUBLISHED and rule.direction == INGRESS else "",
        f"until {rule.until}" if rule.until else "",
    ]
    return RuleView(
        id=rule.id,
        flow=rule.label,
        federation=f"{rule.matrix}.{rule.federation}",
        direction="incoming" if rule.direction == INGRESS else "outgoing",
        peers=(*peers, *rule.peers.names) or ("nobody",),
        ports=rule.traffic,
        remarks=tuple(filter(None, remarks)),
        purpose=rule.purpose,
        state=state,
        details=details,
    )


def _peers(address_set: str, sets: Mapping[str, Sequence[str]]) -> str:
    """An address set in words, with its networks where they are few."""
    networks = sets.get(address_set, ())
    if address_set == "any":
        return set_in_words(address_set)
    return f"{set_in_words(address_set)} ({len(networks)} network{'' if len(networks) == 1 else 's'})"


def _findings(plan: Plan) -> Iterator[FindingView]:
    for one in plan.findings:
        accepted = one.get("accepted") or ""
        until = f", until {one['until']}" if accepted and one.get("until") else ""
        yield FindingView(one["id"], one["about"], one["text"], tuple(one["hosts"]), accepted + until)


def _problems(plan: Plan, results: Results, evidence: Evidence) -> Iterator[Problem]:
    for host, finding in evidence.failures():
        other = finding.get("other", "")
        what = finding["what"] if finding["what"] != host else "not as planned"
        what = what.removeprefix(f"{host} ").strip()
        yield Problem(what, host if host in plan.hosts or not other else other, finding["flow"], finding["why"], evidence.stop(finding))
    for host in sorted(plan.hosts):
        compared = evidence.comparison(host)
        if compared.state in ("differs", "not compared"):
            yield Problem(compared.text, host)
    for host, entry in results.audit.hosts.items() if results.audit else ():
        for path in entry["paths"]:
            if path.get("failed"):
                what = f"TLS {path.get('verdict', '')}: {path['initiator']} -> {path['destination']}, port {path['port']}"
                yield Problem(what, host, path["flow"], path.get("why", ""))


def _counts(hosts: Sequence[HostView], findings: Sequence[FindingView]) -> Iterator[tuple[int, str, str]]:
    managed = sum(host.managed for host in hosts)
    yield managed, "host of ours" if managed == 1 else "hosts of ours", ""
    yield len(hosts) - managed, "host of partners" if len(hosts) - managed == 1 else "hosts of partners", ""
    states = Counter(rule.state for host in hosts for rule in host.rules)
    for state in State:
        if states[state] or state in (State.FAILING, State.MISSING, State.PROVEN):
            yield states[state], f"{'rule' if states[state] == 1 else 'rules'} {IN_WORDS[state]}", str(state)
    questions = sum(not finding.accepted for finding in findings)
    yield questions, "open finding" if questions == 1 else "open findings", ""


def _answer(hosts: Sequence[HostView], problems: Sequence[Problem], results: Results) -> tuple[Status, str, str]:
    """Whether everything is as it should be, in one sentence, and one more."""
    rules = Counter(rule.state for host in hosts for rule in host.rules)
    total = sum(rules.values())
    proven = f"{rules[State.PROVEN]} of {total} rules are proven with packets"
    if problems:
        places = len({problem.host for problem in problems if problem.host})
        things = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        where = f", on {places} host{'' if places == 1 else 's'}" if places else ""
        return Status.BAD, f"{things} not as planned{where}", f"The list is below. {proven}."
    if not results.reports:
        return (
            Status.UNKNOWN,
            "Nothing is known about the hosts yet",
            "This report shows the plan alone. Give it the results of drift and verify.",
        )
    open_rules = rules[State.PLANNED] + rules[State.MISSING]
    if open_rules or rules[State.UNANSWERED] or not results.verify:
        said = [
            f"{open_rules} rules are not known to be in force" if open_rules else "",
            f"{rules[State.UNANSWERED]} got no answer from a partner or an outside service" if rules[State.UNANSWERED] else "",
            "there is no result of verify" if not results.verify else "",
        ]
        return Status.PARTLY, "Nothing is wrong as far as it was tested", f"{proven}; {', '.join(filter(None, said))}."
    rest = total - rules[State.PROVEN]
    more = f" {rest} others are in force, or a partner's, and were not tried." if rest else ""
    return Status.GOOD, "Everything is as planned", f"{proven}.{more}"
