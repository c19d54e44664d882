# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A verdict in words and numbers: lines for people, a report for other tools."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...module_utils._host.printable import printable
from .._common.plan_marker import MARK
from .._plan.traps import Traps, traps_of_flow
from .model import BLOCKED, Choice
from .rulings import CLOSED, FAILED, PROVEN, UNPROVEN, WARNING
from .verdict import IN_FORCE, LINE_MAXIMUM, LOOPBACK, Finding

STATES = (PROVEN, CLOSED, IN_FORCE, LOOPBACK, UNPROVEN, WARNING, FAILED)
FORMAT = 1


class Beside(t.NamedTuple):
    """What the plan knows beside a failing check.

    Attributes:
        traps: Matrix -> the known problems of its system.
        contacts: Host -> whom to ask about it.
    """

    traps: Traps
    contacts: Mapping[str, str]

    def lines(self, findings: Iterable[Finding]) -> list[str]:
        """Whom to ask, and which known problems may be the reason, each once."""
        return self.lines_of([(finding.flow, finding.other) for finding in findings if finding.state == FAILED])

    def lines_of(self, failed: Sequence[tuple[str, str]], width: int = 8) -> list[str]:
        """The same for flows that failed, each with the host at the other end; both may be empty."""
        ask = {other: self.contacts[other] for _flow, other in failed if self.contacts.get(other)}
        flows = dict.fromkeys(flow for flow, _other in failed if flow)
        known = [(flow, trap) for flow in flows for trap in traps_of_flow(self.traps, flow)]
        said = [
            *(f"{'ask':<{width}}  {contact}, about {host}" for host, contact in ask.items()),
            *(f"{'known':<{width}}  {flow}: {trap}" for flow, trap in known),
        ]
        return [printable(line, LINE_MAXIMUM) for line in said]


NOTHING_BESIDE = Beside({}, {})


def host_lines(findings: Sequence[Finding], choice: Choice, beside: Beside = NOTHING_BESIDE) -> list[str]:
    """The lines of one host: its findings, one line for all that have the same cause, what may explain failures, and what was left out."""
    alone, caused = list[Finding](), dict[str, list[Finding]]()
    for finding in findings:
        (caused.setdefault(finding.cause, []) if finding.cause else alone).append(finding)
    left_out = (_left_out(entry.rule, entry.expect, entry.hosts) for entry in choice.left_out)
    return [*map(str, alone), *(_of_one_cause(cause, found) for cause, found in caused.items()), *beside.lines(findings), *left_out]


def short_lines(findings: Sequence[Finding], choice: Choice, beside: Beside = NOTHING_BESIDE) -> list[str]:
    """The lines of one host without those that say that all is well; one line counts these."""
    well = Counter(finding.state for finding in findings if finding.state in (PROVEN, CLOSED))
    said = host_lines([finding for finding in findings if finding.state not in well], choice, beside)
    if not well:
        return said
    return [f"{PROVEN:<8}  {well[PROVEN]} connections pass, {well[CLOSED]} are refused as they must be; -v lists them", *said]


def _of_one_cause(cause: str, findings: Sequence[Finding]) -> str:
    ((_cause, count),) = _connections({cause: len(findings)})
    flows = ", ".join(dict.fromkeys(finding.flow for finding in findings))
    what = f"{count} to {cause}, which failed or could not be reached in this run: {flows}"
    return str(Finding(UNPROVEN, "", "", what))


def _left_out(rule: str, expect: str, count: int) -> str:
    who = "outsiders" if expect == BLOCKED else "peers"
    return f"{'left out':<8}  {rule}: {count} further {who}; verify_peers_maximum bounds how many are tried"


def counts(findings: Mapping[str, Sequence[Finding]]) -> dict[str, int]:
    """State -> number of findings; ``flows`` is the number of flows with a proof."""
    every = [finding for found in findings.values() for finding in found]
    return host_counts(every) | {"flows": len({finding.flow for finding in every if finding.state == PROVEN})}


def host_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """State -> number of findings."""
    states = Counter(finding.state for finding in findings)
    return {state: states[state] for state in STATES}


def summary(findings: Mapping[str, Sequence[Finding]], beside: Beside = NOTHING_BESIDE) -> list[str]:
    """Every failure of a run with what may explain it, and as the last line the counts."""
    counted = counts(findings)
    every = [finding for found in findings.values() for finding in found]
    caused = Counter(finding.cause for finding in every if finding.cause)
    lines = [str(finding) for finding in every if finding.state == FAILED]
    lines += beside.lines(every)
    lines += [f"{UNPROVEN:<8}  {count} to {cause}, which failed or could not be reached" for cause, count in _connections(caused)]
    proven = f"{counted['flows']} flows proven by {counted[PROVEN]} connections, {counted[CLOSED]} refusals proven"
    others = f"{counted[UNPROVEN]} unproven, {counted[WARNING]} warnings, {counted[FAILED]} failures"
    return [*lines, f"{proven}, {counted[IN_FORCE]} policies in force, {others}"]


def _connections(counted: Mapping[str, int]) -> list[tuple[str, str]]:
    return [(cause, f"{count} connection{'s' if count > 1 else ''}") for cause, count in counted.items()]


def report(findings: Mapping[str, Sequence[Finding]], choices: Mapping[str, Choice]) -> dict[str, t.Any]:
    """The verdict for other tools: ``format``, ``made_by``, ``counts``, and ``hosts``: name -> ``findings`` and ``left_out``."""
    hosts = {
        name: {
            "findings": [finding._asdict() for finding in found],
            "left_out": [entry._asdict() for entry in choices[name].left_out],
        }
        for name, found in findings.items()
    }
    return {"format": FORMAT, "made_by": MARK, "counts": counts(findings), "hosts": hosts}
