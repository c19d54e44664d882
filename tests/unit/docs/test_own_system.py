# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tutorial docs/own_system.md, followed literally: its files, its commands, and what it says that they answer."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml
from tutorial import commands, outputs, write_files

MATRIX = "valley/matrices/medrelay.yml"


@pytest.fixture
def reader(tmp_path: pathlib.Path) -> pathlib.Path:
    """The directory of a reader who has the collection installed."""
    write_files(tmp_path, MATRIX)
    return tmp_path


def run(command: str, directory: pathlib.Path) -> str:
    path = os.pathsep.join((str(pathlib.Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "COLUMNS": "1000"}
    done = subprocess.run(["sh", "-c", command], cwd=directory, env={**environment, "PWD": str(directory)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_commands_are_these() -> None:
    assert [command.split()[:2] for command in commands()] == [
        ["ansible-playbook", "federated.connectivity.new_matrix"],
        ["make", "import-matrix"],
        ["ansible-playbook", "-i"],
        ["make", "plan"],
    ]


def test_the_vendors_table_becomes_a_draft_and_what_it_asks_is_told(reader: pathlib.Path) -> None:
    said = run(commands()[0], reader)
    draft = (reader / MATRIX).read_text(encoding="utf-8")
    for line in outputs()[0]:
        assert line in draft
        assert line in " ".join(said.split())
    assert list(yaml.safe_load(draft)["flows"]) == ["station_upload", "upload_client", "heartbeat", "licence_check"]


def test_the_matrix_plans_as_the_page_says(reader: pathlib.Path) -> None:
    write_files(reader)
    said = run(commands()[2], reader)
    assert "WARNING" not in said
    host = json.loads((reader / "valley/plan/hosts/gateway.json").read_text(encoding="utf-8"))
    shown = [
        f"{rule['id']}: {rule['protocol']} {', '.join(rule['ports'])} from {', '.join(rule['peers']['address_sets'])}"
        for rule in host["rules"]
    ]
    assert shown == outputs()[1]


def test_the_draft_plans_too_once_it_stands_in_the_inventory(reader: pathlib.Path) -> None:
    """Its rules are wide, and its findings say so."""
    run(commands()[0], reader)
    hosts = (reader / "valley/hosts.yml").read_text(encoding="utf-8").replace(", optional_flows: [review]", "").replace("clinic:", "lan:")
    (reader / "valley/hosts.yml").write_text(hosts, encoding="utf-8")
    run(commands()[2], reader)
    found = {entry["id"] for entry in json.loads((reader / "valley/plan/plan.json").read_text(encoding="utf-8"))["findings"]}
    assert found == {"anybody-admitted", "uncertain-flow"}


def test_make_writes_the_same_draft(reader: pathlib.Path) -> None:
    run(commands()[0], reader)
    by_playbook = (reader / MATRIX).read_text(encoding="utf-8")
    shutil.rmtree(reader / "valley/matrices")
    root = pathlib.Path(__file__).parents[3]
    run(f"make -C {root} -o .venv/controller.ready import-matrix TABLE=$PWD/valley/vendor.md NAME=$PWD/{MATRIX}", reader)
    assert yaml.safe_load((reader / MATRIX).read_text(encoding="utf-8"))["flows"] == yaml.safe_load(by_playbook)["flows"]
