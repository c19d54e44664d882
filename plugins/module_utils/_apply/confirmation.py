# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Confirming a change: by a connection that began after it, and by what the host still reaches."""

from __future__ import annotations

import functools
import secrets
import time
import typing as t

from .._change.change import Change
from .._errors import HalfDone, PolicyError, ToolFailed
from .._host.host import COMMAND_SECONDS, Host
from .._policy.model import Policy
from . import reachability, watchdog
from .management import live_session
from .transaction import commit
from .trial import CONFIRMED, Record, Trial
from .window import kept_open

KEPT, NONE = "kept", "none"

_POLL_SECONDS = 0.25


def commit_on_trial(changes: t.Sequence[Change], policy: t.Optional[Policy], egress: str, seconds: int, host: Host) -> str:
    """Make changes that the host takes back unless somebody confirms them. Call under the lock.

    Args:
        changes: What to make.
        policy: What they enforce; none: nothing of ours.
        egress: Which targets of the policy's egress rules must be reachable: those that are now, all, or none.
        seconds: How long to wait for confirmation, counted from the last change.
        host: The host.

    Returns:
        The token that confirms them.

    Raises:
        ToolFailed: nothing is changed, or the watchdog has begun to take everything back. HalfDone: it will try to restore what is left.
    """
    wanted = reachability.targets(policy) if policy and egress != NONE else []
    if egress == KEPT:
        wanted = reachability.reached(wanted)
    ways = [change.restore_point() for change in changes if change.changed]
    trial = Trial(secrets.token_hex(8), live_session(), seconds, wanted, ways)
    watchdog.arm(trial, host)
    try:
        with kept_open(trial, host):
            commit(changes, functools.partial(watchdog.be_on_trial, trial, host))
    except HalfDone:
        raise
    except PolicyError:
        watchdog.withdraw(trial, host)
        raise
    watchdog.extend(trial, host)
    watchdog.be_on_trial(trial, host)  # a watchdog that did not wait for the lock may have begun before the window did
    return trial.token


def confirm(token: str, session: str, host: Host) -> Record:
    """End a trial well, if it deserves it; saying so again is answered the same.

    Args:
        token: The trial's.
        session: SSH_CONNECTION of this process, empty in a local session.
        host: The host.

    Returns:
        How the trial ended; one that does not deserve it is taken back by the host's watchdog, and waited for.

    Raises:
        ToolFailed: there is no such trial, or the watchdog does not come to an end.
    """
    with host.lock():
        trial = watchdog.read_trial(host)
        if trial and trial.token == token:
            problems = list(_problems(trial, session))
            if problems:
                watchdog.give_up(problems, trial, host)
            elif watchdog.decide(trial, CONFIRMED):
                return watchdog.end(trial, CONFIRMED, (), host)
        elif not _record(token, host):
            raise ToolFailed("no change of this host waits to be confirmed by %s; run firewall_policy again" % token)
    return _wait(token, host)


def _problems(trial: Trial, session: str) -> t.Iterator[str]:
    if trial.session and session == trial.session:
        yield (
            "the connection that should confirm it is the one that made the change (%s), so it proves nothing; "
            "let the connection plugin open a new one when it is reset" % session
        )
    elif trial.session and not session:
        yield "it was made over SSH and should be confirmed in a session without SSH_CONNECTION, which proves nothing"
    wanted = [reachability.Target(*target) for target in trial.reachable]
    reached = reachability.reached(wanted)
    yield from ("it cuts %s, which must be reachable" % str(target) for target in wanted if target not in reached)


def _record(token: str, host: Host) -> t.Optional[Record]:
    record = watchdog.read_record(host)
    return record if record and record.token == token else None


def _wait(token: str, host: Host) -> Record:
    end = time.monotonic() + COMMAND_SECONDS
    while time.monotonic() < end:
        record = _record(token, host)
        if record:
            return record
        time.sleep(_POLL_SECONDS)
    raise ToolFailed("the change was not confirmed, and its watchdog has not taken it back within %d seconds" % COMMAND_SECONDS)
