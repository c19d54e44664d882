# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two systems of one host that know one port: what the plan admits for one of them stays reachable, by both families."""

from __future__ import annotations

import typing as t

import pytest
from firewall_host import Network
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

STATION = 8443
GUI = {"matrix": "fedbiomed", "federation": "n", "roles": ["gui"], "options": {"deployment": "vpn"}}


def planned(net: Network, *others: dict[str, t.Any]) -> dict[str, t.Any]:
    """The policy of a Linksight station under Docker, with other memberships of the host."""
    station = {"matrix": "linksight", "federation": "n", "roles": ["data_station"]}

    def member(who: Namespace, *memberships: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"connectivity_addresses": [who.ipv4, who.ipv6], "connectivity_memberships": [station, *memberships]}

    plan = compute_plan({"host": member(net.host, *others), "partner": member(net.partner)}, Catalogue())
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


@pytest.mark.every_run("firewalld")
@pytest.mark.suite("trixie")
@pytest.mark.parametrize("firewall", FIREWALLS)
def test_a_station_on_the_port_of_a_gui_serves_its_partners_and_nobody_else(net: Network, firewall: str) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    if firewall == "ufw":
        host.run(["ufw", "default", "allow", "routed"])  # as Docker's own chains let it pass
    container = host.container({STATION: 443})
    with container.listen("tcp", 443):
        assert outcomes(net.stranger, "tcp", host, STATION) == both("open")
        for memberships in ((GUI,), (), (GUI,)):
            host.apply(planned(net, *memberships))
            assert outcomes(net.partner, "tcp", host, STATION) == both("open")
            assert outcomes(net.stranger, "tcp", host, STATION) == both("silent")
