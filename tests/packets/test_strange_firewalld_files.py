# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of firewalld that others wrote, as firewalld's own readers of each release take them: nothing in them breaks a run."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest
from firewall_host import COLLECTION, FirewallHost
from suites import on_suite

FEW, MANY = 60, 5000
PART = 250  # that one process judges
KINDS = ("zone", "policy", "service", "ipset", "direct")


@pytest.mark.parametrize(
    "suite", [on_suite("bookworm", "bookworm"), on_suite("trixie", "trixie", whole=True), on_suite("forky", "forky", whole=True)]
)
def test_no_file_of_firewalld_breaks_a_run(host: FirewallHost, suite: str, whole: bool) -> None:
    shutil.copytree(COLLECTION / "plugins" / "module_utils", host.file("/tmp/module_utils"))
    shutil.copy(pathlib.Path(__file__).parent / "guest_firewalld_files.py", host.file("/tmp"))
    count = MANY if whole else FEW
    taken, said = dict.fromkeys(KINDS, 0), 0
    for first in range(0, count, PART):
        done = host.run(["python3", "-B", "/tmp/guest_firewalld_files.py", str(min(PART, count)), str(first)], check=False)
        assert done.returncode == 0, done.stderr[-6000:]
        found = json.loads(done.stdout.splitlines()[-1])
        taken = {kind: taken[kind] + found["taken"][kind] for kind in KINDS}
        said += found["said"]
    assert all(taken[kind] > count / 20 for kind in KINDS), taken
    assert said > count
