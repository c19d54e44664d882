# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host stops a policy that would take much away, names what would go, and stays as it was."""

from __future__ import annotations

import pytest
from firewall_host import FirewallHost, PolicyFailed
from policies import PEER_HTTP, policy
from waiting import until

RULES = [{**PEER_HTTP, "id": f"linksight.north.flow{number}.ingress", "ports": [str(8000 + number)]} for number in range(6)]
GUARDED = {"allow_shrink": False}


def test_a_host_keeps_its_rules_until_somebody_lets_them_go(host: FirewallHost) -> None:
    host.apply(policy(*RULES), "nftables", **GUARDED)
    assert not host.apply(policy(*RULES), "nftables", **GUARDED)["changed"]
    before = host.ruleset()
    with pytest.raises(
        PolicyFailed, match=r"Gone would be 4 of 6 rules: linksight\.north\.flow2\.ingress \(ingress tcp 8002 from "
    ) as failed:
        host.apply(policy(*RULES[:2]), "nftables", **GUARDED)
    assert "connectivity_allow_shrink: true" in str(failed.value)
    assert host.ruleset() == before
    checked = host.apply(policy(*RULES[:2]), "nftables", check=True, **GUARDED)
    assert "without check mode this run would stop: the new policy would take much away" in str(checked["warnings"])
    assert host.apply(policy(*RULES[:2]), "nftables", allow_shrink=True)["changed"]
    host.apply(policy(*RULES[:1]), "nftables", **GUARDED)
    assert host.apply(None, **GUARDED)["changed"]
    assert not list(host.file("/var/lib").glob("federated_connectivity*"))


def test_an_unconfirmed_change_takes_its_record_with_it(host: FirewallHost) -> None:
    record = host.file("/var/lib/federated_connectivity.in_force")
    host.apply(policy(*RULES), "nftables")
    kept = record.read_bytes()
    assert "on_trial" in host.apply(policy(*RULES[:5]), "nftables", confirm_timeout=1)
    until(lambda: record.read_bytes() == kept, record.read_text)


def test_a_damaged_record_is_reported_and_written_again(host: FirewallHost) -> None:
    record = host.file("/var/lib/federated_connectivity.in_force")
    host.apply(policy(*RULES), "nftables", **GUARDED)
    kept = record.read_bytes()
    record.write_bytes(kept[:-20])
    reported = host.apply(policy(*RULES), "nftables", **GUARDED)
    assert not reported["changed"]
    assert "federated_connectivity.in_force, this host's record of the policy in force, is damaged" in str(reported["warnings"])
    assert record.read_bytes() == kept
    assert "is damaged" not in str(host.apply(policy(*RULES), "nftables", **GUARDED).get("warnings"))
