# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real container engines on the host under test (Debian 13), each with one container.

The host publishes the container's port 8443 to everybody and 8888 on its own loopback alone, by the same numbers.
"""

from __future__ import annotations

import os
import typing as t

from firewall_host import FirewallHost
from namespaces import Namespace
from waiting import until

# No control groups, no journal and no layers are needed to send packets.
PODMAN = ("podman", "--log-level=error", "--cgroup-manager=cgroupfs", "--events-backend=none", "--storage-driver=vfs")
RUN = ("run", "--detach", "--quiet", "--cgroups=disabled", "--name=web")
PUBLISH = ("--publish=8443:8443", "--publish=127.0.0.1:8888:8888")
SLEEP = ("/bin/busybox", "sleep", "infinity")
USER = "admin"  # who has no rights, but subordinate ids
DOCKERD = (
    "DOCKERD_ROOTLESS_ROOTLESSKIT_NET=slirp4netns", "sh", "/usr/share/docker.io/contrib/dockerd-rootless.sh",
    "--storage-driver=vfs", "--experimental", "--ip6tables", "--ipv6", "--fixed-cidr-v6=2001:db8:17::/64",
)  # fmt: skip

# $1: the user. /dev is the machine's own and stays as it is; this host has a tun device that users may open, as other hosts have.
_PREPARE = r"""
set -eu
mkdir -p /srv/container/bin /srv/container/dev /srv/container/etc /srv/container/proc /srv/container/run /srv/container/sys
cp /bin/busybox /srv/container/bin/
chown -R "$1": /srv/container
install -d -m 0700 -o "$1" /run/user /run/user/home
mknod -m 0666 /run/tun c 10 200
mount --bind /run/tun /dev/net/tun
mount -t cgroup2 none /sys/fs/cgroup
"""


class Container(Namespace):
    """The network that a container lives in; its addresses are known where others could have a route to it."""

    def __init__(self, host: FirewallHost, pid: str) -> None:
        self._of = host.file(f"/proc/{pid.strip()}/ns/net")
        super().__init__("container")

    def _create(self) -> int:
        return os.open(self._of, os.O_RDONLY | os.O_CLOEXEC)


def podman(host: FirewallHost) -> Container:
    """A network of an administrator's own Podman: netavark rewrites the destination, and has a bridge podman1."""
    _prepare(host)
    host.run([*PODMAN, "network", "create", "--disable-dns", "--ipv6", "--subnet=203.0.113.0/28", "--subnet=2001:db8:17::/64", "web"])
    web = _podman(host, (), "--network=web:ip=203.0.113.2,ip=2001:db8:17::2", *PUBLISH)
    web.ipv4, web.ipv6 = "203.0.113.2", "2001:db8:17::2"
    return web


def podman_host(host: FirewallHost) -> Container:
    """An administrator's Podman, without a network of the container's own."""
    _prepare(host)
    return _podman(host, (), "--network=host")


def podman_pasta(host: FirewallHost) -> Container:
    """A user's Podman as of version 5: pasta listens on the host, and leaves by the host's own sockets."""
    return _podman(host, _user(host), "--network=pasta", *PUBLISH)


def podman_slirp4netns(host: FirewallHost) -> Container:
    """A user's Podman before version 5: RootlessKit's forwarder listens, slirp4netns leaves."""
    return _podman(host, _user(host), "--network=slirp4netns", *PUBLISH)


def docker_rootless(host: FirewallHost) -> Container:
    """A user's Docker: RootlessKit's forwarder listens, slirp4netns leaves."""
    user = _user(host)
    host.start([*user, *DOCKERD])
    until(lambda: host.run([*user, "docker", "version"], check=False).returncode == 0, "rootless Docker does not answer")
    host.run([*user, "sh", "-c", "tar -C /srv/container -c . | docker import - web"])
    host.run([*user, "docker", "run", "--detach", "--name=web", *PUBLISH, "web", *SLEEP])
    return Container(host, host.run([*user, "docker", "inspect", "--format={{.State.Pid}}", "web"]).stdout)


ENGINES: dict[str, t.Callable[[FirewallHost], Container]] = {
    "podman": podman,
    "podman-host": podman_host,
    "podman-pasta": podman_pasta,
    "podman-slirp4netns": podman_slirp4netns,
    "docker-rootless": docker_rootless,
}


def _prepare(host: FirewallHost) -> None:
    host.run(["sh", "-c", _PREPARE, "prepare", USER])


def _user(host: FirewallHost) -> tuple[str, ...]:
    """What turns a command into one of the user."""
    _prepare(host)
    run = "/run/user/home"
    become = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups")
    return (
        *become,
        "env",
        "PATH=/usr/sbin:/usr/bin",
        f"HOME=/home/{USER}",
        f"XDG_RUNTIME_DIR={run}",
        f"DOCKER_HOST=unix://{run}/docker.sock",
    )


def _podman(host: FirewallHost, user: t.Sequence[str], *options: str) -> Container:
    command = [*user, *PODMAN]
    host.run([*command, *RUN, *options, "--rootfs", "/srv/container", *SLEEP])
    return Container(host, host.run([*command, "inspect", "--format={{.State.Pid}}", "web"]).stdout)
