# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman, in a mount namespace and with a storage of the lab's own: what else runs on the machine is neither seen nor touched.

The mount namespace also gives crun a pure cgroup2 hierarchy where the machine has a hybrid one, which crun refuses.
"""

from __future__ import annotations

import json
import os
import pathlib
import resource
import shutil
import subprocess
import typing as t

from ._errors import LabError
from .rootfs import cache, locked, recipe, rootfs, say

RUN = pathlib.Path("/run/federated_connectivity_lab")
_MOUNTS = RUN / "mounts"
_WATCHERS = 1024

_ENTER = """
set -eu
mkdir -p /run/containers
mount --bind "$1" /run/containers
[ -e /sys/fs/cgroup/cgroup.controllers ] || mount -t cgroup2 none /sys/fs/cgroup
"""


def ready() -> None:
    """See to it that the lab can run here: to be called before anything else in this module.

    Raises:
        LabError: No root, or Debian packages are missing.
    """
    if os.geteuid() != 0:
        raise LabError("the lab makes hosts on this machine and needs root: run this command with sudo, or as root")
    missing = [tool for tool in ("podman", "crun", "mmdebstrap", "iptables", "ssh-keygen", "ip") if shutil.which(tool) is None]
    if missing:
        packages = pathlib.Path(__file__).with_name("packages.txt")
        raise LabError(f"not installed: {', '.join(missing)}. The lab needs: apt-get install $(cat {packages})")
    _allow_many_watchers()
    cache().mkdir(parents=True, exist_ok=True)
    with locked(cache() / "mounts.lock"):
        if not os.path.ismount(_MOUNTS):
            _make_mount_namespace()


def podman(*arguments: str, stdin: bytes | t.IO[bytes] = b"") -> str:
    """Run podman and give back what it printed.

    Raises:
        LabError: It failed; with its words.
    """
    command = [
        "nsenter", f"--mount={_MOUNTS}", "podman",
        f"--root={cache() / 'containers'}", f"--runroot={RUN / 'storage'}", f"--tmpdir={RUN / 'libpod'}",
        "--network-backend=netavark", f"--network-config-dir={cache() / 'networks'}",
        "--runtime=crun", "--cgroup-manager=cgroupfs", "--log-level=error",
        *arguments,
    ]  # fmt: skip
    given, source = (stdin, None) if isinstance(stdin, bytes) else (None, stdin)
    done = subprocess.run(command, input=given, stdin=source, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise LabError(f"podman {' '.join(arguments[:3])} failed: {said[-2000:]}")
    return done.stdout.decode()


def containers() -> dict[str, dict[str, t.Any]]:
    """What podman knows of the lab's containers, by name."""
    return {container["Names"][0]: container for container in json.loads(podman("ps", "--all", "--format=json"))}


def image(suite: str) -> str:
    """The name of the image of a Debian release; made on first use, which takes about half a minute."""
    name = f"localhost/lab/{suite}:{recipe(suite)}"
    with locked(RUN / f"{suite}.lock"):
        if not podman("images", "--quiet", name).strip():
            tree = rootfs(suite)
            say(f"{suite}: importing the image")
            with subprocess.Popen(["tar", "-C", str(tree), "-c", "."], stdout=subprocess.PIPE) as archive:
                podman("import", "-", name, stdin=archive.stdout or b"")
    return name


def limits() -> list[str]:
    """Resource limits below the machine's own: without CAP_SYS_RESOURCE podman's defaults are refused."""
    wanted = {"nofile": (resource.RLIMIT_NOFILE, 65536), "nproc": (resource.RLIMIT_NPROC, 32768)}
    values = {}
    for name, (kind, most) in wanted.items():
        hard = resource.getrlimit(kind)[1]
        values[name] = most if hard == resource.RLIM_INFINITY else min(most, hard)
    return [f"--ulimit={name}={value}:{value}" for name, value in values.items()]


def forget() -> None:
    """Take away everything that was ever made here: containers, networks, images, root filesystems, the mount namespace."""
    podman("rm", "--all", "--force", "--time=0", "--volumes")
    podman("rmi", "--all", "--force")
    run("umount", str(_MOUNTS))
    run("umount", str(RUN))
    for place in (RUN, cache() / "containers", cache() / "networks", cache() / "rootfs"):
        shutil.rmtree(place, ignore_errors=True)


def run(*command: str) -> None:
    """Run a command of the machine.

    Raises:
        LabError: It failed; with its words.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def _allow_many_watchers() -> None:
    """All hosts are root's, and the kernel counts inotify instances per user, 128 as a rule: a systemd that gets none hangs at boot."""
    limit = pathlib.Path("/proc/sys/fs/inotify/max_user_instances")
    if int(limit.read_text(encoding="ascii")) < _WATCHERS:
        limit.write_text(str(_WATCHERS), encoding="ascii")


def _make_mount_namespace() -> None:
    """It lasts until the machine reboots. A file that names a mount namespace must lie on a private mount."""
    if not os.path.ismount(RUN):
        shutil.rmtree(RUN, ignore_errors=True)  # from before the last reboot
        RUN.mkdir(parents=True)
        run("mount", "--bind", str(RUN), str(RUN))
    run("mount", "--make-private", str(RUN))
    containers_of_ours = RUN / "containers"
    containers_of_ours.mkdir(exist_ok=True)
    _MOUNTS.touch()
    try:
        run("unshare", f"--mount={_MOUNTS}", "sh", "-c", _ENTER, "sh", str(containers_of_ours))
    except LabError:
        subprocess.run(["umount", str(_MOUNTS)], capture_output=True, check=False)
        raise
