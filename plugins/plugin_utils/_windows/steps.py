# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the role ``firewall`` does on one Windows host, as data for the tasks of ``roles/firewall/tasks/windows.yml``."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart
from ...module_utils._plan.words import DIRECTIONS
from ...module_utils._policy.shrink import LEAST, SHARE, is_excessive, some_of
from .._common.shapes import Unusable
from .defaults import defaults_to_set
from .judgement import judge
from .rules import ANY, IN, Inexpressible, Translation, WindowsRule, rule_name, translate
from .state import read_state


class PolicyUnfit(Exception):
    """The host cannot carry its rules; the message has every reason."""


class Limits(t.NamedTuple):
    """How many rules a run may take away: more than ``share`` and at least ``least``, or all, is too many, unless ``allow``."""

    allow: bool = False
    share: float = SHARE
    least: int = LEAST
    only_warn: bool = False


NORMAL = Limits()


def windows_policy(
    part: HostPart | None,
    address_sets: Mapping[str, Sequence[str]],
    found: Mapping[str, t.Any],
    management: int | None,
    limits: Limits = NORMAL,
) -> dict[str, t.Any]:
    """Compute what to do on a host.

    Args:
        part: What the plan says about the host; None to take everything of ours off.
        address_sets: The plan's address sets.
        found: What ``state.ps1`` read on the host.
        management: The TCP port by which the host is managed, or None.
        limits: How many of the rules may go. What their peers were is not known here.

    Returns:
        ``rules`` (arguments of community.windows.win_firewall_rule), ``stale`` (names of rules of ours to remove),
        ``defaults`` (arguments of ansible.windows.win_firewall), ``remembered``, ``forget``, ``directory``, ``allowed`` and ``warnings``.

    Raises:
        PolicyUnfit: with every reason, before anything is changed.
    """
    try:
        state = read_state(found)
    except Unusable as error:
        raise PolicyUnfit(f"what it says of its firewall is not usable: {error}") from error
    if part is None:
        translation, denied, closed = Translation((), (), ()), frozenset[str](), frozenset[str]()
        if state.pending:
            raise PolicyUnfit(
                "an earlier change still waits to be confirmed, and is taken back by the host itself; run again in a few minutes"
            )
        warnings: tuple[str, ...] = ()
    else:
        if not part.managed:
            raise PolicyUnfit("connectivity_managed is false, so its firewall is not ours to configure")
        try:
            translation = translate(part, address_sets)
        except Inexpressible as refused:
            raise PolicyUnfit("; ".join(refused.messages)) from refused
        denied = frozenset(filter(part.defaults.denies, DIRECTIONS))
        closed = frozenset(rule_name(rule.id) for rule in part.rules if rule.closed_to_others)
        judgement = judge(translation, closed, denied, state, management)
        if judgement.errors:
            raise PolicyUnfit("\n".join(("nothing was changed:", *(f"- {error}" for error in judgement.errors))))
        warnings = judgement.warnings
    defaults, remembered = defaults_to_set(denied, state)
    kept = {rule.name.casefold() for rule in translation.rules}
    stale = [name for name in state.ours if name.casefold() not in kept]
    excess = _too_much(stale, len(state.ours), limits) if part is not None else ""
    if excess and not limits.only_warn:
        raise PolicyUnfit(excess)
    return {
        "rules": [arguments(rule) for rule in translation.rules],
        "stale": stale,
        "defaults": defaults,
        "remembered": remembered,
        "forget": bool(state.remembered) and not remembered,
        "directory": state.directory,
        "allowed": [_allowed(rule) for rule in translation.rules],
        "warnings": [*warnings, *([f"without check mode this run would stop: {excess}"] if excess else [])],
    }


def _too_much(gone: Sequence[str], count: int, limits: Limits) -> str:
    """Why the host is not changed; empty where little enough goes."""
    if limits.allow or not gone or not (len(gone) == count or is_excessive(len(gone), count, limits.share, limits.least)):
        return ""
    return (
        f"the new policy would take much away from the one in force, so nothing was changed. Gone would be {len(gone)} of {count} rules: "
        f"{some_of(gone)}. If that is meant, run again with connectivity_allow_shrink: true; if not, correct the inventory or the plan"
    )


def arguments(rule: WindowsRule) -> dict[str, t.Any]:
    """Options that a rule does not have, as an ICMP rule has no ports, are left out."""
    inbound = rule.direction == IN
    own = ",".join(rule.own_ports) or "any"
    ports = {"localport" if inbound else "remoteport": ",".join(rule.ports), "remoteport" if inbound else "localport": own}
    return {
        "name": rule.name,
        "description": rule.description,
        "direction": rule.direction,
        "protocol": rule.protocol,
        "remoteip": ",".join(rule.addresses),
        **(ports if rule.ports else {"icmp_type_code": list(rule.icmp)}),
    }


def _allowed(rule: WindowsRule) -> str:
    peers = "anybody" if rule.addresses == ANY else f"{len(rule.addresses)} networks"
    ports = ",".join(rule.ports or rule.icmp)
    return f"{rule.direction} {rule.protocol} {ports} {'from' if rule.direction == IN else 'to'} {peers} [{rule.name}]"
