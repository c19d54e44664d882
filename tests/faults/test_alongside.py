# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else changes the firewall while a run does: an administrator, Docker, the firewall's own daemon, a second controller."""

from __future__ import annotations

import pytest
from conftest import Record
from scene import RESTART_DOCKER, Scene
from verdict import judge

RELOAD_NFTABLES = (
    "nft flush ruleset; nft -f /etc/nftables.conf; [ ! -e /etc/systemd/system/nftables.service.d/federated-connectivity.conf ]"
    " || nft -f /etc/federated_connectivity/ruleset.nft; " + RESTART_DOCKER
)
DISTURBANCES = {
    "nftables": {
        "Docker restarted": "; ".join([RESTART_DOCKER] * 3),
        "nftables.service restarted": RELOAD_NFTABLES,
        "rule added by an administrator": (
            "nft add chain inet administrator late; nft add rule inet administrator late drop; "
            "nft list chain inet administrator late | grep drop; nft delete chain inet administrator late"
        ),
    },
    "ufw": {
        "Docker restarted": "; ".join([RESTART_DOCKER] * 3),
        "ufw reload": "ufw reload",
        "rule added by an administrator": (
            "ufw allow 6000/tcp; sleep 1; for file in user.rules user6.rules; do grep -q 'dport 6000' /etc/ufw/$file || touch /run/lost; "
            "done; ufw delete allow 6000/tcp"
        ),
    },
    "firewalld": {
        "Docker restarted": "; ".join([RESTART_DOCKER] * 3),
        "firewalld reloaded": "firewall-cmd --reload; " + RESTART_DOCKER,
        "rule added by an administrator": (
            "firewall-cmd --add-port=6000/tcp; sleep 1; firewall-cmd --query-port=6000/tcp || touch /run/lost; "
            "firewall-cmd --remove-port=6000/tcp"
        ),
        "firewalld killed and started": (
            "pkill -9 -x firewalld; sleep 0.2; setsid firewalld --nofork --nopid & "
            "sleep 0.5; until firewall-cmd --state; do sleep 0.1; done; " + RESTART_DOCKER
        ),
    },
}


@pytest.mark.parametrize("backend", DISTURBANCES)
def test_others_at_work(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    ways = (("open", "shut"), ("shut", "open"))
    scene.put("open")
    steps = {way: len(scene.strike(way[1], "count")[1]) for way in ways}
    for fault, command in DISTURBANCES[backend].items():
        for number in range(strikes):
            for old, new in ways:
                scene.host.file("/run/lost").unlink(missing_ok=True)
                step = 1 + number * (steps[old, new] - 3) // max(1, strikes - 1)
                result, _steps = scene.strike(new, "alongside", step, command)
                scene.wait_for_command()
                now = scene.observe(old, new)
                verdict = judge(
                    backend, fault, f"{old} to {new}, step {step}: {result.get('msg')}", scene.states[old], scene.states[new], now
                )
                scene.put(new)
                verdict.mended = scene.is_at(new) and not scene.host.file("/run/lost").exists()
                record.add(verdict)


@pytest.mark.parametrize("backend", DISTURBANCES)
def test_two_policies_at_once(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    """Either of the two comes last, and it is there as a whole."""
    scene.put("open")
    for number in range(strikes):
        names = ("shut", "moved") if number % 2 else ("moved", "shut")
        runs = [scene.start(name, "count") for name in names]
        results = [run.communicate(timeout=120)[0] for run in runs]
        now = scene.observe(*names)
        verdict = judge(backend, "two runs at once", " and ".join(names), scene.states["shut"], scene.states["moved"], now)
        scene.put("open")
        verdict.mended = scene.is_at("open") and verdict.one and all('"changed": true' in result for result in results)
        record.add(verdict)
