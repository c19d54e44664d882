# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._brief.words import as_lines, grouped, progress


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"msg": "one\ntwo"}, ["one", "two"]),
        ({"msg": ["one", "two\nthree"]}, ["one", "two", "three"]),
        ({"msg": [], "changed": False}, []),
        ({"port": 22, "_ansible_verbose_always": True}, ['{"port": 22}']),
        ({"msg": {"port": 22}}, ['{"msg": {"port": 22}}']),
    ],
)
def test_a_message_is_its_lines(data: dict[str, object], lines: list[str]) -> None:
    assert as_lines(data, json.dumps) == lines


def test_hosts_that_say_the_same_share_it() -> None:
    said = {("one", "two"): ["beta", "alpha"], ("three",): ["gamma"], ("of the run",): [""], ("Planned: 3",): [""]}
    assert list(grouped(said, {"Planned: 3"})) == ["of the run", "alpha, beta:", "  one", "  two", "gamma: three"]


def test_what_a_host_says_moves_no_cursor() -> None:
    assert "\x1b" not in "".join(grouped({("\x1b[2Jgone",): ["alpha"]}, ()))


@pytest.mark.parametrize(
    ("finished", "line"),
    [
        (0, "still running after 5 seconds: Enforce"),
        (1, "still running after 5 seconds: Enforce, done on 1 host"),
        (7, "still running after 5 seconds: Enforce, done on 7 hosts"),
    ],
)
def test_progress_names_the_step_and_who_is_done(finished: int, line: str) -> None:
    assert progress("Enforce", 5.0, finished) == line
