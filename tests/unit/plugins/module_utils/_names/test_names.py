# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: answers are remembered, bad ones refused, a slow or failing name service neither opens nor closes anything."""

from __future__ import annotations

import pathlib
import threading

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._host.clock import Clock
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._names import lookup
from ansible_collections.federated.connectivity.plugins.module_utils._names.lookup import (
    addresses_of,
    news,
    read_memory,
    reported,
    resolve,
    write_memory,
)
from ansible_collections.federated.connectivity.plugins.module_utils._names.remembered import Seen

NAME = "registry.example.org"
NOW = 1_800_000_000.0
HOUR, DAY = 3600.0, 86400.0
KNOWN = {NAME: {"203.0.113.5": Seen(NOW - HOUR, NOW - DAY)}}
PAUSED = {NAME: {"203.0.113.5": KNOWN[NAME]["203.0.113.5"]._replace(paused=True)}}
SINCE = "2027-01-15 08:00 UTC"


def service(*answers: str, error: Exception | None = None):  # type: ignore[no-untyped-def]
    def look_up(name: str) -> list[str]:
        if error:
            raise error
        return list(answers)

    return look_up


def test_a_new_answer_joins_the_last_ones_and_is_told() -> None:
    memory, warnings = resolve([NAME], KNOWN, look_up=service("2001:db8::5", "203.0.113.6"), now=NOW)
    new = Seen(NOW, NOW, told=False)
    assert memory == {NAME: {**KNOWN[NAME], "203.0.113.6": new, "2001:db8::5": new}}
    assert addresses_of(memory) == {NAME: ["2001:db8::5", "203.0.113.5", "203.0.113.6"]}
    assert warnings == [f"{NAME}: 2 new addresses: 2001:db8::5 since {SINCE}, 203.0.113.6 since {SINCE}"]
    assert resolve([NAME], memory, look_up=service("203.0.113.6"), now=NOW + HOUR)[1] == []


def test_a_time_of_the_last_answer_is_enough_to_remember() -> None:
    assert resolve([NAME], {NAME: {"203.0.113.5": NOW - HOUR}}, look_up=service(), now=NOW)[0] == {
        NAME: {"203.0.113.5": Seen(NOW - HOUR, NOW - HOUR, paused=True)}
    }


def test_what_the_timer_found_is_news_until_a_run_reports_it() -> None:
    first, told = resolve([NAME], {}, look_up=service("203.0.113.5"), now=NOW - DAY)
    assert (told, news(first)) == ([], [])
    memory, _told = resolve([NAME], first, look_up=service("203.0.113.6"), now=NOW)
    assert news(memory) == [f"{NAME}: new address 203.0.113.6 since {SINCE}"]
    later, told = resolve([NAME], memory, look_up=service("203.0.113.6"), now=NOW + HOUR)
    assert (told, news(later)) == ([], news(memory))
    assert news(reported(later)) == []
    assert addresses_of(reported(later)) == addresses_of(later)


@pytest.mark.parametrize("error", [OSError("temporary failure"), UnicodeError("label too long"), None])
@pytest.mark.parametrize("later", [0.0, 2 * DAY, 6.9 * DAY])
def test_no_answer_keeps_the_last_ones_and_says_so(error: Exception | None, later: float) -> None:
    memory, warnings = resolve([NAME], KNOWN, look_up=service(error=error), now=NOW + later)
    assert memory == PAUSED
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
    assert resolve([NAME], ahead, look_up=service(), now=NOW)[0] == {NAME: {"203.0.113.5": Seen(NOW, NOW, paused=True)}}


def test_names_that_the_policy_no_longer_has_are_forgotten() -> None:
    assert resolve([], KNOWN, now=NOW) == ({}, [])


def test_a_flood_adds_little_and_takes_nothing_away() -> None:
    good = {f"203.0.113.{number}": NOW - HOUR for number in range(1, 5)}
    flood = [f"8.8.{number // 200}.{number % 200}" for number in range(256)]
    for answer in (flood, flood[::-1], [*flood, "203.0.113.1"], ["203.0.113.1", *flood]):
        memory, (news, left_out) = resolve([NAME], {NAME: good}, look_up=service(*answer), now=NOW)
        assert good.keys() < memory[NAME].keys()
        assert len(memory[NAME]) == len(good) + 32
        assert news.startswith(f"{NAME}: 32 new addresses: 8.8.0.0 since {SINCE}, ")
        assert news.endswith(" and 24 more")
        assert left_out.startswith(f"{NAME}: 224 more addresses of its answer open nothing; ")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fe80::1%eth0", "169.254.169.254", "2002:7f00:1::"])
def test_refused_answers_are_told_and_the_others_of_the_same_answer_count(address: str) -> None:
    memory, (warning,) = resolve([NAME], {}, look_up=service(address, "203.0.113.6"), now=NOW)
    assert addresses_of(memory) == {NAME: ["203.0.113.6"]}
    assert warning.startswith(f"ignored {address} for {NAME}: it is a")
    kept, (_refused, warning) = resolve([NAME], KNOWN, look_up=service(address), now=NOW)
    assert kept == PAUSED
    assert warning == f"{NAME} resolves to no usable address; its last known addresses stay in force: 203.0.113.5"
    assert resolve([NAME], {NAME: {address: NOW}}, look_up=service(), now=NOW)[0] == {}


