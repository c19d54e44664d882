# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Why flows of a federation make no rules: what an option or a network that concerns them waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from .._matrix.model import ENDS, FEDERATION, Containment, Flow
from .federations import Federation, Member

_SHOWN = 5


def reasons_against(federation: Federation, flows: Iterable[Flow], option: str = "", hosts: Collection[str] = ()) -> str:
    """Why none of these flows makes rules, whatever the value of an option is; each reason with the flows that it is about.

    Args:
        federation: Whose flows they are.
        flows: Those that an option or a network concerns.
        option: The option that is not itself a reason; empty: it is about a network.
        hosts: Those that set the option.
    """
    reasons = _Reasons(federation, option, hosts)
    found: dict[str, list[str]] = {}
    for flow in flows:
        for reason in reasons.of_flow(flow):
            found.setdefault(reason, []).append(flow.id)
    for role, containment in federation.matrix.containments.items():
        if option and option in (containment.bridge, *containment.when):
            for reason in reasons.of_containment(role, containment):
                found.setdefault(reason, [])
    said = [f"{reason}{_named(ids)}" for reason, ids in found.items()]
    return " and ".join(said) or "nothing that its members do depends on it"


class _Reasons:
    """What keeps flows from making rules, and containments from counting."""

    def __init__(self, federation: Federation, option: str, hosts: Collection[str]) -> None:
        self._federation = federation
        self._option = option
        is_own = bool(option) and federation.matrix.options[option].owner != FEDERATION
        self._setting = frozenset(hosts) if is_own else frozenset(federation.members)
        self._who = "no host that sets it" if is_own else "no member"

    def of_flow(self, flow: Flow) -> Iterator[str]:
        options = self._federation.options
        agreed = [
            _other_value(condition.option, [str(options[condition.option])], condition.values)
            for condition in flow.conditions
            if condition.decider == FEDERATION and condition.option != self._option and options[condition.option] not in condition.values
        ]
        if agreed:
            yield from agreed
            return
        for end in ENDS:
            if flow.ends[end].kind == "roles":
                yield from self._of_end(flow, end)

    def _of_end(self, flow: Flow, end: str) -> Iterator[str]:
        roles = " or ".join(flow.ends[end].values)
        decides = end in flow.ends_with(self._option)
        with_role = [one for one in self._federation.with_roles(flow.ends[end].values) if not decides or one.host.name in self._setting]
        there = [member for member in with_role if member.has_roles(flow, end)]
        fitting = [member for member in there if not list(self._unmet(flow, end, member))]
        if not with_role:
            yield f"{self._who if decides else 'no member'} has the role {roles}"
        elif not there:
            yield "no member runs a version that has the flow"
        elif not fitting:
            yield from dict.fromkeys(reason for member in there for reason in self._unmet(flow, end, member))
        elif flow.opener == end and not any(member.opens(flow) for member in fitting):
            yield "nobody opens the optional flow"
        elif not any(set(flow.phases) & member.host.profile.phases for member in fitting):
            yield f"connectivity_phases leaves out {' and '.join(flow.phases)}"

    def _unmet(self, flow: Flow, end: str, member: Member) -> Iterator[str]:
        for condition in flow.conditions:
            value = member.options[condition.option]
            if condition.decider == end and condition.option != self._option and value not in condition.values:
                yield _other_value(condition.option, [str(value)], condition.values)

    def of_containment(self, role: str, containment: Containment) -> Iterator[str]:
        members = [member for member in self._federation.with_roles([role]) if member.host.name in self._setting]
        if not members:
            yield f"{self._who} has the role {role}"
        for name, wanted in containment.when.items():
            values = sorted({str(member.options[name]) for member in members})
            if members and name != self._option and not set(values) & set(wanted):
                yield _other_value(name, values, wanted)


def _named(flows: list[str]) -> str:
    if not flows:
        return ""
    more = f" and {len(flows) - _SHOWN} more" if len(flows) > _SHOWN else ""
    return f" (for {', '.join(flows[:_SHOWN])}{more})"


def _other_value(option: str, values: Iterable[str], wanted: Iterable[str]) -> str:
    return f"{option} is {' or '.join(values)}, not {' or '.join(wanted)}"
