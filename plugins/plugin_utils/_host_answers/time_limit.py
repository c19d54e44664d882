# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A limit to how long a managed host may keep the controller waiting."""

from __future__ import annotations

import contextlib
import signal
import threading
import types
import typing as t


class NoAnswer(BaseException):
    """The time is over. Not an Exception, so that code which waits and tries again does not catch it."""


@contextlib.contextmanager
def within(seconds: float) -> t.Iterator[None]:
    """Raise NoAnswer in the body after so many seconds, unless the task has a ``timeout`` of its own, which then counts."""
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _give_up(_number: int, _frame: types.FrameType | None) -> None:
    raise NoAnswer
