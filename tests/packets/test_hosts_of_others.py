# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other people left on hosts: comments in old encodings, tables that iptables cannot show, links, untracked connections."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalld_daemon import Firewalld
from namespaces import both, outcomes
from policies import PEER_HTTP, policy, rule
from suites import on_suite, releases, some

LATIN = "f\xfcr das B\xfcro".encode("latin-1")
UFW = ["sh", "-ec", "ufw allow 22/tcp; ufw --force enable"]


def in_iptables(host: FirewallHost) -> None:
    words = ["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "2222", "-m", "comment", "--comment", LATIN, "-j", "ACCEPT"]
    subprocess.run([*host.enter(), *words], check=True)


def in_nft(host: FirewallHost) -> None:
    chain = b'chain input { type filter hook input priority 0; tcp dport 2222 accept comment "' + LATIN + b'"; }'
    subprocess.run([*host.enter(), "nft", "-f", "-"], input=b"table inet lan { " + chain + b"; }\n", check=True)


def in_before_rules(host: FirewallHost) -> None:
    host.run(UFW)
    path = host.file("/etc/ufw/before.rules")
    line = b'-A ufw-before-input -p tcp --dport 2222 -m comment --comment "' + LATIN + b'" -j ACCEPT\n'
    path.write_bytes(path.read_bytes().replace(b"# allow all on loopback", line + b"# allow all on loopback"))
    host.run(["ufw", "reload"])


def in_user_rules(host: FirewallHost) -> None:
    host.run(UFW)
    path = host.file("/etc/ufw/user.rules")
    path.write_bytes(path.read_bytes().replace(b"### END RULES", b"# " + LATIN + b"\n### END RULES"))


@pytest.mark.every_run("in_iptables-bookworm", "in_nft-trixie", "in_before_rules-bookworm", "in_user_rules-trixie")
@releases("bullseye", "bookworm", "trixie", "forky")
@pytest.mark.parametrize("leave", [in_iptables, in_nft, in_before_rules, in_user_rules])
def test_bytes_that_are_no_utf8(net: Network, suite: str, leave: object) -> None:
    host = net.host
    leave(host)  # type: ignore[operator]
    before = [host.file(path).read_bytes() for path in ("/etc/ufw/user.rules", "/etc/ufw/before.rules")]
    assert host.apply(policy(PEER_HTTP))["changed"]
    assert not host.apply(policy(PEER_HTTP))["changed"]
    assert host.apply(None)["changed"]
    assert [host.file(path).read_bytes() for path in ("/etc/ufw/user.rules", "/etc/ufw/before.rules")] == before


CONVERTED = """table ip filter {
  set office { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }
  chain INPUT { type filter hook input priority 0; policy accept;
    ct state established,related accept
    iif lo accept
    ip saddr @office accept
    tcp dport { 22, 80 } accept
    drop
  }
}
"""


@releases("trixie")
def test_a_table_that_iptables_cannot_show_is_read_with_nft(net: Network, suite: str) -> None:
    net.host.nft(CONVERTED)
    warnings = net.host.apply(policy(PEER_HTTP)).warnings
    assert any("'drop' in chain ip filter INPUT refuses peers of" in words for words in warnings)
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == {"ipv4": ["silent"], "ipv6": ["open"]}


@releases("bookworm")
def test_beside_ufw_such_a_table_is_the_reason_of_the_refusal(host: FirewallHost, suite: str) -> None:
    host.run(UFW)
    host.nft(CONVERTED)
    with pytest.raises(PolicyFailed, match="iptables cannot read table 'ip filter', where ufw's chains are"):
        host.apply(policy(PEER_HTTP))


QUIET = (
    "table arp z { chain i { type filter hook input priority 0; policy drop; }; }",
    "table inet x { flags dormant; chain i { type filter hook input priority 0; policy drop; tcp dport 8443 drop; }; }",
)


@releases("bookworm")
@pytest.mark.parametrize("text", QUIET)
def test_what_decides_nothing_is_not_named(host: FirewallHost, suite: str, text: str) -> None:
    host.nft(text)
    assert host.apply(policy(PEER_HTTP)).warnings == []


@releases("bookworm")
def test_a_rules_file_that_is_a_link_stays_one(host: FirewallHost, suite: str) -> None:
    host.run(UFW)
    host.run(
        [
            "sh",
            "-ec",
            "mkdir /persist; mv /etc/ufw/user.rules /persist/; chmod 640 /persist/user.rules; ln -s /persist/user.rules /etc/ufw/",
        ]
    )
    before = host.run(["sh", "-c", "ls -l /etc/ufw/user.rules; stat -c '%a %U' /persist/user.rules; cat /etc/ufw/user.rules"]).stdout
    host.apply(policy(PEER_HTTP))
    assert "federated" in bytes.fromhex("".join(host.file("/persist/user.rules").read_text().partition("comment=")[2].split()[:1])).decode()
    host.apply(None)
    after = host.run(["sh", "-c", "ls -l /etc/ufw/user.rules; stat -c '%a %U' /persist/user.rules; cat /etc/ufw/user.rules"]).stdout
    assert after == before


RAW = """table inet tuning {
  chain prerouting { type filter hook prerouting priority raw; udp sport 53 notrack; udp dport 53 notrack; tcp dport 8443 notrack; }
  chain output { type filter hook output priority raw; udp dport 53 notrack; udp sport 53 notrack; tcp sport 8443 notrack; }
}"""
DNS = rule("baseline.host.dns.egress", "53", direction="egress", protocol="udp", peers=["partner2"])


DNS_IN = rule("mine.site.dns.ingress", "53", protocol="udp", peers=["partners"])
DEFAULTS = list(itertools.product(["unchanged", "deny"], repeat=2))
EACH = [*itertools.product(["nftables", "ufw", "firewalld"], DEFAULTS)]


@some("firewall,defaults", EACH, ("nftables", DEFAULTS[3]), ("ufw", DEFAULTS[0]), ("firewalld", DEFAULTS[1]))
def test_planned_flows_without_tracking_pass_or_are_named(net: Network, firewall: str, defaults: tuple[str, str]) -> None:
    host = net.host
    if firewall == "ufw":
        host.run(UFW)
    if firewall == "firewalld":
        Firewalld(host)
    host.nft(RAW)
    outcome = host.apply(policy(PEER_HTTP, DNS, DNS_IN, ingress=defaults[0], egress=defaults[1]))
    named = [words for words in outcome.warnings if "out of tracking" in words]
    with net.partner2.listen("udp", 53), host.listen("udp", 53), host.listen("tcp", 8443):
        tried = {
            DNS["id"]: outcomes(host, "udp", net.partner2, 53),
            DNS_IN["id"]: outcomes(net.partner, "udp", host, 53),
            PEER_HTTP["id"]: outcomes(net.partner, "tcp", host, 8443),
        }
    refused = {flow for flow, found in tried.items() if found != both("open")}
    assert {flow for flow in tried if any(flow in words.partition("the answers of")[2] for words in named)} == refused
    assert bool(refused) == (firewall != "nftables" or "deny" in defaults)


@pytest.mark.parametrize(
    "suite", [on_suite("bookworm", "bookworm"), on_suite("trixie", "trixie", whole=True), on_suite("forky", "forky", whole=True)]
)
def test_ports_of_firewalld_by_name_and_services_that_include_others(net: Network, suite: str) -> None:
    host = net.host
    host.run(["mkdir", "-p", "/etc/firewalld/services"])
    head = '<?xml version="1.0" encoding="utf-8"?>\n<service>'
    host.file("/etc/firewalld/services/shop.xml").write_text(f'{head}<include service="till"/></service>\n')
    host.file("/etc/firewalld/services/till.xml").write_text(
        f'{head}<port protocol="tcp" port="https"/><port protocol="tcp" port="8443"/></service>\n'
    )
    firewalld = Firewalld(host)
    rich = 'rule family="ipv4" source address="198.51.100.66" port port="ssh" protocol="tcp" reject'
    for where in (("--permanent",), ()):
        firewalld.cmd(*where, "--add-service=shop")
        firewalld.cmd(*where, f"--add-rich-rule={rich}")
    runtime = firewalld.runtime()
    warnings = host.apply(policy(PEER_HTTP)).warnings
    assert any("your service till (by shop) in zone public accepts others than the peers of" in words for words in warnings)
    assert not host.apply(policy(PEER_HTTP))["changed"]
    assert host.apply(policy(PEER_HTTP, rule("linksight.north.peer_grpc.ingress", "9090")))["changed"]
    host.apply(None)
    assert firewalld.runtime() == runtime


@pytest.mark.parametrize(
    "suite", [on_suite("bookworm", "bookworm"), on_suite("trixie", "trixie", whole=True), on_suite("forky", "forky", whole=True)]
)
def test_ours_goes_where_a_file_of_others_keeps_firewalld_from_working(host: FirewallHost, suite: str) -> None:
    firewalld = Firewalld(host)
    runtime, files = firewalld.runtime(), firewalld.files()
    host.apply(policy(PEER_HTTP))
    broken = host.file("/etc/firewalld/zones/public.xml")
    broken.write_text('<?xml version="1.0" encoding="utf-8"?>\n<zone><service name="nowhere"/></zone>\n', encoding="utf-8")
    firewalld.restart()
    with pytest.raises(PolicyFailed, match="firewalld is in state FAILED"):
        host.apply(policy(PEER_HTTP))
    assert host.apply(None)["changed"]
    assert not host.apply(None)["changed"]
    broken.unlink()
    firewalld.restart()
    assert (firewalld.runtime(), firewalld.files()) == (runtime, files)
