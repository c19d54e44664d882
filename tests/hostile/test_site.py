# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs of site.yml, with hosts that answer whatever was drawn beside honest ones. No host is anything but a program that answers."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
import yaml
from draws import CHARACTERS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_chain import UNPRINTABLE

ROOT = pathlib.Path(__file__).parents[2]
HONEST = {"alpha": ("198.51.100.1", "north"), "beta": ("198.51.100.2", "north"), "gamma": ("198.51.100.3", "south")}
HOSTILE = {f"evil{number}": (f"203.0.113.{number}", "north" if number % 2 else "south") for number in range(2)}
HOSTS = HONEST | HOSTILE
RECAP = re.compile(r"^(\w+)\s+: ok=(\d+)\s+changed=\d+\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
STATISTICS = re.compile(r"^\tRUN: (\{.*\})$", re.MULTILINE)


class Site:
    """An inventory, and the directory that its hosts and runs share."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        (directory / "hosts.json").write_text(json.dumps(HOSTS), encoding="utf-8")
        (directory / "inventory.yml").write_text(yaml.safe_dump(self._inventory()), encoding="utf-8")
        self.usual = self.run({})
        self.usual_output = self.output
        self.files = self.content()

    def _inventory(self) -> dict[str, t.Any]:
        own = {"ansible_connection": "local", "ansible_become": False, "firewall_confirm_timeout": 0}
        hosts = {
            name: {
                "ansible_python_interpreter": self._python(name),
                "connectivity_addresses": [address],
                "connectivity_memberships": [{"matrix": "linksight", "federation": federation, "roles": ["data_station"]}],
            }
            for name, (address, federation) in HOSTS.items()
        }
        return {"all": {"vars": own, "hosts": hosts}}

    def _python(self, host: str) -> str:
        program, answers = self.directory / f"python_of_{host}", pathlib.Path(__file__).with_name("hostile_hosts.py")
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -S -E {answers} {self.directory} {host}\n", encoding="utf-8")
        program.chmod(0o755)
        return str(program)

    def run(self, characters: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Run site.yml; what it says of honest hosts, as far as no hostile host has a part in it."""
        for name in HOSTILE:
            (self.directory / f"{name}.json").write_text(json.dumps(characters.get(name, {})), encoding="utf-8")
        report = self.directory / "verdict.json"
        report.unlink(missing_ok=True)
        options = {"connectivity_plan": str(self.directory / "plan"), "verify_report": str(report)}
        arguments = ["-i", str(self.directory / "inventory.yml"), str(ROOT / "playbooks" / "site.yml"), "-e", json.dumps(options), "--diff"]
        home = {
            "HOME": str(self.directory / "home"),
            "ANSIBLE_SHOW_CUSTOM_STATS": "True",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "4",
            "ANSIBLE_PIPELINING": "1",
        }
        done = subprocess.run(
            [pathlib.Path(sys.executable).with_name("ansible-playbook"), *arguments],
            cwd=self.directory,
            env={**os.environ, **home},
            capture_output=True,
            check=False,
        )
        self.output = done.stdout.decode("utf-8", "surrogateescape")
        self.said = self.output + done.stderr.decode("utf-8", "surrogateescape")
        assert done.returncode in (0, 2), self.said
        findings = json.loads(report.read_text(encoding="utf-8"))["hosts"]
        recap = {found[1]: found.groups()[1:] for found in RECAP.finditer(self.said)}
        statistics = STATISTICS.search(self.said)
        assert statistics, self.said
        return {
            "findings": {name: [found for found in findings[name]["findings"] if "evil" not in str(found)] for name in HONEST},
            "recap": {name: recap[name] for name in HONEST},
            "statistics": sorted(json.loads(statistics[1])),
        }

    def content(self) -> dict[str, bytes]:
        """Every file, but for those of the hosts, the report, and Ansible's own."""
        plan = [path for path in (self.directory / "plan").rglob("*") if path.is_file()]
        others = [path for path in self.directory.iterdir() if path.is_file() and path.suffix != ".json"]
        home = [path for path in (self.directory / "home").rglob("*") if path.is_file() and ".ansible" not in path.parts]
        return {str(path): path.read_bytes() for path in [*plan, *others, *home]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def is_usual(site: Site) -> None:
    """Where all hosts are honest, honest hosts are changed and proven."""
    states = {name: {found["state"] for found in found_on} for name, found_on in site.usual["findings"].items()}
    assert {"proven", "closed", "in force"} <= states["alpha"]
    assert not any("failed" in found for found in states.values())
    assert {recap[1:] for recap in site.usual["recap"].values()} == {("0", "0")}
    assert site.usual["statistics"] == ["Planned", "Verified"]


def test_no_host_is_skipped_in_a_usual_run(site: Site) -> None:
    """A step that has nothing to do on a host decides so itself."""
    assert "TASK [" in site.usual_output
    assert [line for line in site.usual_output.splitlines() if line.startswith("skipping:")] == []


def test_whatever_two_hosts_answer_the_others_are_changed_and_proven_as_ever(site: Site, whole: bool) -> None:
    is_usual(site)

    @settings(
        max_examples=500 if whole else 6,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.fixed_dictionaries(dict.fromkeys(HOSTILE, CHARACTERS)))
    def each(characters: dict[str, t.Any]) -> None:
        concluded = site.run(characters)
        assert concluded == site.usual, site.said
        assert site.content() == site.files
        assert not UNPRINTABLE.search(site.said), ascii(site.said)
        assert "Traceback" not in site.said
        assert "owned" not in site.output.rpartition("CUSTOM STATS")[2]

    each()
