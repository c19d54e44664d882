# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action firewall_policy sends to a Windows host, and which policies it refuses before the host is contacted."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.windows_policy import NotForWindows, for_windows

RULE = {
    "id": "example.north.peer_http.ingress",
    "direction": "ingress",
    "protocol": "tcp",
    "ports": ["8443"],
    "peers": {"address_sets": ["partners"], "names": []},
    "placement": "published",
}
POLICY: dict[str, t.Any] = {
    "host": "station",
    "defaults": {"ingress": "unchanged", "egress": "deny"},
    "address_sets": {"partners": ["198.51.100.20/32", "2001:db8:1::20/128"]},
    "rules": [RULE],
}
NAME = "federated.connectivity example.north.peer_http.ingress"


def test_a_policy_becomes_rules_in_the_words_of_windows() -> None:
    rules, allowed = for_windows(POLICY, 5986)
    assert rules["rules"][0] == {
        "DisplayName": [NAME],
        "Description": ["example.north.peer_http.ingress:"],
        "Direction": ["Inbound"],
        "Protocol": ["TCP"],
        "RemoteAddress": ["198.51.100.20", "2001:db8:1::20"],
        "LocalPort": ["8443"],
    }
    assert (rules["closed"], rules["published"], rules["denied"], rules["management_port"]) == ([NAME], [NAME], ["egress"], 5986)
    assert allowed[0] == f"ingress tcp 8443 from 2 networks [{NAME}]"


def test_a_rule_with_more_addresses_than_windows_takes_is_sent_in_parts_and_is_one_line() -> None:
    addresses = [f"10.{number // 125}.{2 * (number % 125)}.1" for number in range(2001)]
    rules, allowed = for_windows({**POLICY, "address_sets": {"partners": addresses}}, 0)
    parts = [rule["RemoteAddress"] for rule in rules["rules"] if rule["DisplayName"] == [NAME]]
    assert max(map(len, parts)) <= 1000
    assert [address for part in parts for address in part] == sorted(set(addresses), key=lambda text: [*map(int, text.split("."))])
    assert len([line for line in allowed if NAME in line]) == 1


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("text", "policy is not a mapping"),
        ({}, "policy: rules is missing"),
        ({**POLICY, "address_sets": {}}, "policy: the address set partners is missing"),
        ({**POLICY, "rules": [{**RULE, "ports": ["84433"]}]}, "policy: .*ports.*84433"),
        (
            {**POLICY, "rules": [{**RULE, "peers": {"address_sets": [], "names": ["fl.example.org"]}}]},
            "names fl.example.org, and Windows Firewall knows addresses alone",
        ),
    ],
)
def test_a_policy_that_is_not_usable_is_refused(policy: object, message: str) -> None:
    with pytest.raises(NotForWindows, match=message):
        for_windows(policy, 0)


def test_names_under_a_denied_egress_go_to_the_host_with_the_rule() -> None:
    rule = {**RULE, "direction": "egress", "peers": {"address_sets": ["partners"], "names": ["fl.example.org", "b.example.org"]}}
    proxied = {
        **RULE,
        "id": "x.proxy.egress",
        "direction": "egress",
        "via_proxy": True,
        "peers": {"address_sets": [], "names": ["proxy.example.org"]},
    }
    policy = {**POLICY, "rules": [rule, proxied], "defaults": {"ingress": "unchanged", "egress": "deny"}}
    translated, allowed = for_windows(policy, 0)
    first, second = translated["named"]
    assert (first["Names"], second["Names"]) == (["fl.example.org", "b.example.org"], ["proxy.example.org"])
    assert first["RemoteAddress"]
    assert "RemoteAddress" not in second
    assert translated["own_names"] == ["proxy.example.org"]
    assert translated["names"] == []
    assert any("and the addresses of fl.example.org, b.example.org" in line for line in allowed)
    open_to_all, _allowed = for_windows({**policy, "defaults": {"ingress": "unchanged", "egress": "unchanged"}}, 0)
    assert open_to_all["named"] == []
    assert open_to_all["names"]
