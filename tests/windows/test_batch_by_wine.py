# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""firewall.cmd by a real cmd.exe, that of Wine, with a netsh.exe and a fltmc.exe of our own that record their arguments."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.netsh import LONGEST
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.scripts import BATCH, scripts
from ansible_collections.federated.connectivity.tests.unit.plugins.plugin_utils._windows.batch_line import arguments

pytestmark = pytest.mark.whole
ROOT = pathlib.Path(__file__).parents[2]
NOTICE = "Line in Batch processing possibly truncated. Using:"
"""What Wine's cmd.exe says of a line that has as many characters as it takes; the line follows, and is run."""
REFUSED = "linksight.north.peer_http.egress"
Case = dict[str, str]
CASES: dict[str, Case] = {
    "few": {},
    "removal": {"argument": "remove"},
    "refused": {"environment": f"REFUSED={REFUSED}"},
    "no administrator": {"environment": "NOT_ADMINISTRATOR=1"},
    "many": {},
    "many removed": {"argument": "REMOVE"},
}


def batch(partners: int) -> str:
    """The file of a station with some partners of both families."""
    member = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
    inventory: dict[str, dict[str, t.Any]] = {
        "station": {"connectivity_platform": "windows", "connectivity_addresses": ["192.0.2.10"], "connectivity_memberships": [member]}
    }
    for number in range(partners):
        # Networks of neighbours would be merged; every second address is not.
        addresses = [f"100.{64 + number // 100}.{number % 100}.{2 * (number % 60) + 1}", f"2001:db8:{number:x}::{2 * number + 1:x}"]
        inventory[f"p{number}"] = {"connectivity_managed": False, "connectivity_addresses": addresses, "connectivity_memberships": [member]}
    files = dict(scripts(compute_plan(inventory, Catalogue())))
    return files[f"scripts/station/{BATCH}"]


def calls(lines: t.Iterable[str]) -> list[list[str]]:
    """What the commands of a batch file call, as the model of cmd.exe reads them."""
    return [arguments(line.partition(" >nul")[0].partition(" || ")[0]) for line in lines if line.startswith("netsh ")]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, t.Any]]:
    """Case -> its file, its exit code, what it printed, and the calls that it made."""
    directory = tmp_path_factory.mktemp("cases")
    texts = {name: batch(1001 if name.startswith("many") else 3) for name in CASES}
    for name, files in CASES.items():
        place = directory / name.replace(" ", "_")
        place.mkdir()
        for file, text in files.items():
            (place / file).write_text(text + "\n")
        (place / "firewall.cmd").write_bytes(texts[name].encode())
    subprocess.run([ROOT / "tests/windows/wine.sh", ROOT / "build/wine", directory], check=True)
    found = {}
    for name in CASES:
        place = directory / name.replace(" ", "_")
        recorded = [line.split("\t") for line in (place / "calls.txt").read_text().splitlines()]
        found[name] = {
            "lines": texts[name].split("\r\n"),
            "code": int((place / "code").read_text()),
            "said": (place / "said").read_text(),
            "calls": recorded[1:],
        }
        assert recorded[0] == ["fltmc"]
    found["wine"] = {"version": (directory / "version").read_text()}
    return found


def test_it_is_a_cmd_that_takes_long_lines(done: dict[str, dict[str, t.Any]]) -> None:
    assert int(done["wine"]["version"].removeprefix("wine-").partition(".")[0]) >= 10


@pytest.mark.parametrize("name", ["few", "many"])
def test_each_rule_is_deleted_and_added_with_exactly_its_arguments(done: dict[str, dict[str, t.Any]], name: str) -> None:
    case = done[name]
    assert case["calls"] == calls(case["lines"])
    said = [line.rstrip() for line in case["said"].splitlines() if line.strip() and not line.startswith(NOTICE)]
    assert case["code"] == 0
    assert [line for line in said if line not in case["lines"]] == []
    assert sum(call[3] == "add" for call in case["calls"]) >= sum(call[3] == "delete" for call in case["calls"]) > 0


def test_a_line_may_have_as_many_characters_as_windows_takes(done: dict[str, dict[str, t.Any]]) -> None:
    longest = max(map(len, done["many"]["lines"]))
    assert longest == LONGEST


@pytest.mark.parametrize("name", ["removal", "many removed"])
def test_a_removal_deletes_and_adds_nothing(done: dict[str, dict[str, t.Any]], name: str) -> None:
    case = done[name]
    assert case["calls"] == [call for call in calls(case["lines"]) if call[3] == "delete"]
    assert case["code"] == 0


def test_a_refused_rule_ends_the_script_with_an_error(done: dict[str, dict[str, t.Any]]) -> None:
    case, wanted = done["refused"], calls(done["refused"]["lines"])
    refused = next(at for at, call in enumerate(wanted) if call[3] == "add" and f"federated.connectivity {REFUSED}" in call[5])
    assert case["calls"] == wanted[: refused + 1]
    assert refused + 1 < len(wanted)
    assert case["code"] == 1


def test_without_the_rights_of_an_administrator_nothing_is_changed(done: dict[str, dict[str, t.Any]]) -> None:
    case = done["no administrator"]
    assert (case["calls"], case["code"]) == ([], 1)
    assert "Run this as an administrator." in case["said"]
