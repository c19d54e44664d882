# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what others do, for as long as it takes on a busy machine, and no longer than necessary."""

from __future__ import annotations

import time
import typing as t

from namespaces import Namespace

SECONDS = 180.0  # until something has surely failed


def until(reached: t.Callable[[], bool], what: str | t.Callable[[], str]) -> None:
    """Wait until a condition holds.

    Args:
        reached: Says whether it holds.
        what: What is wrong if it never does.
    """
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)


def until_open(client: Namespace, address: str, port: int, what: str | t.Callable[[], str]) -> None:
    """Wait until a TCP server answers."""
    until(lambda: client.probe("tcp", address, port) == "open", what)
