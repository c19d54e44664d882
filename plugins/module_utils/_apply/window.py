# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The window of a trial while its changes are still being made: some take minutes, such as a reload of firewalld with a large blocklist."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from .._errors import ToolFailed
from .._host.host import Host
from . import watchdog
from .trial import Trial

MOST_SECONDS = 900.0  # a run that is still at work then is taken back


@contextlib.contextmanager
def kept_open(trial: Trial, host: Host) -> t.Iterator[None]:
    """Let the window not close while this process is at work. The watchdog of a process that was killed or stopped acts on time."""
    done = threading.Event()
    thread = threading.Thread(target=_extend, args=(trial, host, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _extend(trial: Trial, host: Host, done: threading.Event) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not done.wait(trial.seconds / 4.0) and time.monotonic() < end:
        try:
            watchdog.be_on_trial(trial, host)
            watchdog.extend(trial, host)
        except ToolFailed:  # the way back has begun
            return
        except OSError:  # no room to write: the next time may have some
            continue
