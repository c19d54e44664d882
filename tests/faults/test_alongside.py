# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else changes the firewall while a run does: an administrator, Docker, the firewall's own daemon, a second controller."""

from __future__ import annotations

import typing as t

from conftest import Record, every_backend
from scene import RESTART_DOCKER, Scene
from verdict import judge

RELOAD_NFTABLES = (
    "nft flush ruleset; nft -f /etc/nftables.conf; [ ! -e /etc/systemd/system/nftables.service.d/federated-connectivity.conf ]"
    " || nft -f /etc/federated_connectivity/ruleset.nft; " + RESTART_DOCKER
)


class Disturbance(t.NamedTuple):
    """Commands of the host: one that runs while the module does, and what then fails if its work was lost, and takes it back."""

    during: str
    afterwards: str = "true"


DOCKER_RESTARTED = Disturbance("; ".join([RESTART_DOCKER] * 3))
DISTURBANCES = {
    "nftables": {
        "Docker restarted": DOCKER_RESTARTED,
        "nftables.service restarted": Disturbance(RELOAD_NFTABLES),
        "rule added by an administrator": Disturbance(
            "nft add chain inet administrator late; nft add rule inet administrator late drop",
            "nft list chain inet administrator late | grep drop; nft delete chain inet administrator late",
        ),
    },
    "ufw": {
        "Docker restarted": DOCKER_RESTARTED,
        "ufw reload": Disturbance("ufw reload"),
        "rule added by an administrator": Disturbance(
            "ufw allow 6000/tcp",
            "for tool in iptables ip6tables; do $tool-save | grep 'dport 6000'; done; "
            "for file in user.rules user6.rules; do grep 'dport 6000' /etc/ufw/$file; done; ufw delete allow 6000/tcp",
        ),
    },
    "firewalld": {
        "Docker restarted": DOCKER_RESTARTED,
        "firewalld reloaded": Disturbance("firewall-cmd --reload; " + RESTART_DOCKER),
        "port added at runtime": Disturbance(
            "firewall-cmd --add-port=6000/tcp", "firewall-cmd --query-port=6000/tcp; firewall-cmd --remove-port=6000/tcp"
        ),
        "port added for good, reloaded": Disturbance(
            f"cp -a /etc/firewalld/zones /run; firewall-cmd --permanent --add-port=6000/tcp; firewall-cmd --reload; {RESTART_DOCKER}",
            "firewall-cmd --query-port=6000/tcp; firewall-cmd --permanent --query-port=6000/tcp; firewall-cmd --remove-port=6000/tcp; "
            "firewall-cmd --permanent --remove-port=6000/tcp; rm -f /etc/firewalld/zones/*.old; "
            "cp -a /run/zones/. /etc/firewalld/zones; rm -r /run/zones",
        ),
        "firewalld killed and started": Disturbance(
            "pkill -9 -x firewalld; sleep 0.2; setsid firewalld --nofork --nopid & "
            "sleep 0.5; until firewall-cmd --state; do sleep 0.1; done; " + RESTART_DOCKER
        ),
    },
}


@every_backend
def test_others_at_work(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    ways = (("open", "shut"), ("shut", "open"))
    scene.put("open")
    steps = {way: len(scene.strike(way[1], "count")[1]) for way in ways}
    for fault, disturbance in DISTURBANCES[backend].items():
        for number in range(strikes):
            for old, new in ways:
                step = 1 + number * (steps[old, new] - 3) // max(1, strikes - 1)
                result, _steps = scene.strike(new, "alongside", step, disturbance.during)
                scene.wait_for_command()
                kept = scene.host.run(["sh", "-exc", disturbance.afterwards], check=False)
                now = scene.observe(old, new)
                verdict = judge(
                    backend,
                    fault,
                    f"{old} to {new}, step {step}: {result.get('msg')} {kept.stderr if kept.returncode else ''}",
                    scene.states[old],
                    scene.states[new],
                    now,
                )
                scene.put(new)
                verdict.mended = kept.returncode == 0 and scene.is_at(new)
                record.add(verdict)


@every_backend
def test_two_policies_at_once(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    """Either of the two comes last, and it is there as a whole."""
    scene.put("open")
    for number in range(strikes):
        names = ("shut", "moved") if number % 2 else ("moved", "shut")
        runs = [scene.start(name, "count") for name in names]
        results = [run.communicate(timeout=600)[0] for run in runs]
        now = scene.observe(*names)
        verdict = judge(backend, "two runs at once", " and ".join(names), scene.states["shut"], scene.states["moved"], now)
        scene.put("open")
        verdict.mended = scene.is_at("open") and verdict.one and all('"changed": true' in result for result in results)
        record.add(verdict)
