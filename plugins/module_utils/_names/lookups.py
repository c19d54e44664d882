# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Many look-ups of host names by few threads, within a bounded time."""

from __future__ import annotations

import collections
import random
import socket
import threading
import time
import typing as t

THREADS = 16
_FOR_THE_OTHERS = 4  # of the threads: names that do not answer can hold back neither the ones that do nor each other for good

LookUp = t.Callable[[str], t.List[str]]


def look_up(name: str) -> t.List[str]:
    """All addresses that the host's own resolver knows, by getaddrinfo(3). Raises OSError where it knows none."""
    return sorted({str(answer[4][0]) for answer in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})


def look_up_all(ready: t.Sequence[str], others: t.Sequence[str], look_up: LookUp, seconds: float) -> t.Dict[str, t.List[str]]:
    """Look names up, at most ``THREADS`` at a time.

    Args:
        ready: Names that answered the last time. Most threads begin with these.
        others: Names that did not. The rest of the threads begin with these, in any order, so that each has its turn some time.
        look_up: How; raises OSError or ValueError.
        seconds: How long all of them together may take.

    Returns:
        The names whose look-up ended in time, with what it brought: nothing where it failed.
    """
    queues = (collections.deque(ready), collections.deque(random.sample(others, len(others))))
    found: t.Dict[str, t.List[str]] = {}
    guard = threading.Lock()
    end = time.monotonic() + seconds

    def work(order: t.Sequence[t.Deque[str]]) -> None:
        while time.monotonic() < end:
            name = _next(order)
            if name is None:
                return
            try:
                answers = look_up(name)
            except (OSError, ValueError):  # a name that cannot be encoded is a ValueError
                answers = []
            with guard:
                found[name] = answers

    count = min(THREADS, len(ready) + len(others))
    orders = [queues if number < THREADS - _FOR_THE_OTHERS else queues[::-1] for number in range(count)]
    threads = [threading.Thread(target=work, args=(order,), daemon=True) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    with guard:
        return dict(found)


def _next(queues: t.Sequence[t.Deque[str]]) -> t.Optional[str]:
    for queue in queues:
        try:
            return queue.popleft()
        except IndexError:
            continue
    return None
