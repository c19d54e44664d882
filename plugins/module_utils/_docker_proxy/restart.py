# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What running containers make of a restart of dockerd, and live-restore, which is lent to them for as long as the restart takes.

dockerd takes ``live-restore`` from daemon.json by a reload, but not ``proxies`` (moby, daemon/reload.go). It has to be on when the
daemon stops and when it starts again; then daemon.json does without it again, as before.
"""

from __future__ import annotations

import typing as t

from .._errors import ToolFailed
from . import api
from .api import Info
from .daemon import Daemon
from .json_text import JsonText

LIVE_RESTORE = "live-restore"


class Survival(t.NamedTuple):
    """What becomes of running containers when the daemon is restarted.

    Attributes:
        lend: Whether live-restore is to be lent.
        words: What the administrator should know beforehand.
    """

    lend: bool
    words: str


def survival(daemon: Daemon, info: t.Optional[Info], text: JsonText) -> Survival:
    """Decide by what runs, and by what the administrator's own daemon.json says."""
    if not info or not info.running:
        return Survival(False, "no container runs")
    count = "1 running container" if info.running == 1 else "%d running containers" % info.running
    if not daemon.leaves_containers_alone():
        reason = "the unit ends them together with the daemon (KillMode), as rootless Docker does"
    elif info.live_restore:
        return Survival(False, "%s will go on: live-restore is on" % count)
    elif info.swarm:
        reason = "the daemon is part of a swarm, which knows no live-restore"
    elif text.value.get(LIVE_RESTORE) is False:
        reason = "%s says that %s is false" % (daemon.places.daemon_json, LIVE_RESTORE)
    elif daemon.unit.flag("--live-restore") is not None:
        reason = "the unit starts dockerd with --live-restore=false"
    else:
        return Survival(True, "%s will go on: live-restore is turned on for as long as the restart takes" % count)
    return Survival(False, "%s will stop, and start again where their restart policy says so: %s" % (count, reason))


def lent(content: t.Optional[bytes]) -> bytes:
    """A daemon.json with live-restore on."""
    return JsonText.from_bytes(content or b"").with_member(LIVE_RESTORE, True).to_bytes()


def returned(content: t.Optional[bytes]) -> bytes:
    """A daemon.json that turns live-restore off; one that does not speak of it leaves it as it is."""
    return JsonText.from_bytes(content or b"").with_member(LIVE_RESTORE, False).to_bytes()


def switch(daemon: Daemon, on: bool) -> None:
    """Let the daemon read live-restore from daemon.json. Raises ToolFailed if it does not take it."""
    daemon.reload()
    said = api.wait_for(daemon.places.socket, lambda info: info.live_restore == on)
    if not said or said.live_restore != on:
        raise ToolFailed("%s does not turn live-restore %s" % (daemon.name, "on" if on else "off"))
