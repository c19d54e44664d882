# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The watchdog: a process of the host's own that takes back what nobody confirmed in time, and does so again after a reboot.

What it needs lies on the disk before anything is changed: the way back of every place, and this collection's own code in one file.
``ARMED`` is the mark: while it exists, the host is on trial, and whoever ends the trial, by confirmation or by restoration, removes it
under the collection's lock. It is armed before the first change; the window to confirm begins when the last one is made. Until then
the process that makes the changes keeps it open (window.py).

A lock that somebody else holds stops no way back: it is waited for, then left aside. So that confirmation and restoration still exclude
each other, the one that makes the link ``DECISION`` first decides a trial.
"""

from __future__ import annotations

import contextlib
import glob
import os
import subprocess
import sys
import time
import typing as t

from .._errors import BindingMissing, ToolFailed
from .._host.archive import archive
from .._host.host import STATE, Host
from .trial import CONFIRMED, FAILED, RESTORED, Record, Trial, TrialUnreadable, parse_record, parse_trial
from .ways import WAYS

DIRECTORY = STATE + "/unconfirmed"
ARMED = DIRECTORY + "/way_back.json"
PROGRAM = DIRECTORY + "/watchdog.pyz"
DEADLINE = "/run/federated_connectivity.deadline"
RECORD = "/run/federated_connectivity.record"
DECISION = "/run/federated_connectivity.decision.%s"
BOOT_SERVICE = "federated-connectivity-unconfirmed.service"
BOOT_UNIT = "/etc/systemd/system/" + BOOT_SERVICE
BOOT_WANTS = "/etc/systemd/system/sysinit.target.wants/" + BOOT_SERVICE
WATCH_SERVICE = "federated-connectivity-watchdog-%s"

_POLL_SECONDS = 0.25
_RETRY_SECONDS = 10.0
_LOCK_SECONDS = 30.0  # a run that works is at its end by then; one that does not changes nothing more (be_on_trial)
_ABANDONED_SECONDS = 5.0
_WATCH, _AT_BOOT = "watch", "at-boot"

# Services that start in the window pull this one in, in vain: its program looks for the watchdog first. /run cannot tell the two apart,
# as a soft reboot keeps it.
_BOOT_TEXT = """# Made by federated.connectivity.firewall_policy; it goes as soon as the change of this host is confirmed or taken back.
[Unit]
Description=Take back a connectivity policy that nobody confirmed before the reboot
DefaultDependencies=no
ConditionPathExists=%s
RequiresMountsFor=%s
After=local-fs.target
Before=federated-connectivity.service nftables.service ufw.service firewalld.service network-pre.target docker.service shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=%s -I %s %s
"""


def arm(trial: Trial, host: Host) -> None:
    """Prepare the way back and start the watchdog. Call under the lock.

    Raises:
        ToolFailed: it cannot be started; nothing is armed.
    """
    try:
        host.write(PROGRAM, archive(sys.modules[__name__]), mode=0o600)
        if host.has_systemd():
            text = _BOOT_TEXT % (ARMED, DIRECTORY, sys.executable, PROGRAM, _AT_BOOT)
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
    if is_armed(host):
        _mark(trial._replace(reasons=reasons), host)
        host.write(DEADLINE, b"0", mode=0o600)


def withdraw(trial: Trial, host: Host) -> None:
    """End a trial whose changes were all taken back by the process that made them. A watchdog that has begun to restore ends it itself:
    without its mark it could not go on after an interruption."""
    with contextlib.suppress(OSError):  # where there is no room to decide, nobody else can either
        if not decide(trial, CONFIRMED):  # what is there now stays
            return
    disarm(host)


def disarm(host: Host) -> None:
    """End the trial: the mark goes first, from the disk as well, and nothing stays behind."""
    for path in (ARMED, DEADLINE, BOOT_WANTS, BOOT_UNIT, PROGRAM, *glob.glob(DECISION % "*")):
        host.remove(path)
    for path in (DIRECTORY, STATE, os.path.dirname(BOOT_WANTS)):
        host.remove_directory(path)


def is_armed(host: Host) -> bool:
    """Whether the host is on trial."""
    return host.read(ARMED) is not None


def read_trial(host: Host) -> t.Optional[Trial]:
    """The trial that the host is on, or None. Raises TrialUnreadable where another version has written it that means more."""
    content = host.read(ARMED)
    if content is None:
        return None
    try:
        return parse_trial(content)
    except TrialUnreadable as error:
        raise TrialUnreadable(
            "a change of this host waits to be confirmed that another version of federated.connectivity has made, and this version cannot "
            "read %s (%s); its own watchdog takes it back when its time is over, and `python3 -I %s %s` does so now"
            % (ARMED, error, PROGRAM, _AT_BOOT)
        ) from error


def read_record(host: Host) -> t.Optional[Record]:
    """How the last trial since the boot ended."""
    content = host.read(RECORD)
    return parse_record(content) if content else None


def be_on_trial(trial: Trial, host: Host) -> None:
    """Raises ToolFailed where a trial is over, or about to be, although this process has not ended it."""
    present = read_trial(host)
    if present is None or present.token != trial.token or _decision(trial) == RESTORED:
        raise ToolFailed("the change took so long that the host has begun to take it back")


def decide(trial: Trial, outcome: str) -> bool:
    """Whether this trial ends so: whoever says first how decides it."""
    try:
        os.symlink(outcome, DECISION % trial.token)
    except FileExistsError:
        return _decision(trial) == outcome
    return True


def end(trial: Trial, outcome: str, messages: t.Sequence[str], host: Host) -> Record:
    """Write down how a trial ended; unless it failed, it is over, also where there is no room to write.

    A confirmed one is over on the disk before anybody is told, so that no loss of power takes it back.
    """
    record = Record(trial.token, outcome, messages)
    if outcome == CONFIRMED:
        host.remove(ARMED)
    with contextlib.suppress(OSError):
        host.write(RECORD, record.text(), mode=0o600)
    if outcome != FAILED:
        disarm(host)
    return record


def restore(trial: Trial, reasons: t.Sequence[str], host: Host) -> Record:
    """Take the changes of a trial back, the last one first, unless it was confirmed. Call under the lock.

    Args:
        trial: What to take back.
        reasons: Why, for the record.
        host: The host.

    Raises:
        BindingMissing: another Python of this host has to do the rest of it.
    """
    with contextlib.suppress(OSError):  # where there is no room to decide, nobody else can either
        if not decide(trial, RESTORED):
            return end(trial, CONFIRMED, (), host)
    messages, complete = list(reasons), True
    missing: t.Optional[BindingMissing] = None
    for way in reversed(trial.ways):
        try:
            notes = WAYS[way.backend](way.files, way.runtime, host)
        except BindingMissing as error:  # the other Python goes all ways again; it may not start as soon as this one
            missing = error
        except Exception as error:
            complete = False
            messages.append("%s could not be restored: %s" % (way.name, error))
        else:
            messages.append("%s is as it was before%s" % (way.name, ", although " + " and ".join(notes) if notes else ""))
    if missing:
        raise missing
    with contextlib.suppress(OSError):
        host.sweep()
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
        foreign: t.Optional[TrialUnreadable] = None
        with host.lock():
            armed = is_armed(host)
            if armed and _remaining(host) < -_ABANDONED_SECONDS:
                try:
                    _take_over(read_trial(host), host, check_mode)
                    armed = False
                except TrialUnreadable as error:
                    foreign = error
            if not armed:
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
        if foreign:
            _let_its_own_program_take_over(foreign, host, check_mode)
        time.sleep(_POLL_SECONDS)


def _take_over(trial: t.Optional[Trial], host: Host, check_mode: bool) -> None:
    if check_mode:
        raise ToolFailed("an earlier change was not confirmed, and its watchdog is gone; run without check mode to take its changes back")
    if trial:
        record = restore(trial, trial.reasons or ["its watchdog was gone, so this run took its changes back"], host)
        if record.outcome == FAILED:
            raise ToolFailed("an earlier change was not confirmed", *record.messages)


def _let_its_own_program_take_over(why: TrialUnreadable, host: Host, check_mode: bool) -> None:
    """Whoever armed a trial left the program that understands it. Call without the lock, which the program takes."""
    if check_mode:
        raise why
    done = host.run([sys.executable, "-I", PROGRAM, _AT_BOOT], check=False)
    if done.rc != 0 or is_armed(host):
        raise ToolFailed(*why.messages, (done.stderr or done.stdout).strip())


def _mark(trial: Trial, host: Host) -> None:
    host.write(ARMED, trial.text(), mode=0o600)


def _start(command: t.Sequence[str], trial: Trial, host: Host, *options: str) -> None:
    """Start the watchdog where neither the end of the session nor that of this process reaches it, nor a change of systemd's target."""
    if host.has_systemd():
        unit = "--unit=" + WATCH_SERVICE % trial.token
        lasting = ("-p", "Restart=on-failure", "-p", "RestartSec=10", "-p", "IgnoreOnIsolate=yes")
        host.run(["systemd-run", "--quiet", "--collect", *options, unit, *lasting, *command])
    else:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )


