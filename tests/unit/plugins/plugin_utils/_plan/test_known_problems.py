# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A finding about a flow has the known problems that name the flow; others have none."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.known_problems import with_known_problems

CATALOGUE = Catalogue()
MATRICES = {name: CATALOGUE.matrix(name) for name in ("network_wall", "shrine")}
LABELS = {"network_wall.n", "shrine.hub", "shrine.a.b"}


@pytest.mark.parametrize(
    ("about", "known"),
    [
        ("network_wall.n.tunnel", True),
        ("shrine.a.b.hub", True),
        ("shrine.hub", False),  # a federation whose name is that of a flow
        ("shrine.other.hub", False),
        ("network_wall.n.no_flow", False),
        ("203.0.113.0/8", False),
        ("", False),
    ],
)
def test_only_a_flow_of_a_federation_has_known_problems(about: str, known: bool) -> None:
    (entry,) = with_known_problems([{"about": about, "id": "x"}], MATRICES, LABELS)
    assert ("known_problems" in entry) == known
    assert entry | {"known_problems": []} == {"about": about, "id": "x", "known_problems": []}


def test_a_plan_says_beside_a_finding_what_is_known_to_go_wrong() -> None:
    members = {
        name: {
            "connectivity_addresses": [address],
            "connectivity_memberships": [{"matrix": "network_wall", "federation": "n", "roles": [role]}],
            "connectivity_networks": {"management": ["198.51.100.128/28"], "dns_servers": [], "ntp_servers": []},
        }
        for name, role, address in (("w", "workload", "198.51.100.1"), ("g", "web_gateway", "198.51.100.2"))
    }
    found = {entry["id"]: entry.get("known_problems", []) for entry in compute_plan(members, CATALOGUE).index["findings"]}
    assert any("shared secret in the clear" in trap for trap in found["plaintext-between-sites"])
