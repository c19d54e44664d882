# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The watchdog: a process of the host's own that takes back what nobody confirmed in time, and does so again after a reboot.

What it needs lies on the disk before anything is changed: the way back of every place, and this collection's own code in one file.
``ARMED`` is the mark: while it exists, the host is on trial, and whoever ends the trial, by confirmation or by restoration, removes it
under the collection's lock. It is armed before the first change; the window to confirm begins when the last one is made.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._archive import (
    archive,
)
from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    BindingMissing,
    ToolFailed,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    STATE,
    Host,
)
from ansible_collections.federated.connectivity.plugins.module_utils._way_back import (
    WayBack,
)

DIRECTORY = STATE + "/unconfirmed"
ARMED = DIRECTORY + "/way_back.json"
PROGRAM = DIRECTORY + "/watchdog.pyz"
DEADLINE = "/run/federated_connectivity.deadline"
RECORD = "/run/federated_connectivity.record"
BOOT_SERVICE = "federated-connectivity-unconfirmed.service"
BOOT_UNIT = "/etc/systemd/system/" + BOOT_SERVICE
BOOT_WANTS = "/etc/systemd/system/sysinit.target.wants/" + BOOT_SERVICE
WATCH_SERVICE = "federated-connectivity-watchdog-%s"

CONFIRMED = "confirmed"
RESTORED = "restored"
FAILED = "failed"

_POLL_SECONDS = 0.25
_ABANDONED_SECONDS = 5.0
_WATCH, _AT_BOOT = "watch", "at-boot"

# /run is empty after a boot and holds the deadline until then: other services that start meanwhile pull this one in, in vain.
_BOOT_TEXT = """# Made by federated.connectivity.firewall_policy; it goes as soon as the change of this host is confirmed or taken back.
[Unit]
Description=Take back a connectivity policy that nobody confirmed before the reboot
DefaultDependencies=no
ConditionPathExists=%s
ConditionPathExists=!%s
RequiresMountsFor=%s
After=local-fs.target
Before=federated-connectivity.service nftables.service ufw.service firewalld.service network-pre.target docker.service shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=%s -I %s %s
"""


class Trial(t.NamedTuple):
    """A change that waits to be confirmed.

    ``token`` names it; ``session`` is the SSH_CONNECTION that made it, empty in a local session; ``seconds`` is the window to confirm;
    ``reachable`` are the egress targets to prove, as JSON can hold them; ``ways`` lead back, in the order of the changes;
    ``reasons`` say why it is to be taken back although its window is open.
    """

    token: str
    session: str
    seconds: int
    reachable: t.Sequence[t.Any]
    ways: t.Sequence[WayBack]
    reasons: t.Sequence[str] = ()


class Record(t.NamedTuple):
    """How a trial ended: ``outcome`` is CONFIRMED, RESTORED or FAILED; ``messages`` say why and what became of each place."""

    token: str
    outcome: str
    messages: t.Sequence[str]


def arm(trial: Trial, host: Host) -> None:
    """Prepare the way back and start the watchdog. Call under the lock.

    Raises:
        ToolFailed: it cannot be started; nothing is armed.
    """
    try:
        host.write(PROGRAM, archive(sys.modules[__name__]), mode=0o600)
        if host.has_systemd():
            text = _BOOT_TEXT % (ARMED, DEADLINE, DIRECTORY, sys.executable, PROGRAM, _AT_BOOT)
            host.write(BOOT_UNIT, text.encode(), mode=0o644)
            host.link(BOOT_WANTS, "../" + BOOT_SERVICE)
        extend(trial, host)
        _mark(trial, host)
        _start([sys.executable, "-I", PROGRAM, _WATCH, trial.token], trial, host)
    except (OSError, ToolFailed) as error:
        disarm(host)
        raise ToolFailed("the watchdog cannot be armed, so nothing was changed: %s" % error) from error


def extend(trial: Trial, host: Host) -> None:
    """Let the window to confirm begin now."""
    host.write(DEADLINE, b"%f" % (_now() + trial.seconds), mode=0o600)


def give_up(reasons: t.Sequence[str], trial: Trial, host: Host) -> None:
    """Let the watchdog take everything back now, for these reasons."""
    _mark(trial._replace(reasons=reasons), host)
    host.write(DEADLINE, b"0", mode=0o600)


def disarm(host: Host) -> None:
    """End the trial: the mark goes first, and nothing stays behind."""
    for path in (ARMED, DEADLINE, BOOT_WANTS, BOOT_UNIT, PROGRAM):
        host.remove(path)
    for path in (DIRECTORY, STATE, os.path.dirname(BOOT_WANTS)):
        host.remove_directory(path)


def read_trial(host: Host) -> t.Optional[Trial]:
    """The trial that the host is on, or None."""
    content = host.read(ARMED)
    if content is None:
        return None
    data = json.loads(content)
    return Trial(**{**data, "ways": [WayBack.from_data(way) for way in data["ways"]]})


