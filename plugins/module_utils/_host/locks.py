# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Locks that other processes can hold: waited for a bounded time, and named with their holder."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import time
import typing as t

_LOCKS = "/proc/locks"
_SHOWN = 3  # holders that are named; a crowd is counted
# proc_locks(5): "1: POSIX  ADVISORY  WRITE 1234 00:1a:5678 0 EOF"; a line with "->" is of somebody who waits.
_LINE = re.compile(r"^\d+: +(?:FLOCK|POSIX|OFDLCK) +\S+ +\S+ +(-?\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) ", re.MULTILINE)
_POLL_SECONDS = 0.1


def wait(take: t.Callable[[], t.Any], seconds: float) -> bool:
    """Try to take a lock until it is taken, at least once and for a bounded time.

    Args:
        take: Takes the lock without waiting; raises OSError where somebody else holds it.
        seconds: How long to try.

    Returns:
        Whether it is taken.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            take()
            return True
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL_SECONDS)


def holders(path: str) -> str:
    """Who holds a lock on a file, in words: "process 1234 (python3) of the user alice"."""
    found = [_named(pid) for pid in _pids(path)]
    if not found:
        return "a process that cannot be seen from here"
    more = ["%d more" % (len(found) - _SHOWN)] if len(found) > _SHOWN else []
    return " and ".join(found[:_SHOWN] + more)


def _pids(path: str) -> t.List[int]:
    """The processes that hold a lock on a file, this one excepted."""
    try:
        status = os.stat(path)
        with open(_LOCKS, encoding="ascii", errors="replace") as file:
            locks = file.read()
    except OSError:
        return []
    wanted = (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    pids = {int(match[1]) for match in _LINE.finditer(locks) if _file(match) == wanted}
    found = {pid for pid in pids if pid > 0 and os.path.isdir("/proc/%d" % pid)}
    # A lock of an open file description has no process of its own, and a process that took one may have left it to its child.
    return sorted((found or set(_openers(wanted))) - {os.getpid()})


def _openers(wanted: t.Tuple[int, int, int]) -> t.Iterator[int]:
    """The processes that have the locked file open, by what each shows of its descriptors (proc_pid_fdinfo(5))."""
    for path in glob.iglob("/proc/[0-9]*/fdinfo/*"):
        with contextlib.suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
            lines = [line.partition(":")[2].strip() for line in file if line.startswith("lock:")]
            if any(_file(match) == wanted for line in lines for match in _LINE.finditer(line)):
                yield int(path.split("/")[2])


def _file(match: t.Match[str]) -> t.Tuple[int, int, int]:
    return int(match[2], 16), int(match[3], 16), int(match[4])


def _named(pid: int) -> str:
    """A process in words. Its name is its own choice, so what cannot be seen of it is escaped."""
    name, user = "?", "?"
    with contextlib.suppress(OSError):
        with open("/proc/%d/comm" % pid, "rb") as file:
            name = ascii(file.read().decode(errors="replace").rstrip("\n"))[1:-1]
        user = _user(os.stat("/proc/%d" % pid).st_uid)
    return "process %d (%s) of the user %s" % (pid, name, user)


def _user(number: int) -> str:
    """A user's name by the host's own file: a name service may not answer in time, or not at all early at boot."""
    with contextlib.suppress(OSError), open("/etc/passwd", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.split(":")
            if len(fields) > 2 and fields[2] == str(number):
                return fields[0]
    return str(number)
