# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A child process that may hang, be stopped, or answer without end: it is listened to up to a time and a size, and then killed."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
import typing as t

_CHUNK = 1 << 16
_GRACE_SECONDS = 5.0  # a killed process that does not end within them waits for a file system, and nobody can end it


class TooLate(Exception):
    """The time is over; ``heard`` is what came until then, by file descriptor."""

    def __init__(self, heard: t.Mapping[int, bytes]) -> None:
        super().__init__()
        self.heard = heard


class TooMuch(TooLate):
    """More came than may come."""


def listen(descriptors: t.Iterable[int], seconds: float, limit: int) -> t.Dict[int, bytes]:
    """What comes through some pipes until all of them are closed.

    Raises:
        TooLate: one is still open after so many seconds.
        TooMuch: more bytes came than the limit, all pipes together.
    """
    end = time.monotonic() + seconds
    heard: t.Dict[int, t.List[bytes]] = {descriptor: [] for descriptor in descriptors}
    length = 0
    with selectors.DefaultSelector() as selector:
        for descriptor in heard:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, end - time.monotonic()))
            for key, _events in ready:
                chunk = os.read(key.fd, _CHUNK)
                if chunk:
                    heard[key.fd].append(chunk)
                    length += len(chunk)
                else:
                    selector.unregister(key.fd)
            if length > limit:
                raise TooMuch(_joined(heard))
            if selector.get_map() and time.monotonic() >= end:
                raise TooLate(_joined(heard))
    return _joined(heard)


def kill_group(leader: int) -> None:
    """Kill a process and its group, also where it is stopped; whoever left the group lives on and holds nothing of ours."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(leader, signal.SIGKILL)


def wait_for(child: int, seconds: float) -> t.Optional[int]:
    """The exit status of a child that has said everything; it is killed after so many seconds, and left to the system after some more."""
    for patience in (seconds, _GRACE_SECONDS):
        end = time.monotonic() + patience
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return status
            if time.monotonic() >= end:
                break
            time.sleep(0.01)
        kill_group(child)
    return None


def run(argv: t.Sequence[str], input: str, environment: t.Mapping[str, str], seconds: float, limit: int) -> t.Tuple[int, bytes, bytes]:
    """Run a command; its status, output and errors.

    Raises:
        TooLate, TooMuch: it was killed.
        FileNotFoundError: there is no such command.
    """
    with tempfile.TemporaryFile() as file:
        file.write(input.encode("utf-8", "surrogateescape"))
        file.seek(0)
        process = subprocess.Popen(argv, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    output, errors = (t.cast(t.IO[bytes], pipe) for pipe in (process.stdout, process.stderr))
    try:
        heard = list(listen((output.fileno(), errors.fileno()), seconds, limit).values())
        status = process.wait(seconds)
    except (TooLate, subprocess.TimeoutExpired) as error:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        raise error if isinstance(error, TooLate) else TooLate({}) from None
    finally:
        output.close()
        errors.close()
    return status, heard[0], heard[1]


def _joined(heard: t.Mapping[int, t.Sequence[bytes]]) -> t.Dict[int, bytes]:
    return {descriptor: b"".join(chunks) for descriptor, chunks in heard.items()}
