#!/usr/bin/env python3
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last line of a test run: how much of what has passed.

    tests/sum_up.py [--whole] [--left-out WHAT] STAGE...

Each stage is a directory below build/tests that holds the results of pytest (``--junitxml``); ``molecule/linksight`` is one scenario.
What was left out is named at the end of the line.
It is an error if a stage has no results, ran no test, or has a test that failed or was skipped.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import typing as t
import xml.etree.ElementTree

RESULTS = pathlib.Path(__file__).parents[1] / "build" / "tests"
NAMES = {
    "unit": "unit and case tests",
    "browser": "tests in a browser",
    "packets": "packet tests",
    "faults": "fault tests",
    "windows": "tests for Windows hosts",
    "real": "runs of real software",
    "molecule": "tests on the lab's hosts",
}
SIZES = {False: "the fixed part (make test-all runs the whole)", True: "the whole"}


class Count(t.NamedTuple):
    """The results of one stage; a test that failed or was skipped has not passed."""

    tests: int
    passed: int


class StageFailed(Exception):
    """A stage proves nothing, or not everything; the text says why."""


def count(stage: str, results: pathlib.Path = RESULTS) -> Count:
    """Read the results of a stage. Raises StageFailed if there are none."""
    file = results / stage / "results.xml"
    try:
        suites = list(xml.etree.ElementTree.parse(file).getroot().iter("testsuite"))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        raise StageFailed(f"{stage} has no results in {file}: {error}") from None
    tests, *others = (sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped"))
    return Count(tests, tests - sum(others))


def sum_up(stages: t.Sequence[str], whole: bool, results: pathlib.Path = RESULTS, left_out: str = "") -> str:
    """The line that says what has passed. Raises StageFailed if a stage ran no test, or not all of its tests passed."""
    sums: dict[str, int] = {}
    for stage in stages:
        tests, passed = count(stage, results)
        if not tests:
            raise StageFailed(f"{stage} ran no test")
        if passed < tests:
            raise StageFailed(f"{stage}: {tests - passed} of {tests} tests failed or were skipped")
        group = stage.partition("/")[0]
        sums[group] = sums.get(group, 0) + tests
    line = f"Passed: {SIZES[whole]}: " + ", ".join(f"{number} {NAMES.get(group, f'tests of {group}')}" for group, number in sums.items())
    return line + (f". Not tried: {left_out}" if left_out else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="the run was not limited to the fixed part")
    parser.add_argument("--left-out", default="", metavar="WHAT", help="what was not tried, and why")
    parser.add_argument("stages", nargs="+", metavar="STAGE")
    options = parser.parse_args()
    try:
        print(sum_up(options.stages, options.whole, left_out=options.left_out))
    except StageFailed as failure:
        sys.exit(f"Failed: {failure}")


if __name__ == "__main__":
    main()
