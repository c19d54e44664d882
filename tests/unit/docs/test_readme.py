# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first screen of README.md is what make does with it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| (\w+) \| (\w+) ([\d-]+) \| (.+?) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with the inventory of the first screen."""
    directory = tmp_path_factory.mktemp("reader of the first screen")
    found = re.search(r"^```yaml\n# (inventory/hosts\.yml)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found
    (directory / found[1]).parent.mkdir()
    (directory / found[1]).write_text(found[2], encoding="utf-8")
    return directory


def make_plan(reader: pathlib.Path, plan: str, *arguments: str) -> tuple[dict[str, t.Any], str]:
    """What hospital has in the plan, and the last line that make says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "ANSIBLE_"))}
    environment["ANSIBLE_STRATEGY"] = "free"  # a user's ansible.cfg may say so; the plan is computed once all the same
    command = ["make", "-s", "-o", ".venv/controller.ready", "plan", f"INVENTORY={reader / 'inventory'}".replace(" ", "\\ ")]
    done = subprocess.run([*command, f"PLAN={reader / plan}", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((reader / plan / "hosts/hospital.json").read_text(encoding="utf-8")), done.stdout.rstrip().splitlines()[-1]


def test_the_flow_stands_in_the_matrix() -> None:
    flow = re.search(r"^```yaml\n(  peer_http:\n.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert flow
    assert flow[1] in (ROOT / "plugins/plugin_utils/matrices/linksight.yml").read_text(encoding="utf-8")


def test_the_table_is_what_hospital_gets(reader: pathlib.Path) -> None:
    host, last_line = make_plan(reader, "plan")
    rules = {rule["id"]: rule for rule in host["rules"]}
    rows = ROW.findall(README)
    assert [row[0] for row in rows] == sorted(rules, key=lambda id: (not id.endswith("ingress"), "peer_" not in id, "peer_grpc" in id, id))
    for id, direction, protocol, ports, peers in rows:
        rule = rules[id]
        assert (rule["direction"], rule["protocol"], rule["ports"]) == (direction, protocol, [ports])
        assert rule.get("closed_to_others") == ("closed to everybody else" in peers)
        names = [] if peers.startswith("the federation's data stations") else [peers]
        assert rule["peers"] == {"address_sets": [] if names else ["linksight_north_data_station"], "names": names}
    assert last_line.endswith(f"Planned: '{len(rows)} rules for 1 managed hosts; partners that are not managed: 1'")


def test_make_takes_any_expression_and_a_directory_with_a_blank(reader: pathlib.Path) -> None:
    host, last_line = make_plan(reader, "the plan", "SELECT=[?direction=='egress' && !via_proxy && contains(ports, `\"8443\"`)]")
    assert [rule["id"] for rule in host["rules"]] == ["linksight.north.peer_http.egress"]
    assert "1 rules for 1 managed hosts" in last_line
