# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._change.presence import Presence, presences
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.identifiers import comment
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.pieces import pieces

HTTP, GRPC, LONG = "a.north.http.ingress", "a.north.grpc.ingress", f"a.{'n' * 140}.http.ingress"
TABLE = f"""table inet ours {{
	set partners_ipv4 {{
		type ipv4_addr
		elements = {{ 198.51.100.20,
				198.51.100.21 }}
	}}

	chain input {{
		type filter hook input priority filter - 10; policy accept;
		ip saddr @partners_ipv4 tcp dport 8443 accept {comment(HTTP)}
		tcp dport 8443 drop {comment(HTTP)}
		tcp dport 9090 drop {comment(GRPC)}
		tcp dport 9091 drop {comment(LONG)}
		iifname "lo" accept comment "federated.connectivity loopback"
	}}
}}
# at boot: /etc/federated_connectivity/ruleset.nft, mode 0600, owner root:root
"""


def state(before: str) -> dict[str, str]:
    wanted, there = (pieces(text, [HTTP, GRPC, LONG]) for text in (TABLE, before))
    return {one.rule: one.kernel for one in presences("table", (wanted, wanted), (wanted, there))}


def test_a_rule_is_its_lines_and_the_sets_that_they_name() -> None:
    found = pieces(TABLE, [HTTP, GRPC, LONG, "a.north.none.ingress"])
    assert set(found) == {HTTP, GRPC, LONG}
    assert found[HTTP] == {
        "set partners_ipv4 type ipv4_addr elements = { 198.51.100.20, 198.51.100.21 }",
        f"inet ours chain input: ip saddr @partners_ipv4 tcp dport 8443 accept {comment(HTTP)}",
        f"inet ours chain input: tcp dport 8443 drop {comment(HTTP)}",
    }


@pytest.mark.parametrize(
    ("taken", "put", "expected"),
    [
        ("", "", "present"),
        ("\t\ttcp dport 8443 drop", "\t\ttcp dport 8444 drop", "partly"),
        ("198.51.100.21 }", "198.51.100.99 }", "partly"),
        ("chain input", "chain output", "partly"),  # the set is there
    ],
)
def test_a_rule_is_there_as_a_whole_or_in_part(taken: str, put: str, expected: str) -> None:
    assert state(TABLE.replace(taken, put) if taken else TABLE)[HTTP] == expected


def test_without_the_table_nothing_is_there() -> None:
    assert set(state("").values()) == {"missing"}
    assert presences("table", ({}, {}), ({"a": {"x"}}, {})) == [Presence("a", "table", "present", "missing")]
