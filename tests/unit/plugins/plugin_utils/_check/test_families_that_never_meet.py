# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mandatory flow whose ends have no address of the same family fails the check, and is a finding of the plan."""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._check.flows import check_flows
from ansible_collections.federated.connectivity.plugins.plugin_utils._check.model import Networks, Result, State
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

GRPC = "fedbiomed.n.grpc"
FINDING = "no-common-family"


def member(number: int, role: str, families: t.Collection[int], **more: t.Any) -> dict[str, t.Any]:
    addresses = [address for family, address in ((4, f"198.51.100.{number}"), (6, f"2001:db8::{number}")) if family in families]
    memberships = [{"matrix": "fedbiomed", "federation": "n", "roles": [role]}]
    return {"connectivity_memberships": memberships, "connectivity_addresses": addresses, **more}


def checked(inventory: dict[str, dict[str, t.Any]]) -> tuple[Result, list[t.Any]]:
    """The result about the flow, and the findings about families."""
    computed = compute_plan(inventory, Catalogue())
    with tempfile.TemporaryDirectory() as directory:
        write_plan(computed, pathlib.Path(directory))
        plan = read_plan(pathlib.Path(directory))
    (result,) = (one for one in check_flows(Networks(plan)) if one.about == GRPC)
    return result, [one for one in plan.findings if one["id"] == FINDING]


def test_both_hosts_their_families_and_what_to_do_are_named() -> None:
    result, (finding,) = checked({"clinic": member(1, "node", [4]), "hub": member(2, "researcher", [6])})
    said = "clinic with IPv4 alone, hub with IPv6 alone; give one side an address of the other family, and add it to connectivity_addresses"
    assert result == Result("mandatory flow", GRPC, State.FAILED, f"from clinic to hub: no address of the same family: {said}")
    assert (finding["hosts"], finding["about"]) == (["clinic", "hub"], "fedbiomed.n")


def test_who_opens_a_flow_through_a_proxy_meets_the_proxy() -> None:
    proxy = {"connectivity_forward_proxy": {"https_proxy": "http://192.0.2.1:3128", "http_proxy": "http://192.0.2.1:3128"}}
    membership = {"matrix": "datashield", "federation": "n"}
    clinic = {"connectivity_addresses": ["198.51.100.1"], "connectivity_memberships": [{**membership, "roles": ["analysis_server"]}]}
    opal: dict[str, t.Any] = {"connectivity_addresses": ["2001:db8::5"], "connectivity_memberships": [{**membership, "roles": ["opal"]}]}
    opal["connectivity_networks"] = {"data_managers": ["2001:db8:7::/64"], "users": ["2001:db8:7::/64"]}
    for more, count in (({}, 1), (proxy, 0)):
        index = compute_plan({"clinic": {**clinic, **more}, "opal": opal}, Catalogue()).index
        assert len([one for one in index["findings"] if one["id"] == FINDING]) == count


def test_one_host_accepts_for_itself_alone() -> None:
    accepted = {"connectivity_accepted_findings": [{"id": FINDING, "about": "fedbiomed.n", "reason": "It never talks."}]}
    nodes = {"first": member(1, "node", [4], **accepted), "second": member(3, "node", [4])}
    result, findings = checked({**nodes, "hub": member(2, "researcher", [6])})
    assert result.state is State.FAILED
    assert {(one["accepted"], *one["hosts"]) for one in findings} == {("It never talks.", "first"), (None, "hub", "second")}


@pytest.mark.parametrize(("managed", "hosts"), [(True, ["clinic", "hub"]), (False, ["clinic"])])
def test_an_accepted_finding_is_a_note(managed: bool, hosts: list[str]) -> None:
    accepted = {"connectivity_accepted_findings": [{"id": FINDING, "about": "fedbiomed.n", "reason": "They never talk."}]}
    hub = member(2, "researcher", [6], **(accepted if managed else {"connectivity_managed": False}))
    result, (finding,) = checked({"clinic": member(1, "node", [4], **accepted), "hub": hub})
    assert (finding["accepted"], finding["hosts"]) == ("They never talk.", hosts)
    assert result.state is State.NOTE
    assert result.text.endswith("(an accepted finding)")


FAMILIES = st.sampled_from([(4,), (6,), (4, 6)])


@settings(deadline=None, max_examples=25)
@given(st.lists(FAMILIES, min_size=1, max_size=3), FAMILIES)
def test_it_fails_where_and_only_where_two_ends_share_none(nodes: list[tuple[int, ...]], researcher: tuple[int, ...]) -> None:
    hosts = {f"n{number}": member(number, "node", own) for number, own in enumerate(nodes, 1)} | {"r": member(9, "researcher", researcher)}
    result, findings = checked(hosts)
    lost = [f"n{number}" for number, own in enumerate(nodes, 1) if not {*own} & {*researcher}]
    assert (result.state is State.FAILED) == bool(lost) == bool(findings)
    assert all(name in result.text for name in lost)
    assert {host for finding in findings for host in finding["hosts"]} == ({*lost, "r"} if lost else set())
