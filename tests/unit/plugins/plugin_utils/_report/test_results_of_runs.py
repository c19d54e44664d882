# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of runs are read with suspicion, and become the state of each rule."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import Peers, PlanRule
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.plan_marker import MARK
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.evidence import NOT_COMPARED, Comparison, Evidence
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.loader import FILES_MAXIMUM, ResultsUnreadable, load_results
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.model import State
from ansible_collections.federated.connectivity.plugins.plugin_utils._report.results import (
    AUDIT,
    DRIFT,
    TRACE,
    VERIFY,
    Results,
    read_results,
)

PLAN, OTHER = "a" * 64, "b" * 64
EARLY, LATE = "2026-11-28T09:00:00Z", "2026-11-28T10:00:00Z"
RULE = PlanRule("x.north.peer.egress", "egress", "tcp", ("8443",), Peers(("members",)), "x", "north", "peer")
INGRESS = RULE._replace(id="x.north.peer.ingress", direction="ingress")


def verify(*findings: dict[str, str], time: str = LATE, plan: str = PLAN, host: str = "clinic") -> str:
    hosts = {host: {"findings": [{"flow": "x.north.peer", "why": "", "other": "hub", "host": host, **one} for one in findings]}}
    return json.dumps({"made_by": MARK, "format": 1, "counts": {"proven": 0}, "time": time, "plan_digest": plan, "hosts": hosts})


def drift(state: str = "in force", time: str = LATE, plan: str = PLAN, host: str = "clinic", **more: t.Any) -> str:
    return json.dumps({"made_by": MARK, "format": 1, "compared": time, "plan_digest": plan, "hosts": {host: {"state": state, **more}}})


def trace(time: str = LATE, plan: str = PLAN, **more: t.Any) -> str:
    one = {"initiator": "clinic", "responder": "hub", "destination": "198.51.100.2", "port": 8443, "flow": "x.north.peer", "trace": []}
    said = {"place": "own site's perimeter", "why": "10.1.0.1 is the last that answers", "do": "ask the network team"}
    return json.dumps({"made_by": MARK, "format": 1, "time": time, "plan_digest": plan, "traces": [{**one, **said, **more}]})


def evidence(**files: str) -> Evidence:
    return Evidence(read_results(files, PLAN))


def state(found: Evidence, rule: PlanRule = RULE, managed: bool = True, host: str = "clinic") -> State:
    return found.rule(host, managed, rule, found.comparison(host))[0]


def found_of(name: str, host: str = "clinic", destination: str = "198.51.100.2:8443/tcp") -> dict[str, str]:
    return {"state": name, "what": f"clinic -> hub {destination}", "other": "hub" if host == "clinic" else "clinic"}


def test_reports_are_known_by_what_they_hold() -> None:
    audit = {"made_by": MARK, "format": 1, "own_certificates": {}, "counts": {}, "time": LATE, "plan_digest": PLAN, "hosts": {}}
    read = read_results({"a.json": verify(), "b.json": drift(), "c.json": json.dumps(audit), "d.json": "{}", "e.json": "not JSON"}, PLAN)
    assert {kind: report.file for kind, report in read.reports.items()} == {VERIFY: "a.json", DRIFT: "b.json", AUDIT: "c.json"}
    assert read.remarks == ()


