# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs on hosts with drawn configurations of others: theirs stay as they are after each run, and are the same after removal."""

from __future__ import annotations

import pytest
from drawn_hosts import FIREWALLS, leave, lost
from firewall_host import FirewallHost
from policies import PEER_HTTP, policy, rule
from suites import on_suite

from ansible_collections.federated.connectivity.molecule.lab.rootfs import RELEASES

NUMBERS = range(200)
IN_EVERY_RUN = range(2, 6)  # on the lab's releases; another one's root filesystem takes a minute to make
GRPC = rule("linksight.north.peer_grpc.ingress", "9090", peers=["partner2"])


def parameters() -> list[object]:
    found = []
    for number in NUMBERS:
        firewall, suite = FIREWALLS[number % len(FIREWALLS)], RELEASES[number // len(FIREWALLS) % len(RELEASES)]
        if firewall == "firewalld" and suite == "bullseye":  # its version carries no policy
            suite = "trixie"
        found.append(on_suite(suite, firewall, number, whole=number not in IN_EVERY_RUN, id=f"{number}-{suite}-{firewall}"))
    return found


@pytest.mark.parametrize(("firewall", "number"), parameters())
def test_what_others_own_survives_runs_and_removal(host: FirewallHost, firewall: str, number: int) -> None:
    seen = leave(host, firewall, number)
    before = seen()
    for declared in (policy(PEER_HTTP), policy(PEER_HTTP, GRPC)):
        outcome = host.apply(declared)
        assert outcome["changed"]
        assert outcome["backend"] == firewall
        assert lost(before, seen()) == []
        assert not host.apply(declared)["changed"]
    assert host.apply(None)["changed"]
    assert seen() == before
