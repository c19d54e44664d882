# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Windows host has to become, and what is refused or told before anything is changed on it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPart
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.state import addresses_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows.steps import Limits, PolicyUnfit, windows_policy

from .samples import DENIED, NETWORKS, found, others_rule, planned

HTTP = "federated.connectivity linksight.north.peer_http.ingress"


def policy(state: dict[str, t.Any], management: int | None = 22, **more: t.Any) -> dict[str, t.Any]:
    plan = planned(**more)
    return windows_policy(HostPart.from_json(plan.host("station")), plan.index["address_sets"], state, management)


def profiles(**changes: t.Any) -> list[dict[str, t.Any]]:
    """The usual profiles, of which Public is different."""
    return [entry | (changes if entry["name"] == "Public" else {}) for entry in found()["profiles"]]


def test_a_fresh_host_gets_its_rules_and_no_warning() -> None:
    computed = policy(found())
    assert len(computed["rules"]) == 4
    assert (computed["stale"], computed["defaults"], computed["remembered"], computed["warnings"]) == ([], [], {}, [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"enabled": "False"}, "profile Public is off, .* -Enabled True"),
        ({"local_rules": "False"}, r"profile Public ignores the host's own rules \(AllowLocalFirewallRules"),
        ({"inbound_rules": "False"}, r"profile Public refuses every connection.*AllowInboundRules"),
        (
            {"inbound": "Allow"},
            r"profile Public lets in what no rule refuses, so .*peer_http\.ingress would be open.*DefaultInboundAction Block",
        ),
    ],
)
def test_a_profile_that_defeats_the_rules_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(PolicyUnfit, match=f"(?s)nothing was changed.*{message}"):
        policy(found(profiles=profiles(**changes)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profiles": "x"}, "profiles is not a list"),
        ({"profiles": [{"name": "Public"}]}, r"profiles\[0\] lacks enabled"),
        ({"ours": [["x"]]}, r"ours\[0\] is not a string"),
        ({"ours": ["a\x1b[2J"]}, r"ours\[0\] is 'a\\x1b\[2J', which is not expected there"),
        ({"pending": "no"}, "pending is not true or false"),
        ({"configured": {"Public": {}}}, "configured.Public lacks inbound, outbound"),
        ({"configured": {"Evil": {}}}, "configured has keys besides Domain, Private, Public"),
        ({"remembered": {"Public": {"inbound": "x"}}}, "remembered.Public.inbound is 'x', and not one of 'Block'"),
        ({"others": [others_rule(remote_ports=7)]}, r"others\[0\].remote_ports is not a list"),
        ({"directory": None}, "directory is not a string"),
    ],
)
def test_what_a_host_cannot_have_said_is_refused(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(PolicyUnfit, match=f"what it says of its firewall is not usable: {message}"):
        policy(found(**changes))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PolicyUnfit) as refused:
        policy(found(profiles=profiles(enabled="False", local_rules="False"), taken=[HTTP], pending=True))
    assert str(refused.value).count("\n- ") == 4


def test_an_outbound_default_of_others_is_told_where_flows_lead_to_names() -> None:
    (warning,) = policy(found(profiles=profiles(outbound="Block")))["warnings"]
    assert "profile Public blocks" in warning
    assert "linksight.north.registry.egress" in warning


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "lets in others than the peers of"),
        ({"protocol": "6", "local_ports": ["8000-9000"]}, "lets in others than the peers of"),
        ({"protocol": "Any", "local_ports": ["Any"]}, "lets in others than the peers of"),
        ({"local_ports": ["Any"], "program": "C:\\Program Files\\Docker\\Docker\\resources\\com.docker.backend.exe"}, "lets in others"),
        ({"remote_addresses": ["LocalSubnet"]}, "lets in others"),
        ({"remote_addresses": ["203.0.113.200", "203.0.113.201-203.0.113.210"]}, "lets in others"),
        ({"action": "Block"}, "blocks what .* allows, and prevails"),
        ({"action": "Block", "remote_addresses": ["203.0.113.0/255.255.255.0"]}, "blocks what .* allows, and prevails"),
        ({"action": "Block", "direction": "Outbound", "local_ports": ["Any"], "remote_ports": ["8443"]}, "blocks what .* allows"),
    ],
)
def test_rules_of_others_that_contradict_are_told(changes: dict[str, t.Any], told: str) -> None:
    warnings = policy(found(others=[others_rule(**changes)]))["warnings"]
    assert warnings
    assert all("rule 'Vendor'" in warning for warning in warnings)
    assert any(told.split(" .* ", maxsplit=1)[0] in warning and "linksight.north.peer_http" in warning for warning in warnings)


@pytest.mark.parametrize(
    "changes",
    [
        {"local_ports": ["8442", "9000-9089"]},
        {"protocol": "UDP"},
        {"remote_addresses": ["203.0.113.200", "2001:db8:3::200"]},
        {"local_ports": ["Any"], "package": "S-1-15-2-1"},
        {"local_ports": ["Any"], "service": "svc"},
        {"local_ports": ["Any"], "program": "%SystemRoot%\\system32\\svchost.exe"},
        {"local_ports": ["RPC"], "program": "C:\\Windows\\system32\\svchost.exe"},
        {"action": "Block", "remote_addresses": ["192.0.2.1"]},
    ],
)
def test_rules_of_others_that_do_not_contradict_are_passed_over(changes: dict[str, t.Any]) -> None:
    assert policy(found(others=[others_rule(**changes)]))["warnings"] == []


