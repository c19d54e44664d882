# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands below the answer about a plan, once the hosts at both ends were asked."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._change.presence import STATES
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._drift.drift import Drift, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._live.ends import Ends, ends_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._live.state import LINES_SHOWN, RULES_SHOWN, lines, state_of, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import Plan

RULE, OTHER = "shrine.north.hub.ingress", "shrine.north.web.ingress"
SINCE = 1_800_000_000
EARLIER = {"hub": Drift("hub", State.DIFFERS, since=SINCE)}


def entry(rule: str = RULE, disk: str = "present", kernel: str = "present", place: str = "ufw") -> dict[str, str]:
    return {"rule": rule, "place": place, "disk": disk, "kernel": kernel}


def answer(*rules: dict[str, str], changed: bool = False, **more: t.Any) -> dict[str, t.Any]:
    return {"changed": changed, "backend": "ufw", "changes": ["ufw"] * changed, "rules": list(rules), **more}


def told(said: dict[str, t.Any], *rules: str, earlier: dict[str, Drift] | None = None) -> list[str]:
    return lines([state_of("hub", rules or (RULE,), said, earlier or {})], [], [])


def test_a_host_as_planned_has_its_rules_on_disk_and_in_the_kernel() -> None:
    assert told(answer(entry())) == ["live: hub (ufw): as planned", f"  {RULE}: in the plan, on disk and in the kernel"]


@pytest.mark.parametrize(
    ("disk", "kernel", "said"),
    [
        ("missing", "missing", "in the plan; on disk: missing (ufw); in the kernel: missing (ufw)"),
        ("present", "missing", "in the plan and on disk; in the kernel: missing (ufw)"),
        ("partly", "present", "in the plan and in the kernel; on disk: in part (ufw)"),
        ("present", "present", "in the plan, on disk and in the kernel"),
    ],
)
def test_a_rule_says_where_it_is_missing_and_since_when(disk: str, kernel: str, said: str) -> None:
    differs = answer(entry(disk=disk, kernel=kernel), changed=True, diff={"before": "", "after": f"allow # {RULE}\n"})
    assert told(differs, earlier=EARLIER) == [
        "live: hub (ufw): differs from the plan since 2027-01-15T08:00:00Z, in ufw",
        f"  {RULE}: {said}",
        f"  missing: allow # {RULE}",
    ]
    assert told(differs)[0] == "live: hub (ufw): differs from the plan, in ufw"


def test_two_places_hold_a_rule_and_the_worse_one_comes_first() -> None:
    found = told(answer(entry(place="table", kernel="partly"), entry(kernel="missing"), changed=True))
    assert found[1] == f"  {RULE}: in the plan and on disk; in the kernel: missing (ufw), in part (table)"


def test_a_host_that_does_not_tell_rules_apart_says_so() -> None:
    for changed in (False, True):
        assert told(answer(changed=changed))[1:] == ["  the host does not tell single rules apart"]
    assert told(answer(entry()), RULE, OTHER)[1:] == [
        f"  {RULE}: in the plan, on disk and in the kernel",
        f"  {OTHER}: in the plan; the host does not tell it apart from others",
    ]


@pytest.mark.parametrize("entries", [[entry(), entry()], [entry(place=f"place {number}") for number in range(17)]])
def test_a_host_that_names_a_rule_again_and_again_is_not_believed(entries: list[dict[str, str]]) -> None:
    (line,) = told(answer(*entries))
    assert line.startswith("not asked: hub: its answer is not usable: it names a rule twice in one place, or in more than 16 places")


