# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host remembers of a name, over sequences of good, spoofed, empty and failing answers, and of clocks that jump."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._names.lookup import addresses_of, resolve
from ansible_collections.federated.connectivity.plugins.module_utils._names.remembered import (
    FIRST,
    MAXIMUM,
    NEW,
    SENIORS,
    Known,
    Seen,
    recall,
)

NAME = "registry.example.org"
NOW = 1_800_000_000.0
QUARTER, DAY = 900.0, 86400.0
GOOD = [f"203.0.113.{number}" for number in range(1, 13)] + [f"2001:db8::{number}" for number in range(1, 5)]
REFUSED = ["127.0.0.1", "169.254.169.254", "10.0.0.5", "2002:a00:5::1", "::8.8.8.8", "fe80::1%eth0", "168.63.129.16", "64:ff9b:1::10.0.0.5"]


def spoofed(first: int, count: int) -> list[str]:
    return [f"1.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in range(first, first + count)]


class Step(t.NamedTuple):
    """One look-up: how long after the last one, and what it answers; None where it fails."""

    wait: float
    answer: list[str] | None
    good: bool = False


honest = st.builds(
    lambda some, bad: Step(QUARTER, some + bad, good=True), st.permutations(GOOD), st.lists(st.sampled_from(REFUSED), max_size=3)
)
flood = st.builds(lambda first, count: Step(QUARTER, spoofed(first, count)), st.integers(0, 50_000), st.integers(1, 300))
refused = st.builds(lambda some: Step(QUARTER, some), st.lists(st.sampled_from(REFUSED), min_size=1))
failing = st.sampled_from([Step(QUARTER, None), Step(QUARTER, [])])
jumps = st.builds(lambda wait: Step(wait, None), st.floats(-30 * DAY, 6 * DAY))


def look_up(memory: dict[str, Known], step: Step, now: float) -> dict[str, Known]:
    def answer(_name: str) -> list[str]:
        if step.answer is None:
            raise OSError("temporary failure in name resolution")
        return step.answer

    return resolve([NAME], memory, look_up=answer, now=now)[0]


@given(st.lists(honest | flood | refused | failing | jumps, max_size=25))
def test_a_partner_that_was_there_first_stays_whatever_is_answered(steps: list[Step]) -> None:
    now = NOW
    memory = look_up({}, Step(0, GOOD, good=True), now)
    for step in steps:
        now += step.wait
        if now - max(seen.last for seen in memory[NAME].values()) > 6.5 * DAY:
            step = Step(step.wait, GOOD, good=True)  # a failure of more than a week ends it, as is written
        before = memory
        memory = look_up(memory, step, now)
        open_now = set(addresses_of(memory)[NAME])
        assert len(open_now) <= MAXIMUM
        assert not open_now & set(REFUSED)
        assert len(open_now - set(before[NAME])) <= NEW
        if step.good:
            assert set(GOOD) <= open_now
        if not step.answer or set(step.answer) <= set(REFUSED):
            assert open_now == set(before[NAME])
        assert set(GOOD) <= open_now


def test_days_of_floods_never_displace_a_partner_that_is_still_answered_within_the_day() -> None:
    now, memory = NOW, look_up({}, Step(0, GOOD), NOW)
    for number in range(200):
        now += QUARTER
        memory = look_up(memory, Step(0, GOOD if number % 90 == 89 else spoofed(300 * number, 300)), now)
        assert set(GOOD) < set(memory[NAME])
        assert len(memory[NAME]) <= MAXIMUM


def test_a_partner_that_comes_during_floods_is_in_as_soon_as_it_is_answered_and_stays_while_every_third_answer_is_honest() -> None:
    now, memory = NOW, look_up({}, Step(0, ["198.51.100.1"]), NOW)
    for number in range(60):
        now += QUARTER
        memory = look_up(memory, Step(0, spoofed(300 * number, 300)), now)
    for number in range(60):
        now += QUARTER
        memory = look_up(memory, Step(0, spoofed(300 * (100 + number), 300) if number % 3 else GOOD), now)
        assert set(GOOD) <= set(memory[NAME])


@given(st.sets(st.integers(0, 400)), st.randoms())
def test_the_order_of_an_answer_does_not_matter(numbers: set[int], random: t.Any) -> None:
    answer = spoofed(0, 401)
    chosen = [answer[number] for number in sorted(numbers)]
    shuffled = random.sample(chosen, len(chosen))
    known = {address: Seen(NOW, NOW) for address in GOOD}
    assert recall(known, chosen, NOW + 1) == recall(known, shuffled, NOW + 1)
    assert recall({}, chosen, NOW) == recall({}, shuffled, NOW)


@given(
    st.dictionaries(
        st.sampled_from(spoofed(0, 500)),
        st.builds(lambda a, b: Seen(a, min(a, b)), st.floats(NOW - DAY, NOW), st.floats(0, NOW)),
        min_size=1,
    ),
    st.sets(st.sampled_from(spoofed(250, 500)), max_size=400),
)
@settings(max_examples=60)
def test_one_answer_displaces_less_than_half_and_never_the_seniors_or_what_it_answers(known: Known, answered: set[str]) -> None:
    known = dict(sorted(known.items())[:MAXIMUM])
    recalled = recall(known, answered, NOW)
    seniors = sorted(known, key=lambda address: (known[address].since, address))[:SENIORS]
    assert len(recalled.known) <= MAXIMUM
    assert len(recalled.new) <= NEW
    assert len(recalled.displaced) <= len(recalled.new) <= MAXIMUM // 2
    assert set(seniors) <= set(recalled.known)
    assert answered & set(known) <= set(recalled.known)
    assert set(recalled.known) <= set(known) | answered
    assert {*recalled.new, *recalled.left_out} == answered - set(known)


def test_a_full_memory_displaces_at_most_what_one_answer_adds() -> None:
    known = {address: Seen(NOW - number, NOW - number) for number, address in enumerate(spoofed(0, MAXIMUM))}
    recalled = recall(known, GOOD, NOW)
    assert set(GOOD) <= set(recalled.known)
    assert len(recalled.displaced) == len(GOOD)
    flooded = recall(known, spoofed(1000, 300), NOW)
    assert (len(flooded.new), len(flooded.displaced), len(flooded.left_out)) == (NEW, NEW, 300 - NEW)


def test_the_first_answer_has_a_bound_of_its_own_and_running_again_changes_nothing() -> None:
    first = recall({}, spoofed(0, FIRST), NOW)
    assert (len(first.known), first.left_out) == (FIRST, [])
    again = recall(first.known, spoofed(0, FIRST), NOW + QUARTER)
    assert (set(again.known), again.new) == (set(first.known), [])
    assert len(recall({}, spoofed(0, 4000), NOW).known) == FIRST


@given(st.lists(st.tuples(st.integers(0, int(2 * DAY)), st.sets(st.integers(1, 9))), max_size=12))
def test_what_is_open_was_answered_within_a_day_of_which_a_failure_is_no_part(steps: list[tuple[int, set[int]]]) -> None:
    known: Known = {}
    answered: dict[str, float] = {}  # when each was last answered, by a clock that stands still during failures
    now, clock, silent, failed = NOW, 0.0, 0.0, False
    for wait, numbers in steps:
        now, silent = now + wait, silent + wait
        given = [f"203.0.113.{number}" for number in numbers]
        known = recall(known, given, now).known
        if silent > 7 * DAY:
            answered = {}
        if given:
            clock += min(silent, 3600) if failed and answered else silent
            answered = {**{address: when for address, when in answered.items() if clock - when <= DAY}, **dict.fromkeys(given, clock)}
            silent = 0.0
        failed = not given
        assert set(known) == set(answered)


def test_a_failure_before_an_answer_makes_nothing_old() -> None:
    good = {address: Seen(NOW, NOW) for address in GOOD}
    for hours in (1, 25, 160):
        failed = recall(good, [], NOW + hours * 3600).known
        assert set(failed) == set(GOOD)
        back = recall(failed, ["198.51.100.1"], NOW + hours * 3600 + QUARTER).known
        assert set(back) == {*GOOD, "198.51.100.1"}
        later = recall(back, ["198.51.100.1"], NOW + hours * 3600 + QUARTER + DAY)
        assert set(later.known) == {"198.51.100.1"}
    unasked = recall(good, ["198.51.100.1"], NOW + DAY + 1).known
    assert set(unasked) == {"198.51.100.1"}


@pytest.mark.whole
@settings(max_examples=3000, deadline=None)
@given(st.lists(honest | flood | refused | failing | jumps, max_size=120))
def test_long_sequences_of_answers(steps: list[Step]) -> None:
    test_a_partner_that_was_there_first_stays_whatever_is_answered.hypothesis.inner_test(steps)  # type: ignore[attr-defined]