def test_many_refused_answers_are_told_in_few_lines() -> None:
    memory, warnings = resolve(
        [NAME], KNOWN, look_up=service(*(f"127.0.{number // 256}.{number % 256}" for number in range(4000))), now=NOW
    )
    assert memory == PAUSED
    assert len(warnings) == 10
    assert f"ignored 3992 more addresses for {NAME}" in warnings


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
    memory, warnings = resolve([slow, NAME, "other"], {slow: {"203.0.113.7": NOW}}, look_up=look_up, seconds=1, now=NOW)
    hanging.set()
    assert addresses_of(memory) == {slow: ["203.0.113.7"], NAME: ["203.0.113.6"]}
    assert warnings == [
        f"1 host name could not be looked up within 1 seconds; the last known addresses stay in force: {slow}",
        "1 host name could not be looked up within 1 seconds; the rules for these open nothing yet: other",
    ]


def test_thousands_of_names_that_fail_are_told_in_few_lines() -> None:
    names = [f"n{number:04}.example.org" for number in range(3000)]
    memory, warnings = resolve(names, {name: {"203.0.113.5": NOW} for name in names[:2000]}, look_up=service(), now=NOW)
    assert addresses_of(memory) == {name: ["203.0.113.5"] for name in names[:2000]}
    kept, closed = warnings
    assert kept.startswith(
        "2000 host names could not be looked up on this host; their last known addresses stay in force: n0000.example.org, "
    )
    assert closed.startswith("1000 host names could not be looked up on this host, so their rules open nothing; ")
    assert max(map(len, warnings)) < 400


def test_names_that_answered_have_their_turn_first() -> None:
    known = {"good": {"203.0.113.5": NOW}, "gone": {"203.0.113.5": NOW - HOUR}}
    asked: list[str] = []

    def look_up(name: str) -> list[str]:
        asked.append(name)
        return []

    resolve(["gone", "never", "good"], known, look_up=look_up, now=NOW)
    assert asked[0] == "good"


@pytest.fixture
def state(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    directory = tmp_path / "state"
    monkeypatch.setattr(lookup, "MEMORY", str(directory / "names.json"))
    monkeypatch.setattr(lookup, "STATE", str(directory))
    return directory


def test_the_memory_outlives_the_process(state: pathlib.Path) -> None:
    host = Host()
    assert read_memory(host, [NAME]) == {}
    known = {NAME: {"203.0.113.5": Seen(NOW - HOUR, NOW - DAY, told=False), "203.0.113.6": Seen(NOW - HOUR, NOW - DAY)}}
    write_memory(host, {**known, "other.example.org": {"10.0.0.1": Seen(NOW, NOW)}, "clock": {"10.0.0.2": Seen(NOW, NOW)}})
    read = read_memory(host, [NAME])
    assert {address: (pytest.approx(seen.last, abs=60), seen.told) for address, seen in read[NAME].items()} == {
        "203.0.113.5": (NOW - HOUR, False),
        "203.0.113.6": (NOW - HOUR, True),
    }
    assert read_memory(host, ["other.example.org"]) == {}
    assert addresses_of(read_memory(host, ["other.example.org", "clock"], [".example.org"])) == {
        "other.example.org": ["10.0.0.1"],
        "clock": ["10.0.0.2"],
    }
    write_memory(host, {})
    assert not state.exists()


@pytest.mark.parametrize("forward", [40 * DAY, -40 * DAY, 0.0])
def test_a_clock_that_is_set_makes_nothing_older_or_younger(state: pathlib.Path, monkeypatch: pytest.MonkeyPatch, forward: float) -> None:
    clock = Clock(NOW, "this boot", 5000.0)
    monkeypatch.setattr(lookup, "read_clock", lambda _host: clock)
    write_memory(Host(), KNOWN)
    clock = Clock(NOW + HOUR + forward, "this boot", 5000.0 + HOUR)
    read = read_memory(Host(), [NAME])
    assert read == {NAME: {"203.0.113.5": Seen(NOW - HOUR + forward, NOW - DAY + forward)}}
    assert addresses_of(resolve([NAME], read, look_up=service(), now=clock.time)[0]) == {NAME: ["203.0.113.5"]}
    assert "203.0.113.5" in resolve([NAME], read, look_up=service("203.0.113.6"), now=clock.time)[0][NAME]


def test_after_a_boot_the_clock_is_believed(state: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "read_clock", lambda _host: Clock(NOW, "one boot", 5000.0))
    write_memory(Host(), KNOWN)
    monkeypatch.setattr(lookup, "read_clock", lambda _host: Clock(NOW + 40 * DAY, "another boot", 100.0))
    assert read_memory(Host(), [NAME]) == KNOWN


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"names": ["203.0.113.5"]}',
        '{"names": {"registry.example.org": ["203.0.113.5"]}}',
        '{"names": {"registry.example.org": {"203.0.113.5": "yesterday", "203.0.113.6": NaN, "203.0.113.7": -1, "127.0.0.1": 1}}}',
        '{"names": {"registry.example.org": {"203.0.113.5": {"last": 1}, "203.0.113.6": {"last": true, "since": 1}, "8.8.8.8": Infinity}}}',
        '{"names": {"registry.example.org": {"203.0.113.5\\n": 1, "": 1, "203.0.113.6": 1e300, "8.8.8.8": null}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_memory_is_none(state: pathlib.Path, damage: str) -> None:
    state.mkdir()
    (state / "names.json").write_text(damage)
    assert read_memory(Host(), [NAME]) == {}


@pytest.mark.parametrize("clock", ["null", "[]", '["a", "b", "c"]', "5", '[1e308, "", 5]', "[NaN, 1, 2]"])
def test_a_damaged_clock_is_as_none(state: pathlib.Path, clock: str) -> None:
    state.mkdir()
    (state / "names.json").write_text('{"clock": %s, "names": {"registry.example.org": {"203.0.113.5": 1800000000}}}' % clock)
    assert read_memory(Host(), [NAME]) == {NAME: {"203.0.113.5": Seen(NOW, NOW)}}
