# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Computations of COINSTAC with containment: they open nothing to the host, to containers or outward. The host alone reaches them."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from firewall_host import Network, assign_addresses
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

PUBLISHED, INNER = 8101, 8881
OTHER_BRIDGE = "br-0123456789ab"


def planned(net: Network, **options: str) -> dict[str, t.Any]:
    """The policy of a COINSTAC client; the partner is its remote."""

    def member(who: Namespace, role: str, **chosen: str) -> dict[str, t.Any]:
        place = {"matrix": "coinstac", "federation": "n", "roles": [role], "options": chosen}
        return {"connectivity_addresses": [who.ipv4, who.ipv6], "connectivity_memberships": [place]}

    plan = compute_plan({"host": member(net.host, "client", **options), "remote": member(net.partner, "remote")}, Catalogue())
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


@pytest.mark.every_run("1-ufw", "0-firewalld", "1-nftables")
@pytest.mark.suite("trixie")
@pytest.mark.parametrize("firewall", FIREWALLS)
@pytest.mark.parametrize("br_netfilter", [0, 1])
def test_a_contained_computation_opens_nothing_and_the_host_still_reaches_it(net: Network, firewall: str, br_netfilter: int) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    if firewall == "ufw":
        host.run(["ufw", "default", "allow", "routed"])  # as Docker's own chains let it pass
    elif firewall == "firewalld":
        for bridge in ("docker0", OTHER_BRIDGE):  # as Docker's own zone lets it pass
            host.run(["firewall-cmd", "--zone=trusted", f"--add-interface={bridge}"])
    computation, other = host.container({PUBLISHED: INNER}), host.container({}, bridge=OTHER_BRIDGE)
    host.run(["sysctl", "-qw", *(f"net.bridge.bridge-nf-call-{key}={br_netfilter}" for key in ("iptables", "ip6tables"))])
    with contextlib.ExitStack() as stack:
        second = stack.enter_context(contextlib.closing(Namespace("second", "203.0.113.20", "2001:db8:17:1::4")))
        host.ip(f"link add second master docker0 type veth peer name eth0 netns {second.path}", "link set second up")
        assign_addresses(second, f"{second.ipv4}/28", f"{second.ipv6}/64", "203.0.113.17", "2001:db8:17:1::1")
        for listening in (host, net.partner, other, second):
            stack.enter_context(listening.listen("tcp", 443))
        stack.enter_context(computation.listen("tcp", INNER))
        reached = [(host, 443), (net.partner, 443), (other, 443), (second, 443)]
        open_before = _reached(computation, reached)
        assert len(open_before) > 2 * 2, "at least the host, the partner and one container are reached by both families"
        assert outcomes(net.stranger, "tcp", host, PUBLISHED) == both("open")

        host.apply(planned(net, containment="full"))
        assert _reached(computation, reached) == []
        assert outcomes(host, "tcp", computation, INNER) == both("open")
        assert outcomes(other, "tcp", net.partner, 443) == both("open")
        assert "open" not in str(outcomes(net.stranger, "tcp", host, PUBLISHED))
        assert "open" not in str(outcomes(other, "tcp", computation, INNER))
        assert not host.apply(planned(net, containment="full"))["changed"]

        host.apply(planned(net, containment="full", computation_bridge="br-computations"))
        assert _reached(computation, reached) == open_before
        host.apply(None)
        assert _reached(computation, reached) == open_before


def _reached(computation: Namespace, targets: t.Sequence[tuple[Namespace, int]]) -> list[str]:
    """The names of those whom it reaches, by either family."""
    tried = [(one.name, outcomes(computation, "tcp", one, port)) for one, port in targets]
    return [f"{name} {family}" for name, found in tried for family, outcome in found.items() if "open" in outcome]
