# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the lab's hosts, keep the healthy ones, take them away."""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import io
import pathlib
import subprocess
import tarfile
import time
import typing as t

from . import access
from ._errors import LabError
from ._podman import RUN, containers, forget, image, limits, podman, ready, run
from .rootfs import locked, recipe, say
from .topology import HOSTS, NETWORKS, Host, Network

_HERE = pathlib.Path(__file__).parent
_LABEL = "federated.connectivity.lab"
_BOOT_SECONDS = 60
_FINISHED = "/var/lib/lab-finished"

_T = t.TypeVar("_T")


def create(names: t.Collection[str] = ()) -> pathlib.Path:
    """Make the hosts of these names, or all; those that are there, as they should be and reachable, are kept.

    Returns:
        The inventory's path.

    Raises:
        LabError: With the words of every host that failed.
    """
    ready()
    hosts = _chosen(names)
    with locked(RUN / "hosts.lock"):
        inventory = access.write()
        missing = [host for host, is_kept in zip(hosts, _parallel(_kept(containers()), hosts), strict=True) if not is_kept]
        if missing:
            say(f"making {', '.join(host.name for host in missing)}")
            _parallel(image, sorted({host.suite for host in missing}))
            _make_networks()
            _parallel(_make, missing)
            _join_networks()
            _parallel(_finish, missing)
    say(f"{len(hosts)} hosts: {len(hosts) - len(missing)} kept, {len(missing)} made; inventory {inventory}")
    return inventory


def destroy(names: t.Collection[str] = (), cached: bool = False) -> None:
    """Take away the hosts of these names, or all; with `cached` also images and root filesystems."""
    ready()
    with locked(RUN / "hosts.lock"):
        gone = sorted({host.name for host in _chosen(names)} & containers().keys())
        if gone:
            podman("rm", "--force", "--time=0", "--volumes", *gone)
        if not containers():
            _remove_networks()
    if cached:
        forget()
    say(f"{len(gone)} hosts taken away")


def status() -> list[tuple[Host, str]]:
    """Every host, and whether it is "reachable", "unreachable", "outdated" (stopped, or made by an older recipe) or "absent"."""
    ready()
    existing = containers()

    def state(host: Host) -> str:
        if host.name not in existing:
            return "absent"
        if not _is_current(host, existing):
            return "outdated"
        return "reachable" if _answers(host) else "unreachable"

    return list(zip(HOSTS, _parallel(state, HOSTS), strict=True))


def _chosen(names: t.Collection[str]) -> list[Host]:
    unknown = sorted(set(names) - {host.name for host in HOSTS})
    if unknown:
        raise LabError(f"no such host: {', '.join(unknown)}; the lab has {', '.join(host.name for host in HOSTS)}")
    return [host for host in HOSTS if not names or host.name in names]


def _kept(existing: t.Mapping[str, t.Any]) -> t.Callable[[Host], bool]:
    return lambda host: _is_current(host, existing) and _succeeds(host, "sudo", "test", "-e", _FINISHED)


def _is_current(host: Host, existing: t.Mapping[str, t.Any]) -> bool:
    container = existing.get(host.name)
    return container is not None and container["State"] == "running" and container["Labels"].get(_LABEL) == _fingerprint(host)


def _answers(host: Host) -> bool:
    return _succeeds(host, "sudo", "true")


def _succeeds(host: Host, *command: str) -> bool:
    return subprocess.run(access.ssh(host.name, *command), stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def _fingerprint(host: Host) -> str:
    """What distinguishes this host from one made by an older recipe."""
    scripts = [(_HERE / "setup" / f"{script}.sh").read_bytes() for script in host.setup]
    return hashlib.sha256(b"\0".join((recipe(host.suite).encode(), *map(str.encode, _shape(host)), _files(host), *scripts))).hexdigest()


def _shape(host: Host) -> list[str]:
    """What podman is told of a host: privileged, because it runs firewalls and Docker; restarted, because it may reboot itself."""
    sysctls = ["net.ipv4.ping_group_range=0 2147483647"]
    if host.network is None:
        sysctls += ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]
    return [
        f"--name={host.name}", f"--hostname={host.name}", "--systemd=always", "--privileged", "--restart=always",
        "--no-hosts", "--dns=none", "--pids-limit=0", "--volume=/var/lib/docker", "--volume=/var/lib/containerd",
        *(f"--sysctl={sysctl}" for sysctl in sysctls),
        *(f"--network={network.name}:mac={host.mac},ip={address4},ip6={address6}" for network, address4, address6 in host.interfaces),
    ]  # fmt: skip


