# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe tells of every way in which firewalls and routing say no, and that a listener answers from the address that was asked."""

from __future__ import annotations

import contextlib
import json
import sys
import typing as t

import pytest
from namespaces import Namespace

PORT = 8443
MODULES = "ansible_collections.federated.connectivity.plugins.module_utils"
PROBE = f"""
import json, sys
from {MODULES}._proof.probe import probe
json.dump([probe(*each, 1.5, "token")._asdict() for each in json.load(sys.stdin)], sys.stdout)
"""
LISTEN = f"""
import json, sys
from {MODULES}._proof.listener import start
json.dump([port.state for port in start([("tcp", {PORT}), ("udp", {PORT})], "target", "token", 60, sys.argv[1])], sys.stdout)
"""
STOP = f"""
import sys
from {MODULES}._proof.listener import stop
print(stop(sys.argv[1]))
"""


class Link(t.NamedTuple):
    """Two hosts, and the firewall of either."""

    prober: Namespace
    target: Namespace

    def filter(self, host: Namespace, hook: str, verdict: str) -> None:
        host.run(["nft", "-f", "-"], input=f"table inet t {{ chain c {{ type filter hook {hook} priority 0; {verdict}; }}; }}")

    def probe(self, protocol: str, *addresses: str) -> list[dict[str, str]]:
        wanted = json.dumps([(protocol, address, PORT) for address in addresses or self.target.addresses])
        return t.cast("list[dict[str, str]]", json.loads(self.prober.run([sys.executable, "-c", PROBE], input=wanted).stdout))

    def outcomes(self, protocol: str) -> set[tuple[str, str]]:
        return {(found["outcome"], found["by"]) for found in self.probe(protocol)}


@pytest.fixture
def link() -> t.Iterator[Link]:
    with contextlib.ExitStack() as stack:
        prober, target = (
            stack.enter_context(contextlib.closing(Namespace(name, f"198.51.100.{number}", f"2001:db8:1::{number}")))
            for name, number in (("prober", 66), ("target", 10))
        )
        prober.ip(f"link add eth0 type veth peer name eth0 netns {target.path}")
        for host in (prober, target):
            host.ip("link set eth0 up", f"address add {host.ipv4}/24 dev eth0", f"address add {host.ipv6}/64 dev eth0 nodad")
        yield Link(prober, target)


REACHED = {("refused", "")}
BY_TARGET = {("rejected", "198.51.100.10"), ("rejected", "2001:db8:1::10")}
BY_PROBER = {("rejected", "198.51.100.66"), ("rejected", "2001:db8:1::66")}
SILENT = {("silent", "")}


@pytest.mark.parametrize(
    ("verdict", "tcp", "udp"),
    [
        ("accept", REACHED, REACHED),
        ("meta l4proto { tcp, udp } drop", SILENT, SILENT),
        ("meta l4proto tcp reject with tcp reset", REACHED, REACHED),
        ("meta l4proto { tcp, udp } reject with icmpx admin-prohibited", BY_TARGET, BY_TARGET),
        ("meta l4proto { tcp, udp } reject with icmpx port-unreachable", BY_TARGET, REACHED),
    ],
)
def test_what_the_other_end_says(link: Link, verdict: str, tcp: set[tuple[str, str]], udp: set[tuple[str, str]]) -> None:
    link.filter(link.target, "input", verdict)
    assert link.outcomes("tcp") == tcp
    assert link.outcomes("udp") == udp


def test_its_own_firewall_is_named(link: Link) -> None:
    link.filter(link.prober, "output", "meta l4proto { tcp, udp } reject with icmpx admin-prohibited")
    assert link.outcomes("tcp") == BY_PROBER
    assert link.outcomes("udp") == BY_PROBER


def test_a_datagram_that_its_own_firewall_drops_is_rejected_by_itself(link: Link) -> None:
    link.filter(link.prober, "output", "meta l4proto udp drop")
    assert link.outcomes("udp") == BY_PROBER


def test_a_host_that_is_not_there_is_silent_and_a_network_without_route_is_told(link: Link) -> None:
    absent = link.probe("tcp", "198.51.100.99", "2001:db8:1::99")
    assert [found["outcome"] for found in absent] == ["silent", "silent"]
    assert [found["outcome"] for found in link.probe("tcp", "203.0.113.1", "2001:db8:9::1")] == ["unroutable", "unroutable"]
    assert [found["outcome"] for found in link.probe("udp", "203.0.113.1", "2001:db8:9::1")] == ["unroutable", "unroutable"]


def test_a_listener_answers_from_the_address_that_was_asked(link: Link, tmp_path: t.Any) -> None:
    link.target.ip("address add 198.51.100.11/24 dev eth0", "address add 2001:db8:1::11/64 dev eth0 nodad")
    state = str(tmp_path / "listener.json")
    assert json.loads(link.target.run([sys.executable, "-c", LISTEN, state]).stdout) == ["listening"] * 4
    try:
        for protocol in ("tcp", "udp"):
            found = link.probe(protocol, *link.target.addresses, "198.51.100.11", "2001:db8:1::11")
            assert [(each["outcome"], each["answered_by"]) for each in found] == [("open", "target")] * 4
            assert {each["source"] for each in found} == set(link.prober.addresses)
    finally:
        assert link.target.run([sys.executable, "-c", STOP, state]).stdout == "stopped\n"
