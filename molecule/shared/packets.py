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


# Probes from one host, some at a time: "number protocol address port" each on standard input; "number outcome" each as they end.
_PROBE = """set -eu
export enter="{enter}"
xargs -P 8 -L 1 sh -c 'echo "$0 $($enter lab-probe "$@" 2>&1 | tail -n 1)"' <<'END'
{probes}
END
"""


class Probe(t.NamedTuple):
    """Packets from one host to a port of another; ``alpha/web`` is the container of this service on alpha."""

    source: str
    target: str
    protocol: str
    port: int
    family: str = "IPv4"

    def outcome(self) -> str:
        """What becomes of them: open, refused, rejected or silent."""
        return outcomes([self])[0]

    @property
    def arguments(self) -> str:
        """As lab-probe takes them."""
        return f"{self.protocol} {ADDRESSES[self.target][self.family]} {self.port}"

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.port}/{self.protocol} {self.family}"


def outcomes(probes: t.Sequence[Probe]) -> list[str]:
    """What becomes of each, all found out at once, over one connection to each host that they come from."""
    sources: dict[str, list[int]] = {}
    for number, probe in enumerate(probes):
        sources.setdefault(probe.source, []).append(number)

    def ask(source: str) -> dict[int, str]:
        name, _, service = source.partition("/")
        network = f"$(docker inspect --format '{{{{.NetworkSettings.SandboxKey}}}}' service-{service})"
        lines = (f"{number} {probes[number].arguments}" for number in sources[source])
        script = _PROBE.format(enter=f"nsenter --net={network}" if service else "", probes="\n".join(lines))
        said = (line.partition(" ") for line in host(name).check_output(script).splitlines())
        return {int(number): outcome for number, _blank, outcome in said}

    with concurrent.futures.ThreadPoolExecutor(len(sources)) as pool:
        found = {number: outcome for answers in pool.map(ask, sources) for number, outcome in answers.items()}
    return [found[number] for number in range(len(probes))]


class Probes:
    """Probes whose outcomes are all found out at once, when the first is asked for: of both families, but for containers on alpha.

    The network that Docker 20.10 gives a container has no IPv6.
    """

    def __init__(self, *flows: tuple[str, str, str, int]) -> None:
        probes = [Probe(*flow, family) for flow in flows for family in FAMILIES]
        self.all = [probe for probe in probes if not (probe.source.startswith("alpha/") and probe.family == "IPv6")]

    @functools.cached_property
    def outcomes(self) -> dict[Probe, str]:
        return dict(zip(self.all, outcomes(self.all), strict=True))


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
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        time.sleep(1)
        if booted() not in ("", before):
            return
    raise TimeoutError(f"{name} did not come back")