def read_record(host: Host) -> t.Optional[Record]:
    """How the last trial since the boot ended."""
    content = host.read(RECORD)
    return Record(**json.loads(content)) if content else None


def end(trial: Trial, outcome: str, messages: t.Sequence[str], host: Host) -> Record:
    """Write down how a trial ended; unless it failed, it is over, also where there is no room to write."""
    record = Record(trial.token, outcome, messages)
    with contextlib.suppress(OSError):
        host.write(RECORD, json.dumps(record._asdict()).encode(), mode=0o600)
    if outcome != FAILED:
        disarm(host)
    return record


def restore(trial: Trial, reasons: t.Sequence[str], host: Host) -> Record:
    """Take the changes of a trial back, the last one first. Call under the lock.

    Args:
        trial: What to take back.
        reasons: Why, for the record.
        host: The host.

    Raises:
        BindingMissing: another Python of this host has to do it.
    """
    messages, complete = list(reasons), True
    for way in reversed(trial.ways):
        try:
            importlib.import_module(way.module).put_back(way.files, way.runtime, host)
        except BindingMissing:
            raise
        except Exception as error:
            complete = False
            messages.append("%s could not be restored: %s" % (way.name, error))
        else:
            messages.append("%s is as it was before" % way.name)
    return end(trial, RESTORED if complete else FAILED, messages, host)


@contextlib.contextmanager
def settled(host: Host, check_mode: bool) -> t.Iterator[t.List[str]]:
    """Hold the host while it is on no trial; an earlier run's trial is waited for, and taken back where its watchdog is gone.
    What runs have left that were killed goes.

    Yields:
        Warnings about the last trial, where it ended badly; they are given once.

    Raises:
        ToolFailed: it has to be taken back, and this is check mode, or that failed.
    """
    while True:
        with host.lock():
            trial = read_trial(host)
            if trial and _remaining(host) < -_ABANDONED_SECONDS:
                _take_over(trial, host, check_mode)
                trial = None
            if trial is None:
                if not check_mode:
                    host.sweep()
                    if any(os.path.lexists(path) for path in (DIRECTORY, BOOT_WANTS, BOOT_UNIT)):
                        disarm(host)
                record = read_record(host)
                if record and not check_mode:
                    host.remove(RECORD)
                bad = record and record.outcome != CONFIRMED
                yield ["an earlier change was not confirmed: %s" % "; ".join(record.messages)] if record and bad else []
                return
        time.sleep(_POLL_SECONDS)


def _take_over(trial: Trial, host: Host, check_mode: bool) -> None:
    if check_mode:
        raise ToolFailed("an earlier change was not confirmed, and its watchdog is gone; run without check mode to take its changes back")
    record = restore(trial, trial.reasons or ["its watchdog was gone, so this run took its changes back"], host)
    if record.outcome == FAILED:
        raise ToolFailed("an earlier change was not confirmed", *record.messages)


def _mark(trial: Trial, host: Host) -> None:
    content = {**trial._asdict(), "ways": [way.to_data() for way in trial.ways]}
    host.write(ARMED, json.dumps(content).encode(), mode=0o600)


def _start(command: t.Sequence[str], trial: Trial, host: Host) -> None:
    """Start the watchdog where neither the end of the session nor that of this process reaches it."""
    if host.has_systemd():
        unit = "--unit=" + WATCH_SERVICE % trial.token
        host.run(["systemd-run", "--quiet", "--collect", unit, "-p", "Restart=on-failure", "-p", "RestartSec=10", *command])
    else:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )


def _watch(token: str, host: Host) -> None:
    """Wait for the end of the trial, or end it; that fails with exit status 1, and systemd tries again."""
    while True:
        trial = read_trial(host)
        if trial is None or trial.token != token:
            return
        if _remaining(host) <= 0:
            with host.lock(seconds=float("inf")):
                trial = read_trial(host)
                if trial and trial.token == token and _remaining(host) <= 0:
                    _say(restore(trial, trial.reasons or ["nobody confirmed it within %d seconds" % trial.seconds], host))
                    return
        time.sleep(_POLL_SECONDS)


def _restore_at_boot(host: Host) -> None:
    with host.lock():
        trial = read_trial(host)
        if trial:
            _say(restore(trial, ["the host was rebooted before anybody confirmed it"], host))


def _say(record: Record) -> None:
    sys.stdout.write("\n".join((*record.messages, "")))
    if record.outcome == FAILED:
        raise SystemExit(1)


def _now() -> float:
    """Seconds that no clock setting moves and that go on while the host sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _remaining(host: Host) -> float:
    """Seconds until the window to confirm closes; less than none where nobody knows any more."""
    content = host.read(DEADLINE)
    return float(content) - _now() if content else float("-inf")


def main() -> None:
    """What the archive runs: ``watch TOKEN`` or ``at-boot``."""
    if sys.argv[1] == _WATCH:
        _watch(sys.argv[2], Host())
    else:
        _restore_at_boot(Host())
