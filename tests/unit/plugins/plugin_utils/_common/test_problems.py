# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings: where they are, whom they concern, in which order they are told."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import (
    PlanRefused,
    Problems,
    listed,
    shown_path,
    unknown,
)


def places(*known: tuple[object, str]) -> Problems:
    return Problems(lambda value: next((place for other, place in known if other is value), None))


def refused(problems: Problems) -> list[str]:
    with pytest.raises(PlanRefused) as caught:
        problems.stop()
    assert str(caught.value) == "\n".join(caught.value.messages)
    return list(caught.value.messages)


def test_without_errors_nothing_stops() -> None:
    problems = places()
    problems.warn("careful")
    problems.stop()
    assert problems.warnings == ["careful"]


def test_the_most_exact_place_that_is_known_is_told() -> None:
    inner, outer = object(), object()
    problems = places((outer, "hosts.yml:3"))
    problems.error("wrong", ["a"], [inner, outer])
    assert refused(problems) == ["hosts.yml:3: host a: wrong"]


def test_hosts_that_share_a_finding_share_its_message() -> None:
    shared = object()
    problems = places((shared, "group_vars/all.yml:1"))
    for host in ("b", "a", "a"):
        problems.error("wrong", [host], [shared])
    problems.error("wrong", ["c"])
    assert refused(problems) == ["group_vars/all.yml:1: hosts a, b: wrong", "host c: wrong"]


def test_messages_are_sorted_as_people_count() -> None:
    values = {line: object() for line in (9, 14, 100)}
    problems = places(*((value, f"hosts.yml:{line}") for line, value in values.items()))
    for line in (100, 9, 14):
        problems.error("wrong", values=[values[line]])
    assert refused(problems) == ["hosts.yml:9: wrong", "hosts.yml:14: wrong", "hosts.yml:100: wrong"]


def test_long_lists_of_names_are_shortened() -> None:
    assert listed(["b", "a"]) == "a, b"
    assert listed(f"h{number:02}" for number in range(17)) == "h00, h01, h02, h03, h04, h05, h06, h07, h08, h09 and 7 more"


def test_unknown_words_come_with_the_known_ones() -> None:
    assert unknown("role", "nod", "it", ["node", "gui"]) == "unknown role 'nod'; it has node, gui (did you mean node?)"
    assert unknown("role", "x", "it", []) == "unknown role 'x'; it has none"


def test_paths_are_shown_the_short_way(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "group_vars" / "all.yml") == "group_vars/all.yml"
    assert shown_path("/x.yml") == "/x.yml"
