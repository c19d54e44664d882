# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change on trial: whatever happens to the run or to the controller, what nobody confirms is taken back as a whole."""

from __future__ import annotations

import time

import pytest
from conftest import Record, every_backend, spread
from firewall_host import PolicyFailed
from scene import Scene
from verdict import judge

WINDOW = 600  # seconds; the tests let them pass at once
SHORT = 2  # seconds; these really pass
YEAR = 365 * 86400
# The wall clock as every Python program of the host sees it, set by /run/clock while they run.
JUMPING_CLOCK = """
import time
real_time, real_gettime = time.time, time.clock_gettime
def jump():
    try:
        with open("/run/clock") as file:
            return float(file.read())
    except (OSError, ValueError):
        return 0.0
time.time = lambda: real_time() + jump()
time.clock_gettime = lambda clock: real_gettime(clock) + (jump() if clock == time.CLOCK_REALTIME else 0.0)
"""
FAULTS = {  # what it is called in the table -> the stroke, and whether the host is rebooted in the window
    "never confirmed": ("count", False),
    "rebooted before confirmation": ("count", True),
    "killed on trial": ("kill", False),
    "killed on trial, rebooted": ("kill", True),
    "connection cut on trial": ("hangup", False),
}


@pytest.mark.whole
@pytest.mark.parametrize("way", [("open", "shut"), ("shut", "moved")], ids="-".join)
@every_backend
def test_the_host_takes_back_what_nobody_confirms(scene: Scene, backend: str, way: tuple[str, str], record: Record, strikes: int) -> None:
    old, new = way
    scene.put(old)
    result, steps = scene.strike(new, "count", confirm_timeout=WINDOW)
    assert "on_trial" in result
    assert scene.observe(new).runtime == scene.states[new].runtime
    scene.give_up()
    assert scene.is_at(old)
    for fault, (stroke, rebooted) in FAULTS.items():
        for step in spread(steps, strikes):
            scene.strike(new, stroke, int(step.split()[1]), confirm_timeout=WINDOW)
            if rebooted:
                scene.reboot()
            else:
                scene.give_up()
            verdict = judge(backend, fault, f"{old} to {new}, {step}", scene.states[old], scene.states[new], scene.observe(old))
            taken_back = not rebooted or scene.observe(old).packets == scene.states[old].packets
            scene.put(new)
            verdict.mended = taken_back and scene.is_at(new)
            record.add(verdict)
            scene.put(old)


@pytest.mark.whole
@every_backend
def test_a_clock_that_jumps_moves_no_window(scene: Scene, backend: str, record: Record) -> None:
    """Neither does a window close early, nor does one stay open."""
    old, new = "open", "shut"
    packages = scene.host.file("/usr/lib/python3/dist-packages")
    (packages / "jumping_clock.py").write_text(JUMPING_CLOCK)
    (packages / "jumping_clock.pth").write_text("import jumping_clock\n")
    scene.put(old)
    for fault, seconds in {"clock set a year ahead": YEAR, "clock set a year back": -YEAR}.items():
        for window in (WINDOW, SHORT):
            trial = scene.strike(new, "count", confirm_timeout=window)[0]["on_trial"]
            scene.host.file("/run/clock").write_text(str(seconds))
            if window == WINDOW:
                time.sleep(SHORT)
                scene.host.confirm(trial["token"], scene.ssh.replace("50000", "50001"))
            else:
                scene.wait_for_watchdog()
            expected = new if window == WINDOW else old
            now = scene.observe(old, new)
            verdict = judge(backend, fault, f"{old} to {new}, {window} seconds", scene.states[old], scene.states[new], now)
            verdict.mended = now == scene.states[expected]
            record.add(verdict)
            scene.host.file("/run/clock").unlink()
            scene.put(old)


@every_backend
def test_a_late_confirmation_is_refused(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    scene.put("open")
    for _again in range(strikes):
        trial = scene.strike("shut", "count", confirm_timeout=WINDOW)[0]["on_trial"]
        scene.give_up()
        with pytest.raises(PolicyFailed, match="the change was not confirmed"):
            scene.host.confirm(trial["token"], scene.ssh.replace("50000", "50001"))
        verdict = judge(backend, "confirmed late", "open to shut", scene.states["open"], scene.states["shut"], scene.observe("open"))
        at_old = scene.is_at("open")
        scene.put("shut")
        verdict.mended = at_old and scene.is_at("shut")
        record.add(verdict)
        scene.put("open")
