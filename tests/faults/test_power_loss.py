# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loss of power, at any step: what the disk holds then is the old state, or a new one that somebody has confirmed.

/etc and /var are file systems of their own, ext4 in images. A copy of an image, made while it is mounted, is what the disk holds at
that moment: what the kernel has not written yet is not in it. The kernel writes by itself every five minutes only, so that what is
there is there because somebody asked for it (ext4(5), ``commit``).
"""

from __future__ import annotations

import subprocess

import pytest
from conftest import Record, spread
from scene import Scene
from verdict import judge

WINDOW = 60
PARTS = ("etc", "var")
DISKS = r"""
set -eu
for part in etc var; do
    mount -o loop,commit=300 /run/$part.img /run/disk
    rmdir /run/disk/lost+found
    [ $part = var ] || cp -a /etc/. /run/disk
    [ $part = etc ] || mkdir -p /run/disk/lib
    umount /run/disk
    mount -o loop,commit=300 /run/$part.img /$part
done
"""
KEEP = "for part in etc var; do cp --sparse=always /run/$part.img /run/$part.crash; done"
# The journal is replayed, as at any boot after a loss of power.
RETURN = r"""
set -eu
for part in etc var; do
    umount -l /$part
    mount -o loop,commit=300 /run/$part.crash /$part
    mv /run/$part.crash /run/$part.img
done
"""


@pytest.mark.whole
@pytest.mark.parametrize("backend", ["nftables", "ufw", "firewalld"])
def test_the_disk_holds_the_old_state_or_a_confirmed_new_one(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    scene.host.file("/run/disk").mkdir()
    for part in PARTS:
        image = scene.host.file(f"/run/{part}.img")
        subprocess.run(["truncate", "-s", "24M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    scene.host.run(["sh", "-c", DISKS])
    old, new = "open", "shut"
    scene.put(old)
    steps = scene.strike(new, "count", confirm_timeout=WINDOW)[1]
    scene.give_up()
    assert scene.is_at(old)
    for step in spread(steps, max(2, 2 * strikes)):
        scene.host.run(["sync"])
        scene.strike(new, "power", int(step.split()[1]), KEEP, confirm_timeout=WINDOW)
        lose_power(scene)
        verdict = judge(backend, "power lost", f"{old} to {new}, {step}", scene.states[old], scene.states[new], scene.observe(old))
        restored = scene.is_at(old)
        scene.put(new)
        verdict.mended = restored and scene.is_at(new)
        record.add(verdict)
        scene.put(old)
    for fault, confirmed in {"power lost before confirmation": False, "power lost when confirmed": True}.items():
        scene.host.run(["sync"])
        trial = scene.strike(new, "count", confirm_timeout=WINDOW)[0]["on_trial"]
        if confirmed:
            scene.host.confirm(trial["token"], scene.ssh.replace("50000", "50001"))
        scene.host.run(["sh", "-c", KEEP])
        lose_power(scene)
        expected = new if confirmed else old
        now = scene.observe(expected)
        verdict = judge(backend, fault, f"{old} to {new}", scene.states[old], scene.states[new], now)
        # What was being written may be left: nobody reads it, and the next run removes it.
        restored = judge(backend, fault, "", scene.states[expected], scene.states[expected], now).one
        scene.put(new)
        verdict.mended = restored and scene.is_at(new)
        record.add(verdict)
        scene.put(old)


def lose_power(scene: Scene) -> None:
    """Go on with what the disk held."""
    scene.host.run(["pkill", "-9", "-f", "watchdog.pyz"], check=False)
    scene.host.run(["sh", "-c", RETURN])
    scene.reboot()
