# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside a check that fails stand the known problems of its flow, and whom to ask at the other end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Trap
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import Choice
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.report import STATES, Beside, host_lines, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import Finding

HUB, USERS = "shrine.north.hub", "shrine.north.site_users"
TRAPS = {"shrine": (Trap("an idle timeout cuts it", ("hub",)), Trap("6443 is also Kubernetes'", ("hub", "site_users")), Trap("x", ()))}
BESIDE = Beside(TRAPS, {"hub": "noc@example.org", "site": "it@example.org"})


def finding(state: str, flow: str = HUB, other: str = "hub") -> Finding:
    return Finding(state, "site", flow, "site -> hub 198.51.100.1:6443/tcp", "silent", other=other)


def test_a_failing_flow_names_its_known_problems_and_whom_to_ask_at_the_other_end() -> None:
    assert host_lines([finding("failed")], Choice(managed=True), BESIDE) == [
        "failed    shrine.north.hub  site -> hub 198.51.100.1:6443/tcp: silent",
        "ask       noc@example.org, about hub",
        "known     shrine.north.hub: an idle timeout cuts it",
        "known     shrine.north.hub: 6443 is also Kubernetes'",
    ]


def test_each_is_said_once_and_the_counts_stay_last() -> None:
    findings = {"site": [finding("failed"), finding("failed")], "other": [finding("failed", USERS)]}
    lines = summary(findings, BESIDE)
    assert [line for line in lines if line.startswith("ask")] == ["ask       noc@example.org, about hub"]
    assert sum(line.startswith("known") for line in lines) == 3
    assert lines[-1].endswith("3 failures")


@given(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from([HUB, USERS, ""]), st.sampled_from(["hub", "nobody", ""]))))
def test_nothing_is_said_where_nothing_fails(drawn: list[tuple[str, str, str]]) -> None:
    findings = [finding(*one) for one in drawn]
    failed = [one for one in findings if one.state == "failed"]
    assert bool(BESIDE.lines(findings)) == any(one.flow or one.other == "hub" for one in failed)
    assert BESIDE.lines(findings) == BESIDE.lines(failed)


def test_no_contact_acts_on_a_terminal() -> None:
    (line,) = Beside({}, {"hub": "noc\x1b[2J"}).lines([finding("failed")])
    assert line.isprintable()
