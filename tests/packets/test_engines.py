# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Podman and rootless Docker beside each firewall: whichever way their packets take, the plan decides."""

from __future__ import annotations

import itertools

import pytest
from engines import ENGINES, podman
from firewall_host import Network, route_loopback
from firewalls import FIREWALLS
from namespaces import Namespace, Probe, probe_all
from policies import PUBLISHED_HTTP, policy, rule
from suites import some

pytestmark = pytest.mark.suite("trixie")

OUTWARD = rule("x.y.tunnel.egress", "18000", direction="egress", placement="published")
DENIED = policy(PUBLISHED_HTTP, OUTWARD, ingress="deny", egress="deny")
GUI = {"flow": "gui", "protocol": "tcp", "ports": ["8888"], "bind": "loopback"}


@pytest.mark.every_run("nftables-docker-rootless", "ufw-podman-pasta", "firewalld-podman")
@some(
    "firewall,engine",
    itertools.product(FIREWALLS, ENGINES),
    ("nftables", "podman"),
    ("nftables", "docker-rootless"),
    ("ufw", "podman-host"),
    ("ufw", "podman-pasta"),
    ("firewalld", "podman"),
    ("firewalld", "podman-slirp4netns"),
)
def test_a_partner_and_a_container_reach_each_other_and_a_stranger_neither_way(net: Network, firewall: str, engine: str) -> None:
    _default_route(net)
    FIREWALLS[firewall](net.host)
    web = ENGINES[engine](net.host)
    if (firewall, engine) == ("ufw", "podman"):  # ufw drops what is forwarded, until its administrator says otherwise
        net.host.run(["ufw", "route", "allow", "in", "on", "podman1"])
        net.host.run(["ufw", "route", "allow", "out", "on", "podman1"])
    families = 1 if engine == "docker-rootless" else 2  # slirp4netns takes its containers out by IPv4 alone
    partner, stranger = (_ways(net, web, neighbour, families) for neighbour in (net.partner, net.stranger))
    with web.listen("tcp", 8443), net.partner.listen("tcp", 18000), net.stranger.listen("tcp", 18000):
        if firewall == "nftables" or engine == "podman":
            assert set(probe_all(*partner, *stranger)) == {"open"}
        assert net.host.apply(DENIED)["backend"] == firewall
        found = probe_all(*partner, *stranger)
        assert found[: len(partner)] == ["open"] * len(partner)
        assert set(found[len(partner) :]) <= {"silent", "rejected", "refused"}  # pasta passes a rejection on as a refusal
    assert not net.host.apply(DENIED)["changed"]


@pytest.mark.every_run("podman", "docker-rootless")
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "podman-host"])
def test_what_an_engine_publishes_on_loopback_is_for_the_host_alone(net: Network, engine: str) -> None:
    web = _with_loopback_routed(net, engine)
    with web.listen("tcp", 8888):
        net.host.apply({**policy(), "listeners": [GUI]})
        assert probe_all((net.stranger, "tcp", "127.0.0.1", 8888), (net.host, "tcp", "127.0.0.1", 8888)) == ["silent", "open"]
        net.host.apply(None)
        assert net.stranger.probe("tcp", "127.0.0.1", 8888) == "open"


def test_a_neighbour_that_routes_to_a_container_of_podman_reaches_nothing(net: Network) -> None:
    web = podman(net.host)
    net.stranger.ip(f"route add {web.ipv4} via {net.host.ipv4}", f"route add {web.ipv6} via {net.host.ipv6}")
    ways = [(net.stranger, "tcp", address, 8443) for address in web.addresses]
    with web.listen("tcp", 8443):
        assert probe_all(*ways) == ["open", "open"]
        net.host.apply(policy(PUBLISHED_HTTP))
        assert probe_all(*ways) == ["silent", "silent"]


def _ways(net: Network, web: Namespace, neighbour: Namespace, families: int) -> list[Probe]:
    """A neighbour to the published port by both families, and the container to the neighbour by the first ones."""
    inward = [(neighbour, "tcp", address, 8443) for address in net.host.addresses]
    return inward + [(web, "tcp", address, 18000) for address in neighbour.addresses[:families]]


def _default_route(net: Network) -> None:
    """User-mode networks take their own from the host's default route."""
    net.host.ip(f"route add default via {net.user.ipv4}", f"route add default via {net.user.ipv6}")


def _with_loopback_routed(net: Network, engine: str) -> Namespace:
    """The container, on a host that lets the wire speak to its loopback, as some engines and administrators make it."""
    _default_route(net)
    web = ENGINES[engine](net.host)
    net.host.run(["sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1"])
    route_loopback(net.stranger, net.host)
    return web
