# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a report shows, without any markup: problems, federations, hosts with their rules, findings."""

from __future__ import annotations

import enum
import typing as t


class State(enum.StrEnum):
    """What is known about a rule, or about the worst rule of a host or flow; the first is the worst."""

    FAILING = "failing"
    MISSING = "missing"
    UNANSWERED = "unanswered"
    PLANNED = "planned"
    PARTNER = "partner"
    APPLIED = "applied"
    PROVEN = "proven"


MEANINGS = {
    State.FAILING: "Packets did not pass, or they passed where they must not.",
    State.MISSING: "The host differs from the plan, and lacks this rule.",
    State.UNANSWERED: "A partner's host or an outside service did not answer.",
    State.PLANNED: "Nothing is known yet. Run drift and verify.",
    State.PARTNER: "The partner's administrator configures it. Nobody has tried it yet.",
    State.APPLIED: "The host's policy is in force. Nobody has tried this flow with packets.",
    State.PROVEN: "Packets have passed, and the host's policy is in force as far as it was compared.",
}
IN_WORDS = {
    State.FAILING: "failing",
    State.MISSING: "missing on hosts",
    State.UNANSWERED: "without an answer",
    State.PLANNED: "planned, not known",
    State.PARTNER: "of partners, not tried",
    State.APPLIED: "in force, not tried",
    State.PROVEN: "proven",
}
ORDER = tuple(State)


def worst(states: t.Iterable[State]) -> State | None:
    """The worst of some states; None where there is none."""
    return min(states, key=ORDER.index, default=None)


def together(states: t.Iterable[State]) -> State:
    """The state of a flow as a whole: the worst of its rules. What is not known of partners counts where nothing else is known."""
    found = set(states)
    return worst(found - {State.PARTNER} or found) or State.PLANNED


class Status(enum.StrEnum):
    """The answer of the first screen."""

    BAD = "bad"
    UNKNOWN = "unknown"
    PARTLY = "partly"
    GOOD = "good"


class Problem(t.NamedTuple):
    """Something that is not as it should be: ``what``, on which ``host`` (empty: on none), in which ``flow`` (or empty), and ``why``.

    ``stop`` says where the connection stops, as a trace has found; empty: nobody traced it.
    """

    what: str
    host: str = ""
    flow: str = ""
    why: str = ""
    stop: str = ""


class RuleView(t.NamedTuple):
    """One rule of a host.

    Attributes:
        flow: Its label.
        federation: ``<matrix>.<federation>``.
        direction: ``incoming`` or ``outgoing``.
        peers: Who is at the other end, each in words.
        ports: Such as ``tcp 8443``.
        remarks: What else the rule says, in words.
        purpose: What the flow is for.
        state: What is known about it.
        details: When it was proven, or where it fails.
    """

    id: str
    flow: str
    federation: str
    direction: str
    peers: tuple[str, ...]
    ports: str
    remarks: tuple[str, ...]
    purpose: str
    state: State
    details: tuple[str, ...] = ()


class HostView(t.NamedTuple):
    """One host.

    Attributes:
        state: The worst that is known about it.
        comparison: What the last comparison with the plan found, as a sentence.
        differences: What the host lacks or has instead, each as (kind, line).
    """

    name: str
    anchor: str
    managed: bool
    state: State
    addresses: tuple[str, ...]
    memberships: tuple[str, ...]
    facts: tuple[str, ...]
    comparison: str
    differences: tuple[tuple[str, str], ...]
    rules: tuple[RuleView, ...]
    loopback: tuple[str, ...]
    findings: tuple[str, ...]


class FlowView(t.NamedTuple):
    """One flow of a federation, with how many hosts have which part in it."""

    label: str
    ports: str
    initiators: str
    responders: str
    purpose: str
    state: State


class FederationView(t.NamedTuple):
    """One federation; ``svg`` is its drawing, empty where there is none."""

    name: str
    hosts: int
    roles: tuple[str, ...]
    flows: tuple[FlowView, ...]
    state: State
    svg: str = ""
    why_no_drawing: str = ""


class FindingView(t.NamedTuple):
    """What an expert would ask about; ``accepted`` is the reason, empty where nobody has accepted it."""

    id: str
    about: str
    text: str
    hosts: tuple[str, ...]
    accepted: str


class Source(t.NamedTuple):
    """A report that this one has used: which run, when, and in which file."""

    kind: str
    time: str
    file: str


class Report(t.NamedTuple):
    """All that is shown.

    Attributes:
        title: The plan's name.
        made: When the report was made, in words.
        headline: The answer in one sentence; ``explanation`` says more.
        counts: What stands in the tiles, each as (number, words, the state that it is about or empty).
        sets: Address set -> networks.
    """

    title: str
    made: str
    status: Status
    headline: str
    explanation: str
    counts: tuple[tuple[int, str, str], ...]
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    sources: tuple[Source, ...]
    federations: tuple[FederationView, ...]
    hosts: tuple[HostView, ...]
    findings: tuple[FindingView, ...]
    sets: tuple[tuple[str, tuple[str, ...]], ...]
