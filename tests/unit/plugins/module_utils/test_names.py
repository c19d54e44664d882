# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: answers are remembered, bad ones refused, a slow or failing name service neither opens nor closes anything."""

from __future__ import annotations

import pathlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils import _names
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Host,
)
from ansible_collections.federated.connectivity.plugins.module_utils._names import (
    MAXIMUM,
    addresses_of,
    read_memory,
    resolve,
    write_memory,
)

NAME = "registry.example.org"
NOW = 1_800_000_000.0
HOUR, DAY = 3600.0, 86400.0
KNOWN = {NAME: {"203.0.113.5": NOW - HOUR}}


def service(*answers: str, error: Exception | None = None):  # type: ignore[no-untyped-def]
    def look_up(name: str) -> list[str]:
        if error:
            raise error
        return list(answers)

    return look_up


def test_a_new_answer_joins_the_last_ones() -> None:
    memory, warnings = resolve([NAME], KNOWN, look_up=service("2001:db8::5", "203.0.113.6"), now=NOW)
    assert memory == {NAME: {"203.0.113.5": NOW - HOUR, "203.0.113.6": NOW, "2001:db8::5": NOW}}
    assert addresses_of(memory) == {NAME: ["2001:db8::5", "203.0.113.5", "203.0.113.6"]}
    assert warnings == []


@pytest.mark.parametrize("error", [OSError("temporary failure"), UnicodeError("label too long"), None])
@pytest.mark.parametrize("later", [0.0, 2 * DAY, 6.9 * DAY])
def test_no_answer_keeps_the_last_ones_and_says_so(error: Exception | None, later: float) -> None:
    memory, warnings = resolve([NAME], KNOWN, look_up=service(error=error), now=NOW + later)
    assert memory == KNOWN
    assert warnings == [f"{NAME} could not be looked up on this host; its last known addresses stay in force: 203.0.113.5"]


def test_no_answer_ever_opens_nothing_and_says_so() -> None:
    memory, (warning,) = resolve([NAME], {NAME: {}}, look_up=service(), now=NOW)
    assert memory == {}
    assert "its rules open nothing" in warning


def test_an_address_goes_a_day_after_it_was_last_answered() -> None:
    def answered(now: float) -> list[str]:
        return addresses_of(resolve([NAME], KNOWN, look_up=service("203.0.113.6"), now=now)[0])[NAME]

    assert answered(NOW + 23 * HOUR) == ["203.0.113.5", "203.0.113.6"]
    assert answered(NOW + 23 * HOUR + 1) == ["203.0.113.6"]


def test_after_a_week_without_answers_nothing_is_left_and_it_is_told() -> None:
    memory, (warning,) = resolve([NAME], KNOWN, look_up=service(), now=NOW + 7 * DAY)
    assert memory == {}
    assert warning == f"{NAME} could not be looked up for 7 days; its rules no longer open 203.0.113.5"


def test_a_clock_that_was_ahead_keeps_nothing_longer() -> None:
    ahead = {NAME: {"203.0.113.5": NOW + 1000 * DAY}}
    assert resolve([NAME], ahead, look_up=service(), now=NOW)[0] == {NAME: {"203.0.113.5": NOW}}


def test_names_that_the_policy_no_longer_has_are_forgotten() -> None:
    assert resolve([], KNOWN, now=NOW) == ({}, [])


def test_no_name_server_can_fill_the_firewall() -> None:
    flood = [f"2001:db8::{number:x}" for number in range(1, 2 * MAXIMUM)]
    memory, _warnings = resolve([NAME], KNOWN, look_up=service(*flood), now=NOW)
    assert len(memory[NAME]) == MAXIMUM


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fe80::1%eth0"])
def test_refused_answers_are_told_and_count_as_none(address: str) -> None:
    memory, (warning,) = resolve([NAME], {}, look_up=service(address, "203.0.113.6"), now=NOW)
    assert addresses_of(memory) == {NAME: ["203.0.113.6"]}
    assert warning.startswith(f"{NAME} resolves to {address} here, ")
    assert resolve([NAME], KNOWN, look_up=service(address), now=NOW)[0] == KNOWN
    assert resolve([NAME], {NAME: {address: NOW}}, look_up=service(), now=NOW)[0] == {}


def test_private_answers_are_good_where_they_are_allowed_and_no_longer() -> None:
    own, _warnings = resolve([NAME], {}, [NAME], service("10.0.0.1"), now=NOW)
    assert addresses_of(own) == {NAME: ["10.0.0.1"]}
    assert resolve([NAME], own, look_up=service(), now=NOW)[0] == {}


def test_a_name_service_that_hangs_costs_bounded_time() -> None:
    hanging = threading.Event()

    def look_up(name: str) -> list[str]:
        if name != NAME:
            hanging.wait()
        return ["203.0.113.6"]

    slow = "slow.example.org"
    memory, warnings = resolve([slow, NAME], {slow: {"203.0.113.7": NOW}}, look_up=look_up, seconds=0.1, now=NOW)
    hanging.set()
    assert addresses_of(memory) == {slow: ["203.0.113.7"], NAME: ["203.0.113.6"]}
    assert len(warnings) == 1


@given(st.lists(st.tuples(st.floats(0, 2 * DAY), st.sets(st.integers(1, 9))), max_size=12))
def test_what_is_open_was_answered_within_a_day_of_the_last_answer(steps: list[tuple[float, set[int]]]) -> None:
    memory, now, answers = {}, NOW, []
    for wait, numbers in steps:
        now += wait
        given = [f"203.0.113.{number}" for number in numbers]
        answers += [(now, address) for address in given]
        memory, _warnings = resolve([NAME], memory, look_up=service(*given), now=now)
        last = max((when for when, _address in answers), default=now)
        recent = {address for when, address in answers if last - when <= DAY and now - last <= 7 * DAY}
        assert set(memory.get(NAME, {})) == recent


@pytest.fixture
def state(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    directory = tmp_path / "state"
    monkeypatch.setattr(_names, "MEMORY", str(directory / "names.json"))
    monkeypatch.setattr(_names, "STATE", str(directory))
    return directory


def test_the_memory_outlives_the_process(state: pathlib.Path) -> None:
    host = Host()
    assert read_memory(host, [NAME]) == {}
    write_memory(host, {**KNOWN, "other.example.org": {"10.0.0.1": NOW}})
    assert read_memory(host, [NAME]) == KNOWN
    assert read_memory(host, ["other.example.org"]) == {}
    assert read_memory(host, ["other.example.org"], [".example.org"]) == {"other.example.org": {"10.0.0.1": NOW}}
    write_memory(host, {})
    assert not state.exists()


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"registry.example.org": ["203.0.113.5"]}',
        '{"registry.example.org": {"203.0.113.5": "yesterday", "203.0.113.6": NaN, "203.0.113.7": -1, "127.0.0.1": 1}}',
    ],
)
def test_a_damaged_memory_is_none(state: pathlib.Path, damage: str) -> None:
    state.mkdir()
    (state / "names.json").write_text(damage)
    assert read_memory(Host(), [NAME]) == {}
