# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Host names of rules, looked up on the host that enforces them and remembered: rotating answers and a failing service cut nothing."""

from __future__ import annotations

import json
import time
import typing as t

from .._host.clock import jump, read_clock
from .._host.host import STATE, Host
from .address_filter import refusal
from .lookups import LookUp, look_up, look_up_all
from .remembered import MAXIMUM, Known, Seen, recall
from .report import Report, new_addresses

__all__ = ["MAXIMUM", "MEMORY", "Answers", "Memory", "addresses_of", "news", "read_memory", "reported", "resolve", "write_memory"]

MEMORY = STATE + "/names.json"
MEMORY_MODE = 0o644
SECONDS = 15.0

Answers = t.Dict[str, t.List[str]]
"""Host name -> its addresses, sorted; a name without any is missing."""
Memory = t.Dict[str, Known]
"""Host name -> address -> when it was seen; a name without any is missing."""


def resolve(
    names: t.Sequence[str],
    memory: t.Mapping[str, t.Mapping[str, t.Any]],
    own: t.Sequence[str] = (),
    look_up: LookUp = look_up,
    seconds: float = SECONDS,
    now: t.Optional[float] = None,
) -> t.Tuple[Memory, t.List[str]]:
    """Look names up by a few threads, within a bounded time, and remember what they answer.

    Args:
        names: What to look up.
        memory: What was remembered, a time of the last answer being enough; it stands in for a look-up that fails, is late or comes
            back without a usable address.
        own: Names that may have private addresses, or domains with a leading dot whose names may.
        look_up: How; raises OSError or ValueError.
        seconds: How long all of them together may take.
        now: Seconds since 1970; none: the clock's.

    Returns:
        What to remember of these names from now on: names without any address are missing, they open nothing; and warnings.
    """
    known = {name: _readable(memory.get(name, {}), name, own) for name in names}
    found = look_up_all(*_in_turn(known), look_up, seconds)
    now = time.time() if now is None else now
    remembered: Memory = {}
    report = Report(seconds)
    for name in names:
        given = found.get(name, [])
        reasons = {address: refusal(name, address, own) for address in given}
        recalled = recall(known[name], [address for address, reason in reasons.items() if not reason], now)
        report.refused(name, {address: reason for address, reason in reasons.items() if reason})
        report.changed(name, recalled)
        if all(reasons.values()):
            report.unanswered(name, recalled.known, known[name], refused=bool(given), late=name not in found)
        if recalled.known:
            remembered[name] = recalled.known
    return remembered, report.lines()


def addresses_of(memory: Memory) -> Answers:
    """What the names stand for in the policy: every address that is remembered."""
    return {name: sorted(addresses) for name, addresses in memory.items()}


def news(memory: Memory) -> t.List[str]:
    """What the timer's look-ups have added since the last run of firewall_policy."""
    untold = {name: {address: seen for address, seen in known.items() if not seen.told} for name, known in memory.items()}
    return [new_addresses(name, known) for name, known in untold.items() if known]


def reported(memory: Memory) -> Memory:
    """The same, of which nothing is news any longer."""
    return {name: {address: seen._replace(told=True) for address, seen in known.items()} for name, known in memory.items()}


def read_memory(host: Host, names: t.Sequence[str], own: t.Sequence[str] = ()) -> Memory:
    """What is remembered of these names, in today's time and without what is refused; nothing where the file is missing or damaged."""
    try:
        read = json.loads(host.read_own(MEMORY) or b"{}")
    except (ValueError, RecursionError):
        return {}
    written = read.get("names") if isinstance(read, dict) else None
    if not isinstance(written, dict):
        return {}
    forward = jump(read.get("clock"), read_clock(host))
    memory = {name: _readable(written[name], name, own, forward) for name in names if isinstance(written.get(name), dict)}
    return {name: known for name, known in memory.items() if known}


def write_memory(host: Host, memory: Memory) -> None:
    """Remember for the next time; no file where there is nothing to remember."""
    if memory:
        names = {name: {address: seen._asdict() for address, seen in known.items()} for name, known in memory.items()}
        content = json.dumps({"clock": read_clock(host), "names": names}, indent=2, sort_keys=True) + "\n"
        host.write(MEMORY, content.encode(), mode=MEMORY_MODE)
    else:
        host.remove(MEMORY)
        host.remove_directory(STATE)


def _readable(known: t.Mapping[str, t.Any], name: str, own: t.Sequence[str], forward: float = 0.0) -> Known:
    """What is neither damaged nor refused by now, with its times as a clock tells them that was set forward since."""
    read = {address: Seen.read(value) for address, value in known.items() if not refusal(name, address, own)}
    return {a: s._replace(last=max(0.0, s.last + forward), since=max(0.0, s.since + forward)) for a, s in read.items() if s}


def _in_turn(known: Memory) -> t.Tuple[t.List[str], t.List[str]]:
    """The names that answered when names were last looked up, and the others."""
    last = {name: max((seen.last for seen in addresses.values()), default=-1.0) for name, addresses in known.items()}
    latest = max((0.0, *last.values()))
    return [name for name in known if last[name] == latest], [name for name in known if last[name] != latest]
