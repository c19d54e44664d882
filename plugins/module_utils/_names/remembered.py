# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a host remembers of a name's answers, and how little one answer can change of it. Pure: no clock, no files."""

from __future__ import annotations

import typing as t

ROTATION_HOURS = 24  # services that answer with a few addresses at a time show all of them within a day
OUTAGE_DAYS = 7  # a name service may fail over a long weekend; after a week an address may well be somebody else's
MAXIMUM = 256  # of remembered addresses of a name, so that no name server can fill a firewall
SENIORS = MAXIMUM // 2  # those that the name has had for longest: no other answer ever displaces them
NEW = 32  # addresses that one answer may add to the remembered ones; no public service answers with more
FIRST = 128  # addresses that an answer may add where none is remembered, so that there is nothing to displace
PAUSE = 3600.0  # seconds of a failure that count as time; an address does not grow old while nobody can answer it
_LATEST = 1e11  # seconds since 1970; a later time is damage


class Seen(t.NamedTuple):
    """When an address was last among the name's answers, and since when it is remembered, in seconds since 1970.

    ``told`` says that a run of firewall_policy has reported it as new; ``paused`` that the name could not be looked up since.
    """

    last: float
    since: float
    told: bool = True
    paused: bool = False

    @classmethod
    def read(cls, value: t.Any) -> t.Optional[Seen]:
        """One from JSON, where a number is the time of the last answer; None where it is damaged."""
        if isinstance(value, cls):
            return value
        given = value if isinstance(value, dict) else {"last": value, "since": value}
        last, since = _time(given.get("last")), _time(given.get("since"))
        return None if last is None or since is None else cls(last, since, given.get("told") is not False, given.get("paused") is True)


Known = t.Dict[str, Seen]


class Recalled(t.NamedTuple):
    """What to remember of a name from now on; ``new`` and ``left_out`` are the answer's addresses that came and that did not fit.

    ``displaced`` are remembered addresses that made room for them before their time.
    """

    known: Known
    new: t.List[str]
    left_out: t.List[str]
    displaced: t.List[str]


def recall(known: Known, answered: t.Iterable[str], now: float) -> Recalled:
    """Join an answer with what is remembered. The order of its addresses does not matter.

    Args:
        known: What is remembered of the name.
        answered: The usable addresses of the answer; none where the look-up failed.
        now: Seconds since 1970.
    """
    answered = set(answered)
    known = _not_ahead(known, now)
    kept = _answered(known, answered, now) if answered else _paused(known, now)
    unknown = sorted(answered - set(kept))
    admitted = unknown[: NEW if kept else FIRST]
    joined = {**kept, **{address: Seen(now, now, told=not kept) for address in admitted}}
    fitting = _fitting(joined)
    return Recalled(
        fitting,
        [address for address in admitted if address in fitting],
        [address for address in unknown if address not in fitting],
        sorted(address for address in kept if address not in fitting),
    )


def _not_ahead(known: Known, now: float) -> Known:
    """Times in the future come from a clock that was ahead. They count as now; who came first stays first."""
    ahead = max(0.0, max((seen.since for seen in known.values()), default=now) - now)
    return {address: seen._replace(last=min(seen.last, now), since=seen.since - ahead) for address, seen in known.items()}


def _paused(known: Known, now: float) -> Known:
    """What is left of a name that could not be looked up: all, until the failure has lasted too long."""
    return {address: seen._replace(paused=True) for address, seen in known.items() if now - _last(known, now) <= OUTAGE_DAYS * 86400}


def _answered(known: Known, answered: t.AbstractSet[str], now: float) -> Known:
    """What is left of a name that has an answer: what was answered within the day, of which a failure before this answer is no part."""
    gap = now - _last(known, now)
    if gap > OUTAGE_DAYS * 86400:
        return {address: Seen(now, seen.since, seen.told) for address, seen in known.items() if address in answered}
    pause = max(0.0, gap - PAUSE) if any(seen.paused for seen in known.values()) else 0.0
    aged = {address: Seen(now if address in answered else s.last + pause, s.since, s.told) for address, s in known.items()}
    return {address: seen for address, seen in aged.items() if now - seen.last <= ROTATION_HOURS * 3600}


def _last(known: Known, now: float) -> float:
    return max((seen.last for seen in known.values()), default=now)


def _fitting(known: Known) -> Known:
    """At most the maximum: the seniors, and of the others those answered last, the older ones first where that is the same."""
    by_age = sorted(known, key=lambda address: (known[address].since, address))
    others = sorted(by_age[SENIORS:], key=lambda address: -known[address].last)  # a stable sort: by age where times are equal
    return {address: known[address] for address in (*by_age[:SENIORS], *others[: MAXIMUM - SENIORS])}


def _time(value: t.Any) -> t.Optional[float]:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LATEST
    return float(value) if good else None
