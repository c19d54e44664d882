"""Packets between the lab's hosts, and what their firewalls say, for the scenarios' tests."""

from __future__ import annotations

import contextlib
import functools
import pathlib
import time
import typing as t

import testinfra

from ansible_collections.federated.connectivity.molecule.lab.topology import HOSTS

SSH_CONFIG = pathlib.Path(__file__).parents[2] / "build" / "lab" / "ssh_config"
ADDRESSES = {host.name: dict(zip(("IPv4", "IPv6"), host.addresses, strict=True)) for host in HOSTS}
FAMILIES = ("IPv4", "IPv6")
BLOCKED = ("silent", "rejected")


@functools.cache
def host(name: str) -> t.Any:
    """A host of the lab, as its administrator sees it."""
    return testinfra.get_host(f"ssh://{name}", ssh_config=str(SSH_CONFIG), sudo=True)


def probe(source: str, target: str, family: str, protocol: str, port: int) -> str:
    """What becomes of packets from one host to a port of another: open, refused, rejected or silent."""
    return host(source).check_output(f"lab-probe {protocol} {ADDRESSES[target][family]} {port}")


def reboot(name: str) -> None:
    """Reboot a host and wait until its new systemd has started everything."""

    def booted() -> str:
        # testinfra's ssh backend says that a host cannot be reached with a RuntimeError.
        with contextlib.suppress(RuntimeError):
            return host(name).run("stat --format=%Y /proc/1; systemctl is-system-running --wait").stdout.split("\n")[0]
        return ""

    before = booted()
    with contextlib.suppress(RuntimeError):
        host(name).run("systemctl --no-block reboot")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(1)
        if booted() not in ("", before):
            return
    raise TimeoutError(f"{name} did not come back")
