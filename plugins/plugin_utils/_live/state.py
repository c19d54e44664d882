# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a host holds of the rules that an answer names, in its files and in its kernel. It never changes what the plan says."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...module_utils._change.presence import MISSING, PARTLY, PRESENT, STATES
from .._common.days import utc_time
from .._common.texts import one_line
from .._drift.drift import Drift, State, drift_of

RULES_SHOWN = 10
"""Up to so many rules are all shown; of more, those that are not as planned."""
LINES_SHOWN = 10
"""Up to so many lines of a difference, or rules of others, are all shown; of more, those that name one of the rules."""
PLACES = 16
"""In so many places a rule may be; a host that names more says something else than what was asked."""
_IDS = re.compile(r"[\w.:-]+")
_CONTRADICTS = "its answer is not usable: it says that nothing differs from the plan, and that a rule is not there"
_REPEATS = "its answer is not usable: it names a rule twice in one place, or in more than %d places" % PLACES


class Place(t.NamedTuple):
    """What one place that holds configuration has of a rule: words of :mod:`.._change.presence` for files and kernel."""

    name: str
    disk: str
    kernel: str


class HostState(t.NamedTuple):
    """One end.

    Attributes:
        drift: How the host differs from the plan as a whole.
        rules: Rule id -> the places that hold it; none: the host does not tell it apart.
        others: Rules of others that open or shadow a port of these rules.
    """

    drift: Drift
    rules: Mapping[str, Sequence[Place]]
    others: Sequence[str] = ()

    @property
    def host(self) -> str:
        return self.drift.host


def state_of(host: str, rules: Sequence[str], answer: Mapping[str, t.Any], earlier: Mapping[str, Drift]) -> HostState:
    """Read what the policy's module answered in check mode.

    Args:
        host: The host.
        rules: The ids of its rules that the answer names.
        answer: What it said, judged; empty: it was not asked.
        earlier: What an earlier comparison found, by host.
    """
    drift = drift_of(host, answer, 0, earlier)
    places: dict[str, list[Place]] = {rule: [] for rule in rules}
    told = answer.get("rules", ()) if drift.state is not State.NOT_COMPARED else ()
    for entry in told:
        place = Place(entry["place"], entry["disk"], entry["kernel"])
        if drift.state is State.IN_FORCE and (place.disk, place.kernel) != (PRESENT, PRESENT):
            return _unusable(host, rules, _CONTRADICTS)
        if entry["rule"] in places:
            here = places[entry["rule"]]
            if len(here) == PLACES or any(place.name == other.name for other in here):
                return _unusable(host, rules, _REPEATS)
            here.append(place)
    elsewhere = {entry["rule"] for entry in told} - {*rules}
    return HostState(drift, places, tuple(line for line in drift.others if _names(line, rules) or not _names(line, elsewhere)))


def _unusable(host: str, rules: Sequence[str], why: str) -> HostState:
    return HostState(Drift(host, State.NOT_COMPARED, why=why), {rule: [] for rule in rules})


def lines(states: Sequence[HostState], partners: Sequence[str], missing: Sequence[str]) -> list[str]:
    """What stands below the answer about the plan."""
    found = [line for state in states for line in _host(state)]
    found += [f"not asked: {host}: it is not part of this run; check --limit, and whether the inventory has this host" for host in missing]
    found += [f"not asked: {host}: a partner's administrator configures it" for host in partners]
    return [f"{'  ' * line.startswith('  ')}{one_line(line)}" for line in found]


def summary(states: Sequence[HostState], partners: int, missing: int) -> str:
    """The counts of the hosts."""
    counts = {state: sum(one.drift.state is state for one in states) for state in State}
    lost = counts[State.NOT_COMPARED] + missing
    of_partners = f", {partners} of partners" if partners else ""
    return f"live: {counts[State.IN_FORCE]} as planned, {counts[State.DIFFERS]} differs, {lost} not asked{of_partners}"


def _host(state: HostState) -> Iterator[str]:
    drift = state.drift
    if drift.state is State.NOT_COMPARED:
        yield f"not asked: {drift.host}: {drift.why}"
        return
    backend = f" ({drift.backend})" if drift.backend else ""
    since = f" since {utc_time(drift.since)}" if drift.since else ""
    differs = drift.state is State.DIFFERS
    yield f"live: {drift.host}{backend}: " + (f"differs from the plan{since}, in {', '.join(drift.places)}" if differs else "as planned")
    if state.rules and not any(state.rules.values()):
        yield "  the host does not tell single rules apart"
    told = {rule: _rule(places) for rule, places in state.rules.items() if any(state.rules.values())}
    shown = {rule: text for rule, text in told.items() if len(told) <= RULES_SHOWN or text != _AS_PLANNED}
    yield from (f"  {rule}: {text}" for rule, text in shown.items())
    if len(shown) < len(told):
        yield f"  {len(told) - len(shown)} other rules: {_AS_PLANNED}"
    for kind, entries in (("missing", drift.missing), ("not of the plan", drift.added), ("warning", state.others)):
        yield from (f"  {kind}: {entry}" for entry in _chosen(entries, state.rules))


_AS_PLANNED = "in the plan, on disk and in the kernel"
_WORDS = {PARTLY: "in part", MISSING: "missing"}


def _rule(places: Sequence[Place]) -> str:
    if not places:
        return "in the plan; the host does not tell it apart from others"
    said = [
        f"{where}: {', '.join(wrong)}"
        for where, wrong in (
            ("on disk", list(_wrong((place.name, place.disk) for place in places))),
            ("in the kernel", list(_wrong((place.name, place.kernel) for place in places))),
        )
        if wrong
    ]
    fine = [where for where, index in (("on disk", 1), ("in the kernel", 2)) if all(place[index] == PRESENT for place in places)]
    return "; ".join((" and ".join(("in the plan", *fine)), *said)) if said else _AS_PLANNED


def _wrong(found: t.Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is not there as a whole, and where; the worst first."""
    for name, state in sorted(found, key=lambda one: -STATES.index(one[1])):
        if state != PRESENT:
            yield f"{_WORDS[state]} ({name})"


def _chosen(entries: Sequence[str], rules: Collection[str]) -> Iterator[str]:
    """A few lines all, of many those that name one of the rules."""
    if len(entries) <= LINES_SHOWN:
        yield from entries
        return
    yield from [entry for entry in entries if _names(entry, rules)][:LINES_SHOWN]
    yield "more lines; site.yml with --check --diff shows all of them"


def _names(line: str, rules: Collection[str]) -> bool:
    """Whether a text names one of some rules."""
    return not {word.rstrip(".:") for word in _IDS.findall(line)}.isdisjoint(rules)
