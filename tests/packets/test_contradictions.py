# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of an administrator that contradict the plan: each is reported with what prevails, packets agree, and nothing of it is touched."""

from __future__ import annotations

import re
import typing as t

import pytest
from firewall_host import FirewallHost, Network
from firewalld_daemon import Firewalld
from firewalls import FIREWALLS
from namespaces import both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule
from suites import suites

IN, OUT = "linksight.north.peer_http.ingress", "linksight.north.peer_http.egress"
EGRESS = rule(OUT, "8443", direction="egress")
DECLARED = policy(PEER_HTTP, EGRESS)
SAID = re.compile("(.*) (refuses peers|accepts others than the peers) of (.*); (ours|theirs) prevails, as ")
REFUSES, ACCEPTS = "refuses peers", "accepts others than the peers"

every_suite = suites("bookworm")


def contradictions(host: FirewallHost, declared: t.Mapping[str, t.Any] = DECLARED) -> list[tuple[str, ...]]:
    """What each run says about rules of others: their words, what they do, to whose peers, and whose prevails."""
    first, second = host.apply(declared), host.apply(declared)
    assert first.warnings == second.warnings
    assert not second["changed"]
    words = [warning["event"]["msg"] for warning in first["warnings"]]
    return [found.groups() for found in map(SAID.match, words) if found]


@every_suite
def test_of_ufw(net: Network, suite: str) -> None:
    commands = (
        "prepend deny from 198.51.100.20 comment 'by somebody'",
        "allow 22/tcp",
        "deny 8443/tcp",
        "allow 8443",
        "allow from 198.51.100.30 to any port 8443 proto tcp",
        "allow from 2001:db8:1::20 to any port 8443 proto tcp",
        "allow 9443/tcp",
        "deny out to 198.51.100.20 port 8443 proto tcp",
        "--force enable",
    )
    net.host.run(["sh", "-ec", "\n".join(f"ufw {command}" for command in commands)])
    net.host.run(["iptables", "-I", "INPUT", "-s", "198.51.100.0/27", "-p", "tcp", "-m", "multiport", "--dports", "1:9000", "-j", "DROP"])
    net.host.run(["iptables", "-A", "INPUT", "-s", "198.51.100.20", "-p", "tcp", "--dport", "8443", "-j", "DROP"])
    rules = net.host.run(["ufw", "show", "added"]).stdout
    assert contradictions(net.host) == [
        ("ufw: your rule 'deny in from 198.51.100.20 to any'", REFUSES, IN, "theirs"),
        ("ufw: your rule 'deny in from any to any port 8443 proto tcp'", REFUSES, IN, "ours"),
        ("ufw: your rule 'allow in from any to any port 8443'", ACCEPTS, IN, "ours"),
        ("ufw: your rule 'allow in from 198.51.100.30 to any port 8443 proto tcp'", ACCEPTS, IN, "ours"),
        ("ufw: your rule 'deny out from any to 198.51.100.20 port 8443 proto tcp'", REFUSES, OUT, "ours"),
        ("iptables: '-A INPUT -s 198.51.100.0/27 -p tcp -m multiport --dports 1:9000 -j DROP'", REFUSES, IN, "theirs"),
        ("iptables: '-A INPUT -s 198.51.100.20/32 -p tcp -m tcp --dport 8443 -j DROP'", REFUSES, IN, "ours"),
    ]
    theirs = [line for line in net.host.run(["ufw", "show", "added"]).stdout.splitlines() if "federated.connectivity" not in line]
    assert theirs == rules.splitlines()
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == {"ipv4": ["silent"], "ipv6": ["open"]}
        assert outcomes(net.user, "tcp", net.host, 8443) == both("silent")
        net.host.run(["iptables", "-D", "INPUT", "1"])
        assert net.partner.probe("tcp", net.host.ipv4, 8443) == "silent"
        net.host.run(["ufw", "delete", "deny", "from", "198.51.100.20"])
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")


