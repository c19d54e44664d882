"""Other runs of site.yml for one host's Docker than the scenario's own."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import yaml

from ansible_collections.federated.connectivity.molecule.shared.packets import host

ROOT = pathlib.Path(__file__).parents[2]
DAEMON_JSON = "/etc/docker/daemon.json"


def site(tmp_path: pathlib.Path, name: str, *arguments: str, succeeds: bool = False, **variables: t.Any) -> str:
    """Run site.yml for one host's Docker with other variables; what it said. It has to fail, unless it has to succeed."""
    inventory = tmp_path / "other.yml"
    inventory.write_text(yaml.safe_dump({"linksight": {"hosts": {name: variables}}}), encoding="utf-8")
    inventories = (ROOT / "build/lab/inventory.yml", pathlib.Path(__file__).with_name("inventory.yml"), inventory)
    done = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            *(f"--inventory={path}" for path in inventories),
            ROOT / "playbooks/site.yml",
            "--tags=docker_proxy",
            f"--limit={name}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "False", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    )
    assert (done.returncode == 0) == succeeds, done.stdout
    return " ".join((done.stdout + done.stderr).split())


def changes(said: str, name: str) -> int:
    """How many tasks of a run changed a host."""
    return int(re.findall(rf"{name} : ok=\d+ changed=(\d+)", said)[0])


def other(port: int = 3128, **more: t.Any) -> dict[str, t.Any]:
    url = f"http://198.51.100.66:{port}"
    return {"connectivity_forward_proxy": {"http_proxy": url, "https_proxy": url, "no_proxy": [".other.example.org"], **more}}


@contextlib.contextmanager
def nothing_lost() -> t.Iterator[None]:
    """On beta Docker runs as before afterwards, with the same proxies and the same containers."""
    watched = f"docker info --format='{{{{.HTTPProxy}}}} {{{{.NoProxy}}}}'; docker ps --quiet; stat --format='%a %U' {DAEMON_JSON}"
    before = host("beta").check_output(watched)
    yield
    assert host("beta").check_output(watched) == before
