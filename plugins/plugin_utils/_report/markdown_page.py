# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The report as Markdown: the same content, for merge requests, wikis and terminals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._common.markdown import table, text
from .._common.plan_marker import MARK
from .._common.texts import one_line
from .model import MEANINGS, ORDER, FederationView, HostView, Problem, Report
from .page import HOSTS_SHOWN, NETWORKS_SHOWN, rule_counts


def markdown(report: Report) -> str:
    """The text of the file."""
    return "\n".join(_lines(report)).rstrip("\n") + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# {text(report.headline)}", "", f"Network report for the plan {_text(report.title)}, {MARK}.", "")
    yield from (_text(report.explanation), "")
    sources = [f"{one.kind} of {one.time}" for one in report.sources]
    yield from (f"Results: {_text(', '.join(sources) or 'none of verify, audit or drift')}. Report made at {report.made}.", "")
    yield from (*(f"- {number} {_text(words)}" for number, words, _state in report.counts), "")
    if report.problems:
        yield from ("## What is not as planned", "", *(f"{number}. {_problem(one)}" for number, one in enumerate(report.problems, 1)), "")
    if report.remarks:
        yield from ("## Before you rely on it", "", *(f"- {_text(one)}" for one in report.remarks), "")
    yield from ("## Federations", "")
    for federation in report.federations:
        yield from _federation(federation)
    yield from ("## Hosts", "")
    for host in report.hosts:
        yield from _host(host)
    yield from ("## Findings", "")
    if report.findings:
        yield from table(
            ("finding", "about", "text", "hosts", "accepted because"),
            (
                (_text(one.id), _text(one.about), _text(one.text), _hosts(one.hosts), _text(one.accepted or "not accepted"))
                for one in report.findings
            ),
        )
    else:
        yield from ("The plan has no findings.", "")
    yield from ("## Address sets", "")
    for name, networks in report.sets:
        more = f" and {len(networks) - NETWORKS_SHOWN} more in plan.json" if len(networks) > NETWORKS_SHOWN else ""
        yield f"- {_text(name)}: {', '.join(networks[:NETWORKS_SHOWN])}{more}"
    yield from ("", "## What the states mean", "", *(f"- {state}: {MEANINGS[state]}" for state in ORDER), "")


def _problem(one: Problem) -> str:
    where, flow = (f"{_text(one.host)} " if one.host else ""), (f" ({_text(one.flow)})" if one.flow else "")
    why, stop = (f": {_text(one.why)}" if one.why else ""), (f"; {_text(one.stop)}" if one.stop else "")
    return f"{where}{_text(one.what)}{why}{flow}{stop}"


def _federation(one: FederationView) -> Iterator[str]:
    hosts = "1 host" if one.hosts == 1 else f"{one.hosts} hosts"
    yield from (f"### {_text(one.name)}", "", f"{hosts}{': ' if one.roles else ''}{_text(', '.join(one.roles))}", "")
    yield from table(
        ("state", "flow", "from", "to", "port", "purpose"),
        (
            (str(flow.state), *map(_text, (flow.label, flow.initiators, flow.responders)), _text(flow.ports), _text(flow.purpose))
            for flow in one.flows
        ),
    )


def _host(host: HostView) -> Iterator[str]:
    whose = "" if host.managed else "; a partner's host"
    yield from (f"### {_text(host.name)}: {host.state}", "", f"{rule_counts(host)}{whose}", "")
    facts = (
        ("addresses", ", ".join(host.addresses) or "not known"),
        *(("member of", one) for one in host.memberships),
        ("policy", host.comparison),
        *(("setting", one) for one in host.facts),
        *(("loopback only", one) for one in host.loopback),
        *(("finding", one) for one in host.findings),
        *host.differences,
    )
    yield from (*(f"- {kind}: {_text(fact)}" for kind, fact in facts), "")
    if host.rules:
        yield from table(
            ("state", "flow", "direction", "peers", "port", "purpose"),
            (
                (
                    _text("; ".join((rule.state, *rule.details))),
                    _text(rule.flow),
                    rule.direction,
                    _text(", ".join(rule.peers)),
                    _text(rule.ports),
                    _text("; ".join((rule.purpose, *rule.remarks))),
                )
                for rule in host.rules
            ),
        )


def _hosts(hosts: Iterable[str]) -> str:
    names = list(hosts)
    more = f" and {len(names) - HOSTS_SHOWN} more" if len(names) > HOSTS_SHOWN else ""
    return _text(", ".join(names[:HOSTS_SHOWN])) + more


def _text(value: str) -> str:
    """A text that stays text, whoever wrote it."""
    return text(one_line(value))
