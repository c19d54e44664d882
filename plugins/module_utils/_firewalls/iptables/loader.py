# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""iptables-restore, whose lock others can hold: iptables-legacy takes it, iptables-nft has none."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host, Result
from ..._host.locks import holders

LOCK = "/run/xtables.lock"
IPTABLES = {4: "iptables", 6: "ip6tables"}
WAIT_SECONDS = 10  # for a change
WAY_BACK_SECONDS = 5
_RESOURCE_PROBLEM = 4
_OWN_LOCK = "/run/federated_connectivity.xtables.lock"


def restore(host: Host, tool: str, text: str, *options: str) -> None:
    """Load rules for a change.

    Args:
        host: The host.
        tool: ``iptables-restore`` or ``ip6tables-restore``.
        text: The rules.
        options: Of the tool.

    Raises:
        ToolFailed: it refuses them, or another process holds its lock, which the message names.
    """
    command = [tool, "-w", str(WAIT_SECONDS), *options]
    done = host.run(command, input=text, check=False)
    if _was_locked(done):
        raise ToolFailed("%s has been held for %d seconds by %s; end it and run again" % (LOCK, WAIT_SECONDS, holders(LOCK)))
    _be_done(done, command)


def put_back(host: Host, tool: str, text: str, *options: str) -> t.List[str]:
    """Load rules on the way back: a lock that another process holds is waited for, and then left aside.

    Returns:
        Who held the lock, in words; nothing where nobody did.

    Raises:
        ToolFailed: the tool refuses the rules.
    """
    command = [tool, "-w", str(WAY_BACK_SECONDS), *options]
    done = host.run(command, input=text, check=False)
    notes = []
    if _was_locked(done):
        notes.append("%s was held by %s" % (LOCK, holders(LOCK)))
        with _another_lock(host):
            done = host.run(command, input=text, check=False)
    _be_done(done, command)
    return notes


def _was_locked(done: Result) -> bool:
    return done.rc == _RESOURCE_PROBLEM and "xtables lock" in done.stderr


def _be_done(done: Result, command: t.Sequence[str]) -> None:
    if done.rc != 0:
        raise ToolFailed("%s failed with status %d: %s" % (" ".join(command), done.rc, (done.stderr or done.stdout).strip()))


@contextlib.contextmanager
def _another_lock(host: Host) -> t.Iterator[None]:
    """iptables takes the lock that its environment names (iptables(8))."""
    before = host.surroundings
    host.surroundings = {**before, "XTABLES_LOCKFILE": _OWN_LOCK}
    try:
        yield
    finally:
        host.surroundings = before
        with contextlib.suppress(OSError):
            os.unlink(_OWN_LOCK)
