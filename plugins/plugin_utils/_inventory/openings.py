# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The optional flows that a membership opens, and when each opening ends."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.words import PHASES
from .._common.problems import unknown
from .._matrix.model import Matrix
from .._matrix.versions import Version
from .value import Value

ALL = "all"
KEYS = ("flow", "until", "phases")
_EXAMPLE = "[secagg], or [{flow: secagg, until: 2026-12-31}]; [all] opens every optional flow"


class Opening(t.NamedTuple):
    """An optional flow that a membership opens.

    Attributes:
        until: The last day of it, YYYY-MM-DD; None: no day is named. A day closes nothing.
        phases: The host's phases in which it is open; None: the flow's own.
    """

    flow: str
    until: str | None = None
    phases: frozenset[str] | None = None

    def is_open(self, phases: Collection[str]) -> bool:
        """Whether it counts for a host in these phases."""
        return self.phases is None or not self.phases.isdisjoint(phases)

    @property
    def ends(self) -> bool:
        return self.until is not None or self.phases is not None

    def limits(self) -> dict[str, t.Any]:
        """When it ends, as the plan says it."""
        phases = [phase for phase in PHASES if phase in (self.phases or ())]
        return {**({"until": self.until} if self.until else {}), **({"phases": phases} if phases else {})}

    def __str__(self) -> str:
        parts = [*([f"until {self.until}"] if self.until else []), *([f"in {_phases(self.phases)}"] if self.phases else [])]
        return " ".join(parts) or "without an end"


def _phases(phases: Iterable[str]) -> str:
    known = [phase for phase in PHASES if phase in phases]
    return f"the phase{'s' if len(known) > 1 else ''} {', '.join(known)}"


class _Said(t.NamedTuple):
    """An opening, and the value that says it. ``by_all``: it stands for every optional flow."""

    opening: Opening
    value: Value
    by_all: bool


def read_openings(values: Sequence[Value], matrix: Matrix, version: Version | None, is_named: bool) -> tuple[Opening, ...]:
    """Read all ``optional_flows`` of a membership. They add up; what is said of one flow by its id outranks ``all``.

    Args:
        values: The lists, one from each variable that describes the membership.
        matrix: Its system.
        version: The version that the host runs.
        is_named: Whether the membership names this version.
    """
    chosen: dict[str, _Said] = {}
    said = [one for value in values for item in value.items(_EXAMPLE) or () for one in _read(item, matrix, version, is_named)]
    for one in sorted(said, key=lambda one: one.by_all):  # stable: those by id come first, each kind as written
        flow = one.opening.flow
        first = chosen.setdefault(flow, one)
        if first.by_all == one.by_all and first.opening != one.opening:
            where = f"{first.opening} in {first.value.path}"
            one.value.refuse(f"{flow} is opened {one.opening} here, and {where}; let both say the same, or only one of them")
    return tuple(sorted((one.opening for one in chosen.values()), key=lambda opening: opening.flow))


def _read(item: Value, matrix: Matrix, version: Version | None, is_named: bool) -> Iterator[_Said]:
    until, phases = None, None
    name: Value | None = item
    if isinstance(item.data, Mapping):
        fields = item.mapping(KEYS)
        if fields is None:
            return
        name = item.required(fields, "flow", "the id of the optional flow to open")
        until = fields["until"].day() if "until" in fields else None
        phases = _read_phases(fields["phases"]) if "phases" in fields else None
    flow = name.text() if name else None
    if name and flow:
        optional = [own.id for own in matrix.flows.values() if own.necessity == "optional" and version in own.versions]
        if flow == ALL:
            yield from (_Said(Opening(own, until, phases), item, True) for own in optional)
        elif flow in optional:
            yield _Said(Opening(flow, until, phases), item, False)
        else:
            name.refuse(_why_not(flow, matrix, version, is_named, optional))


def _read_phases(value: Value) -> frozenset[str] | None:
    items = value.items("[install]")
    if items == []:
        value.refuse(f"no phase; name at least one of {', '.join(PHASES)}")
    phases = [item.one_of("phase", "connectivity_phases", PHASES) for item in items or ()]
    return frozenset(phase for phase in phases if phase) or None


def _why_not(flow: str, matrix: Matrix, version: Version | None, is_named: bool, optional: list[str]) -> str:
    known = matrix.flows.get(flow)
    if known is None:
        return unknown("optional flow", flow, matrix.name, [*optional, ALL])
    if version not in known.versions:
        why = "; leave it out" if is_named else ", as its membership names no version; leave it out, or name the version that it runs"
        return f"the flow {flow} of {matrix.name} exists {known.versions}, this host runs {version}{why}"
    return f"the flow {flow} of {matrix.name} is {known.necessity}, not optional; leave it out"
