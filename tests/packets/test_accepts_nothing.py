# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node roles that accept nothing: their software's ports are closed on each firewall, by both families, and others' rules are reported."""

from __future__ import annotations

import typing as t

import pytest
from firewall_host import Network
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

NODE = {"matrix": "fedbiomed", "federation": "n", "roles": ["node", "gui"], "version": "5.3"}
CLIENT = {"matrix": "coinstac", "federation": "n", "roles": ["client"]}
CENTRES = ({"matrix": "fedbiomed", "federation": "n", "roles": ["researcher"], "version": "5.3"}, {**CLIENT, "roles": ["remote"]})
NEGOTIATION, GUI, CLIENT_SERVER = 14003, 8484, 3500


def planned(net: Network, *opened: str) -> dict[str, t.Any]:
    """The policy of a host that is a Fed-BioMed node and a COINSTAC client; the partner is researcher and remote."""

    def member(who: Namespace, *memberships: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"connectivity_addresses": [who.ipv4, who.ipv6], "connectivity_memberships": list(memberships)}

    node = {**NODE, "optional_flows": list(opened)}
    plan = compute_plan({"host": member(net.host, node, CLIENT), "partner": member(net.partner, *CENTRES)}, Catalogue())
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


@pytest.mark.every_run("firewalld")
@pytest.mark.suite("trixie")
@pytest.mark.parametrize("firewall", FIREWALLS)
def test_what_accepts_nothing_is_closed_whatever_its_software_and_others_open(net: Network, firewall: str) -> None:
    host, ports = net.host, (NEGOTIATION, GUI, CLIENT_SERVER)
    FIREWALLS[firewall](host)
    if firewall == "ufw":
        host.run(["ufw", "allow", f"{NEGOTIATION}/tcp"])
    elif firewall == "firewalld":
        host.run(["firewall-cmd", f"--add-port={NEGOTIATION}/tcp"])
    with host.listen("tcp", *ports):  # on all addresses, against what their documents say
        said = " ".join(host.apply(planned(net)).warnings)
        if firewall != "nftables":
            assert "fedbiomed.n.secagg.ingress" in said
            assert "accepts others than the peers of" in said
        for neighbour in (net.partner, net.stranger):
            assert outcomes(neighbour, "tcp", host, *ports) == both("silent", "silent", "silent")
        assert outcomes(host, "tcp", host, *ports) == both("open", "open", "open")
        host.apply(planned(net, "secagg"))
        assert outcomes(net.partner, "tcp", host, *ports) == both("open", "silent", "silent")
        assert outcomes(net.stranger, "tcp", host, *ports) == both("silent", "silent", "silent")
        host.apply(planned(net))
        assert outcomes(net.partner, "tcp", host, *ports) == both("silent", "silent", "silent")
