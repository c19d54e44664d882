# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A host's place in a federation, also where several variables of the inventory describe it together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from .._common.problems import Problems
from .._matrix.model import Matrix
from .._matrix.versions import Version
from .openings import Opening, read_openings
from .value import Value


@dataclasses.dataclass(frozen=True)
class Membership:
    """One host's place in a federation. Equal memberships lead to equal rules, wherever they were written.

    Attributes:
        options: What the membership itself sets, sorted by name.
        openings: The optional flows that it opens, sorted by id.
        version: The version of the system that the host runs; None if none is named and it makes no difference.
        any_partner: Partners are not known yet (``federation_scope: any``).
        any_until: The last day of that, YYYY-MM-DD; None: it has no end.
        source: The user's own mapping, to say where it stands.
    """

    matrix: Matrix
    federation: str
    roles: frozenset[str]
    options: tuple[tuple[str, str | int], ...] = ()
    openings: tuple[Opening, ...] = ()
    version: Version | None = None
    any_partner: bool = False
    any_until: str | None = None
    source: object = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        return f"{self.matrix.name}.{self.federation}"

    @property
    def optional_flows(self) -> frozenset[str]:
        """Ids of the optional flows that it opens, also those whose opening has ended."""
        return frozenset(opening.flow for opening in self.openings)

    def opening(self, flow: str) -> Opening | None:
        """The opening of an optional flow; None if the membership does not open it."""
        return next((opening for opening in self.openings if opening.flow == flow), None)


@dataclasses.dataclass(frozen=True)
class Draft:
    """What one variable says about a place.

    Attributes:
        value: The user's own mapping.
        fields: Its entries.
        version: As the mapping says, else the current one.
        scope: ``federation_scope``, where the mapping has it.
        scope_until: ``federation_scope_until``, where the mapping has it.
    """

    value: Value
    fields: Mapping[str, Value]
    matrix: Matrix
    federation: str
    roles: frozenset[str]
    options: tuple[tuple[str, str | int], ...]
    version: Version | None
    scope: str | None
    scope_until: str | None = None

    @property
    def label(self) -> str:
        return f"{self.matrix.name}.{self.federation}"


def merge_drafts(drafts: Sequence[Draft], problems: Problems) -> Membership:
    """One membership from everything that is said about a place.

    Roles and optional flows add up. Options add up where no two values differ. A version or scope that only one names counts for all.
    What contradicts is refused, with the place of both.
    """
    said: dict[str, tuple[Draft, object]] = {}
    for draft in drafts:
        own: dict[str, object] = {f"option {name}": choice for name, choice in draft.options}
        if "version" in draft.fields and draft.version is not None:
            own["version"] = draft.version
        if draft.scope is not None:
            own["federation_scope"] = draft.scope
        if draft.scope_until is not None:
            own["federation_scope_until"] = draft.scope_until
        for what, choice in own.items():
            first, chosen = said.setdefault(what, (draft, choice))
            if choice != chosen:
                draft.value.refuse(
                    f"{what} of {draft.label} is {choice} here, and {chosen} in {first.value.path}{_where(first, problems)}; "
                    "let both say the same, or only one of them"
                )
    first = drafts[0]
    any_partner = any(draft.scope == "any" for draft in drafts)
    for draft in drafts:
        if draft.scope_until is not None and not any_partner:
            draft.fields["federation_scope_until"].refuse(
                "only federation_scope: any has an end, and this membership does not have it; remove federation_scope_until"
            )
    version = said["version"][0].version if "version" in said else next((draft.version for draft in drafts if draft.version), None)
    options = {name: choice for draft in reversed(drafts) for name, choice in draft.options}
    is_named = any("version" in draft.fields for draft in drafts)
    opened = [draft.fields["optional_flows"] for draft in drafts if "optional_flows" in draft.fields]
    return Membership(
        first.matrix,
        first.federation,
        frozenset().union(*(draft.roles for draft in drafts)),
        tuple(sorted(options.items())),
        read_openings(opened, first.matrix, version, is_named),
        version,
        any_partner,
        next((draft.scope_until for draft in drafts if draft.scope_until is not None), None),
        first.value.data,
    )


def _where(draft: Draft, problems: Problems) -> str:
    place = problems.place(draft.value.data)
    return f" ({place})" if place else ""
