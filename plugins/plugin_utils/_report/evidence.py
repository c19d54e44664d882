# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the reports of verify and drift say about each host and each of its rules."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.ports import holds
from ...module_utils._plan.words import EGRESS, INGRESS
from .._common.days import time_in_words, utc_time
from .._verify.rulings import CLOSED, FAILED, PROVEN, UNPROVEN, WARNING
from .._verify.verdict import IN_FORCE
from .model import State
from .results import Results
from .traces import connection, stops

DETAILS = 5
"""How many reasons a rule shows."""
_PORT = re.compile(r":(\d{1,5})/(?:tcp|udp)$")
_IDS = re.compile(r"[\w.:-]+")
_MORE = re.compile(r"and \d+ more lines")
_COMPARED = ("differs from the plan", "the policy could not be compared")
"""What verify says about a comparison, which a newer comparison replaces."""

Finding = Mapping[str, str]


class Comparison(t.NamedTuple):
    """The newest comparison of a host's policy with the plan.

    Attributes:
        state: ``in force``, ``differs`` or ``not compared``; empty: nobody has compared it.
        time: When, in words.
        text: What it found, as a sentence.
        missing: Lines that the host lacks.
        added: Lines that it has instead.
        others: What other rules of the host do to the plan's.
        since: Since when the host differs; empty: that is not known.
    """

    state: str = ""
    time: str = ""
    text: str = "Nobody has compared the host with the plan."
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    since: str = ""


NOT_COMPARED = Comparison()


