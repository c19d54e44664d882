# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run is killed, hung up, or denied a file or a command, at its steps, on the way from each state to the next and back."""

from __future__ import annotations

import pytest
from conftest import Record, every_backend, spread
from scene import RESTART_DOCKER, WAYS, Scene
from verdict import judge

FAULTS = {  # what it is called in the table -> the stroke, and whether the host is rebooted afterwards
    "killed before a step": ("kill", False),
    "killed during a step": ("kill-soon", False),
    "killed, rebooted": ("kill", True),
    "connection cut": ("hangup", False),
    "disk full from a step on": ("full", False),
    "no memory for a command": ("fork", False),
}


@pytest.mark.whole
@pytest.mark.parametrize("way", WAYS, ids="-".join)
@every_backend
def test_struck_at_every_kind_of_step(scene: Scene, backend: str, way: tuple[str, str], record: Record, strikes: int) -> None:
    directions = (way, way[::-1])
    scene.put(way[0])
    steps = {direction: scene.strike(direction[1], "count")[1] for direction in directions}
    assert scene.is_at(way[0])
    for fault, (stroke, rebooted) in FAULTS.items():
        kind = {"fork": " command ", "full": " file open "}.get(stroke, " ")
        struck = [spread([line for line in steps[direction] if kind in line], strikes) for direction in directions]
        for pair in zip(*struck):
            for (old, new), step in zip(directions, pair):
                scene.strike(new, stroke, int(step.split()[1]))
                if rebooted:
                    scene.reboot()
                elif scene.firewalld:
                    scene.host.run([RESTART_DOCKER])  # it hears of each reload of firewalld, which empties iptables
                now = scene.observe(old, new)
                verdict = judge(backend, fault, f"{old} to {new}, {step}", scene.states[old], scene.states[new], now)
                scene.put(new)
                verdict.mended = scene.is_at(new)
                record.add(verdict)
