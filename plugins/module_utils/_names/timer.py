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

from .._change.change import Change
from .._change.restore_point import RestorePoint, attempt
from .._host.host import STATE, File, Host
from .._host.own_files import fixed, fixed_link
from .._host.snapshot import Snapshot
from .lookup import MEMORY, MEMORY_MODE
from .stored_policy import FILE, StoredPolicy

NAME = "names"
PROGRAM = STATE + "/names.pyz"
TIMER = "federated-connectivity-names.timer"
SERVICE = "federated-connectivity-names.service"
SERVICE_FILE = "/etc/systemd/system/" + SERVICE
TIMER_FILE = "/etc/systemd/system/" + TIMER
WANTS = "/etc/systemd/system/timers.target.wants/" + TIMER
LINK = "../" + TIMER
MODES = {PROGRAM: 0o600, FILE: 0o600, SERVICE_FILE: 0o644, TIMER_FILE: 0o644}
FILES = (*MODES, WANTS)

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
    program = program or host.read_own(PROGRAM) or b""
    return TimerChange(host, {PROGRAM: program, FILE: stored.text(), **units})


class TimerChange(Change):
    """The program, the policy it refreshes, and its units. What is remembered of names goes with them."""

    name = TIMER

    def __init__(self, host: Host, contents: t.Mapping[str, bytes]) -> None:
        self._host = host
        self._contents = contents
        self._snapshot = host.snapshot((*FILES, MEMORY))
        self._was_active = _is_active(host)
        self.before = "".join(self._present()) + _active(self._was_active)
        self.after = "".join(self._wanted()) + _active(bool(contents) and host.has_systemd())

    def _present(self) -> t.Iterator[str]:
        for path in MODES:
            found = self._host.attributes(path)
            if found and (self._contents or not os.path.isdir(path)):
                yield _line(path, found, self._host.read_own(path))
        link, memory, directory = self._host.link_attributes(WANTS, TIMER_FILE), self._host.attributes(MEMORY), self._host.attributes(STATE)
        if link:
            yield _line(WANTS, link)
        if memory and self._contents:
            yield _line(MEMORY, memory)
        if directory and self._keeps_directory():
            yield _line(STATE, directory)

    def _wanted(self) -> t.Iterator[str]:
        for path, content in self._contents.items():
            yield _line(path, fixed(MODES[path]), content)
        if self._contents:
            yield _line(WANTS, fixed_link(TIMER_FILE))
        if self._contents and self._host.attributes(MEMORY):
            yield _line(MEMORY, fixed(MEMORY_MODE))
        if self._keeps_directory():
            yield _line(STATE, fixed(self._host.directory_mode, directory=True))

    def _keeps_directory(self) -> bool:
        """Whether something is in our directory afterwards: what this puts there, or what other parts of this collection have there."""
        ours = {os.path.basename(path) for path in (PROGRAM, FILE, MEMORY)}
        others = [name for name in self._host.names(STATE) if name not in ours and not name.startswith(".")]
        return bool(self._contents or others)

    def check(self) -> None:
        """There is no tool to ask: the files are ours alone."""

    def prepared(self) -> t.ContextManager[None]:
        files = {path: File(content, MODES[path]) for path, content in self._contents.items()}
        return self._host.prepared(files, {WANTS: LINK} if files else {})

    def apply(self) -> None:
        if self._contents:
            for path, mode in MODES.items():
                self._host.write(path, self._contents[path], mode=mode)
            self._host.link(WANTS, LINK)
            _systemctl(self._host, "daemon-reload")
            _systemctl(self._host, "start", TIMER)
        else:
            _stop(self._host)
            if self._keeps_directory():
                self._host.make_directories(STATE)
            for path in (*FILES, MEMORY):
                self._host.remove(path)
            for path in (PROGRAM, WANTS):
                self._host.remove_directory(os.path.dirname(path))
            _systemctl(self._host, "daemon-reload")

    def restore_point(self) -> RestorePoint:
        return RestorePoint(self.name, NAME, self._snapshot, {"active": self._was_active})

    def undo(self) -> None:
        way = self.restore_point()
        put_back(way.files, way.runtime, self._host)


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> None:
    """Restore program, policy, units and the timer's state as a change found them."""
    attempt(
        lambda: None if runtime["active"] else _stop(host),
        files.restore,
        lambda: _systemctl(host, "daemon-reload"),
        # Early at boot it waits for whoever calls this.
        lambda: _systemctl(host, "start", "--no-block", TIMER) if runtime["active"] else None,
    )


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


def _line(path: str, found: str, content: t.Optional[bytes] = None) -> str:
    digest = "" if content is None else ", sha256 " + hashlib.sha256(content).hexdigest()[:16]
    return "# %s: %s%s\n" % (path, found, digest)
