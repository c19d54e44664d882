# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of verification decide every case, and each of their rows decides one. test_verdict.py has the cases themselves."""

from __future__ import annotations

import itertools
import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.rulings import (
    FLOW,
    PARTNER,
    STRANGER,
    Answer,
    Case,
    Fact,
    Ruling,
    Speaker,
    Waiting,
)

PAGE = pathlib.Path(__file__).parents[5] / "docs" / "verification.md"
FACTS = [frozenset(facts) for length in range(len(Fact) + 1) for facts in itertools.combinations(Fact, length)]
CASES = [Case(*values) for values in itertools.product(Answer, Waiting, ("tcp", "udp"), Speaker, FACTS)]


@pytest.mark.parametrize("table", [PARTNER, FLOW, STRANGER])
def test_every_case_is_decided_and_no_row_is_idle(table: tuple[Ruling, ...]) -> None:
    first = {next(index for index, row in enumerate(table) if row.fits(case)) for case in CASES}
    assert first == set(range(len(table)))


def test_the_page_explains_every_state() -> None:
    page = PAGE.read_text(encoding="utf-8")
    states = {row.state for table in (PARTNER, FLOW, STRANGER) for row in table}
    assert len(states) == 5
    assert {state for state in states if f"| `{state}` |" not in page} == set()
