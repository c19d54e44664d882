"""What verification says of a scenario's hosts in the state that a test has brought about."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

_ROOT = pathlib.Path(__file__).parents[2]


def listener_findings(scenario: str, directory: pathlib.Path) -> tuple[int, list[dict[str, t.Any]]]:
    """Exit status and findings of the playbook verify for those listeners that only their own host may reach."""
    report = directory / "report.json"
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), _ROOT / "playbooks" / "verify.yml", "--tags=listeners"]
    inventories = [_ROOT / "build" / "lab", _ROOT / "molecule" / scenario]
    status = subprocess.run(
        [*command, *(f"--inventory={place / 'inventory.yml'}" for place in inventories), f"--extra-vars=verify_report={report}"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    ).returncode
    hosts = json.loads(report.read_text(encoding="utf-8"))["hosts"].values()
    return status, [finding for host in hosts for finding in host["findings"]]
