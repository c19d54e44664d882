# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Host names of rules, looked up on the host that enforces them and remembered: rotating answers and a failing service cut nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._answers import (
    refusal,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    STATE,
    Host,
)

MEMORY = STATE + "/names.json"
SECONDS = 15.0
ROTATION_HOURS = 24  # services that answer with a few addresses at a time show all of them within a day
OUTAGE_DAYS = 7  # a name service may fail over a long weekend; after a week an address may well be somebody else's
MAXIMUM = 256  # of remembered addresses of a name, so that no name server can fill a firewall

Answers = t.Dict[str, t.List[str]]
"""Host name -> its addresses, sorted; a name without any is missing."""
Memory = t.Dict[str, t.Dict[str, float]]
"""Host name -> address -> when it was last among the name's answers, in seconds since 1970; a name without any is missing."""


def look_up(name: str) -> t.List[str]:
    """All addresses that the host's own resolver knows. Raises OSError where it knows none."""
    return sorted({str(answer[4][0]) for answer in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})


def resolve(
    names: t.Sequence[str],
    memory: Memory,
    own: t.Sequence[str] = (),
    look_up: t.Callable[[str], t.List[str]] = look_up,
    seconds: float = SECONDS,
    now: t.Optional[float] = None,
) -> t.Tuple[Memory, t.List[str]]:
    """Look names up at the same time, within a bounded time, and remember what they answer.

    Args:
        names: What to look up.
        memory: What was remembered; it stands in for a look-up that fails, is late or comes back without a usable address.
        own: Names that may have private addresses, or domains with a leading dot whose names may.
        look_up: How; raises OSError or UnicodeError.
        seconds: How long all of them together may take.
        now: Seconds since 1970; none: the clock's.

    Returns:
        What to remember of these names from now on: names without any address are missing, they open nothing; and warnings.
    """
    found = _look_up_all(names, look_up, seconds)
    now = time.time() if now is None else now
    remembered: Memory = {}
    warnings = []
    for name in names:
        given = found.get(name, [])
        reasons = {address: refusal(name, address, own) for address in given}
        usable = [address for address, reason in reasons.items() if not reason]
        known = {address: min(seen, now) for address, seen in memory.get(name, {}).items() if not refusal(name, address, own)}
        kept = _forget({**known, **dict.fromkeys(usable, now)}, now)
        warnings += ["%s resolves to %s here, %s, and opens nothing by that" % (name, *item) for item in reasons.items() if item[1]]
        if not usable and kept:
            warnings.append("%s could not be looked up on this host; its last known addresses stay in force: %s" % (name, _list(kept)))
        elif not usable and known:
            warnings.append("%s could not be looked up for %d days; its rules no longer open %s" % (name, OUTAGE_DAYS, _list(known)))
        elif not given:
            warnings.append("%s could not be looked up on this host, so its rules open nothing; check the host's name service" % name)
        if kept:
            remembered[name] = kept
    return remembered, warnings


def addresses_of(memory: Memory) -> Answers:
    """What the names stand for in the policy: every address that is remembered."""
    return {name: sorted(addresses) for name, addresses in memory.items()}


def read_memory(host: Host, names: t.Sequence[str], own: t.Sequence[str] = ()) -> Memory:
    """What is remembered of these names, without what is refused; nothing where the file is missing or damaged."""
    try:
        read = json.loads(host.read(MEMORY) or b"{}")
    except ValueError:
        return {}
    if not isinstance(read, dict):
        return {}
    memory = {
        name: {
            address: float(seen)
            for address, seen in read[name].items()
            if isinstance(seen, (int, float)) and seen >= 0 and not refusal(name, address, own)
        }
        for name in names
        if isinstance(read.get(name), dict)
    }
    return {name: addresses for name, addresses in memory.items() if addresses}


def write_memory(host: Host, memory: Memory) -> None:
    """Remember for the next time; no file where there is nothing to remember."""
    if memory:
        host.write(MEMORY, (json.dumps(memory, indent=2, sort_keys=True) + "\n").encode(), mode=0o644)
    else:
        host.remove(MEMORY)
        host.remove_directory(STATE)


def _look_up_all(names: t.Sequence[str], look_up: t.Callable[[str], t.List[str]], seconds: float) -> Answers:
    found: Answers = {}

    def ask(name: str) -> None:
        try:
            found[name] = look_up(name)
        except (OSError, UnicodeError):
            found[name] = []

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in names]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return dict(found)


def _forget(seen: t.Dict[str, float], now: float) -> t.Dict[str, float]:
    """What is recent enough. A day counts to the name's last answer, not to the clock: while the name service fails, all of them stay."""
    last = max(seen.values(), default=now)
    if now - last > OUTAGE_DAYS * 86400:
        return {}
    recent = sorted((address for address in seen if last - seen[address] <= ROTATION_HOURS * 3600), key=lambda a: (-seen[a], a))
    return {address: seen[address] for address in recent[:MAXIMUM]}


def _list(addresses: t.Iterable[str]) -> str:
    return ", ".join(sorted(addresses))