def _make_networks() -> None:
    existing = podman("network", "ls", "--format={{.Name}}").split()
    for network in NETWORKS:
        if network.name not in existing:
            subnets = (f"--subnet={network.prefix4}", f"--subnet={network.prefix6}")
            podman("network", "create", "--internal", "--disable-dns", "--ipv6", *subnets, network.name)


def _remove_networks() -> None:
    existing = podman("network", "ls", "--format={{.Name}}").split()
    ours = [network.name for network in NETWORKS if network.name in existing]
    if ours:
        podman("network", "rm", *ours)


def _join_networks() -> None:
    """Give this machine its address on the bridges; podman leaves bridges of internal networks without one."""
    for network in NETWORKS:
        bridge = podman("network", "inspect", "--format={{.NetworkInterface}}", network.name).strip()
        lengths = (network.prefix4.prefixlen, network.prefix6.prefixlen)
        for address, length in zip(network.controller, lengths, strict=True):
            run("ip", "address", "replace", f"{address}/{length}", "dev", bridge)


def _make(host: Host) -> None:
    podman("rm", "--force", "--ignore", "--time=0", "--volumes", host.name)
    podman("create", f"--label={_LABEL}={_fingerprint(host)}", *_shape(host), *limits(), image(host.suite), "/sbin/init")
    podman("cp", "-", f"{host.name}:/", stdin=_files(host))
    podman("start", host.name)


def _finish(host: Host) -> None:
    """Wait until it has booted, run its setup, and see that it answers."""
    deadline = time.monotonic() + _BOOT_SECONDS
    booted = ("timeout", str(_BOOT_SECONDS), "systemctl", "is-system-running", "--wait")
    _until(deadline, lambda: "running" in podman("exec", host.name, *booted), f"{host.name} did not boot")
    for script in host.setup:
        podman("exec", "--interactive", host.name, "sh", "-eu", stdin=(_HERE / "setup" / f"{script}.sh").read_bytes())
    _until(deadline, lambda: _answers(host), f"{host.name} does not answer SSH: this machine's firewall may be in the way")
    for address in HOSTS[0].addresses:
        reaches_router = functools.partial(_succeeds, host, "ping", "-q", "-c1", "-W1", address)
        why = "this machine's firewall may filter what its bridges carry (net.bridge.bridge-nf-call-iptables)"
        _until(deadline, reaches_router, f"{host.name} does not reach the router, {address}: {why}")
    podman("exec", host.name, "touch", _FINISHED)


def _until(deadline: float, is_reached: t.Callable[[], bool], otherwise: str) -> None:
    reason = ""
    while time.monotonic() < deadline:
        try:
            if is_reached():
                return
        except LabError as error:
            reason = f": {error}"
        time.sleep(0.2)
    raise LabError(otherwise + reason)


def _files(host: Host) -> bytes:
    """A tar of what a host has beyond the image: the same bytes for the same host."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted((_HERE / "guest").rglob("*")):
            if path.is_file():
                _add(tar, str(path.relative_to(_HERE / "guest")), path.read_bytes(), path.stat().st_mode & 0o777 & ~0o022)
        _add(tar, "etc/hosts", _hosts_file().encode())
        _add(tar, "etc/ssh/ssh_host_ed25519_key", access.key(host.name)[0], 0o600)
        _add(tar, "etc/ssh/ssh_host_ed25519_key.pub", access.key(host.name)[1])
        _add(tar, "etc/ssh/sshd_config.d/lab.conf", b"AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
        _add(tar, f"etc/ssh/authorized_keys/{access.USER}", access.key(access.USER)[1])
        if isinstance(host.network, Network):
            router4, router6 = host.network.router
            _add(tar, "etc/lab/router", f"ROUTER4={router4}\nROUTER6={router6}\n".encode())
            _link(tar, "etc/systemd/system/multi-user.target.wants/lab-network.service", "/etc/systemd/system/lab-network.service")
    return archive.getvalue()


def _hosts_file() -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    lines += [f"{address} {host.name} {host.name}.lab.example" for host in HOSTS for address in host.addresses]
    return "\n".join(lines) + "\n"


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    tar.addfile(member)


def _parallel(work: t.Callable[[t.Any], _T], subjects: t.Sequence[t.Any]) -> list[_T]:
    """Do the same work on everything at once; all failures are told together."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = [pool.submit(work, subject) for subject in subjects]
    failures = [error for future in futures if (error := future.exception())]
    if failures:
        raise failures[0] if len(failures) == 1 else LabError("\n".join(map(str, failures)))
    return [future.result() for future in futures]