def test_the_newest_report_of_a_kind_counts() -> None:
    read = read_results({"a.json": verify(time=LATE), "b.json": verify(time=EARLY)}, PLAN)
    assert read.verify is not None
    assert read.verify.file == "a.json"


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (verify(plan=OTHER), "v.json is about another plan, so it does not count. Run verify again with this plan"),
        (drift(plan=""), "v.json does not say about which plan it is, so it does not count. Run drift again with this plan"),
        (drift(state="fine"), "v.json cannot be used: "),
        (drift()[:-1], "v.json cannot be used: it is not complete JSON. Write it again"),
        (
            verify(found_of("proven")).replace('"format": 1', '"format": 2'),
            "v.json cannot be used: this version reads format 1. Write it again",
        ),
    ],
)
def test_what_does_not_count_is_named(content: str, remark: str) -> None:
    read = read_results({"v.json": content}, PLAN)
    assert read.reports == {}
    assert [one.startswith(remark) for one in read.remarks] == [True]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "it has no JSON file"),
        ({"a.json": "[["}, "its JSON file is not a report of verify, audit or drift"),
        ({"a.json": "[]", "plan.json": "{}"}, "none of its 2 JSON files is a report of verify, audit or drift"),
    ],
)
def test_a_directory_without_reports_is_named(files: dict[str, str], why: str) -> None:
    assert read_results(files, PLAN).remarks == (f"the directory of results does not count: {why}. Name the directory of the reports",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(
    st.sampled_from([verify(found_of("proven")), drift()]),
    st.lists(st.sampled_from(["hosts", "clinic", "findings", 0, "state", "time"])),
    JSON,
)
def test_no_content_of_a_report_makes_the_reader_crash(content: str, path: list[str | int], value: t.Any) -> None:
    data = json.loads(content)
    place: t.Any = data
    for key in path[:-1]:
        if isinstance(place, dict) and key in place:
            place = place[key]
    if isinstance(place, dict) and path:
        place[path[-1]] = value
    found = evidence(one=json.dumps(data))
    assert state(found) in State
    assert isinstance(list(found.failures()), list)


def test_texts_of_hosts_lose_what_cannot_be_seen() -> None:
    read = read_results({"v": verify({"state": "failed", "what": "clinic -> hub\u202e\x1b[31m", "why": "a\nb"})}, PLAN)
    ((_host, finding),) = Evidence(read).failures()
    assert (finding["what"], finding["why"]) == ("clinic -> hub\\u202e\\x1b[31m", "a\\nb")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], State.PLANNED),
        (["unproven"], State.PLANNED),
        (["proven"], State.PROVEN),
        (["proven", "unproven"], State.PROVEN),
        (["proven", "warning"], State.UNANSWERED),
        (["proven", "warning", "failed"], State.FAILING),
    ],
)
def test_the_worst_finding_about_a_rule_counts(states: list[str], expected: State) -> None:
    found = evidence(v=verify(*map(found_of, states)))
    assert state(found) is expected
    assert state(found, INGRESS, host="hub") is expected
    assert state(found, INGRESS) is State.PLANNED
    assert state(found, RULE, host="hub") is State.PLANNED


def test_a_finding_counts_for_the_rule_with_its_port() -> None:
    found = evidence(v=verify(found_of("failed", destination="[2001:db8::2]:18443/tcp")))
    assert state(found) is State.PLANNED
    assert state(found, RULE._replace(ports=("18000-18500",))) is State.FAILING


def test_refused_strangers_do_not_prove_a_flow() -> None:
    closed = {"state": "closed", "what": "stranger -> hub 198.51.100.2:8443/tcp", "other": "stranger"}
    found = evidence(v=verify(closed, host="hub"), d=drift(host="hub"))
    assert found.rule("hub", True, INGRESS, found.comparison("hub")) == (
        State.APPLIED,
        ("in force at 2026-11-28 10:00 UTC", "1 connection of others refused at 2026-11-28 10:00 UTC"),
    )


def test_a_rule_in_force_is_applied_and_a_partners_rule_is_the_partners() -> None:
    found = evidence(d=drift())
    assert state(found) is State.APPLIED
    assert found.rule("clinic", False, RULE, NOT_COMPARED)[0] is State.PARTNER


def test_a_rule_is_missing_if_the_host_lacks_a_line_with_its_name() -> None:
    line = 'tcp dport 8443 accept comment "federated.connectivity x.north.peer.egress"'
    found = evidence(d=drift("differs", missing=[line], since=1_796_000_000))
    assert found.rule("clinic", True, RULE, found.comparison("clinic")) == (
        State.MISSING,
        ("missing on the host since 2026-11-30 00:53 UTC",),
    )
    assert state(found, INGRESS) is State.APPLIED
    longer = RULE._replace(id="x.north.peer.egress.8443")
    assert state(found, longer) is State.APPLIED


@pytest.mark.parametrize("line", ["and 5 more lines", "<rule family='ipv4'>"])
def test_differences_that_do_not_name_rules_leave_open_which_rules_are_there(line: str) -> None:
    assert state(evidence(d=drift("differs", missing=[line]))) is State.PLANNED