def test_denied_ingress_needs_a_way_in_for_ansible() -> None:
    with pytest.raises(PolicyUnfit, match="none lets anybody in at port 5986"):
        policy(found(), management=5986, **DENIED)
    winrm = [{"matrix": "baseline", "options": {"management_port": 5986}}]
    station = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
    assert policy(found(), management=5986, **DENIED, connectivity_memberships=[station, *winrm])["rules"]


def test_group_policy_that_overrides_a_denied_default_is_refused() -> None:
    configured = {name: {"inbound": "Block", "outbound": "Block"} for name in ("Domain", "Private", "Public")}
    with pytest.raises(PolicyUnfit, match="profile Public allows what is outbound by Group Policy"):
        policy(found(configured=configured, profiles=profiles(outbound="Allow")), **DENIED)


def test_a_default_that_is_denied_no_more_is_as_it_was_before() -> None:
    before = {"inbound": "NotConfigured", "outbound": "NotConfigured"}
    own = {**before, "outbound": "Allow"}
    fresh = policy(found(configured={"Public": own}), connectivity_defaults={"ingress": "deny"}, connectivity_networks=NETWORKS)
    assert fresh["defaults"] == [{"profile": "Public", "inbound_action": "block", "outbound_action": "allow"}]
    assert fresh["remembered"] == {"Public": {"inbound": "NotConfigured"}}

    denied = found(configured={"Public": {**own, "inbound": "Block"}}, remembered=fresh["remembered"])
    again = policy(denied, connectivity_defaults={"ingress": "deny"}, connectivity_networks=NETWORKS)
    assert (again["defaults"], again["remembered"], again["forget"]) == ([], fresh["remembered"], False)

    later = policy(denied)
    assert later["defaults"] == [{"profile": "Public", "inbound_action": "not_configured", "outbound_action": "allow"}]
    assert (later["remembered"], later["forget"]) == ({}, True)


def test_rules_that_the_plan_has_no_more_go_in_any_case_of_letters() -> None:
    assert policy(found(ours=[HTTP.upper().replace("FEDERATED.CONNECTIVITY", "federated.connectivity"), "federated.connectivity old"]))[
        "stale"
    ] == ["federated.connectivity old"]
    assert windows_policy(None, {}, found(ours=[HTTP]), None)["stale"] == [HTTP]


def test_nothing_is_taken_off_while_a_change_is_pending() -> None:
    with pytest.raises(PolicyUnfit, match="an earlier change still waits"):
        windows_policy(None, {}, found(pending=True), None)


def test_addresses_are_read_in_all_of_windows_notations() -> None:
    assert (
        addresses_of(["198.51.100.0/255.255.255.254"]) == addresses_of(["198.51.100.0/31"]) == addresses_of(["198.51.100.0-198.51.100.1"])
    )
    assert addresses_of(["2001:db8::/127"]) == addresses_of(["2001:db8::-2001:db8::1"])
    assert addresses_of(["LocalSubnet"]) is addresses_of(["Any"]) is None


RULES = [f"federated.connectivity linksight.north.flow{number}.ingress" for number in range(8)]


def limited(ours: list[str], limits: Limits) -> dict[str, t.Any]:
    """The steps on a host that has rules of ours besides the four of its plan."""
    plan = planned()
    part = HostPart.from_json(plan.host("station"))
    return windows_policy(part, plan.index["address_sets"], found(ours=ours), 22, limits)


OWN = [rule["name"] for rule in limited([], Limits())["rules"]]


@pytest.mark.parametrize(
    ("kept", "gone", "stops"),
    [
        (4, 0, False),
        (4, 2, False),  # a third, and fewer than three
        (4, 3, True),  # three of seven: more than a third, and three
        (4, 8, True),
        (1, 2, False),  # two thirds, but fewer than three
        (0, 1, True),  # all
    ],
)
def test_a_host_stops_before_it_loses_many_rules(kept: int, gone: int, stops: bool) -> None:
    ours = OWN[:kept] + RULES[:gone]
    if not stops:
        assert limited(ours, Limits())["stale"] == RULES[:gone]
        return
    with pytest.raises(PolicyUnfit) as refused:
        limited(ours, Limits())
    said = str(refused.value)
    assert f"so nothing was changed. Gone would be {gone} of {kept + gone} rules: {RULES[0]}" in said
    assert "connectivity_allow_shrink: true" in said


@pytest.mark.parametrize(
    ("limits", "stops"),
    [
        (Limits(allow=True), False),
        (Limits(share=0.6), False),
        (Limits(least=6), False),
        (Limits(share=0.1, least=1), True),
    ],
)
def test_the_limits_are_options(limits: Limits, stops: bool) -> None:
    ours = OWN + RULES[:5]
    if stops:
        with pytest.raises(PolicyUnfit, match="Gone would be 5 of 9 rules"):
            limited(ours, limits)
    else:
        assert limited(ours, limits)["stale"] == RULES[:5]


def test_check_mode_warns_about_what_would_stop() -> None:
    (warning,) = limited(RULES, Limits(only_warn=True))["warnings"]
    assert warning.startswith("without check mode this run would stop: the new policy would take much away")
    assert "8 of 8 rules" in warning


def test_removal_takes_all_rules_away() -> None:
    assert windows_policy(None, {}, found(ours=RULES), None, Limits())["stale"] == RULES