def _is_watched(trial: Trial, host: Host) -> bool:
    """Whether systemd runs the watchdog of a trial, or is about to. No boot leaves one, be it a soft reboot."""
    if not host.has_systemd():
        return False
    state = host.run(["systemctl", "is-active", WATCH_SERVICE % trial.token + ".service"], check=False).stdout.strip()
    return state in ("active", "activating", "reloading")


def _watch(token: str, host: Host) -> None:
    """Wait for the end of the trial, or end it, however often that fails."""
    said: t.Sequence[str] = ()
    while True:
        seconds = _POLL_SECONDS
        try:
            trial = read_trial(host)
            if trial is None or trial.token != token:
                return
            if _remaining(host) <= 0:
                record = _take_back(token, host)
                said = _say(record.messages, said) if record else said
                if record and record.outcome != FAILED:
                    return
                seconds = _RETRY_SECONDS
        except Exception as error:  # a file that cannot be read, a binding that an upgrade is about to replace
            said = _say([repr(error)], said)
            seconds = _RETRY_SECONDS
        time.sleep(seconds)


def _take_back(token: str, host: Host) -> t.Optional[Record]:
    """End a trial whose window is over; None where it has been ended or extended meanwhile."""
    with host.lock(_LOCK_SECONDS, insist=True) as notes:
        trial = read_trial(host)
        if trial is None or trial.token != token or _remaining(host) > 0:
            return None
        reasons = trial.reasons or ["nobody confirmed it within %d seconds" % trial.seconds]
        return restore(trial, [*reasons, *notes], host)