class Evidence:
    """All that the reports say, by host."""

    def __init__(self, results: Results) -> None:
        self._drift = results.drift
        self._verify = results.verify
        self._stops = stops(results.trace)
        self._of: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
        self._alone: dict[str, list[Finding]] = defaultdict(list)
        for host, entry in self._verify.hosts.items() if self._verify else ():
            for finding in entry["findings"]:
                self._keep(host, finding)

    def _keep(self, host: str, finding: Finding) -> None:
        if not finding["flow"]:
            self._alone[host].append(finding)
            return
        other = finding.get("other", "")
        initiator = next((end for end in (host, other) if end and finding["what"].startswith(f"{end} -> ")), None)
        for end in {host, other} - {""}:
            directions = (EGRESS, INGRESS) if initiator is None else (EGRESS if end == initiator else INGRESS,)
            for direction in directions:
                self._of[end, finding["flow"], direction].append(finding)

    def failures(self) -> Iterator[tuple[str, Finding]]:
        """The failures that verify found, each with its host. What a newer comparison says is left to that."""
        for host, entry in self._verify.hosts.items() if self._verify else ():
            for finding in entry["findings"]:
                replaced = not finding["flow"] and any(words in finding["why"] for words in _COMPARED) and self._is_newer(host)
                if finding["state"] == FAILED and not replaced:
                    yield host, finding

    def stop(self, finding: Finding) -> str:
        """Where the connection of a finding stops, as a trace has found; empty: nobody traced it."""
        key = connection(finding["what"])
        return self._stops.get(key, "") if key else ""

    def comparison(self, host: str) -> Comparison:
        """The newest comparison of a host."""
        if self._is_newer(host):
            return self._from_drift(host)
        for finding in self._alone.get(host, ()):
            time = time_in_words(self._verify.time) if self._verify else ""
            if finding["state"] == IN_FORCE:
                return Comparison("in force", time, f"In force at {time}.")
            if finding["state"] == FAILED and any(words in finding["why"] for words in _COMPARED):
                state = "differs" if _COMPARED[0] in finding["why"] else "not compared"
                return Comparison(state, time, f"{_capital(finding['why'])} ({time}).")
        return self._from_drift(host) if self._drift and host in self._drift.hosts else NOT_COMPARED

    def _is_newer(self, host: str) -> bool:
        """Whether drift has compared a host, and not earlier than verify."""
        return self._drift is not None and host in self._drift.hosts and (not self._verify or self._verify.time <= self._drift.time)

    def _from_drift(self, host: str) -> Comparison:
        if self._drift is None:
            return NOT_COMPARED
        entry, time = self._drift.hosts[host], time_in_words(self._drift.time)
        missing, added, others = (tuple(entry.get(key, ())) for key in ("missing", "added", "others"))
        backend = f" {entry['backend']}" if entry.get("backend") else ""
        since = time_in_words(utc_time(entry["since"])) if entry.get("since") else ""
        if entry["state"] == "in force":
            return Comparison("in force", time, f"In force at {time}{',' if backend else ''}{backend}.", others=others)
        if entry["state"] == "differs":
            places = ", ".join(entry.get("places", ()))
            return Comparison("differs", time, f"Differs from the plan since {since or time}: {places}.", missing, added, others, since)
        return Comparison("not compared", time, f"Could not be compared at {time}: {entry.get('why', '')}.", others=others)

    def rule(self, host: str, managed: bool, rule: PlanRule, compared: Comparison) -> tuple[State, tuple[str, ...]]:
        """What is known about a rule, and the details in words."""
        seen = list(self._findings(host, rule))
        time = time_in_words(self._verify.time) if self._verify else ""
        failed = [finding for finding in seen if finding["state"] == FAILED]
        if failed:
            return State.FAILING, self._details(failed)
        if compared.state == "differs" and is_named(rule.id, compared.missing):
            return State.MISSING, (f"missing on the host since {compared.since or compared.time}",)
        silent = [finding for finding in seen if finding["state"] == WARNING]
        if silent:
            return State.UNANSWERED, self._details(silent)
        proven = sum(finding["state"] == PROVEN for finding in seen)
        refused = sum(finding["state"] == CLOSED for finding in seen)
        closed = f"{_count(refused, 'connection')} of others refused at {time}" if refused else ""
        if proven:
            return State.PROVEN, tuple(filter(None, (f"proven at {time} by {_count(proven, 'connection')}", closed)))
        untried = _details([finding for finding in seen if finding["state"] == UNPROVEN])
        if not managed:
            return State.PARTNER, untried
        if compared.state == "in force" or (compared.state == "differs" and _is_complete(compared.missing)):
            return State.APPLIED, tuple(filter(None, (f"in force at {compared.time}", closed, *untried)))
        if compared.state == "differs":
            return State.PLANNED, ("the host differs from the plan, and the report does not show whether it has this rule", *untried)
        return State.PLANNED, tuple(filter(None, (closed, *untried)))

    def _details(self, findings: Sequence[Finding]) -> tuple[str, ...]:
        """What was seen, and where it stops."""
        places = tuple(dict.fromkeys(filter(None, map(self.stop, findings))))
        return (*_details(findings), *places[:DETAILS])

    def _findings(self, host: str, rule: PlanRule) -> Iterator[Finding]:
        for label in dict.fromkeys((rule.label, *rule.flows)):
            for finding in self._of.get((host, label, rule.direction), ()):
                port = _PORT.search(finding["what"])
                if rule.direction == INGRESS or rule.via_proxy or not port or holds(rule.ports, int(port[1])):
                    yield finding


def is_named(rule: str, lines: Sequence[str]) -> bool:
    """Whether one of some lines of a firewall names a rule."""
    return any(rule in _IDS.findall(line) for line in lines)


def _is_complete(missing: Sequence[str]) -> bool:
    """Whether the lines that a host lacks are all there, and name rules, so that a rule that is not among them is in force."""
    return not any(_MORE.fullmatch(line) for line in missing) and all("federated.connectivity " in line for line in missing)


def _details(findings: Sequence[Finding]) -> tuple[str, ...]:
    said = tuple(dict.fromkeys(": ".join(filter(None, (finding["what"], finding["why"]))) for finding in findings))
    return (*said[:DETAILS], f"and {len(said) - DETAILS} more") if len(said) > DETAILS else said


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
