# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._brief.table import STEPS, HostSteps, closing_table

WELL = {"failures": 0, "unreachable": 0}


def noted(*results: tuple[str, str, dict[str, object]], trial: bool = False, run_is_trial: bool = False) -> HostSteps:
    steps = HostSteps()
    for action, host, data in results:
        steps.note(action, host, data, trial=trial, run_is_trial=run_is_trial)
    return steps


def lines(steps: HostSteps, ended: dict[str, dict[str, int]]) -> list[str]:
    return [line.text for line in closing_table(steps, ended)]


def test_a_column_for_each_job_and_a_line_for_each_host_that_had_one() -> None:
    verdict = {"hosts": {"alpha": {"counts": {"proven": 3, "closed": 2, "failed": 1}}, "beta": {"counts": {}}}}
    steps = noted(
        ("firewall_policy", "alpha", {"changed": True}), ("firewall_policy", "beta", {"changed": False}), ("verify_judge", "beta", verdict)
    )
    assert lines(steps, {"alpha": WELL, "beta": WELL, "stranger": WELL}) == [
        "host   firewall   connections",
        "alpha  changed    3 proven, 2 closed, 1 failed",
        "beta   unchanged  -",
    ]


def test_a_host_that_failed_or_was_not_reached_is_there_and_marked() -> None:
    steps = noted(("firewall_policy", "alpha", {"failed": True, "changed": False}))
    ended = {"alpha": {"failures": 1, "unreachable": 0}, "beta": {"failures": 0, "unreachable": 1}, "gamma": WELL}
    shown = list(closing_table(steps, ended))
    assert [line.text.split() for line in shown] == [
        ["host", "firewall", "run"],
        ["alpha", "failed", "failed"],
        ["beta", "-", "unreachable"],
    ]
    assert [line.failed for line in shown] == [False, True, True]


def test_a_step_that_only_looks_is_passed_over_but_in_check_mode_everything_does() -> None:
    assert lines(noted(("firewall_policy", "alpha", {"changed": True}), trial=True), {"alpha": WELL}) == []
    checked = noted(("firewall_policy", "alpha", {"changed": True}), trial=True, run_is_trial=True)
    assert lines(checked, {"alpha": WELL})[1] == "alpha  would change"


def test_without_anything_of_ours_there_is_no_table() -> None:
    assert lines(HostSteps(), {"alpha": WELL}) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([step for step in STEPS if step != "verify_judge"]),
            st.sampled_from("abc"),
            st.fixed_dictionaries({"changed": st.booleans(), "failed": st.booleans()}),
        )
    ),
    st.dictionaries(st.sampled_from("abc"), st.fixed_dictionaries({"failures": st.integers(0, 2), "unreachable": st.integers(0, 2)})),
)
def test_every_failed_host_has_exactly_one_line(
    results: list[tuple[str, str, dict[str, object]]], ended: dict[str, dict[str, int]]
) -> None:
    shown = list(closing_table(noted(*results), ended))
    failed = {host for host, counts in ended.items() if counts["failures"] or counts["unreachable"]}
    assert {line.text.split()[0] for line in shown if line.failed} == failed
    assert len(shown) in (0, 1 + len(failed | ({host for _action, host, _data in results} & ended.keys())))


def test_a_host_that_was_not_asked_has_no_line() -> None:
    steps = HostSteps()
    steps.note("firewall_policy", "friend", {"changed": False, "not_asked": True}, trial=False, run_is_trial=False)
    assert steps.of("friend") == {}
