# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads a host's memberships: what runs on it, in which federation, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._common.problems import PlanRefused, Problems, unknown
from .._matrix.catalogue import Catalogue, MatrixNotFound
from .._matrix.model import BASELINE, Matrix
from .._matrix.versions import Version, is_version
from .membership import Draft, Membership, merge_drafts
from .value import Value

KEYS = ("matrix", "federation", "roles", "options", "optional_flows", "version", "federation_scope", "federation_scope_until")
SCOPES = ("members", "any")
BASELINE_FEDERATION = "host"
FEDERATION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class MembershipReader:
    """Reads the memberships of all hosts.

    ``doubts`` collects the federations, as (matrix or None, federation or None), of memberships that could not be read
    completely: whether their partners are complete cannot be told.
    """

    def __init__(self, catalogue: Catalogue, problems: Problems) -> None:
        self._catalogue = catalogue
        self._problems = problems
        self.baseline = catalogue.matrix(BASELINE)
        self.matrices = {BASELINE: self.baseline}
        self.doubts: set[tuple[str | None, str | None]] = set()

    def read(self, values: Iterable[Value]) -> tuple[Membership, ...]:
        """Read ``connectivity_memberships`` and the variables that add to it."""
        drafts: dict[tuple[Matrix, str], list[Draft]] = {}
        for value in values:
            items = value.items("[{matrix: linksight, federation: north, roles: [data_station]}]; [] for a host without any")
            if items is None:
                self.doubts.add((None, None))
                continue
            own: set[tuple[Matrix, str]] = set()
            for item in items:
                draft = self._draft(item)
                if draft is None:
                    continue
                key = (draft.matrix, draft.federation)
                if key in own:
                    item.refuse(f"this host is in {draft.label} already; put all its roles into one membership")
                    continue
                own.add(key)
                drafts.setdefault(key, []).append(draft)
        return tuple(merge_drafts(parts, self._problems) for parts in drafts.values())

    def _draft(self, value: Value) -> Draft | None:
        fields = value.mapping(KEYS)
        if fields is None:
            self.doubts.add((None, None))
            return None
        matrix = self._matrix(value, fields)
        is_baseline = matrix is self.baseline
        federation = BASELINE_FEDERATION if is_baseline and "federation" not in fields else _federation(value, fields)
        if is_baseline and federation != BASELINE_FEDERATION:
            value.refuse(f"the baseline is not a federation; leave federation out, or say {BASELINE_FEDERATION}")
        if matrix is None or federation is None:
            self.doubts.add((matrix.name if matrix else None, federation))
            return None
        roles = frozenset(matrix.roles) if is_baseline and "roles" not in fields else _roles(value, fields, matrix)
        if roles is None:
            self.doubts.add((matrix.name, federation))
        version = _version(fields.get("version"), matrix, frozenset(matrix.roles) if roles is None else roles)
        if version is None and matrix.versions and "version" in fields:
            self.doubts.add((matrix.name, federation))
        scope = fields["federation_scope"].one_of("value", "federation_scope", SCOPES) if "federation_scope" in fields else None
        until = fields["federation_scope_until"].day() if "federation_scope_until" in fields else None
        options = _options(fields["options"], matrix) if "options" in fields else ()
        return Draft(value, fields, matrix, federation, roles or frozenset(), options, version, scope, until)

    def _matrix(self, value: Value, fields: dict[str, Value]) -> Matrix | None:
        field = value.required(fields, "matrix", "the system that runs here, such as linksight")
        reference = field and field.text()
        if not field or not reference:
            return None
        try:
            matrix = self._catalogue.matrix(reference)
        except MatrixNotFound as error:
            field.refuse(str(error))
            return None
        except PlanRefused as refused:
            for message in refused.messages:
                self._problems.error(message)
            return None
        other = self.matrices.setdefault(matrix.name, matrix)
        if other is not matrix:
            field.refuse(f"another matrix of the inventory is called {matrix.name} too; rename your own")
            return None
        return matrix


def _federation(value: Value, fields: dict[str, Value]) -> str | None:
    field = value.required(fields, "federation", "the group of hosts that work together")
    name = field.text() if field else None
    if field and name is not None and not FEDERATION_NAME.fullmatch(name):
        field.refuse(f"{name!r} is not a valid name for a federation; use letters, digits, and within the name also _ . -")
        return None
    return name


def _roles(value: Value, fields: dict[str, Value], matrix: Matrix) -> frozenset[str] | None:
    """The roles; None if some could not be read."""
    field = value.required(fields, "roles", f"what the host is: {', '.join(matrix.roles)}")
    items = field and field.items(f"[{next(iter(matrix.roles))}]")
    if not field or items is None:
        return None
    if not items:
        field.refuse(f"no role; {matrix.name} has {', '.join(matrix.roles)}")
        return None
    roles = [item.one_of("role", matrix.name, matrix.roles) for item in items]
    return None if None in roles else frozenset(role for role in roles if role)


def _version(field: Value | None, matrix: Matrix, roles: frozenset[str]) -> Version | None:
    """The version that the host runs; None if none is named and it makes no difference, or if this one could not be read."""
    known = matrix.versions
    if field is None:
        return known.current if known and matrix.flows_change(roles) else None
    if known is None:
        field.refuse(f"the matrix {matrix.name} knows no version numbers; leave version out")
    elif isinstance(field.data, (int, float)):
        field.refuse('must be a string in quotes, such as "5.10", which without them is the number 5.1')
    elif (text := field.text()) is None:
        pass
    elif not is_version(text):
        field.refuse(f"{text!r} is not a valid version; write dotted numbers, such as {str(known.current)!r}")
    elif Version(text) < known.oldest:
        field.refuse(f"the matrix {matrix.name} describes versions from {known.oldest} on; {_instead(matrix, roles)}")
    else:
        version = Version(text)
        if known.current < version:
            field.warn(f"the matrix {matrix.name} describes versions up to {known.current}; {version} is taken to be like it")
        return version
    return None


def _instead(matrix: Matrix, roles: frozenset[str]) -> str:
    """What to do about a version that is too old. A matrix of several programs counts the versions of the one whose flows change."""
    if matrix.flows_change(frozenset(matrix.roles)) and not matrix.flows_change(roles):
        return f"the flows of {', '.join(sorted(roles))} are the same in all of them, so leave version out"
    return "for an older one make a matrix of your own"


def _options(value: Value, matrix: Matrix) -> tuple[tuple[str, str | int], ...]:
    options: list[tuple[str, str | int]] = []
    for name, field in (value.mapping() or {}).items():
        option = matrix.options.get(name)
        if option is None:
            field.refuse(unknown("option", name, matrix.name, matrix.options))
            continue
        if option.choices:
            chosen: str | int | None = field.one_of("value", f"option {name}", option.choices)
        else:
            chosen = field.port() if option.pattern is None else field.matching(option.pattern, option.example)
        if chosen is not None:
            options.append((name, chosen))
    return tuple(sorted(options))
