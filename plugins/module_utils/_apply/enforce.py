# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Brings a host to its policy: for the module, which also resolves, tries and reports, and for the timer that refreshes host names."""

from __future__ import annotations

import typing as t

from .._change.change import Change
from .._change.presence import Presence
from .._errors import PolicyRefused
from .._host.archive import archive
from .._host.host import Host
from .._names import timer
from .._names.address_filter import check_own_names
from .._names.lookup import Memory, addresses_of, news, read_memory, reported, resolve, write_memory
from .._names.stored_policy import StoredPolicy, own_names_of
from .._policy.model import Policy
from .._policy.reader import names_of, parse_policy
from . import in_force, refresher
from .confirmation import commit_on_trial
from .contained_bridges import check_contained_bridges
from .management import be_admitted, doubts, exceptions, live_connection
from .transaction import choose, commit, planned


class Wanted(t.NamedTuple):
    """What a host should be brought to, in the words of the module's options.

    ``policy`` is the host's file of the plan with its ``address_sets``; None: nothing of ours is left on the host.
    """

    policy: t.Optional[t.Dict[str, t.Any]]
    backend: str
    container_interfaces: t.Sequence[str]
    private_answers: t.Sequence[str]
    look_up_names: bool
    confirm_timeout: int
    confirm_egress: str
    allow_shrink: bool
    shrink_share: float
    shrink_least: int


class OnTrial(t.NamedTuple):
    """A change that waits to be confirmed: ``token`` names it, ``seconds`` is how long it waits."""

    token: str
    seconds: int


class Outcome(t.NamedTuple):
    """What became of a host, or would have in check mode.

    ``backend`` and ``policy`` are empty where none is wanted; ``changed`` are the changes that there were to make; ``presence`` says in
    check mode where each rule stands.
    """

    backend: str
    policy: t.Optional[Policy]
    changed: t.Sequence[Change]
    trial: t.Optional[OnTrial]
    warnings: t.List[str]
    presence: t.Sequence[Presence] = ()


class _Policy(t.NamedTuple):
    """A policy that is ready to be enforced, what is kept of it on the host, and what is known of its names."""

    parsed: t.Optional[Policy]
    stored: t.Optional[StoredPolicy]
    memory: Memory
    warnings: t.Sequence[str]


def enforce(wanted: Wanted, check_mode: bool, host: Host) -> Outcome:
    """Bring a host to its policy, or to none. Call while the host is :func:`.watchdog.settled`.

    Raises:
        PolicyError: it is refused, or could not be made; the host is as it was.
    """
    policy = _read(wanted.policy, wanted, host) if wanted.policy is not None else _Policy(None, None, {}, ())
    backend = policy.stored.backend if policy.stored else ""
    opened = policy.stored.holding(policy.parsed) if policy.stored and policy.parsed else None
    limits = in_force.Limits(wanted.allow_shrink, wanted.shrink_share, wanted.shrink_least)
    losses, doubtful = in_force.compare(opened, limits, host)
    if losses and not check_mode:
        raise PolicyRefused(_too_much(losses))
    changes = planned(policy.parsed, backend, timer.propose(policy.stored, host, archive(refresher)), host)
    changed = [change for change in changes if change.changed]
    trial = None
    if not check_mode:
        record = in_force.propose(opened, host)
        if changed and wanted.confirm_timeout:
            token = commit_on_trial([*changes, record], policy.parsed, wanted.confirm_egress, wanted.confirm_timeout, host)
            trial = OnTrial(token, wanted.confirm_timeout)
        else:
            commit([*changes, record])
        write_memory(host, reported(policy.memory))
    warnings = [*policy.warnings, *doubtful, *(warning for change in changes for warning in change.warnings)]
    if losses:
        warnings.append("without check mode this run would stop: " + _too_much(losses))
    ids = [rule.id for rule in policy.parsed.rules] if policy.parsed and check_mode else []
    return Outcome(backend, policy.parsed, changed, trial, warnings, [each for change in changes if ids for each in change.presence(ids)])


def _too_much(losses: t.Sequence[str]) -> str:
    return (
        "the new policy would take much away from the one in force, so nothing was changed. Gone would be %s. "
        "If that is meant, run again with connectivity_allow_shrink: true; if not, correct the inventory or the plan" % "; ".join(losses)
    )


def _read(declared: t.Dict[str, t.Any], wanted: Wanted, host: Host) -> _Policy:
    check_own_names(wanted.private_answers)
    names, own_names = names_of(declared), own_names_of(declared, wanted.private_answers)
    memory = read_memory(host, names, own_names)
    warnings = news(memory)
    if wanted.look_up_names:
        memory, told = resolve(names, memory, own_names)
        warnings += told
    answers, live = addresses_of(memory), live_connection()
    policy = parse_policy(declared, answers, live, wanted.container_interfaces)
    be_admitted(policy, live)
    warnings += [*exceptions(policy), *doubts(policy, live, host), *check_contained_bridges(policy)]
    backend = choose(wanted.backend, host, declared.get("firewall"))
    stored = StoredPolicy(declared, backend, policy.management, wanted.container_interfaces, wanted.private_answers, answers)
    return _Policy(policy, stored, memory, warnings)
