# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An optional flow that is opened for one phase: closed before it, open in it, closed after it, on each firewall, by both families."""

from __future__ import annotations

import typing as t

import pytest
from firewall_host import Network
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

FIRST, LAST = 14000, 14009  # of the negotiation of keys
OPENINGS = ([], [{"flow": "secagg", "phases": ["install"]}])


def planned(net: Network, opened: t.Sequence[t.Any], phases: t.Sequence[str]) -> dict[str, t.Any]:
    """The policy of a Fed-BioMed node that negotiates with a researcher, the partner."""

    def member(who: Namespace, role: str, optional: t.Sequence[t.Any]) -> dict[str, t.Any]:
        place = {"matrix": "fedbiomed", "federation": "n", "roles": [role], "version": "5.3", "optional_flows": list(optional)}
        return {"connectivity_addresses": [who.ipv4, who.ipv6], "connectivity_memberships": [place], "connectivity_phases": list(phases)}

    plan = compute_plan({"host": member(net.host, "node", opened), "partner": member(net.partner, "researcher", [])}, Catalogue())
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


@pytest.mark.every_run("ufw")
@pytest.mark.suite("trixie")
@pytest.mark.parametrize("firewall", FIREWALLS)
def test_the_phase_opens_the_ports_to_partners_and_its_end_closes_them(net: Network, firewall: str) -> None:
    host, (nothing, opened) = net.host, OPENINGS
    FIREWALLS[firewall](host)
    install, run = ["install", "run"], ["run"]
    with host.listen("tcp", FIRST, LAST):
        for openings, phases, reached in (
            (opened, run, "silent"),
            (opened, install, "open"),
            (opened, run, "silent"),
            (nothing, install, "silent"),
        ):
            host.apply(planned(net, openings, phases))
            assert outcomes(net.partner, "tcp", host, FIRST, LAST) == both(reached, reached), (openings, phases)
            assert outcomes(net.stranger, "tcp", host, FIRST, LAST) == both("silent", "silent"), (openings, phases)
        assert not host.apply(planned(net, nothing, install))["changed"]
