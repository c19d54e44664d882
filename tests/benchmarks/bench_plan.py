"""How long the plan of a large federation takes, and how much memory, against ``ansible-inventory --list`` on the same inventory.

Makes a full mesh of Linksight data stations on benchmarking addresses (RFC 2544, RFC 3849); no host is contacted.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(sys.executable).parent
ALLOWED_RATIO = 2.0
MEMORY = pathlib.Path("/dev/shm")  # ext4 spends seconds on new files where many were deleted shortly before


class Measured(t.NamedTuple):
    """Wall clock, processor time and the largest process of one command and those it started."""

    seconds: float
    processor_seconds: float
    mebibytes: float

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s {self.processor_seconds:6.1f} s {self.mebibytes:6.0f} MiB"

    def against(self, other: Measured) -> str:
        return f"{self}   {self.ratio(other):4.2f} x processor time, {self.mebibytes / other.mebibytes:4.2f} x memory"

    def ratio(self, other: Measured) -> float:
        """Of processor time, which other work of the machine blurs less than the clock."""
        return self.processor_seconds / other.processor_seconds


def write_inventory(path: pathlib.Path, hosts: int) -> None:
    """Stations whose addresses are not adjacent, so that nothing merges."""
    ipv4 = ipaddress.IPv4Address("198.18.0.1")
    ipv6 = ipaddress.IPv6Address("2001:db8::1")
    lines = ["stations:", "  vars:", "    connectivity_memberships:"]
    lines += ["      - {matrix: linksight, federation: mesh, roles: [data_station]}", "  hosts:"]
    for index in range(hosts):
        lines.append(f'    station{index:05}: {{connectivity_addresses: [{ipv4 + 2 * index}, "{ipv6 + 2 * index}"]}}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(command: list[str | pathlib.Path], output: pathlib.Path) -> Measured:
    """Run a command; its output goes to a file.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    with output.open("wb") as stdout:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.STDOUT, cwd=ROOT)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output.read_text(encoding="utf-8")[-2000:])
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def largest_file(plan: pathlib.Path) -> int:
    return max(path.stat().st_size for path in (plan / "hosts").iterdir())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10_000, help="size of the federation, 2 to 65,536")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_plan_", dir=MEMORY if MEMORY.is_dir() else None) as name:
        directory = pathlib.Path(name)
        inventory, plan, output = directory / "hosts.yml", directory / "plan", directory / "output"
        write_inventory(inventory, options.hosts)
        play = [BIN / "ansible-playbook", "-i", inventory, ROOT / "playbooks" / "plan.yml", "-e", f"connectivity_plan={plan}"]
        listed = measure([BIN / "ansible-inventory", "-i", inventory, "--list"], output)
        first = measure(play, output)
        again = measure(play, output)
        size = largest_file(plan)
    ratio = max(first.ratio(listed), again.ratio(listed))
    print(f"{options.hosts} hosts, full mesh; the largest file of a host has {size} bytes")
    print(f"ansible-inventory --list  {listed}")
    print(f"plan, first time          {first.against(listed)}")
    print(f"plan, nothing changed     {again.against(listed)}")
    verdict = "passed" if ratio <= ALLOWED_RATIO else "FAILED"
    print(f"{verdict}: a plan takes {ratio:.2f} times the work of the list; {ALLOWED_RATIO} times is allowed")
    return 0 if ratio <= ALLOWED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
