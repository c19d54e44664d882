# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ufw backend on a Debian host with the real ufw: packets of peers and strangers, and an administrator's own rules."""

from __future__ import annotations

import concurrent.futures
import re
import socket
import threading
import typing as t

import pytest
from firewall_host import FirewallHost, PolicyFailed
from namespaces import Namespace, probe_all
from suites import suites

FILES = ("/etc/ufw/user.rules", "/etc/ufw/user6.rules")
TUPLE = b"\n### tuple ### "
OURS = b"federated.connectivity ".hex().encode()
MARK = "# federated.connectivity "
PEER_HTTP = "linksight.north.peer_http.ingress"
MATRIX = ("8443", "9000-9002")

every_suite = suites("bookworm")


def policy(*more: dict[str, t.Any], ingress: str = "unchanged", egress: str = "unchanged", peers: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """A published service for the partner (or ``peers``) on MATRIX, and the rules in ``more``."""
    return {
        "host": "host",
        "defaults": {"ingress": ingress, "egress": egress},
        "address_sets": {
            "partners": list(peers) or ["198.51.100.20", "2001:db8:1::20"],
            "partner2": ["198.51.100.21", "2001:db8:1::21"],
        },
        "rules": [rule(PEER_HTTP, "ingress", "tcp", MATRIX, "partners", placement="published"), *more],
    }


def rule(name: str, direction: str, protocol: str, ports: t.Sequence[str], peers: str, placement: str = "host") -> dict[str, t.Any]:
    return {
        "id": name,
        "direction": direction,
        "protocol": protocol,
        "ports": list(ports),
        "peers": {"address_sets": [peers], "names": []},
        "placement": placement,
        "closed_to_others": direction == "ingress",
    }


@pytest.fixture
def ufw(host: FirewallHost) -> FirewallHost:
    """The host with ufw active; its administrator lets anybody in on 22 and 5000."""
    administer(host, "allow 22/tcp", "allow 5000/tcp comment 'mine'")
    host.run(["ufw", "--force", "enable"])
    return host


def administer(host: FirewallHost, *commands: str) -> None:
    host.run(["sh", "-ec", "\n".join("ufw %s" % command for command in commands)])


def contents(host: FirewallHost) -> list[bytes]:
    return [host.file(path).read_bytes() for path in FILES]


def loaded(host: FirewallHost, part: str = "") -> list[str]:
    """The filter tables as the kernel has them, or the lines that hold ``part``."""
    saved = host.run(["sh", "-ec", "iptables-save -t filter; ip6tables-save -t filter"]).stdout
    return [line for line in saved.splitlines() if line.startswith("-") and part in line]


def status(host: FirewallHost) -> list[str]:
    """The rules of ``ufw status numbered``, in order: ports and comment."""
    lines = host.run(["ufw", "status", "numbered"]).stdout.splitlines()
    return [" ".join(line.split("]", 1)[1].split()) for line in lines if line.startswith("[")]


def seen(target: Namespace, *asks: tuple[Namespace, str, int]) -> list[str]:
    """What (from, protocol, port) each comes to, all asked at once: one word where it is the same on both families."""
    found = iter(probe_all(*((source, protocol, address, port) for source, protocol, port in asks for address in target.addresses)))
    return ["/".join(dict.fromkeys(families)) for families in zip(found, found)]


@pytest.mark.every_run("bookworm-deny")
@pytest.mark.parametrize(
    ("suite", "default"),
    [
        pytest.param("bookworm", "deny", marks=pytest.mark.suite("bookworm")),
        pytest.param("trixie", "allow", marks=pytest.mark.suite("trixie")),
    ],
)
def test_a_matrix_port_is_for_its_peers_alone(
    ufw: FirewallHost, partner: Namespace, partner2: Namespace, stranger: Namespace, suite: str, default: str
) -> None:
    administer(ufw, f"default {default} incoming", "allow 8443/tcp")
    others = [(stranger, "tcp", 22), (stranger, "tcp", 5000), (stranger, "tcp", 6000), (stranger, "udp", 8443), (stranger, "tcp", 9100)]
    peers = [(partner, "tcp", 8443), (partner, "tcp", 9002), (partner2, "udp", 53)]
    strangers = [(stranger, "tcp", 8443), (stranger, "tcp", 9002), (partner, "udp", 53)]
    with ufw.listen("tcp", 22, 5000, 6000, 8443, 9002), ufw.listen("udp", 53, 8443):
        before = seen(ufw, *others)
        assert before == {"deny": ["open", "open", *["silent"] * 3], "allow": [*["open"] * 4, "refused"]}[default]
        applied = ufw.apply(policy(rule("linksight.north.dns.ingress", "ingress", "udp", ["53"], "partner2")))
        assert (applied["changed"], applied["backend"]) == (True, "ufw")
        assert seen(ufw, *peers, *strangers, *others) == [*["open"] * 3, *["silent"] * 3, *before]
        ufw.nft("delete table inet federated_connectivity")  # ufw alone does it, too
        assert seen(ufw, *strangers) == ["silent"] * 3


@every_suite
def test_the_administrators_rules_stay_as_they_are(ufw: FirewallHost, suite: str) -> None:
    administer(
        ufw,
        "allow proto tcp from 198.51.100.20 to any port 8443,9000:9002",
        "deny 8443,9000:9002/tcp",
        "limit log 2222/tcp comment 'the jump host'",
        "allow in on eth0 to any app OpenSSH",
        "route allow in on eth0 out on eth1",
        "deny out 25/tcp",
    )
    files, rules, kernel = contents(ufw), status(ufw), loaded(ufw)
    applied = ufw.apply(policy())
    assert [line for line in status(ufw) if MARK not in line] == rules
    assert [MARK in line for line in status(ufw)[:3]] == [True, True, False]
    assert set(re.findall("your rule '([^']*)'", str(applied["warnings"]))) == {
        "allow in from 198.51.100.20 to any port 8443,9000:9002 proto tcp",
        "deny in from any to any port 8443,9000:9002 proto tcp",
    }
    for before, after in zip(files, contents(ufw)):
        assert [block for block in after.split(TUPLE) if OURS not in block] == before.split(TUPLE)
    assert not ufw.apply(policy())["changed"]
    placed = status(ufw)
    administer(ufw, "delete allow proto tcp from 198.51.100.20 to any port 8443,9000:9002")
    assert status(ufw) == placed[1:]
    assert (ufw.apply(policy())["changed"], status(ufw)) == (True, placed)
    assert ufw.apply(None)["changed"]
    assert (contents(ufw), loaded(ufw)) == (files, kernel)
    assert not ufw.apply(None)["changed"]


@every_suite
def test_the_files_are_as_ufw_writes_them(ufw: FirewallHost, suite: str) -> None:
    many = [str(port) for port in range(7000, 7020)] + ["7100-7200"]
    ufw.apply(
        policy(
            rule("linksight.north.many.ingress", "ingress", "udp", many, "partner2"),
            rule("linksight.north.peer_http.egress", "egress", "tcp", MATRIX, "partners"),
            peers=["198.51.100.20", "198.51.100.64/26", "2001:db8:1::20", "2001:db8:2::/64", "::ffff:198.51.100.1"],
            ingress="deny",
            egress="deny",
        ),
        ssh="198.51.100.21 50000 198.51.100.10 22",
    )
    files = contents(ufw)
    administer(ufw, "logging low", "allow 1", "delete allow 1")
    assert contents(ufw) == files


def test_check_mode_touches_nothing_and_tells_all(ufw: FirewallHost) -> None:
    before = contents(ufw), loaded(ufw)
    checked = ufw.apply(policy(), check=True)
    assert (contents(ufw), loaded(ufw)) == before
    applied = ufw.apply(policy())
    assert (checked["changed"], checked.before, checked.after) == (True, applied.before, applied.after)
    assert f"allow in from 2001:db8:1::20 to any port 8443,9000:9002 proto tcp  {MARK}{PEER_HTTP}" in applied.after
    assert "warnings" not in applied
    assert not ufw.apply(policy(), check=True)["changed"]


def test_denied_egress(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    administer(ufw, "allow out 123/udp")
    with partner.listen("tcp", 8443, 9443), stranger.listen("tcp", 8443), stranger.listen("udp", 123), ufw.listen("tcp", 8443):
        egress = rule("linksight.north.peer_http.egress", "egress", "tcp", ["8443"], "partners")
        ufw.apply(policy(egress))
        assert seen_from_host(ufw, partner, stranger) == ["open"] * 4
        ufw.apply(policy(egress, egress="deny"))
        ufw.ip("neighbour flush dev eth0")
        assert seen_from_host(ufw, partner, stranger) == ["open", "silent", "silent", "open"]
        assert seen(ufw, (partner, "tcp", 8443)) == ["open"]
        ufw.apply(policy(egress))
        assert seen_from_host(ufw, partner, stranger) == ["open"] * 4


def seen_from_host(host: FirewallHost, partner: Namespace, stranger: Namespace) -> list[str]:
    return [
        *seen(partner, (host, "tcp", 8443), (host, "tcp", 9443)),
        *seen(stranger, (host, "tcp", 8443), (host, "udp", 123)),
    ]


def test_denied_ingress_keeps_the_management_connection(ufw: FirewallHost, partner2: Namespace, stranger: Namespace) -> None:
    administer(ufw, "default allow incoming", "deny 22/tcp")
    with ufw.listen("tcp", 22, 5000, 6000):
        for number, client in enumerate(partner2.addresses):
            applied = ufw.apply(policy(ingress="deny"), ssh=f"{client} 50000 {ufw.addresses[number]} 22")
            assert partner2.probe("tcp", ufw.addresses[number], 22) == "open"
        assert seen(ufw, (stranger, "tcp", 22), (stranger, "tcp", 5000), (stranger, "tcp", 6000)) == ["silent", "open", "silent"]
    assert "ufw: your rule 'allow in from any to any port 5000 proto tcp  # mine' stands before the default deny ingress" in str(applied)


def test_kept_by_ufws_own_commands_and_the_next_boot(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    ufw.apply(policy(egress="deny"))
    before = contents(ufw), loaded(ufw, "-user-")
    for commands in ("ufw reload", "ufw disable\nufw --force enable", "/lib/ufw/ufw-init force-stop\n/lib/ufw/ufw-init start"):
        ufw.run(["sh", "-ec", commands])
        assert (commands, contents(ufw), loaded(ufw, "-user-")) == (commands, *before)
    assert not ufw.apply(policy(egress="deny"))["changed"]
    with ufw.listen("tcp", 8443):
        assert seen(ufw, (partner, "tcp", 8443), (stranger, "tcp", 8443)) == ["open", "silent"]


def test_a_rule_added_later_behind_the_denied_default_is_put_before_it(ufw: FirewallHost, stranger: Namespace) -> None:
    ufw.apply(policy(ingress="deny"))
    administer(ufw, "allow 6000/tcp", "insert 1 allow 8443/tcp")
    with ufw.listen("tcp", 6000, 8443):
        assert seen(ufw, (stranger, "tcp", 6000), (stranger, "tcp", 8443)) == ["silent", "silent"]
        assert ufw.apply(policy(ingress="deny"))["changed"]
        assert seen(ufw, (stranger, "tcp", 6000), (stranger, "tcp", 8443)) == ["open", "silent"]


def test_drift_is_shown_and_mended(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    ufw.apply(policy())
    in_force = loaded(ufw)
    with ufw.listen("tcp", 8443):
        for damage in (
            "iptables -F ufw-user-input",
            "ip6tables -D ufw6-user-input 1",
            "sed -i s/8443,/8444,/ /etc/ufw/user6.rules; ip6tables-restore -n /etc/ufw/user6.rules",
            "ufw delete 1 <<< y",
        ):
            ufw.run(["bash", "-ec", damage])
            mended = ufw.apply(policy())
            assert (damage, mended["changed"], loaded(ufw)) == (damage, True, in_force)
        assert not ufw.apply(policy())["changed"]
        assert seen(ufw, (partner, "tcp", 8443), (stranger, "tcp", 8443)) == ["open", "silent"]


BANNED = "-A ufw-user-input -s 198.51.100.66/32 -j DROP"
HOLE = "-A ufw-user-input -p tcp -m tcp --dport 8443 -j ACCEPT"
BEHIND = "-A ufw-user-input -s 203.0.113.0/24 -j ACCEPT"


def test_rules_that_others_have_in_ufws_chains_alone_keep_their_place(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    """Through runs, changes and removal; what they accept at a closed port is named, and stays refused."""
    for line, place in ((BANNED, "-I"), (HOLE, "-I"), (BEHIND, "-A")):
        ufw.run(["sh", "-ec", f"iptables {place} {line[3:]}"])
    theirs = loaded(ufw)
    with ufw.listen("tcp", 22, 8443):
        for declared in (policy(), policy(), policy(rule("a.b.c.ingress", "ingress", "tcp", ["9443"], "partner2")), None, policy()):
            outcome = ufw.apply(declared)
            found = [line for line in loaded(ufw) if line in (BANNED, HOLE, BEHIND)]
            assert found == [HOLE, BANNED, BEHIND]
            assert ufw.run(["sh", "-c", "iptables-save | grep '^-A ufw-user-input'"]).stdout.startswith(f"{HOLE}\n{BANNED}\n")
            if declared is None:
                assert loaded(ufw) == theirs
                continue
            assert any(f"'{HOLE}' accepts others than the peers of" in words for words in outcome.warnings)
            assert seen(ufw, (stranger, "tcp", 22), (stranger, "tcp", 8443)) == ["silent/open", "silent"]
            assert seen(ufw, (partner, "tcp", 8443)) == ["open"]


def test_nothing_opens_or_closes_while_applying(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    """New connections all the while: of the partner every one arrives, of the stranger none; OUTPUT stays shut."""
    administer(ufw, "default deny outgoing", "allow 9000/udp")
    service = rule("linksight.north.udp.ingress", "ingress", "udp", ["9000"], "partners")
    ufw.apply(policy(service))
    stop = threading.Event()

    def send(receiver: socket.socket) -> list[bytes]:
        arrived = []
        while not stop.is_set() and len(arrived) < 5000:
            for member in (stranger, partner):
                with member.open_socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
                    sender.sendto(member.name.encode(), (ufw.ipv6, 9000))
            arrived.append(receiver.recv(64))
        return arrived

    def sample() -> list[str]:
        samples: list[str] = []
        while not stop.is_set() and len(samples) < 1000:
            samples += ufw.run(["sh", "-ec", "iptables -S OUTPUT | head -1; ip6tables -S OUTPUT | head -1"]).stdout.splitlines()
        return samples

    with ufw.open_socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver, concurrent.futures.ThreadPoolExecutor() as pool:
        receiver.bind(("::", 9000))
        receiver.settimeout(60)
        sending, sampling = pool.submit(send, receiver), pool.submit(sample)
        try:
            for count in (1, 2, 3, 4):
                peers = ["198.51.100.20", *(f"2001:db8:1::{0x20 + 2 * number:x}" for number in range(count))]
                assert ufw.apply(policy(service, peers=peers, egress="deny" if count % 2 else "unchanged"))["changed"]
        finally:
            stop.set()
        arrived, samples = sending.result(), sampling.result()
    assert (len(arrived) > 20, set(arrived)) == (True, {b"partner"})
    assert (len(samples) > 20, set(samples)) == (True, {"-P OUTPUT DROP"})


def test_an_established_connection_survives(ufw: FirewallHost, partner: Namespace) -> None:
    with ufw.listen("tcp", 8443):
        ufw.apply(policy())
        with partner.connect(ufw.ipv4, 8443) as ipv4, partner.connect(ufw.ipv6, 8443) as ipv6:
            for step in (policy(egress="deny", ingress="deny"), policy(peers=["198.51.100.21", "2001:db8:1::21"]), None):
                ufw.apply(step)
                for connection in (ipv4, ipv6):
                    connection.sendall(b"still here")
                    assert connection.recv(64) == b"still here"


def test_two_hundred_peers(ufw: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    peers = [f"203.0.113.{2 * number + 1}" for number in range(100)] + [f"2001:db8:3::{2 * number + 1:x}" for number in range(100)]
    ufw.apply(policy(peers=[*peers, *partner.addresses]))
    assert sum(MARK + PEER_HTTP in line for line in status(ufw)) == 204
    with ufw.listen("tcp", 8443):
        assert seen(ufw, (partner, "tcp", 8443), (stranger, "tcp", 8443)) == ["open", "silent"]
    assert not ufw.apply(policy(peers=[*peers, *partner.addresses]))["changed"]


def test_a_failure_half_way_restores_files_and_chains(ufw: FirewallHost) -> None:
    """ip6tables-restore takes the text in the check, and fails when it is to load it for the first time."""
    ufw.run(["iptables", "-A", "ufw-user-input", "-p", "esp", "-j", "ACCEPT"])
    before = contents(ufw), loaded(ufw)
    wrapper = ufw.file("/usr/local/sbin/ip6tables-restore")
    once = 'case "$*" in *--test*|"-w 5 -n") ;; *) mkdir /run/failed 2>/dev/null && exit 4;; esac'
    wrapper.write_text(f'#!/bin/sh\n{once}\nexec /usr/sbin/ip6tables-restore "$@"\n')
    wrapper.chmod(0o755)
    with pytest.raises(PolicyFailed, match="ip6tables-restore"):
        ufw.apply(policy())
    assert (contents(ufw), loaded(ufw)) == before


def test_an_inactive_ufw_is_not_enabled_by_us(host: FirewallHost) -> None:
    before = contents(host), loaded(host)
    with pytest.raises(PolicyFailed, match="backend ufw is asked for, but it does not run"):
        host.apply(policy(), backend="ufw")
    assert (contents(host), loaded(host)) == before


def test_without_ipv6_in_ufw_nobody_comes_in_by_ipv6(ufw: FirewallHost, partner: Namespace) -> None:
    defaults = ufw.file("/etc/default/ufw")
    defaults.write_text(defaults.read_text().replace("IPV6=yes", "IPV6=no"))
    with pytest.raises(PolicyFailed, match="'ufw reload'"):
        ufw.apply(policy())
    administer(ufw, "reload")
    assert f"{PEER_HTTP}: its IPv6 peers are not allowed" in str(ufw.apply(policy())["warnings"])
    with ufw.listen("tcp", 8443):
        assert seen(ufw, (partner, "tcp", 8443)) == ["open/silent"]
