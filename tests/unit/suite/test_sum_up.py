# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last line of a test run counts what passed; whatever proves nothing fails the run."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from ansible_collections.federated.connectivity.tests.sum_up import StageFailed, sum_up

ROOT = pathlib.Path(__file__).parents[3]
SCENARIOS = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")} - {"default"}
# What the run of these tests was asked for is not what is asked for here.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKEOVERRIDES", "WHOLE", "SCENARIO", "PWSH")}


def results(directory: pathlib.Path, stage: str, tests: int, **others: int) -> None:
    counts = " ".join(f'{name}="{number}"' for name, number in {"tests": tests, "failures": 0, "errors": 0, "skipped": 0, **others}.items())
    (directory / stage).mkdir(parents=True)
    (directory / stage / "results.xml").write_text(f"<testsuites><testsuite {counts}/></testsuites>", encoding="utf-8")


def test_tests_are_counted_by_stage_and_the_line_says_which_size_it_was(tmp_path: pathlib.Path) -> None:
    results(tmp_path, "unit", 20)
    results(tmp_path, "molecule/one", 3)
    results(tmp_path, "molecule/two", 4)
    stages = ("unit", "molecule/one", "molecule/two")
    counts = "20 unit and case tests, 7 tests on the lab's hosts"
    assert sum_up(stages, False, tmp_path) == f"Passed: the fixed part (make test-all runs the whole): {counts}"
    assert sum_up(stages, True, tmp_path) == f"Passed: the whole: {counts}"
    assert sum_up(stages, True, tmp_path, "Windows") == f"Passed: the whole: {counts}. Not tried: Windows"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"tests": 0}, "unit ran no test"),
        ({"tests": 5, "skipped": 2}, "unit: 2 of 5 tests failed or were skipped"),
        ({"tests": 5, "failures": 1, "errors": 1}, "unit: 2 of 5 tests failed or were skipped"),
    ],
)
def test_a_stage_without_tests_or_with_skipped_ones_fails(tmp_path: pathlib.Path, counts: dict[str, int], words: str) -> None:
    results(tmp_path, "unit", **counts)
    with pytest.raises(StageFailed, match=words):
        sum_up(["unit"], False, tmp_path)


def test_a_stage_without_results_fails(tmp_path: pathlib.Path) -> None:
    with pytest.raises(StageFailed, match="packets has no results"):
        sum_up(["packets"], False, tmp_path)


PYTESTS_OWN = """import pytest

def test_it(): pass

@pytest.mark.skip
def test_not(): pass
"""


def test_what_pytest_itself_writes_is_understood(tmp_path: pathlib.Path) -> None:
    (tmp_path / "test_one.py").write_text(PYTESTS_OWN, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--junitxml=stage/results.xml", "test_one.py"]
    subprocess.run(command, cwd=tmp_path, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with pytest.raises(StageFailed, match="stage: 1 of 2 tests failed or were skipped"):
        sum_up(["stage"], False, tmp_path)


@pytest.mark.parametrize("powershell", ["/opt/pwsh", ""])
@pytest.mark.parametrize("size", ["test", "test-all"])
def test_every_stage_and_scenario_is_counted(size: str, powershell: str) -> None:
    """And the whole has every scenario that there is. Windows is a stage where there is a PowerShell, and otherwise named as not tried."""
    command = ["make", "--dry-run", "--no-print-directory", size, f"PWSH={powershell}"]
    said = subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT).stdout
    runs, last = [line for line in said.splitlines() if "--junitxml=" in line], said.splitlines()[-1]
    stages = set(re.findall(r"--junitxml=build/tests/([\w/]+)/results.xml", said))
    scenarios = set(re.findall(r"--scenario-name=(\w+)", said))
    of_windows = ("windows/program", "windows/site") if powershell else ()
    of_the_whole = ("real",) if size == "test-all" else ()
    assert stages == {"unit", "browser", "packets", "faults", *of_windows, *of_the_whole}
    assert scenarios == SCENARIOS if size == "test-all" else scenarios < SCENARIOS
    counted, _option, left_out = last.partition("tests/sum_up.py")[2].partition(" --left-out ")
    assert set(counted.split()) - {"--whole"} == stages | {f"molecule/{name}" for name in scenarios}
    assert left_out.startswith("'Windows, because there is no PowerShell") == (not powershell)
    assert {"--whole" in line for line in (*runs, last)} == {size == "test-all"}


def test_windows_without_a_powershell_fails_and_says_how_to_name_one() -> None:
    command = ["make", "--no-print-directory", "powershell", "PWSH="]
    done = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode != 0
    assert "There is no PowerShell, so Windows was not tried" in done.stderr
