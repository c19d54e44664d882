# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole role through ansible-playbook on a stand-in for Windows (``fakes``), which cannot run here.

What the real modules and the scripts do on Windows is for .github/workflows/windows.yml to show.
"""

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

from .samples import DENIED, STATION

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[3]
PARTNER = {
    "connectivity_memberships": [STATION],
    "connectivity_managed": False,
    "connectivity_addresses": ["203.0.113.200", "2001:db8:3::200"],
}
STATIONS = ["198.51.100.20/255.255.255.255", "2001:db8:1::20/128", "2001:db8:3::200/128", "203.0.113.200/255.255.255.255"]
DEFAULTS = {name: {"inbound": "NotConfigured", "outbound": "NotConfigured"} for name in ("Domain", "Private", "Public")}
THEIRS = {"Core Networking - DNS (UDP-Out)": {"group": "Core Networking"}}
FRESH = {"rules": THEIRS, "configured": DEFAULTS, "others": [], "files": {}, "tasks": {}}


class Windows:
    """A stand-in, and how to run playbooks for it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self._file = directory / "windows.json"
        self.data = FRESH

    @property
    def data(self) -> dict[str, t.Any]:
        content: dict[str, t.Any] = json.loads(self._file.read_text())
        return content

    @data.setter
    def data(self, content: dict[str, t.Any]) -> None:
        self._file.write_text(json.dumps(content))

    def play(self, playbook: str, *arguments: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
        station = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "connectivity_platform": "windows",
            "connectivity_memberships": [STATION],
            "connectivity_addresses": ["198.51.100.20", "2001:db8:1::20"],
            "ansible_port": 22,
            **variables,
        }
        inventory = self._directory / "hosts.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"station": station, "institute": PARTNER}}}))
        command = [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(ROOT / "playbooks" / playbook), *arguments]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(HERE / "fakes"),
            "FAKE_WINDOWS": str(self._file),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "True",
        }
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=self._directory, check=False)

    def changed(self, run: subprocess.CompletedProcess[str]) -> int:
        assert run.returncode == 0, run.stdout + run.stderr
        (count,) = re.findall(r"^station +:.* changed=(\d+) ", run.stdout, re.MULTILINE)
        return int(count)


@pytest.fixture
def windows(tmp_path: pathlib.Path) -> Windows:
    return Windows(tmp_path)


def test_check_shows_apply_does_and_a_second_run_changes_nothing(windows: Windows) -> None:
    seen = windows.play("site.yml", "--check", "--diff", "--tags", "firewall")
    assert windows.changed(seen) > 0
    assert "[federated.connectivity linksight.north.peer_http.ingress]" in seen.stdout
    assert windows.data == FRESH

    assert windows.changed(windows.play("site.yml", "--tags", "firewall")) > 0
    applied = windows.data
    assert {name: (rule["direction"], rule["remoteip"]) for name, rule in applied["rules"].items() if name not in THEIRS} == {
        f"federated.connectivity linksight.north.{flow}.{direction}": (short, STATIONS)
        for flow in ("peer_http", "peer_grpc")
        for direction, short in (("ingress", "in"), ("egress", "out"))
    }
    assert applied["tasks"] == applied["files"] == {}
    assert [trigger["type"] for trigger in applied["armed"]["triggers"]] == ["registration", "boot"]
    assert applied["armed"]["triggers"][0]["delay"] == "PT100S"

    assert windows.changed(windows.play("site.yml")) == 0
    assert windows.data == applied


def test_denied_defaults_are_remembered_and_come_back_with_the_removal(windows: Windows) -> None:
    windows.changed(windows.play("site.yml", "--tags", "firewall", **DENIED))
    assert {default for profile in windows.data["configured"].values() for default in profile.values()} == {"Block"}
    assert "federated.connectivity baseline.host.dhcp.egress" in windows.data["rules"]

    windows.changed(windows.play("remove.yml"))
    removed = windows.data
    assert (removed["rules"], removed["configured"], removed["files"]) == (THEIRS, DEFAULTS, {})


def test_what_fails_midway_is_taken_back(windows: Windows) -> None:
    windows.data = {**FRESH, "fails_at": "federated.connectivity linksight.north.peer_http.ingress"}
    run = windows.play("site.yml", "--tags", "firewall")
    assert run.returncode != 0
    assert "restored: the rules and defaults of this collection" in run.stdout
    left = windows.data
    assert (left["rules"], left["configured"], left["files"], left["tasks"]) == (THEIRS, DEFAULTS, {}, {})


def test_a_run_that_would_take_all_rules_away_stops_until_that_is_meant(windows: Windows) -> None:
    windows.changed(windows.play("site.yml", "--tags", "firewall"))
    applied = windows.data
    run = windows.play("site.yml", "--tags", "firewall", connectivity_memberships=[])
    assert run.returncode != 0
    assert "Gone would be 4 of 4 rules" in run.stdout
    assert windows.data == applied

    seen = windows.play("site.yml", "--tags", "firewall", "--check", connectivity_memberships=[])
    assert seen.returncode == 0, seen.stdout
    assert "without check mode this run would stop" in seen.stdout + seen.stderr

    windows.changed(windows.play("site.yml", "--tags", "firewall", "-e", "connectivity_allow_shrink=true", connectivity_memberships=[]))
    assert windows.data["rules"] == THEIRS
