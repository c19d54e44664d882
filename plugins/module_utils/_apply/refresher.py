# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Looks the policy's host names up again and brings new answers into force; run on the host by a timer, without Ansible.

A policy whose answers are as before is left alone, whatever else has changed on the host: only firewall_policy corrects that.
"""

from __future__ import annotations

import os
import sys
import typing as t

from .._errors import PolicyError
from .._host.host import Host
from .._names import timer
from .._names.lookup import Answers, addresses_of, read_memory, resolve, write_memory
from .._names.stored_policy import StoredPolicy, read_stored_policy
from . import in_force
from .transaction import choose, commit, planned
from .watchdog import is_armed

_ERROR, _WARNING, _NOTICE = "<3>", "<4>", "<5>"  # sd-daemon(3): the journal takes these for priorities


def refresh(host: Host) -> t.Iterator[str]:
    """Look up, bring into force what changed, remember; yields lines for the journal.

    Raises:
        PolicyError: new answers could not be brought into force; the old ones are, and the next run tries again.
    """
    stored = read_stored_policy(host)
    if stored is None:
        return
    if is_armed(host):
        yield _NOTICE + "a change of this host waits to be confirmed; host names are looked up next time"
        return
    memory, warnings = resolve(stored.names, read_memory(host, stored.names, stored.own_names), stored.own_names)
    yield from (_WARNING + warning for warning in warnings)
    answers = addresses_of(memory)
    if answers != stored.answers:
        _enforce(stored._replace(answers=answers), host)
        yield from (_NOTICE + line for line in _differences(stored.answers, answers))
    write_memory(host, memory)


def main() -> None:
    """Refresh under the collection's lock; the exit status is 1 where it failed."""
    host = Host()
    try:
        with host.lock():
            for line in refresh(host):
                _say(line)
    except (PolicyError, OSError) as error:
        for line in str(error).splitlines():
            _say(_ERROR + line)
        raise SystemExit(1) from error


def _enforce(stored: StoredPolicy, host: Host) -> None:
    backend = choose(stored.backend, host)
    policy = stored.parse()
    record = in_force.propose(stored.holding(policy), host)
    commit([*planned(policy, backend, timer.propose(stored, host), host), record])


def _differences(before: Answers, after: Answers) -> t.Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = set(before.get(name, [])), set(after.get(name, []))
        if old != new:
            words = [*("+" + address for address in sorted(new - old)), *("-" + address for address in sorted(old - new))]
            yield "%s: %s" % (name, " ".join(words))


def _say(line: str) -> None:
    """Priorities are for the journal alone."""
    text = (line if "JOURNAL_STREAM" in os.environ else line[len(_NOTICE) :]) + "\n"
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))  # others' words may be bytes that are not UTF-8
    sys.stdout.flush()