def test_the_newer_comparison_counts() -> None:
    alone = {"flow": "", "what": "clinic", "why": "nftables differs from the plan, see the diff; apply the plan again", "state": "failed"}
    before = evidence(v=verify(alone, time=EARLY), d=drift(time=LATE))
    assert before.comparison("clinic").state == "in force"
    assert list(before.failures()) == []
    after = evidence(v=verify(alone, time=LATE), d=drift(time=EARLY))
    assert after.comparison("clinic").state == "differs"
    assert [host for host, _finding in after.failures()] == ["clinic"]
    fine = evidence(v=verify({"flow": "", "what": "clinic  nftables", "state": "in force"}, time=LATE), d=drift("differs", time=EARLY))
    assert fine.comparison("clinic") == Comparison("in force", "2026-11-28 10:00 UTC", "In force at 2026-11-28 10:00 UTC.")


def test_a_host_without_reports_was_not_compared() -> None:
    assert Evidence(Results({})).comparison("clinic") == NOT_COMPARED


def test_the_files_of_a_directory(tmp_path: pathlib.Path) -> None:
    (tmp_path / "drift.json").write_text("{}", encoding="utf-8")
    (tmp_path / "drift.xml").write_text("", encoding="utf-8")
    assert load_results(tmp_path) == {"drift.json": "{}"}
    with pytest.raises(ResultsUnreadable, match="none: No such file or directory; give a directory with the results"):
        load_results(tmp_path / "none")
    with pytest.raises(ResultsUnreadable, match=r"drift\.xml: Not a directory; give"):
        load_results(tmp_path / "drift.xml")
    (tmp_path / "dir.json").mkdir()
    with pytest.raises(ResultsUnreadable, match=r"dir\.json cannot be read: Is a directory; give"):
        load_results(tmp_path)
    for number in range(FILES_MAXIMUM):
        (tmp_path / f"{number}.json").write_text("", encoding="utf-8")
    with pytest.raises(ResultsUnreadable, match="102 JSON files"):
        load_results(tmp_path)


STOPS = "trace of 2026-11-28 10:00 UTC: stops at: own site's perimeter; 10.1.0.1 is the last that answers; to do: ask the network team"


@pytest.mark.parametrize("name", ["failed", "warning"])
def test_a_connection_that_was_traced_says_where_it_stops(name: str) -> None:
    found = evidence(verify=verify(found_of(name)), trace=trace())
    details = found.rule("clinic", True, RULE, NOT_COMPARED)[1]
    assert details[-1] == STOPS
    assert found.rule("hub", True, INGRESS, NOT_COMPARED)[1][-1] == STOPS
    assert [found.stop(finding) for _host, finding in found.failures()] == ([STOPS] if name == "failed" else [])


@pytest.mark.parametrize("more", [{"destination": "198.51.100.3"}, {"port": 8444}, {"initiator": "hub"}, {"destination": "not an address"}])
def test_a_trace_of_another_connection_says_nothing_about_it(more: dict[str, t.Any]) -> None:
    found = evidence(verify=verify(found_of("failed")), trace=trace(**more))
    assert found.rule("clinic", True, RULE, NOT_COMPARED)[1] == ("clinic -> hub 198.51.100.2:8443/tcp",)


def test_addresses_of_ipv6_are_the_same_however_they_are_written() -> None:
    found = evidence(verify=verify(found_of("failed", destination="[2001:db8::2]:8443/tcp")), trace=trace(destination="2001:DB8:0::2"))
    assert found.rule("clinic", True, RULE, NOT_COMPARED)[1][-1] == STOPS


def test_a_proven_connection_shows_no_trace() -> None:
    found = evidence(verify=verify(found_of("proven")), trace=trace())
    assert not any("trace of" in line for line in found.rule("clinic", True, RULE, NOT_COMPARED)[1])


def test_a_trace_that_is_old_or_about_another_plan_or_damaged_does_not_count() -> None:
    old = read_results({"t.json": trace(time=EARLY), "v.json": verify(found_of("failed"))}, PLAN)
    assert old.trace is None
    assert old.remarks == ("t.json is older than the results of verify, so it does not count. Run trace again with these results",)
    other = read_results({"t.json": trace(plan=OTHER)}, PLAN)
    assert other.remarks == ("t.json is about another plan, so it does not count. Run trace again with this plan",)
    for damaged in (trace(port="x"), trace(place=None), trace(initiator=7), trace(why=["x"])):
        read = read_results({"t.json": damaged}, PLAN)
        assert read.trace is None
        assert "t.json cannot be used" in read.remarks[0]
    assert [*read_results({"t.json": trace()}, PLAN).reports] == [TRACE]
