#!/usr/bin/env python3
# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""How long a report takes to make and to open in Chromium, and how large it is, for 5 and 500 hosts. Two seconds to open are the aim."""

from __future__ import annotations

import argparse
import pathlib
import statistics
import sys
import tempfile
import time

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_digest, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.build import build
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.graphviz import Graphviz
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.loader import load_results
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.page import in_words, page
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.results import read_results
from ansible_collections.federated.connectivity.tests.browser.chromium import Page, browser
from ansible_collections.federated.connectivity.tests.network_reports import write_example

AIM = 2.0
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often a page is opened; the median counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_report_") as name, browser() as tab:
        opened = [_measure(pathlib.Path(name) / str(hosts), hosts, tab, options.rounds) for hosts in (5, 500)]
    verdict = "passed" if opened[-1] <= AIM else "slower than the aim"
    print(f"{verdict}: the page of 500 hosts opens in {opened[-1]:.2f} s; {AIM:g} s are the aim")
    return 0


def _measure(directory: pathlib.Path, hosts: int, tab: Page, rounds: int) -> float:
    plan, results = write_example(directory, hosts)
    start = time.monotonic()
    report = build(read_plan(plan), read_results(load_results(results), read_digest(plan)), Graphviz().draw, "plan", 0)
    text = page(report)
    made = time.monotonic() - start
    file = directory / "report.html"
    file.write_text(text, encoding="utf-8")
    opened = statistics.median(_open(tab, file) for _round in range(rounds))
    print(f"{hosts:4} hosts: {in_words(len(text.encode())):>7}, made in {made:5.2f} s, opened in {opened:5.2f} s")
    return opened


def _open(tab: Page, file: pathlib.Path) -> float:
    tab.open(file)
    tab.wait(f"{LOADED} > 0")
    return float(tab.run(LOADED))


if __name__ == "__main__":
    sys.exit(main())
