# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Under a default of deny in both directions a host stays a member of its network, and nothing else gets through, by any family or link."""

from __future__ import annotations

import contextlib
import socket
import struct
import typing as t

import pytest
from firewall_host import Network, assign_addresses
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, policy, rule

DHCP_SERVERS = "ff02::1:2"  # RFC 8415, section 7.1
METADATA = "169.254.169.254"
BULK = 50_000  # bytes, many full packets
PATIENCE = 60  # seconds for what must arrive, on a busy machine


@pytest.fixture(params=FIREWALLS)
def guarded(request: pytest.FixtureRequest, net: Network) -> Network:
    """The network, with each firewall on the host in turn."""
    FIREWALLS[request.param](net.host)
    return net


def denied(*rules: dict[str, t.Any], **sets: list[str]) -> dict[str, t.Any]:
    return policy(*rules, ingress="deny", egress="deny", **sets)


@pytest.mark.every_run("ufw")
def test_leases_are_renewed(guarded: Network) -> None:
    host, server = guarded.host, guarded.partner
    host.apply(denied())
    with _bound(host, socket.AF_INET, 68) as client, _bound(server, socket.AF_INET, 67) as answering:
        answering.sendto(b"offer", (host.ipv4, 68))
        assert client.recv(64) == b"offer"
        for destination in (server.ipv4, "198.51.100.255"):
            client.sendto(b"request", (destination, 67))
            assert answering.recv(64) == b"request"
    with _bound(host, socket.AF_INET6, 546) as client, _bound(server, socket.AF_INET6, 547) as answering:
        group = struct.pack("@16sI", socket.inet_pton(socket.AF_INET6, DHCP_SERVERS), 0)
        answering.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        client.sendto(b"renew", (DHCP_SERVERS, 547))
        text, address = answering.recvfrom(64)
        assert text == b"renew"
        answering.sendto(b"reply", address)
        assert client.recv(64) == b"reply"


@pytest.mark.every_run("ufw")
def test_a_smaller_mtu_on_the_way_is_learned(guarded: Network) -> None:
    host, router = guarded.host, guarded.partner
    with contextlib.closing(Namespace("far", "203.0.113.2", "2001:db8:2::2")) as far:
        router.ip(
            f"link add far mtu 1280 type veth peer name eth0 netns {far.path}",
            "address add 203.0.113.1/24 dev far",
            "address add 2001:db8:2::1/64 dev far nodad",
            "link set far up",
        )
        assign_addresses(far, f"{far.ipv4}/24", f"{far.ipv6}/64", "203.0.113.1", "2001:db8:2::1")
        router.run(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"])
        host.ip(f"route add 203.0.113.0/24 via {router.ipv4}", f"route add 2001:db8:2::/64 via {router.ipv6}")
        host.apply(denied(rule("x.y.bulk.egress", "443", direction="egress", peers=["far"]), far=list(far.addresses)))
        for address, family in zip(far.addresses, (socket.AF_INET, socket.AF_INET6)):
            with far.open_socket(family, socket.SOCK_STREAM) as server:
                server.bind((address, 443))
                server.listen()
                with host.connect(address, 443) as connection, server.accept()[0] as accepted:
                    accepted.settimeout(PATIENCE)
                    connection.sendall(bytes(BULK))
                    assert len(accepted.makefile("rb").read(BULK)) == BULK


@pytest.mark.every_run("ufw")
def test_neighbours_are_found_again_from_either_side(guarded: Network) -> None:
    host, partner = guarded.host, guarded.partner
    host.apply(denied(PEER_HTTP, rule("x.y.z.egress", "443", direction="egress")))
    with host.listen("tcp", 8443), partner.listen("tcp", 443):
        for first, protocol in ((host, (partner, 443)), (partner, (host, 8443))):
            for member in (host, partner):
                member.ip("neighbour flush all")
            assert outcomes(first, "tcp", *protocol) == both("open")


@pytest.mark.every_run("ufw")
def test_a_clouds_metadata_is_reached_where_a_rule_names_it(guarded: Network) -> None:
    host, cloud = guarded.host, guarded.partner
    cloud.ip(f"address add {METADATA}/32 dev eth0")
    host.ip(f"route add {METADATA}/32 dev eth0")
    with cloud.listen("tcp", 80):
        host.apply(denied())
        assert host.probe("tcp", METADATA, 80) in ("rejected", "silent")
        host.apply(denied(rule("baseline.host.metadata.egress", "80", direction="egress", peers=["cloud"]), cloud=[METADATA]))
        assert host.probe("tcp", METADATA, 80) == "open"


@pytest.mark.every_run("firewalld")
@pytest.mark.parametrize("default", ["unchanged", pytest.param("deny", marks=pytest.mark.whole)])
def test_every_link_and_every_address_is_covered_also_later_ones(guarded: Network, default: str) -> None:
    host = guarded.host
    host.apply(policy(PEER_HTTP, ingress=default))
    with contextlib.closing(Namespace("outsider", "203.0.113.2", "2001:db8:2::2")) as outsider:
        host.ip(
            "address add 198.51.100.11/24 dev eth0",
            "address add 2001:db8:1::11/64 dev eth0 nodad",
            f"link add eth1 type veth peer name eth0 netns {outsider.path}",
            "address add 203.0.113.1/24 dev eth1",
            "address add 2001:db8:2::1/64 dev eth1 nodad",
            "link set eth1 up",
        )
        assign_addresses(outsider, f"{outsider.ipv4}/24", f"{outsider.ipv6}/64")
        with host.listen("tcp", 8443):
            for second in ("198.51.100.11", "2001:db8:1::11"):
                assert [member.probe("tcp", second, 8443) for member in (guarded.partner, guarded.stranger)] == ["open", "silent"]
            assert [outsider.probe("tcp", address, 8443) for address in ("203.0.113.1", "2001:db8:2::1")] == ["silent", "silent"]


@pytest.mark.every_run("nftables-ipv4", "ufw-ipv6", "firewalld-ipv4")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_host_of_one_family_is_closed_on_the_other_when_it_comes(guarded: Network, family: str) -> None:
    host = guarded.host
    other, (gone, prefix) = ("ipv6", (host.ipv6, 64)) if family == "ipv4" else ("ipv4", (host.ipv4, 24))
    host.ip(f"address del {gone}/{prefix} dev eth0")
    if other == "ipv6":
        host.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"])
    host.apply(denied(PEER_HTTP))
    with host.listen("tcp", 8443):
        own = getattr(host, family)
        assert [member.probe("tcp", own, 8443) for member in (guarded.partner, guarded.stranger)] == ["open", "silent"]
        host.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0"])
        host.ip(f"address add {gone}/{prefix} dev eth0{' nodad' if other == 'ipv6' else ''}")
        assert outcomes(guarded.partner, "tcp", host, 8443) == both("open")
        assert outcomes(guarded.stranger, "tcp", host, 8443) == both("silent")
    assert not host.apply(denied(PEER_HTTP))["changed"]


def _bound(member: Namespace, family: socket.AddressFamily, port: int) -> socket.socket:
    """A UDP socket on the member's link."""
    bound = member.open_socket(family, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    bound.settimeout(PATIENCE)
    bound.bind(("", port))
    return bound
