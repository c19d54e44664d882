# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The places of a host in federations, as a plan says them."""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]


class PlanMembership(t.NamedTuple):
    """One place of the host in a federation.

    Attributes:
        federation_scope_until: The last day of ``any``; None: no key is written.
        optional_flows_limits: When openings of optional flows end, by flow; empty: no key is written.
    """

    matrix: str
    federation: str
    roles: t.Tuple[str, ...]
    options: t.Mapping[str, t.Any]
    optional_flows: t.Tuple[str, ...]
    version: t.Optional[str]
    federation_scope: str
    federation_scope_until: t.Optional[str] = None
    optional_flows_limits: t.Mapping[str, Json] = {}

    def to_json(self) -> Json:
        given = {"roles": list(self.roles), "options": dict(self.options), "optional_flows": list(self.optional_flows)}
        data = {**self._asdict(), **given}
        if self.federation_scope_until is None:
            del data["federation_scope_until"]
        if self.optional_flows_limits:
            data["optional_flows_limits"] = {flow: dict(limits) for flow, limits in self.optional_flows_limits.items()}
        else:
            del data["optional_flows_limits"]
        return data

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> PlanMembership:
        given = {name: data[name] for name in cls._fields if name not in cls._field_defaults}
        given["federation_scope_until"] = data.get("federation_scope_until")
        given["optional_flows_limits"] = data.get("optional_flows_limits", {})
        return cls(**{**given, "roles": tuple(data["roles"]), "optional_flows": tuple(data["optional_flows"])})
