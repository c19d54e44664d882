# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of look-ups by few threads: names that hang hold back neither their process nor the others."""

from __future__ import annotations

import threading
import time

from ansible_collections.federated.connectivity.plugins.module_utils._names.lookups import THREADS, look_up, look_up_all


def test_thousands_of_names_make_few_threads() -> None:
    before = threading.active_count()
    most = 0

    def count(name: str) -> list[str]:
        nonlocal most
        most = max(most, threading.active_count() - before)
        time.sleep(0.0005)
        return [name]

    names = [f"n{number}" for number in range(3000)]
    found = look_up_all(names[:1500], names[1500:], count, 300)
    assert found == {name: [name] for name in names}
    assert 1 < most <= THREADS


def test_names_that_hang_bound_their_own_threads_and_their_time() -> None:
    hanging = threading.Event()

    def hang(_name: str) -> list[str]:
        hanging.wait()
        return ["203.0.113.5"]

    before = threading.active_count()
    assert look_up_all([f"n{number}" for number in range(5000)], [], hang, 0.2) == {}
    assert threading.active_count() - before <= THREADS
    hanging.set()


def test_names_that_hang_do_not_hold_back_the_ones_that_answered_before() -> None:
    hanging = threading.Event()

    def look_up(name: str) -> list[str]:
        if name.startswith("dead"):
            hanging.wait()
        return [name]

    ready = [f"n{number}" for number in range(100)]
    found = look_up_all(ready, [f"dead{number}" for number in range(100)], look_up, 2)
    hanging.set()
    assert found == {name: [name] for name in ready}


def test_every_failure_is_an_empty_answer() -> None:
    errors = {"a": OSError("no such name"), "b": UnicodeError("label too long"), "c": ValueError("embedded null character")}

    def fail(name: str) -> list[str]:
        raise errors[name]

    assert look_up_all(["a"], ["b", "c"], fail, 60) == {"a": [], "b": [], "c": []}


def test_what_comes_too_late_is_not_added_afterwards() -> None:
    waiting, done = threading.Event(), threading.Event()

    def late(name: str) -> list[str]:
        waiting.wait()
        done.set()
        return [name]

    found = look_up_all(["a"], [], late, 0.05)
    waiting.set()
    assert done.wait(60)
    assert found == {}


def test_the_hosts_own_resolver_is_asked() -> None:
    assert look_up("127.0.0.1") == ["127.0.0.1"]
