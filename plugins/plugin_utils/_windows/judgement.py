# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whether a host's Windows Firewall can carry its rules, and which rules of others contradict them.

A rule that blocks precedes every rule that allows (Microsoft, "Windows Firewall rules", rule precedence), so nothing of ours
prevails over one. What Group Policy ignores, or a profile that is off lets pass, no rule of ours mends: that is refused.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t
from collections.abc import Iterable, Mapping

from ...module_utils._plan.ports import bounds
from .rules import ANY, GROUP, IN, Translation, WindowsRule
from .state import OthersRule, Profile, State, addresses_of

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

_SYSTEM = ("%systemroot%", "%windir%", "c:\\windows\\")


class Judgement(t.NamedTuple):
    """What forbids to go on, and what the user should know."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def judge(translation: Translation, closed: Iterable[str], denied: Iterable[str], state: State, management: int | None) -> Judgement:
    """Judge a host before anything is changed on it.

    Args:
        translation: The host's rules.
        closed: Names of inbound rules whose ports are closed to others than their peers.
        denied: The directions that are denied by default, ``ingress`` and ``egress``.
        state: What is in force.
        management: The TCP port by which the host is managed; None where that is not known.
    """
    closed, denied = frozenset(closed), frozenset(denied)
    errors = [
        error
        for profile in state.profiles
        for error in _unfit(profile, state.configured.get(profile.name, {}), translation, closed, denied)
    ]
    errors += [
        f"a rule {name!r} is in another group than {GROUP}, and Windows tells rules apart by name; rename it" for name in state.taken
    ]
    if state.pending:
        errors.append("an earlier change still waits to be confirmed, and is taken back by the host itself; run again in a few minutes")
    if "ingress" in denied and management and not _admits(translation, management):
        errors.append(
            f"ingress is denied but for its rules, and none lets anybody in at port {management}, by which Ansible manages the host; "
            "define connectivity_networks.management, and the port in a membership {matrix: baseline, options: {management_port: ...}}"
        )
    warnings = [warning for profile in state.profiles for warning in _not_let_out(profile, translation, denied)]
    warnings += [warning for rule in translation.rules for warning in _contradictions(rule, closed, state.others)]
    return Judgement(tuple(errors), tuple(warnings))


def _unfit(
    profile: Profile, configured: Mapping[str, str], translation: Translation, closed: frozenset[str], denied: frozenset[str]
) -> Iterable[str]:
    which, inbound = f"profile {profile.name}", [rule for rule in translation.rules if rule.direction == IN]
    if not profile.enabled:
        yield f"{which} is off, so no rule counts there; Set-NetFirewallProfile -Name {profile.name} -Enabled True"
    if not profile.local_rules and translation.rules:
        yield f"{which} ignores the host's own rules (AllowLocalFirewallRules is False); allow them in Group Policy"
    if not profile.inbound_rules and inbound:
        yield f"{which} refuses every connection, also those that rules allow (AllowInboundRules is False); allow rules there"
    if profile.inbound == "Allow" and "ingress" not in denied and (closed or translation.closed):
        yield (
            f"{which} lets in what no rule refuses, so {', '.join(sorted([*closed, *translation.closed]))} would be open to everybody; "
            f"Set-NetFirewallProfile -Name {profile.name} -DefaultInboundAction Block, or connectivity_defaults: {{ingress: deny}}"
        )
    for direction, name, default in (("ingress", "inbound", profile.inbound), ("egress", "outbound", profile.outbound)):
        if direction in denied and configured.get(name) == "Block" and default != "Block":
            yield f"{which} allows what is {name} by Group Policy, whatever the host itself has; take that out of Group Policy"


def _not_let_out(profile: Profile, translation: Translation, denied: frozenset[str]) -> Iterable[str]:
    if profile.outbound == "Block" and "egress" not in denied and translation.unwritten:
        yield (
            f"profile {profile.name} blocks what no rule lets out, and Windows Firewall does not know the names that "
            f"{', '.join(translation.unwritten)} lead to; let them out by a rule of your own, or define connectivity_forward_proxy"
        )


def _admits(translation: Translation, port: int) -> bool:
    return any(
        rule.direction == IN and rule.protocol == "tcp" and any(low <= port <= high for low, high in map(bounds, rule.ports))
        for rule in translation.rules
    )


def _contradictions(rule: WindowsRule, closed: frozenset[str], others: Iterable[OthersRule]) -> Iterable[str]:
    for other in others:
        if other.direction != rule.direction or other.protocol not in (rule.protocol, "any") or not _meets(rule, other):
            continue
        if not other.allows and _common(rule, other):
            yield f"{_told(other)} blocks what {rule.name} allows, and prevails; remove or narrow it"
        elif other.allows and rule.name in closed and not _within(other, rule) and _concerns(other):
            yield f"{_told(other)} lets in others than the peers of {rule.name}; remove or narrow it"


def _meets(rule: WindowsRule, other: OthersRule) -> bool:
    if other.ports is None or not rule.ports:
        return True
    return any(low <= last and first <= high for low, high in map(bounds, rule.ports) for first, last in other.ports)


def _concerns(other: OthersRule) -> bool:
    """Whether an acceptance may be the matrix's program: not where it names no port and is limited to a service or to Windows itself."""
    return other.ports is not None or not (other.scoped or other.program.casefold().startswith(_SYSTEM))


def _common(rule: WindowsRule, other: OthersRule) -> bool:
    mine = _peers(rule.addresses)
    return mine is None or other.addresses is None or not mine.isdisjoint(other.addresses)


def _within(other: OthersRule, rule: WindowsRule) -> bool:
    """Whether everybody whom the other rule lets in is a peer; a keyword may be anybody."""
    mine = _peers(rule.addresses)
    return mine is None or (other.addresses is not None and other.addresses.issubset(mine))


@functools.lru_cache(maxsize=64)
def _peers(addresses: tuple[str, ...]) -> netaddr.IPSet | None:
    """The peers of a rule of ours; None: anybody."""
    return None if addresses == ANY else addresses_of(addresses)


def _told(other: OthersRule) -> str:
    limits = [other.source] if other.source != "Local" else []
    limits += [other.program] if other.program else []
    return f"rule {other.name!r}" + (f" ({', '.join(limits)})" if limits else "")
