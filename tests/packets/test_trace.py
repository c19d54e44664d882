# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""A real traceroute over real routers: it says where one port stops, and the other ports pass.

clinic -- gate (its site's perimeter) -- carrier -- edge (the partner's perimeter) -- hub
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import time
import typing as t

import pytest
from namespaces import Namespace

from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.modules.trace_info import command_for
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.reading import read_trace
from ansible_collections.federated.connectivity.plugins.plugin_utils._trace.verdict import Ends, Place, Verdict, judge

PORT, CLOSED = 6443, 6444
NAMES = ("clinic", "gate", "carrier", "edge", "hub")
NETS4 = ("192.0.2.{}/24", "203.0.113.{}/24", "198.51.100.13{}/28", "198.51.100.{}/28")
NETS6 = ("2001:db8:1::{}/64", "2001:db8:ffff::{}/64", "2001:db8:2:f::{}/64", "2001:db8:2::{}/64")
DESTINATIONS = ("198.51.100.2", "2001:db8:2::2")
FORWARDING = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")


class Way(t.NamedTuple):
    """The hosts on the way. In each network the one on the left has the address 1, the one on the right has 2."""

    hosts: dict[str, Namespace]

    def trace(self, destination: str, port: int = PORT) -> Verdict:
        command = command_for(Host(), destination, port, 6, 1)
        assert command is not None, "the command traceroute is missing"
        done = self.hosts["clinic"].run(command, check=False)
        return judge(read_trace(done.stdout + done.stderr), Ends("clinic", self.hosts["clinic"].addresses, "hub", destination, port))

    def rule(self, name: str, hook: str, rule: str) -> None:
        """Have a host handle packets to the port as a rule of nftables says."""
        chain = f"type filter hook {hook} priority 0; tcp dport {PORT} {rule};"
        self.hosts[name].run(["nft", "-f", "-"], input=f"table inet t {{ chain c {{ {chain} }}; }}")


@pytest.fixture
def way() -> t.Iterator[Way]:
    with contextlib.ExitStack() as stack:
        hosts = {name: stack.enter_context(contextlib.closing(Namespace(name))) for name in NAMES}
        hosts["clinic"].ipv4, hosts["clinic"].ipv6 = "192.0.2.1", "2001:db8:1::1"
        for number, (left, right) in enumerate(itertools.pairwise(NAMES)):
            hosts[left].ip(f"link add right type veth peer name left netns {hosts[right].path}")
            for name, device, side in ((left, "right", 1), (right, "left", 2)):
                own, own6 = NETS4[number].format(side), NETS6[number].format(side)
                hosts[name].ip(f"address add {own} dev {device}", f"address add {own6} dev {device} nodad", f"link set {device} up")
        for number, name in enumerate(NAMES):
            hosts[name].run(["sysctl", "-qw", *FORWARDING])
            for far, nets in itertools.product(range(len(NETS4)), (NETS4, NETS6)):
                if far < number - 1:
                    hosts[name].run(["ip", "route", "add", _network(nets[far]), "via", _address(nets[number - 1], 1)])
                elif far > number:
                    hosts[name].run(["ip", "route", "add", _network(nets[far]), "via", _address(nets[number], 2)])
        stack.enter_context(hosts["hub"].listen("tcp", PORT))
        for destination in DESTINATIONS:  # links come up a little later than commands return
            outcomes = (hosts["clinic"].probe("tcp", destination, PORT) for _attempt in range(60) if time.sleep(0.5) is None)
            assert "open" in outcomes, destination
        yield Way(hosts)


def _network(net: str) -> str:
    return str(ipaddress.ip_network(net.format(1), strict=False))


def _address(net: str, side: int) -> str:
    return net.format(side).partition("/")[0]


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_a_router_that_drops_one_port_is_found(way: Way, destination: str) -> None:
    assert way.trace(destination).place is Place.PASSES
    assert way.trace(destination, CLOSED).place is Place.NOT_RUNNING
    way.rule("edge", "forward", "drop")
    nets = NETS6 if ":" in destination else NETS4
    verdict = way.trace(destination)
    assert (verdict.place, verdict.why.split()[0]) == (Place.PARTNER_PERIMETER, _address(nets[2], 2))
    assert way.trace(destination, CLOSED).place is Place.NOT_RUNNING
    way.rule("gate", "forward", "drop")
    verdict = way.trace(destination)
    assert (verdict.place, verdict.why.split()[0]) == (Place.OWN_PERIMETER, _address(nets[0], 2))


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize(
    ("name", "hook", "rule", "place"),
    [
        ("clinic", "output", "drop", Place.OWN_HOST),
        ("carrier", "forward", "drop", Place.BETWEEN),
        ("carrier", "forward", "reject with icmpx admin-prohibited", Place.BETWEEN),
        ("hub", "input", "drop", Place.PARTNER_PERIMETER),
        ("hub", "input", "reject with icmpx admin-prohibited", Place.PARTNER_HOST),
        ("hub", "input", "reject with tcp reset", Place.NOT_RUNNING),
    ],
)
def test_each_place_is_named(way: Way, destination: str, name: str, hook: str, rule: str, place: Place) -> None:
    way.rule(name, hook, rule)
    assert way.trace(destination).place is place
