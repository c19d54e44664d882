# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Processes of a host by their names and arguments, read from /proc (proc_pid_comm(5), proc_pid_cmdline(5))."""

from __future__ import annotations

import contextlib
import os
import typing as t

_NAME = 15  # TASK_COMM_LEN, less the terminating zero
_BYTES = 1 << 16  # of a command line


def is_running(name: str, proc: str = "/proc") -> bool:
    """Whether a process has this name."""
    return next(_named({name}, proc), None) is not None


def may_run(word: str, proc: str = "/proc") -> bool:
    """Whether a process has a word in its name or its arguments. False is certain: what the processes say cannot hide one from root."""
    for pid in filter(str.isdigit, os.listdir(proc)):
        for file_name in ("comm", "cmdline"):
            with contextlib.suppress(OSError), open("%s/%s/%s" % (proc, pid, file_name), "rb") as file:
                if word.encode() in file.read(_BYTES):
                    return True
    return False


def arguments_of(names: t.Collection[str], proc: str = "/proc") -> t.List[t.List[str]]:
    """The command lines of all processes with one of these names."""
    found = []
    for pid in _named(names, proc):
        with contextlib.suppress(OSError), open("%s/%s/cmdline" % (proc, pid), "rb") as file:
            found.append(file.read(_BYTES).decode("utf-8", "replace").split("\0"))
    return found


def _named(names: t.Collection[str], proc: str) -> t.Iterator[str]:
    wanted = {name[:_NAME] for name in names}
    for pid in sorted(filter(str.isdigit, os.listdir(proc)), key=int):
        with contextlib.suppress(OSError), open("%s/%s/comm" % (proc, pid), encoding="utf-8", errors="replace") as file:
            if file.read().strip() in wanted:
                yield pid
