# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the host under test: a module's payload from standard input, struck at one of its steps.

    python3 -c <this file> <stroke> <step> [<command>]

A step is whatever changes the host: a command that is started, a file that is written, moved or removed, a call over D-Bus. Python's
own audit events tell (sys.addaudithook), so the code under test knows nothing of it. Strokes come just before the step:

    count      nothing; each step is told on standard error
    kill       SIGKILL
    kill-soon  SIGKILL some milliseconds later, in the middle of what the step does
    hangup     SIGHUP and SIGTERM, as from a connection that is cut
    full       no space left on the device, for this and every later file
    fork       no memory for this one command
    power      the command runs to its end, which keeps what the disk holds; then SIGKILL
    alongside  the command starts and runs at the same time; /run/alongside.done tells its end
"""

from __future__ import annotations

import errno
import os
import signal
import sys

STROKE, STRUCK = sys.argv[1], int(sys.argv[2])
READING = {"list", "--test", "-c", "--state", "--check-config", "is-active"}
FILES = {"open", "os.rename", "os.remove", "os.rmdir", "os.symlink"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PRIVATE = ("/tmp", "/dev", "/proc", "/run", "/root")

steps = 0


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        words = [str(word) for word in arguments[1]]  # type: ignore[attr-defined]
        if not READING.intersection(words) and not words[0].endswith("-save"):
            step("command", " ".join(words))
    elif event in FILES:
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""
        if event == "os.symlink":
            path = os.fsdecode(arguments[1])  # type: ignore[arg-type]
        writes = event != "open" or bool(int(arguments[2] or 0) & WRITING)  # type: ignore[call-overload]
        if writes and path.startswith("/") and not path.startswith(PRIVATE):
            step("file", f"{event} {path}")


def step(kind: str, what: str) -> None:
    global steps
    steps += 1
    if STROKE == "count":
        os.write(2, f"step {steps} {kind} {what}\n".encode())
    elif STROKE == "full" and steps >= STRUCK and kind == "file" and "os.rm" not in what and "os.remove" not in what:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)
    elif steps == STRUCK:
        strike(kind)


def strike(kind: str) -> None:
    if STROKE == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif STROKE == "kill-soon":
        os.system(f"(sleep 0.00{STRUCK * 7 % 10}; kill -9 {os.getpid()}) >/dev/null 2>&1 &")
    elif STROKE == "hangup":
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
    elif STROKE == "fork" and kind == "command":
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    elif STROKE == "power":
        os.system(f"({sys.argv[3]}) >/dev/null 2>&1 </dev/null")
        os.kill(os.getpid(), signal.SIGKILL)
    elif STROKE == "alongside":
        os.system(f"({sys.argv[3]}; touch /run/alongside.done) >/dev/null 2>&1 </dev/null &")


def watch_dbus() -> None:
    """firewalld is changed by calls that Python does not audit."""
    try:
        from dbus.connection import Connection
    except ImportError:
        return
    call = Connection.call_blocking

    def call_blocking(self: object, name: str, path: str, interface: str, method: str, *more: object, **options: object) -> object:
        if not method.lower().startswith(("get", "list", "query", "introspect", "authorize", "hello", "start", "name", "addmatch")):
            step("call", method)
        return call(self, name, path, interface, method, *more, **options)

    Connection.call_blocking = call_blocking


watch_dbus()
sys.addaudithook(watch)
exec(compile(sys.stdin.read(), "<module>", "exec"), {"__name__": "__main__", "__file__": "<module>"})
