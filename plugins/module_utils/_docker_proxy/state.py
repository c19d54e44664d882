# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What runs remember about the forward proxy of a Docker daemon, beside what was there before them."""

from __future__ import annotations

import json
import typing as t

from .._host.host import Host
from .daemon import Places
from .member import Memory, damaged, recall, recorded

MODE = 0o600


class State(t.NamedTuple):
    """What is remembered between runs.

    Attributes:
        memory: Of daemon.json.
        due: The run of the daemon (systemd's invocation) that has yet to be ended for our files to count; "" for none.
        lending: Whether a run was interrupted while live-restore was lent.
    """

    memory: t.Optional[Memory] = None
    due: str = ""
    lending: bool = False


def load(places: Places, host: Host) -> State:
    """What earlier runs remembered."""
    path = places.memory + "/state.json"
    data = recorded(path, host)
    if data is None:
        return State()
    if not isinstance(data, dict) or not isinstance(data.get("due"), str) or not isinstance(data.get("lending"), bool):
        raise damaged(path)
    return State(recall(path, data.get("memory")), data["due"], data["lending"])


def save(places: Places, state: State, host: Host) -> None:
    """Remember it; where there is nothing to remember, no file stays, the backup neither."""
    if state == State():
        for path in files(places):
            host.put(path, None, 0)
        return
    data = {**state._asdict(), "memory": state.memory and state.memory._asdict()}
    host.write(places.memory + "/state.json", json.dumps(data).encode(), MODE)


def backup(places: Places) -> str:
    """Where daemon.json is kept as it was before the last change."""
    return places.memory + "/daemon.json.before"


def files(places: Places) -> t.List[str]:
    """All that is remembered."""
    return [backup(places), places.memory + "/state.json"]