def test_rules_of_others_are_named_where_they_are_about_the_answer() -> None:
    about = f"iptables: '-A INPUT -j DROP' refuses peers of {RULE}; theirs prevails"
    elsewhere = f"iptables: '-A INPUT -p tcp' refuses peers of {OTHER}; theirs prevails"
    general = "nftables chain inet mine input drops by default"
    found = told(answer(entry(), entry(OTHER), warnings=[about, elsewhere, general]))
    assert found[2:] == [f"  warning: {about}", f"  warning: {general}"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "the host failed or could not be reached"),
        ({"failed": True, "msg": "no nft"}, "no nft"),
        (
            answer(entry(kernel="missing")),
            "its answer is not usable: it says that nothing differs from the plan, and that a rule is not there",
        ),
    ],
)
def test_a_host_without_a_usable_answer_was_not_asked(said: dict[str, t.Any], why: str) -> None:
    state = state_of("hub", [RULE], said, EARLIER)
    assert lines([state], ["friend"], ["lost"]) == [
        f"not asked: hub: {why}",
        "not asked: lost: it is not part of this run; check --limit, and whether the inventory has this host",
        "not asked: friend: a partner's administrator configures it",
    ]
    assert summary([state], 1, 1) == "live: 0 as planned, 0 differs, 2 not asked, 1 of partners"
    assert summary([state], 0, 0) == "live: 0 as planned, 0 differs, 1 not asked"


def test_of_many_rules_and_lines_those_that_matter_are_shown() -> None:
    rules = [f"shrine.north.r{number}.ingress" for number in range(RULES_SHOWN + 2)]
    after = "".join(f"a line {number}\n" for number in range(LINES_SHOWN + 5)) + f"allow # {rules[3]}\n"
    said = answer(
        *(entry(rule, "missing" if number == 3 else "present") for number, rule in enumerate(rules)),
        changed=True,
        differences={"before": "", "after": after},
    )
    assert told(said, *rules)[1:] == [
        f"  {rules[3]}: in the plan and in the kernel; on disk: missing (ufw)",
        f"  {RULES_SHOWN + 1} other rules: in the plan, on disk and in the kernel",
        f"  missing: allow # {rules[3]}",
        "  missing: more lines; site.yml with --check --diff shows all of them",
    ]


PLACES = st.sampled_from(STATES)
ENTRIES = st.builds(entry, st.sampled_from([RULE, OTHER, "unknown", ""]), PLACES, PLACES, st.text(max_size=9))


@given(st.lists(ENTRIES), st.booleans(), st.lists(st.text(max_size=40), max_size=3))
def test_whatever_a_host_says_only_rules_of_the_answer_are_told_and_each_line_is_one(
    rules: list[dict[str, str]], changed: bool, warnings: list[str]
) -> None:
    state = state_of("hub", [RULE], answer(*rules, changed=changed, warnings=warnings), {})
    assert set(state.rules) == {RULE}
    shown = lines([state], [], [])
    assert all(line == line.rstrip("\r\n") and "\n" not in line and "\x1b" not in line for line in shown)
    assert shown[0].startswith(("live: hub", "not asked: hub"))


def _host(name: str, managed: bool) -> HostPlan:
    return HostPlan.from_json({"host": name, "managed": managed, "addresses": [], "rules": []})


def _plan(**managed: bool) -> Plan:
    return Plan({}, {name: _host(name, own) for name, own in managed.items()})


def test_the_hosts_at_the_ends_are_those_of_ours_in_the_run() -> None:
    plan = _plan(clinic=True, hub=True, friend=False, away=True)
    ends = {"clinic": [{"id": "a"}, {"id": "b"}], "192.0.2.1": [], "friend": []}
    pair = {"ends": [{"host": name, "rules": rules} for name, rules in ends.items()]}
    listed = [{"host": "hub", "id": "c"}, {"host": "hub", "id": "d"}, {"host": "away", "id": "e"}]
    present = ["clinic", "hub", "other"]
    assert ends_of([pair], [], plan, present) == Ends({"clinic": ["a", "b"]}, ["friend"], [])
    assert ends_of(listed, ["clinic"], plan, present) == Ends({"clinic": [], "hub": ["c", "d"]}, [], ["away"])
