# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Days as people write them in inventories and plans: YYYY-MM-DD, the last day that something holds, UTC."""

from __future__ import annotations

import datetime
import re

EXAMPLE = "a day, such as 2026-12-31"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(data: object) -> datetime.date | None:
    """The day that a value says, a string or what YAML makes of a day without quotes; None: it is not a day."""
    if isinstance(data, datetime.date) and not isinstance(data, datetime.datetime):
        return datetime.date(data.year, data.month, data.day)
    if isinstance(data, str) and _DAY.fullmatch(data):
        try:
            return datetime.date.fromisoformat(data)
        except ValueError:
            return None
    return None


def utc_time(seconds: float) -> str:
    """A time, in seconds since 1970, as reports write it."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_in_words(time: str) -> str:
    """A time of :func:`utc_time`, as people write it."""
    return f"{time[:10]} {time[11:16]} UTC" if time else "an unknown time"


def utc_today() -> datetime.date:
    """Today. Only what runs and checks print depends on it, never a plan."""
    return datetime.datetime.now(datetime.timezone.utc).date()
