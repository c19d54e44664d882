# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy says of a packet and what the real firewall does with it: policies are drawn, and every packet of a grid is sent."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t

import pytest
from firewall_host import Network
from firewalls import FIREWALLS, containers
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from model import Packet, admits
from policies import policy, rule
from suites import suites
from volley import MARKER, arrivals

CONTAINERS = "forward guard"
DIRECTIONS = ("ingress", "egress")
PROTOCOLS = ("tcp", "udp")
PLACEMENTS = ("host", "published")
DEFAULTS = ("unchanged", "deny")
NEAR = ("198.51.100.64", "198.51.100.127", "2001:db8:1::40", "2001:db8:1:0:8000::1")
FAR = ("203.0.113.1", "203.0.113.128", "2001:db8:2::1", "2001:db8:2:0:ffff::1")
PEERS = ("198.51.100.20", "2001:db8:1::20", *NEAR, *FAR)
PORTS = (8443, 22, 53, 80, 443, 8000, 8001, 8005, 8010, 8011, 65535)
GRID = [Packet(*packet) for packet in itertools.product(DIRECTIONS, PROTOCOLS, PEERS, PORTS)]
MARKERS = [rule(f"marker.{direction}", str(MARKER), direction=direction, protocol="udp", peers=["any"]) for direction in DIRECTIONS]
ALONE = "table inet federated_connectivity; delete table inet federated_connectivity"
SETS = ("any", "nobody", "one", "two", "three")

ports = st.one_of(
    st.sampled_from(PORTS).map(str),
    st.lists(st.sampled_from(PORTS), min_size=2, max_size=2, unique=True).map(lambda ends: "{}-{}".format(*sorted(ends))),
)
# A network that holds one of the peers: that alone, everybody, or anything between.
networks = st.builds(
    lambda peer, bits: str(ipaddress.ip_network((peer, max(0, (128 if ":" in peer else 32) - bits)), strict=False)),
    st.sampled_from(PEERS),
    st.sampled_from((0, 0, 0, 1, 6, 8, 16, 31, 32, 64, 127, 128)),
)


def rules(
    directions: t.Sequence[str] = DIRECTIONS, protocols: t.Sequence[str] = PROTOCOLS, placements: t.Sequence[str] = PLACEMENTS
) -> st.SearchStrategy[dict[str, t.Any]]:
    return st.builds(
        lambda direction, ports, closed, **more: rule(
            "", *ports, direction=direction, closed_to_others=closed and direction == "ingress", **more
        ),
        direction=st.sampled_from(directions),
        ports=st.lists(ports, min_size=1, max_size=4),
        closed=st.sampled_from((True, True, False)),
        protocol=st.sampled_from(protocols),
        peers=st.lists(st.sampled_from(SETS), max_size=3, unique=True),
        placement=st.sampled_from(placements),
    )


policies = st.builds(
    lambda some, more, ingress, egress, **sets: policy(
        *MARKERS, *({**each, "id": f"x.y.z.{number}"} for number, each in enumerate((*some, *more))), ingress=ingress, egress=egress, **sets
    ),
    some=st.tuples(*(rules(*([word] for word in words)) for words in itertools.product(DIRECTIONS, PROTOCOLS, PLACEMENTS))),
    more=st.lists(rules(), max_size=4),
    ingress=st.sampled_from(DEFAULTS),
    egress=st.sampled_from(DEFAULTS),
    one=st.lists(networks, min_size=1, max_size=4),
    two=st.lists(networks, min_size=1, max_size=4),
    three=st.lists(networks, max_size=2),
)
managements = st.none() | st.tuples(st.sampled_from(PEERS), st.sampled_from((22, 8443)))


@suites("bookworm")
@pytest.mark.parametrize("firewall", [*FIREWALLS, CONTAINERS])
def test_the_firewall_does_what_the_policy_says(
    net: Network, suite: str, firewall: str, rounds: int, record_property: t.Callable[[str, object], None]
) -> None:
    host, neighbour = net.host, net.partner
    settle(net)
    surroundings = FIREWALLS.get(firewall, containers)(host)
    count = rounds * 2 // 3
    decisions = {True: 0, False: 0}

    @settings(max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(declared=policies, management=managements)
    def agree(declared: dict[str, t.Any], management: tuple[str, int] | None) -> None:
        ssh = f"{management[0]} 50000 {_own(net, management[0])} {management[1]}" if management else None
        host.apply(declared, ssh=ssh)
        if firewall in ("ufw", "firewalld") and len(declared["rules"]) % 2:
            host.nft(ALONE)  # each second time the backend has to do without the table that closes the same ports
        expected = {packet for packet in GRID if admits(declared, management, packet, surroundings)}
        arrived = arrivals(host, neighbour, GRID, expected)
        decisions[True] += len(expected)
        decisions[False] += len(GRID) - len(expected)
        assert arrived == expected, (sorted(arrived - expected), sorted(expected - arrived), declared, management)

    agree()
    record_property(
        "decisions", f"{firewall}, {suite}: {sum(decisions.values())} decisions, {decisions[True]} to admit, as the policy says"
    )
    assert min(decisions.values()) > count * len(GRID) / 20


def settle(net: Network) -> None:
    """Give the neighbour all peers' addresses, and let the host find them."""
    net.partner.ip(
        *(f"address add {address}/{'64 nodad' if ':' in address else '24'} dev eth0" for address in NEAR),
        *(f"address add {address}/{'128 nodad' if ':' in address else '32'} dev eth0" for address in FAR),
    )
    net.host.ip(f"route add 203.0.113.0/24 via {net.partner.ipv4}", f"route add 2001:db8:2::/64 via {net.partner.ipv6}")


def _own(net: Network, peer: str) -> str:
    return net.host.ipv6 if ":" in peer else net.host.ipv4
