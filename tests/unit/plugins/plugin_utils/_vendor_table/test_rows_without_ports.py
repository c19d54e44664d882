# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows about ESP, AH, GRE, SCTP and ICMP become flows of a draft that is a valid matrix, or are reported."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.build import build
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.cross_checks import cross_findings
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import draft_matrix


def drafted(protocol: str, port: str) -> list[tuple[str, list[object], list[object]]]:
    draft = draft_matrix(f"Source;Destination;Protocol;Port;Purpose\nNode;Hub;{protocol};{port};Overlay\n", "table.csv", "drawn")
    data = yaml.safe_load(draft.text)
    assert len(data["flows"] or {}) + len(draft.unread) > 0
    if data["flows"]:
        assert list(cross_findings(data, "drawn")) == []
        build(data, "drawn.yml")
    return [(flow["protocol"], flow["ports"], flow.get("types", [])) for flow in (data["flows"] or {}).values()]


@pytest.mark.parametrize(
    ("protocol", "port", "flows"),
    [
        ("ESP", "", [("esp", [], [])]),
        ("ESP", "-", [("esp", [], [])]),
        ("IP protocol 50", "n/a", [("esp", [], [])]),
        ("ESP (50)", "any", [("esp", [], [])]),
        ("protocol 50", "-", [("esp", [], [])]),
        ("Proto 47", "", [("gre", [], [])]),
        ("50/ESP", "", [("esp", [], [])]),
        ("51 - AH", "n/a", [("ah", [], [])]),
        ("51/ESP", "", []),
        ("47/ESP", "-", []),
        ("Protocol 50 AH", "-", []),
        ("IP 47 esp", "-", []),
        ("ESP 50", "-", [("esp", [], [])]),
        ("IPsec NAT-T", "-", [("udp", [4500], [])]),
        ("50", "", []),
        ("IPsec NAT-T", "4500", [("udp", [4500], [])]),
        ("NAT traversal", "", [("udp", [4500], [])]),
        ("IPsec NAT-T", "500", []),
        ("ICMP (type 8)", "-", [("icmp", [], ["echo-request"])]),
        ("ICMP (types 3, 4)", "-", []),
        ("ICMPv6 (echo request)", "-", [("icmpv6", [], ["echo-request"])]),
        ("ICMP (all)", "-", []),
        ("GRE", "47", [("gre", [], [])]),
        ("ESP, AH", "-", [("esp", [], []), ("ah", [], [])]),
        ("IP", "50 (ESP)", []),
        ("IP", "ESP", [("esp", [], [])]),
        ("SCTP", "2905", [("sctp", [2905], [])]),
        ("ICMP", "echo-request", [("icmp", [], ["echo-request"])]),
        ("ICMP (ping)", "type 8", [("icmp", [], ["echo-request"])]),
        ("ICMPv6", "Echo Request, Echo Reply", [("icmpv6", [], ["echo-request"])]),
        ("ICMP ping", "-", [("icmp", [], ["echo-request"])]),
        ("ICMP", "type 42", [("icmp", [], [42])]),
        ("ICMP", "8", []),
        ("ICMP", "", []),
        ("ICMP", "type 256", []),
        ("ESP", "4500", []),
        ("ESP", "443/tcp", []),
        ("OSPF", "-", []),
        ("TCP, ESP", "443", []),
    ],
)
def test_a_row_without_ports_becomes_a_flow_or_is_reported(protocol: str, port: str, flows: list[object]) -> None:
    assert drafted(protocol, port) == flows
