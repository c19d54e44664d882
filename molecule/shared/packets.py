"""Packets between the lab's hosts, and what their firewalls say, for the scenarios' tests."""

from __future__ import annotations

import concurrent.futures
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


class Probe(t.NamedTuple):
    """Packets from one host to a port of another; ``alpha/web`` is the container of this service on alpha."""

    source: str
    target: str
    protocol: str
    port: int
    family: str = "IPv4"

    def outcome(self) -> str:
        """What becomes of them: open, refused, rejected or silent."""
        name, _, service = self.source.partition("/")
        network = f"$(docker inspect --format '{{{{.NetworkSettings.SandboxKey}}}}' service-{service})"
        enter = f"nsenter --net={network} " if service else ""
        return host(name).check_output(f"{enter}lab-probe {self.protocol} {ADDRESSES[self.target][self.family]} {self.port}")

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.port}/{self.protocol} {self.family}"


class Probes:
    """Probes whose outcomes are all found out at once, when the first is asked for: of both families, but for containers on alpha.

    The network that Docker 20.10 gives a container has no IPv6.
    """

    def __init__(self, *flows: tuple[str, str, str, int]) -> None:
        probes = [Probe(*flow, family) for flow in flows for family in FAMILIES]
        self.all = [probe for probe in probes if not (probe.source.startswith("alpha/") and probe.family == "IPv6")]

    @functools.cached_property
    def outcomes(self) -> dict[Probe, str]:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return dict(zip(self.all, pool.map(Probe.outcome, self.all), strict=True))


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