def _restore_at_boot(host: Host) -> None:
    """Take back what nobody confirmed before the boot. A run that is arming its watchdog just now holds the lock."""
    trial, end_of_patience = read_trial(host), time.monotonic() + _LOCK_SECONDS
    while trial and not _is_watched(trial, host):
        armed = trial
        try:
            with host.lock(0, insist=time.monotonic() > end_of_patience):
                trial = read_trial(host)
                if trial and not _is_watched(trial, host):
                    record = restore(trial, trial.reasons or ["the host was rebooted before anybody confirmed it"], host)
                    _say(record.messages, ())
                    if record.outcome == FAILED:
                        _go_on_trying(trial, host)
                return
        except ToolFailed:
            time.sleep(_POLL_SECONDS)
            trial = read_trial(host)
        except Exception as error:  # such as a file system that cannot be written yet
            _say([repr(error)], ())
            _go_on_trying(armed, host)


def _go_on_trying(trial: Trial, host: Host) -> None:
    """Leave what could not be taken back at boot to a watchdog, which tries again until it can."""
    if host.has_systemd():
        with contextlib.suppress(OSError):
            host.remove(DEADLINE)
        _start([sys.executable, "-I", PROGRAM, _WATCH, trial.token], trial, host, "--no-block")
    raise SystemExit(1)


def _say(messages: t.Sequence[str], said: t.Sequence[str]) -> t.Sequence[str]:
    """Tell the journal, but nothing twice in a row."""
    if list(messages) != list(said):
        sys.stdout.write("\n".join((*messages, "")).encode("utf-8", "backslashreplace").decode("utf-8"))
        sys.stdout.flush()
    return messages


def _decision(trial: Trial) -> str:
    try:
        return os.readlink(DECISION % trial.token)
    except OSError:
        return ""


def _now() -> float:
    """Seconds that no clock setting moves and that go on while the host sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _remaining(host: Host) -> float:
    """Seconds until the window to confirm closes; less than none where nobody knows any more."""
    try:
        return float(host.read(DEADLINE) or "-inf") - _now()
    except ValueError:
        return float("-inf")


def main() -> None:
    """What the archive runs: ``watch TOKEN`` or ``at-boot``."""
    if sys.argv[1] == _WATCH:
        _watch(sys.argv[2], Host())
    else:
        _restore_at_boot(Host())
