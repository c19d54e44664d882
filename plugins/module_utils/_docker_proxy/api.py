# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a running dockerd says of itself, asked over its own socket: there may be no client, or one that speaks to another daemon."""

from __future__ import annotations

import time
import typing as t

from .._host.unix_http import SECONDS, ask


class Info(t.NamedTuple):
    """What ``docker info`` shows, as far as it matters here. Docker masks credentials in it.

    Attributes:
        http, https, exceptions: The proxies in force; "" where there are none.
        live_restore: Whether containers survive a restart of the daemon.
        swarm: Whether the daemon is part of a swarm, where they do not.
        running: How many containers run.
    """

    http: str
    https: str
    exceptions: str
    live_restore: bool
    swarm: bool
    running: int


def info(path: str) -> t.Optional[Info]:
    """Ask the daemon behind a socket; None where none answers. (A socket of systemd's would start one.)"""
    said = ask(path, "/info")
    if not said or not isinstance(said, dict):
        return None
    swarm, running = said.get("Swarm"), said.get("ContainersRunning")
    return Info(
        str(said.get("HttpProxy") or ""),
        str(said.get("HttpsProxy") or ""),
        str(said.get("NoProxy") or ""),
        bool(said.get("LiveRestoreEnabled")),
        isinstance(swarm, dict) and swarm.get("LocalNodeState", "inactive") != "inactive",
        running if isinstance(running, int) else 0,
    )


def wait_for(path: str, condition: t.Callable[[Info], bool]) -> t.Optional[Info]:
    """What the daemon says once a condition holds, or at the end of ten seconds; None if it says nothing."""
    end = time.monotonic() + SECONDS
    while True:
        said = info(path)
        if (said and condition(said)) or time.monotonic() > end:
            return said
        time.sleep(0.1)
