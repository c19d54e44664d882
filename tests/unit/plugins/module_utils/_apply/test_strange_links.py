# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ``ip -json`` prints, and whatever it does not: what is no link or no address of ours is passed over."""

from __future__ import annotations

import json
import os
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._apply import management, own_containers
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import bridge_support
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._policy.container_networks import links_of, networks_of
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet
from ansible_collections.federated.connectivity.plugins.module_utils._policy.surroundings import Surroundings
from ansible_collections.federated.connectivity.tests.strangers import ADDRESSES, POLICY, altered, real, strange, texts, values

# As iproute2 of Debian 11, 12, 13 and of the coming release print it; 5.10 has empty objects for what a filter leaves out.
BRIDGE = {
    "ifindex": 3,
    "ifname": "docker0",
    "flags": ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"],
    "mtu": 1500,
    "qdisc": "noqueue",
    "operstate": "DOWN",
    "group": "default",
    "link_type": "ether",
    "address": "02:42:8e:2a:11:01",
    "broadcast": "ff:ff:ff:ff:ff:ff",
    "addr_info": [
        {"family": "inet", "local": "172.17.0.1", "prefixlen": 16, "broadcast": "172.17.255.255", "scope": "global", "label": "docker0"},
        {"family": "inet6", "local": "fe80::42:8eff:fe2a:1101", "prefixlen": 64, "scope": "link", "protocol": "kernel_ll"},
        {},
    ],
}
TUNNEL = {
    "ifname": "wg0",
    "link_type": "none",
    "addr_info": [{"family": "inet", "local": "10.8.0.2", "address": "10.8.0.1", "prefixlen": 32}],
}
SEEDS = [[{}, BRIDGE, TUNNEL], [BRIDGE], [], [{"ifname": "docker0"}], [{"ifname": "docker0", "addr_info": None}]]
NETWORKS = AddressSet("containers_of_this_host", ("172.17.0.0/16",), ())

ENTRIES = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "family": st.sampled_from(["inet", "inet6", "mpls", 4]),
            "local": st.one_of(ADDRESSES, texts(8), values()),
            "prefixlen": st.one_of(st.integers(-1, 129), values()),
            "scope": st.sampled_from(["global", "global", "link", "host", 253, None]),
        },
    ),
    values(),
)
LINKS = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "ifname": st.one_of(st.sampled_from(["docker0", "br-0123456789ab", "eth0", "wg0"]), texts(8), values()),
            "addr_info": st.one_of(st.lists(ENTRIES, max_size=3), values()),
            "dev": st.one_of(st.sampled_from(["lo", "tun0", "..", "a/b", "\ud800", "x" * 16]), texts(8), values()),
        },
    ),
    values(),
)
PRINTED = st.one_of(
    st.lists(LINKS, max_size=4).map(json.dumps),
    st.sampled_from(SEEDS).map(json.dumps),
    st.builds(lambda links, cut: json.dumps(links)[:cut], st.sampled_from(SEEDS), st.integers(0, 200)),
    values().map(json.dumps),
    altered("ip-json"),
    st.sampled_from(['Option "-json" is unknown, try "ip -help".\n', "[" * 100_000, "", "[{},{}]", "NaN"]),
    texts(),
)


class Ip(Host):
    """A host whose ip prints this."""

    def __init__(self, printed: str) -> None:
        self._printed = printed

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        return Result(0, self._printed, "") if argv[0] == "ip" else Result(1, "", "no such module")


@strange
@given(PRINTED)
def test_nothing_that_ip_prints_breaks_a_run(printed: str) -> None:
    host = Ip(printed)
    for found in (networks_of(links_of(printed)), own_containers.own_containers(POLICY, host)):
        assert all("." in network for network in found.ipv4)
        assert all(":" in network for network in found.ipv6)
    seen = bridge_support.looked_at(Surroundings(), ["docker0"], ["docker0"], host)
    assert not seen.names_bridges
    link = management._link(printed)
    os.fsencode("/sys/class/net/" + link)
    assert link not in (".", "..")
    assert "/" not in link
    assert isinstance(management._carrier("192.0.2.1", host), str)


def test_what_ip_of_each_release_prints_for_a_bridge_is_its_network() -> None:
    for printed in real("ip-json"):
        bridges = [link for link in json.loads(printed) if link.get("ifname") == "docker0"]
        assert networks_of(links_of(json.dumps(bridges))).ipv4 == ("203.0.113.16/28",)
        assert "2001:db8:17:1::/64" in networks_of(links_of(json.dumps(bridges))).ipv6


def test_what_ip_prints_for_a_bridge_is_its_network() -> None:
    assert networks_of(links_of(json.dumps(SEEDS[0]))) == NETWORKS
    assert networks_of(links_of(json.dumps([BRIDGE, {"addr_info": [{"scope": "global", "local": "nowhere", "prefixlen": 1}]}]))) == NETWORKS


@pytest.mark.parametrize(
    ("printed", "link"),
    [('[{"dst":"192.0.2.1","dev":"tun0"}]', "tun0"), ("[{}]", ""), ('{"dev": "x"}', ""), ('[{"dev": ["x"]}]', ""), ('[{"dev": ".."}]', "")],
)
def test_the_link_of_a_route(printed: str, link: str) -> None:
    assert management._link(printed) == link
