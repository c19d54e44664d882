# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Exceptions that end: what the dates of a plan's findings mean today. A plan itself never depends on today's date."""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Iterable, Mapping

from .._common.days import parse_day
from .._common.problems import natural, subject
from .._common.texts import one_line
from .._inventory.findings import OPENING_ENDS

SOON = 14
"""How many days before its last day an exception gets a warning."""
_ADVICE = "correct the cause, or choose a later date"
_ADVICE_OF = {OPENING_ENDS: "remove its entry from optional_flows, or choose a later date"}


class Ending(t.NamedTuple):
    """Exceptions that are over, and those that are over soon, one line each."""

    expired: list[str]
    soon: list[str]

    @property
    def warnings(self) -> list[str]:
        return [*self.expired, *self.soon]

    @property
    def sum(self) -> str:
        """What belongs behind the sum of a run; empty if nothing has expired."""
        return f"; expired exceptions: {len(self.expired)}" if self.expired else ""


def ending(findings: Iterable[Mapping[str, t.Any]], today: datetime.date) -> Ending:
    """Compare the dates of a plan's findings with today.

    Args:
        findings: As ``plan.json`` has them; those without ``until`` have no end.
        today: The day of the run, UTC.
    """
    expired: list[str] = []
    soon: list[str] = []
    for entry in findings:
        last = parse_day(entry.get("until"))
        if last is None:
            continue
        left = (last - today).days
        if left < 0:
            expired.append(f"expired on {last}: {_words(entry)}")
        elif left <= SOON:
            soon.append(f"expires on {last}, {_in_days(left)}: {_words(entry)}")
    return Ending(sorted(expired, key=natural), sorted(soon, key=natural))


def _in_days(left: int) -> str:
    return f"in {left} days" if left > 1 else "tomorrow" if left else "today"


def _words(entry: Mapping[str, t.Any]) -> str:
    reason = f" (accepted: {entry['accepted']})" if entry.get("accepted") else ""
    text = f"{subject(entry.get('hosts', ()))}{entry.get('id')}: {entry.get('about')}: {entry.get('text')}{reason}"
    return one_line(f"{text}; {_ADVICE_OF.get(str(entry.get('id')), _ADVICE)}")
