# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says about each flow, as the pages of the matrices show it."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.tests.real.evidence import evidence
from ansible_collections.federated.connectivity.tests.real.seen import FAILS, FINISHES, read, systems

Seen = dict[str, t.Any]


@pytest.fixture
def flower() -> Seen:
    seen = read("flower")
    return {**seen, "arrangements": {"one host for each role": seen["arrangements"]["one host for each role"]}}


def _found(seen: Seen) -> dict[str, str]:
    return evidence(seen, Catalogue().matrix(seen["matrix"]))


def test_flows_that_carried_something_were_refused_or_are_left_out(flower: Seen) -> None:
    found = _found(flower)
    assert found["fleet_http"] == "connections with tls server; without its rule the job fails"
    assert found["clientapp_http_local"] == "connections with tls none"
    assert found["update_check"] == f"it was refused, and {FINISHES}"
    assert "fleet" not in found, "an older version has this flow"
    assert "data" not in found, "nothing of the kind was seen"


def test_a_rule_that_is_not_needed_everywhere_is_not_called_needed(flower: Seen) -> None:
    changed = copy.deepcopy(flower)
    changed["arrangements"]["one host for each role"]["without"].append(
        {"host": "site2", "flows": ["fleet_http"], "direction": "egress", "then": FINISHES}
    )
    assert _found(changed)["fleet_http"] == "connections with tls server; the job finishes without its rule"


def test_rules_that_stand_in_for_each_other_are_needed_together(flower: Seen) -> None:
    changed = copy.deepcopy(flower)
    without = changed["arrangements"]["one host for each role"]["without"]
    without[:] = [{"host": "server", "flows": ["control_http", "fleet_http"], "direction": "ingress", "then": FAILS}]
    assert _found(changed)["fleet_http"] == "connections with tls server; without its rule and those of control_http the job fails"
    without[0]["then"] = FINISHES
    assert _found(changed)["control_http"] == "connections with tls server; the job finishes without its rule and those of fleet_http"


def test_a_flow_that_was_refused_and_carried_something_is_one_that_carried(flower: Seen) -> None:
    changed = copy.deepcopy(flower)
    changed["arrangements"]["one host for each role"]["refused"].append(
        {"initiator": "site1", "responder": "server", "protocol": "tcp", "port": 8000}
    )
    assert _found(changed)["fleet_http"] == _found(flower)["fleet_http"]


def test_connections_that_several_flows_explain_are_not_said_to_be_of_one() -> None:
    found = _found(read("coinstac"))
    seen, needed = found["mqtt_websocket"].split("; ")
    assert seen == "connections with tls server of this flow, or of api, files, graphql, which use the same port"
    assert needed == "without its rule and those of api, files, graphql the job fails"
    assert found["mqtts"] == "connections with tls server; without its rule the job fails"


@pytest.mark.parametrize("system", systems())
def test_each_flow_that_was_seen_is_one_of_the_matrix(system: str) -> None:
    seen = read(system)
    assert _found(seen).keys() <= Catalogue().matrix(seen["matrix"]).flows.keys()
