# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The timer that looks host names up again on the host, and the program it runs: this collection's own code, in one file."""

from __future__ import annotations

import hashlib
import os
import sys
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    Change,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    STATE,
    Host,
    Snapshot,
)
from ansible_collections.federated.connectivity.plugins.module_utils._names import (
    MEMORY,
)
from ansible_collections.federated.connectivity.plugins.module_utils._stored_policy import (
    FILE,
    StoredPolicy,
)
from ansible_collections.federated.connectivity.plugins.module_utils._way_back import (
    WayBack,
)

PROGRAM = STATE + "/names.pyz"
TIMER = "federated-connectivity-names.timer"
SERVICE = "federated-connectivity-names.service"
SERVICE_FILE = "/etc/systemd/system/" + SERVICE
TIMER_FILE = "/etc/systemd/system/" + TIMER
WANTS = "/etc/systemd/system/timers.target.wants/" + TIMER
FILES = (PROGRAM, FILE, SERVICE_FILE, TIMER_FILE, WANTS)

HEADER = "# Made by federated.connectivity.firewall_policy; changes here are replaced by the next run.\n"
SERVICE_TEXT = (
    HEADER
    + """[Unit]
Description=Look up the host names of the connectivity policy of federated systems
After=network-online.target nss-lookup.target federated-connectivity.service ufw.service firewalld.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart={python} -I {program}
TimeoutStartSec=10min
NoNewPrivileges=yes
PrivateTmp=yes
"""
)
# After each boot and then all the time, but not in step with all other hosts of the federation.
TIMER_TEXT = (
    HEADER
    + """[Unit]
Description=Look up the host names of the connectivity policy of federated systems

[Timer]
OnActiveSec=1min
OnUnitInactiveSec=15min
RandomizedDelaySec=2min

[Install]
WantedBy=timers.target
"""
)

_SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/libexec/platform-python")


def propose(stored: t.Optional[StoredPolicy], host: Host, program: bytes = b"") -> Change:
    """The way to a timer that keeps the policy's host names fresh; to none of it where the policy has no names, or there is no policy.

    Args:
        stored: What is to be enforced.
        host: The host.
        program: The refresher's archive; none: what is there stays.
    """
    if stored is None or not stored.names:
        return TimerChange(host, {})
    units = {SERVICE_FILE: SERVICE_TEXT.format(python=_python(), program=PROGRAM).encode(), TIMER_FILE: TIMER_TEXT.encode()}
    program = program or host.read(PROGRAM) or b""
    return TimerChange(host, {PROGRAM: program, FILE: stored.text(), **units, WANTS: units[TIMER_FILE]})


class TimerChange(Change):
    """The program, the policy it refreshes, and its units. What is remembered of names goes with them."""

    name = TIMER

    def __init__(self, host: Host, contents: t.Mapping[str, bytes]) -> None:
        self._host = host
        self._contents = contents
        self._snapshot = host.snapshot((*FILES, MEMORY))
        self._was_active = _is_active(host)
        present = {path: content for path in FILES for content in [host.read(path)] if content is not None}
        self.before = _describe(present) + _active(self._was_active)
        self.after = _describe(contents) + _active(bool(contents) and host.has_systemd())

    def check(self) -> None:
        """There is no tool to ask: the files are ours alone."""

    def apply(self) -> None:
        if self._contents:
            for path in (PROGRAM, FILE):
                self._host.write(path, self._contents[path], mode=0o600)
            for path in (SERVICE_FILE, TIMER_FILE):
                self._host.write(path, self._contents[path], mode=0o644)
            self._host.link(WANTS, "../" + TIMER)
            _systemctl(self._host, "daemon-reload")
            _systemctl(self._host, "start", TIMER)
        else:
            _stop(self._host)
            for path in (*FILES, MEMORY):
                self._host.remove(path)
            for path in (PROGRAM, WANTS):
                self._host.remove_directory(os.path.dirname(path))
            _systemctl(self._host, "daemon-reload")

    def way_back(self) -> WayBack:
        return WayBack(self.name, __name__, self._snapshot, {"active": self._was_active})

    def undo(self) -> None:
        way = self.way_back()
        put_back(way.files, way.runtime, self._host)


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> None:
    """Restore program, policy, units and the timer's state as a change found them."""
    if not runtime["active"]:
        _stop(host)
    files.restore()
    _systemctl(host, "daemon-reload")
    if runtime["active"]:
        _systemctl(host, "start", "--no-block", TIMER)  # early at boot it waits for whoever calls this


def _stop(host: Host) -> None:
    _systemctl(host, "stop", TIMER, check=False)
    _systemctl(host, "reset-failed", SERVICE, check=False)


def _systemctl(host: Host, *arguments: str, check: bool = True) -> None:
    if host.has_systemd():
        host.run(["systemctl", *arguments], check=check)


def _python() -> str:
    """This Python, by the name that survives an upgrade of the system."""
    here = os.path.realpath(sys.executable)
    return next((path for path in _SYSTEM_PYTHONS if os.path.realpath(path) == here), sys.executable)


def _is_active(host: Host) -> bool:
    return host.has_systemd() and host.run(["systemctl", "is-active", "--quiet", TIMER], check=False).rc == 0


def _active(active: bool) -> str:
    return "# %s is active\n" % TIMER if active else ""


def _describe(contents: t.Mapping[str, bytes]) -> str:
    return "".join("# %s: sha256 %s\n" % (path, hashlib.sha256(contents[path]).hexdigest()[:16]) for path in sorted(contents))
