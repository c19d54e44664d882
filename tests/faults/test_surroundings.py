# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run stands on gives way: the disk is full, /etc is read-only, a tool dies before or after its work, names are not answered."""

from __future__ import annotations

import pytest
from conftest import Record, every_backend
from firewall_host import PolicyFailed
from name_server import NameServer
from scene import NAMED, Scene
from verdict import judge

DIRECTORIES = {"nftables": "/etc/federated_connectivity", "ufw": "/etc/ufw", "firewalld": "/etc/firewalld"}
TOOLS = {"nftables": ("nft",), "ufw": ("iptables-restore", "ip6tables-restore"), "firewalld": ("nft", "firewall-offline-cmd")}
ROOM = (0, 4, 8)  # KiB that are left
# $1: directory, $2: KiB. Its content moves to a file system of its own, which is filled but for these.
FILL = r"""
set -eu
cp -a "$1" /run/aside
size=$(( ($(du -sk --apparent-size "$1" | cut -f1) + $(find "$1" | wc -l) * 4 + 64) ))
mount -t tmpfs -o "size=${size}k,mode=0755" tmpfs "$1"
cp -a /run/aside/. "$1"
head -c "$(( ($(stat -f -c '%a' "$1") * 4 - $2) * 1024 ))" /dev/zero > "$1/filled"
rm -rf /run/aside
"""
# The directory keeps what the run made of it.
EMPTY = r"""
set -eu
rm -f "$1/filled"
cp -a "$1" /run/aside
umount "$1"
find "$1" -mindepth 1 -delete
cp -a /run/aside/. "$1"
rm -rf /run/aside
"""
# A tool that dies at its $1-th call, before ($2 = before) or after it has done its work.
DYING = """#!/bin/sh
calls=$(( $(cat /run/calls 2>/dev/null || echo 0) + 1 ))
echo $calls > /run/calls
[ $calls = {call} ] || exec {tool} "$@"
[ {moment} = before ] || {tool} "$@"
kill -9 $$
"""
UMASKS = {"nftables": "000", "ufw": "002", "firewalld": "077"}
WAYS = (("open", "shut"), ("shut", "open"))


@every_backend
def test_disk_full(scene: Scene, backend: str, record: Record) -> None:
    scene.put("open")
    for room in ROOM:
        for old, new in WAYS:
            scene.host.run(["sh", "-c", FILL, "fill", DIRECTORIES[backend], str(room)])
            said = _put(scene, new)
            scene.host.run(["sh", "-c", EMPTY, "empty", DIRECTORIES[backend]])
            _judge(scene, record, "disk full", f"{old} to {new}, {room} KiB left: {said}", old, new)


@every_backend
def test_read_only_etc(scene: Scene, backend: str, record: Record) -> None:
    scene.put("open")
    for old, new in WAYS:
        scene.host.run(["sh", "-ec", "mount --bind /etc /etc; mount -o remount,bind,ro /etc"])
        said = _put(scene, new)
        scene.host.run(["umount", "/etc"])
        assert "Read-only file system" in said
        _judge(scene, record, "read-only /etc", f"{old} to {new}: {said}", old, new, same=True)


@every_backend
def test_tools_that_die(scene: Scene, backend: str, record: Record, strikes: int) -> None:
    scene.put("open")
    for tool in TOOLS[backend]:
        path = scene.host.run(["which", tool]).stdout.strip()
        scene.host.run(["mv", path, f"/run/{tool}"])
        for call in range(1, strikes + 1):
            for moment in ("before", "after"):
                for old, new in WAYS:
                    scene.host.file("/run/calls").unlink(missing_ok=True)
                    scene.script(path, DYING.format(call=call, moment=moment, tool=f"/run/{tool}"))
                    said = _put(scene, new)
                    scene.script(path, f'#!/bin/sh\nexec /run/{tool} "$@"\n')
                    _judge(scene, record, f"{tool} dies", f"{old} to {new}, {moment} call {call}: {said}", old, new)


@pytest.mark.whole
@every_backend
def test_name_service_lost(scene: Scene, backend: str, record: Record) -> None:
    """What a name was last looked up to stays open; the run goes on."""
    old, new = NAMED
    server = NameServer(scene.host)
    server.answer(*scene.net.partner.addresses)
    scene.learn(NAMED)
    scene.put(old)
    for fault in ("name service lost before", "name service lost meanwhile"):
        for before, after in ((old, new), (new, old)):
            server.answer(*scene.net.partner.addresses)
            if fault.endswith("before"):
                server.stop()
            scene.strike(after, "alongside", 1, "pkill -x dnsmasq")
            scene.wait_for_command()
            server.stop()
            _judge(scene, record, fault, f"{before} to {after}", before, after)


@every_backend
def test_umask(scene: Scene, backend: str, record: Record, whole: bool) -> None:
    """Files and directories have the same modes as ever; one umask for each firewall, all of them in the whole run."""
    scene.put("open")
    for umask in UMASKS.values() if whole else (UMASKS[backend],):
        for old, new in (("open", "none"), ("none", "shut"), ("shut", "open")):
            scene.put(new, umask)
            verdict = judge(backend, f"umask {umask}", f"{old} to {new}", scene.states[old], scene.states[new], scene.observe(new))
            verdict.mended = scene.is_at(new)
            record.add(verdict)


def _put(scene: Scene, name: str) -> str:
    """What the run says that shall get there: nothing where it succeeds."""
    try:
        scene.put(name)
    except PolicyFailed as failure:
        return str(failure)
    return ""


def _judge(scene: Scene, record: Record, fault: str, detail: str, old: str, new: str, same: bool = False) -> None:
    verdict = judge(scene.backend, fault, detail, scene.states[old], scene.states[new], scene.observe(old, new))
    untouched = scene.is_at(old) if same else True
    scene.put(new)
    verdict.mended = untouched and scene.is_at(new)
    record.add(verdict)
