# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside failures of an audit stand whom to ask at the other end, and the known problems of the flow; beside others nothing."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Trap
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.flows import Endpoint, Looks, Path
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.report import lines, summary
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.verdict import Judgement
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_audit.words import BLOCKED, DIRECT, INSPECTED, UNKNOWN
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.report import Beside

FLOW = "linksight.north.peer_http"
BESIDE = Beside(
    {"linksight": (Trap("partners must join no_proxy", ("peer_http",)), Trap("other", ("hub_api",)))}, {"b": "noc\x1b[2J@example.org"}
)


def judgement(verdict: str, excluded: bool = True) -> Judgement:
    path = Path(FLOW, f"{FLOW}.egress", "a", "b", Endpoint("198.51.100.2", 8443, "", ()), "server", excluded)
    return Judgement(path, verdict, "", "it says so", {})


@pytest.mark.parametrize("verdict", [INSPECTED, BLOCKED])
def test_a_failing_flow_names_its_known_problems_and_whom_to_ask(verdict: str) -> None:
    found = [judgement(verdict)]
    said = ["ask          noc\\x1b[2J@example.org, about b", f"known        {FLOW}: partners must join no_proxy"]
    assert lines(found, Looks(), False, BESIDE)[1:] == said
    assert summary({"a": found}, False, None, BESIDE)[1:3] == said


@pytest.mark.parametrize("one", [judgement(DIRECT), judgement(UNKNOWN), judgement(INSPECTED, excluded=False)])
def test_beside_what_does_not_fail_nothing_is_said(one: Judgement) -> None:
    assert lines([one], Looks(), False, BESIDE) == [str(one)]
    assert len(summary({"a": [one]}, False, None, BESIDE)) == 1


def test_with_strict_the_unknown_fails_and_is_explained() -> None:
    assert len(lines([judgement(UNKNOWN)], Looks(), True, BESIDE)) == 3
