# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stored policy opens, as the guard against taking too much away counts it."""

from __future__ import annotations

import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._names.stored_policy import StoredPolicy

HUB = "hub.example.org"


def a_rule(id: str, **more: t.Any) -> dict[str, t.Any]:
    peers = {"address_sets": [], "names": [HUB]}
    return {"id": id, "direction": "egress", "protocol": "tcp", "ports": ["443"], "peers": peers, **more}


def test_rules_of_an_installation_are_left_out_and_names_count_as_names() -> None:
    rules = [a_rule("x.y.setup.egress", phase="install"), a_rule("x.y.hub.egress", phase="run"), a_rule("x.y.api.egress")]
    declared = {"host": "station", "defaults": {"ingress": "unchanged", "egress": "deny"}, "address_sets": {}, "rules": rules}
    stored = StoredPolicy(declared, "nftables", None, (), (), {HUB: ["198.51.100.1"]})
    found = stored.holding(stored.parse())
    assert list(found.rules) == ["x.y.hub.egress", "x.y.api.egress"]
    assert found.peers == {"egress names": [HUB]}