@every_suite
def test_of_firewalld(net: Network, firewalld: Firewalld, suite: str) -> None:
    firewalld.cmd("--permanent", "--new-ipset=colleagues", "--type=hash:net")
    firewalld.cmd("--permanent", "--ipset=colleagues", "--add-entry=198.51.100.24/29")
    firewalld.cmd("--permanent", "--new-policy=mine")
    firewalld.cmd("--permanent", "--policy=mine", "--add-ingress-zone=HOST")
    firewalld.cmd("--permanent", "--policy=mine", "--add-egress-zone=ANY")
    firewalld.cmd("--reload")
    rich = (
        'rule family="ipv4" source address="198.51.100.16/29" port port="8443" protocol="tcp" reject',
        'rule family="ipv4" source ipset="colleagues" port port="8000-9000" protocol="tcp" accept',
        'rule family="ipv4" source address="198.51.100.66" drop',
    )
    for words in rich:
        firewalld.cmd(f"--add-rich-rule={words}")
    firewalld.cmd("--add-port=8443/tcp")
    firewalld.cmd("--zone=drop", "--add-source=2001:db8:1::20")
    firewalld.cmd("--policy=mine", '--add-rich-rule=rule port port="8443" protocol="tcp" drop')
    runtime = firewalld.runtime()
    assert set(contradictions(net.host)) == {
        ("firewalld: your zone drop", REFUSES, IN, "ours"),
        (f"firewalld: your rich rule '{rich[0]}' in zone public", REFUSES, IN, "ours"),
        (f"firewalld: your rich rule '{rich[1]}' in zone public", ACCEPTS, IN, "ours"),
        ("firewalld: your port 8443/tcp in zone public", ACCEPTS, IN, "ours"),
        ('firewalld: your rich rule \'rule port port="8443" protocol="tcp" drop\' in policy mine', REFUSES, OUT, "ours"),
    }
    assert firewalld.runtime() == runtime
    with net.host.listen("tcp", 8443), net.partner.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.host, "tcp", net.partner, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


ADMINISTRATORS = """table inet mine {
    set blocked { type ipv4_addr; flags interval; elements = { 198.51.100.20-198.51.100.21, 203.0.113.0/24 }; }
    chain input { type filter hook input priority filter; policy accept;
        ct state established,related accept
        iifname "lo" accept
        tcp dport { 22, 8443 } ip saddr @blocked counter drop comment "mine"
        tcp dport 8000-9000 ct state new accept
        limit rate 1/hour tcp dport 8443 drop
        ip6 saddr 2001:db8:1::20 jump visitors
    }
    chain visitors { tcp dport 8443 reject with tcp reset; }
    chain output { type filter hook output priority filter; policy accept; ip daddr 198.51.100.20 accept; tcp dport 8443 reject; }
}"""


@pytest.mark.every_run("firewalld")
@pytest.mark.parametrize("firewall", FIREWALLS)
@pytest.mark.suite("trixie")
def test_of_other_tables_in_the_kernel(net: Network, firewall: str) -> None:
    FIREWALLS[firewall](net.host)
    net.host.nft(ADMINISTRATORS)
    table = net.host.run(listing := ["nft", "-s", "list", "table", "inet", "mine"]).stdout
    blocked = "nftables: 'tcp dport { 22, 8443 } ip saddr @blocked counter drop comment \"mine\"' in chain inet mine input"
    assert contradictions(net.host) == [
        (blocked, REFUSES, IN, "theirs"),
        ("nftables: 'tcp dport 8000-9000 ct state new accept' in chain inet mine input", ACCEPTS, IN, "ours"),
        ("nftables: 'tcp dport 8443 reject' in chain inet mine output", REFUSES, OUT, "theirs"),
    ]
    assert net.host.run(listing).stdout == table
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == {"ipv4": ["silent"], "ipv6": ["open"]}
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


def test_of_docker_user(net: Network) -> None:
    """As an administrator, or vantage6, inserts them."""
    web = net.host.container({8443: 443})
    lines = (
        "-N DOCKER-USER",
        "-A FORWARD -j DOCKER-USER",
        "-A DOCKER-USER -s 198.51.100.20/32 -p tcp -m conntrack --ctorigdstport 8443 -m limit --limit 1/hour -j DROP",
        "-A DOCKER-USER -s 198.51.100.21/32 -j DROP",
        "-A DOCKER-USER -p tcp -m conntrack --ctorigdstport 8443 -j ACCEPT",
        "-A DOCKER-USER -j RETURN",
    )
    net.host.run(["sh", "-ec", "\n".join(f"iptables {line}" for line in lines)])
    saved = net.host.run(["iptables", "-S", "DOCKER-USER"]).stdout
    declared = policy({**PUBLISHED_HTTP, "peers": {"address_sets": ["partner2"], "names": []}})
    assert contradictions(net.host, declared) == [
        ("iptables: '-A DOCKER-USER -s 198.51.100.21/32 -j DROP'", REFUSES, IN, "theirs"),
        ("iptables: '-A DOCKER-USER -p tcp -m conntrack --ctorigdstport 8443 -j ACCEPT'", ACCEPTS, IN, "ours"),
    ]
    assert net.host.run(["iptables", "-S", "DOCKER-USER"]).stdout == saved
    with web.listen("tcp", 443):
        assert net.partner2.probe("tcp", net.host.ipv4, 8443) == "silent"
        assert net.stranger.probe("tcp", net.host.ipv4, 8443) == "silent"
