# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of the way back: locks that others hold, a soft reboot, a tool that is away, an nft that fails at boot."""

from __future__ import annotations

import contextlib
import subprocess
import typing as t

import pytest
from conftest import Record
from firewall_host import PolicyFailed
from scene import Scene
from verdict import Verdict, judge

WINDOW = 60  # seconds; the tests let them pass at once
FIREWALLS = ("nftables", "ufw", "firewalld")
HOLD = "import fcntl, time; file = open('/run/ufw.lock'); fcntl.lockf(file, fcntl.LOCK_SH); print('held', flush=True); time.sleep(600)"
AWAY, BACK = "mv /usr/sbin/nft /usr/sbin/nft.away", "mv /usr/sbin/nft.away /usr/sbin/nft"
# Another version that cannot read the file.
CANNOT_READ = r"""#!/bin/sh
[ "$1" != -f ] || { echo syntax error >&2; exit 1; }
exec /usr/sbin/nft.away "$@"
"""
OTHER = f"{AWAY}; cat > /usr/sbin/nft <<'END'\n{CANNOT_READ}END\nchmod 755 /usr/sbin/nft"
TABLE, CLOSURES = "inet federated_connectivity", ("iptables mangle", "ip6tables mangle")
AT_BOOT = {"nft missing at boot": AWAY, "nft fails at boot": OTHER}


@contextlib.contextmanager
def locked(scene: Scene) -> t.Iterator[None]:
    """Let an ordinary user hold ufw's lock, whose file ufw has made as it does."""
    scene.host.file("/run/ufw.lock").chmod(0o644)
    command = ["setpriv", "--reuid=nobody", "--clear-groups", "python3", "-c", HOLD]
    process = subprocess.Popen([*scene.host.enter(), *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        scene.host.run(["pkill", "-KILL", "-u", "nobody", "-x", "python3"])
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("backend", ["ufw"])
def test_a_lock_held_by_an_ordinary_user(scene: Scene, backend: str, record: Record) -> None:
    old, new = "open", "shut"
    scene.put(old)
    scene.strike(new, "count", confirm_timeout=WINDOW)
    with locked(scene):
        scene.give_up()
    _judge(scene, record, "lock held by nobody, on trial", old, new)
    scene.put(old)
    with locked(scene), pytest.raises(PolicyFailed, match="of the user nobody"):
        scene.put(new)
    _judge(scene, record, "lock held by nobody, before", old, new)


@pytest.mark.parametrize("backend", ["nftables", *(pytest.param(backend, marks=pytest.mark.whole) for backend in FIREWALLS[1:])])
def test_a_soft_reboot_is_a_reboot(scene: Scene, backend: str, record: Record) -> None:
    old, new = "open", "shut"
    scene.put(old)
    scene.strike(new, "count", confirm_timeout=WINDOW)
    scene.soft_reboot()
    _judge(scene, record, "soft reboot before confirmation", old, new)


@pytest.mark.whole
@pytest.mark.parametrize("backend", FIREWALLS)
def test_a_tool_that_comes_back(scene: Scene, backend: str, record: Record) -> None:
    """There is no systemd here that would start the watchdog again."""
    old, new = "open", "shut"
    scene.put(old)
    scene.strike(new, "count", confirm_timeout=WINDOW)
    scene.host.run(["sh", "-c", AWAY])
    scene.expire()
    scene.wait_for_failure()
    scene.host.run(["sh", "-c", BACK])
    scene.wait_for_watchdog()
    _judge(scene, record, "no systemd, nft away for a while", old, new)


@pytest.mark.whole
@pytest.mark.parametrize("backend", FIREWALLS)
def test_an_nft_that_fails_at_boot(scene: Scene, backend: str, record: Record) -> None:
    """Until the next run iptables closes what the policy closes."""
    for fault, breakage in AT_BOOT.items():
        for name in ("open", "shut"):
            scene.put(name)
            scene.reboot(breakage, BACK)
            now, wanted = scene.observe(name), scene.states[name]
            verdict = judge(backend, fault, name, wanted, wanted, now)
            verdict.halves = [part for part in verdict.halves if part not in (TABLE, *CLOSURES)]
            said = scene.put(name).warnings[:1]
            verdict.mended = scene.is_at(name) and "nft could not load" in "".join(said)
            record.add(verdict)


def _judge(scene: Scene, record: Record, fault: str, old: str, new: str) -> Verdict:
    """The host has to be in exactly the old state."""
    verdict = judge(scene.backend, fault, f"{old} to {new}", scene.states[old], scene.states[new], scene.observe(old))
    taken_back = scene.is_at(old)
    scene.put(new)
    verdict.mended = taken_back and scene.is_at(new)
    record.add(verdict)
    return verdict
