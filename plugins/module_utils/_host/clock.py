# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A clock that can tell a jump of the time from time that passed."""

from __future__ import annotations

import time
import typing as t

from .host import Host

_BOOT = "/proc/sys/kernel/random/boot_id"


class Clock(t.NamedTuple):
    """The time in seconds since 1970, which boot of the host this is, and the seconds since then."""

    time: float
    boot: str
    running: float


def read_clock(host: Host) -> Clock:
    """What the host's clocks say now."""
    return Clock(time.time(), (host.read(_BOOT) or b"").decode("ascii", "replace").strip(), time.clock_gettime(time.CLOCK_BOOTTIME))


def jump(before: t.Any, now: Clock) -> float:
    """By how many seconds the time was set forward since ``before``, as JSON holds it; 0 where that cannot be known, as after a boot."""
    try:
        then = Clock(*before)
        if not now.boot or then.boot != now.boot:
            return 0.0
        forward = float(now.time - then.time) - float(now.running - then.running)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return forward if abs(forward) < 1e11 else 0.0
