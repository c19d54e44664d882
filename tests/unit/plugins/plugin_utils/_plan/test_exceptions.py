# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exceptions end on a day that stands in the plan. What the day means is printed by runs; the plan does not depend on the clock."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.days import parse_day
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.exceptions import SOON, ending

LAST = datetime.date(2031, 3, 31)
FINDING = {
    "id": "federation-scope-any",
    "about": "linksight.n",
    "hosts": ["a", "b"],
    "text": "everybody",
    "accepted": "As agreed.",
    "until": "2031-03-31",
}


def days_before(count: int) -> datetime.date:
    return LAST - datetime.timedelta(count)


@pytest.mark.parametrize(
    ("before", "begin"),
    [
        (-400, "expired on 2031-03-31: hosts a, b: federation-scope-any: linksight.n: everybody (accepted: As agreed.); correct the cause"),
        (-1, "expired on 2031-03-31: hosts a, b: "),
        (0, "expires on 2031-03-31, today: hosts a, b: "),
        (1, "expires on 2031-03-31, tomorrow: "),
        (SOON, "expires on 2031-03-31, in 14 days: "),
    ],
)
def test_what_has_ended_and_what_ends_soon_is_named(before: int, begin: str) -> None:
    ends = ending([FINDING], days_before(before))
    (line,) = ends.warnings
    assert line.startswith(begin)
    assert (len(ends.expired), ends.sum) == ((1, "; expired exceptions: 1") if before < 0 else (0, ""))


def test_before_that_there_is_no_word() -> None:
    without = {key: value for key, value in FINDING.items() if key != "until"}
    assert ending([FINDING, without], days_before(SOON + 1)) == ([], [])
    assert ending([without], datetime.date.max) == ([], [])


@given(st.dates(), st.dates())
def test_each_day_is_exactly_one_of_expired_soon_and_neither(last: datetime.date, today: datetime.date) -> None:
    ends = ending([{**FINDING, "until": last.isoformat()}], today)
    assert bool(ends.expired) is (today > last)
    assert bool(ends.soon) is (0 <= (last - today).days <= SOON)


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: datetime.date) -> None:
    assert parse_day(day) == parse_day(day.isoformat()) == day


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.datetimes() | st.text() | st.from_regex(r"[0-9-]{8,11}"))
def test_what_is_not_a_day_is_none(data: t.Any) -> None:
    day = parse_day(data)
    assert day is None or day.isoformat() == data


@pytest.mark.parametrize("data", ["20311231", "2031-W01-1", "2031-02-30", " 2031-12-31", "2031-12-31\n", "\u0662031-12-31", "31-12-2031"])
def test_other_ways_to_write_days_are_refused(data: str) -> None:
    assert parse_day(data) is None


def test_an_expired_exception_stands_in_the_plan_like_any_other() -> None:
    def findings(**own: str) -> list[dict[str, t.Any]]:
        membership = {"matrix": "linksight", "federation": "n", "roles": ["data_station"], "federation_scope": "any", **own}
        index = compute_plan({"a": {"ansible_host": "198.51.100.1", "connectivity_memberships": [membership]}}, Catalogue()).index
        assert [warning for warning in index["warnings"] if "federation-scope-any" in warning] == ([] if own else index["warnings"][:1])
        return [finding for finding in index["findings"] if finding["id"] == "federation-scope-any"]

    (past,), (future,) = findings(federation_scope_until="2001-01-31"), findings(federation_scope_until="2999-01-31")
    assert (past.pop("until"), future.pop("until")) == ("2001-01-31", "2999-01-31")
    assert past | {"accepted": ""} == future | {"accepted": ""}
    (endless,) = findings()
    assert "until" not in endless
