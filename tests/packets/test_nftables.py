# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nftables backend on a Debian host: packets of peers and strangers, and what it leaves alone."""

from __future__ import annotations

import socket
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from namespaces import both, outcomes
from policies import PEER_HTTP, policy, rule
from suites import suites

TABLE = "inet federated_connectivity"
RULESET = "/etc/federated_connectivity/ruleset.nft"
WANTS = "/etc/systemd/system/sysinit.target.wants/federated-connectivity.service"
ADMINISTRATORS = """table inet administrator {
    set friends { type ipv4_addr; elements = { 198.51.100.66 }; }
    chain input { type filter hook input priority filter; policy accept; ip saddr @friends tcp dport 7 accept comment "mine"; }
}"""

every_suite = suites("trixie")


@every_suite
def test_matrix_ports_are_for_their_peers_alone(net: Network, suite: str) -> None:
    host = net.host
    assert host.apply(
        policy(
            PEER_HTTP,
            rule("linksight.north.range.ingress", "9000-9002", "9010", peers=["partners", "partner2"]),
            rule("linksight.north.vpn.ingress", "51820", protocol="udp"),
            rule("linksight.north.old.ingress", "7000", peers=["partner_ipv4"]),
            rule("linksight.north.none.ingress", "7001", peers=["nobody"]),
            rule("linksight.north.all.ingress", "7002", peers=["any"]),
        )
    )["changed"]
    with host.listen("tcp", 22, 7000, 7001, 7002, 8443, 9000, 9002, 9003, 9010), host.listen("udp", 53, 8443, 51820):
        assert outcomes(net.partner, "tcp", host, 22, 8443, 9000, 9002, 9003, 9010) == both(*["open"] * 6)
        assert outcomes(net.partner, "tcp", host, 7000, 7001, 7002) == {
            "ipv4": ["open", "silent", "open"],
            "ipv6": ["silent", "silent", "open"],
        }
        assert outcomes(net.partner2, "tcp", host, 8443, 9001, 9010) == both("silent", "refused", "open")
        assert outcomes(net.stranger, "tcp", host, 22, 8443, 9001, 9002, 9003, 9010) == both(
            "open", "silent", "silent", "silent", "open", "silent"
        )
        assert outcomes(net.stranger, "tcp", host, 7000, 7001, 7002) == both("silent", "silent", "open")
        assert outcomes(net.partner, "udp", host, 53, 8443, 51820) == both("open", "open", "open")
        assert outcomes(net.stranger, "udp", host, 53, 8443, 51820) == both("open", "open", "silent")


@every_suite
def test_egress_is_refused_by_default_only_when_denied(net: Network, suite: str) -> None:
    host = net.host
    rules = (
        rule("linksight.north.peer_http.egress", "8443", direction="egress"),
        rule("linksight.north.vpn.egress", "51820", direction="egress", protocol="udp"),
    )
    with net.partner.listen("tcp", 443, 8443), net.partner.listen("udp", 53, 51820), net.stranger.listen("tcp", 8443), host.listen(
        "tcp", 22
    ):
        host.apply(policy(*rules))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("open", "open")
        host.apply(policy(*rules, egress="deny"))
        host.ip("neighbour flush all")
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
        assert outcomes(host, "udp", net.partner, 53, 51820) == both("rejected", "open")
        assert outcomes(host, "tcp", net.stranger, 8443) == both("rejected")
        assert outcomes(net.stranger, "tcp", host, 22) == both("open")
        assert outcomes(host, "tcp", host, 22) == both("open")
        host.apply(policy(*rules, ingress="deny", egress="deny"))
        assert outcomes(host, "tcp", net.partner, 443, 8443) == both("rejected", "open")
        assert outcomes(host, "udp", net.partner, 51820) == both("open")


@pytest.mark.every_run("ipv4")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_default_of_deny_keeps_the_live_management_connection(net: Network, family: str) -> None:
    host, controller = net.host, net.user
    ssh = f"{getattr(controller, family)} 50000 {getattr(host, family)} 22"
    with host.listen("tcp", 22, 80, 8443):
        session = controller.connect(getattr(host, family), 22)
        host.apply(policy(PEER_HTTP, ingress="deny", egress="deny"), ssh=ssh)
        host.ip("neighbour flush all")
        session.sendall(b"still here")
        assert session.recv(64) == b"still here"
        session.close()
        other = "ipv6" if family == "ipv4" else "ipv4"
        assert outcomes(controller, "tcp", host, 22, 80) == {family: ["open", "silent"], other: ["silent", "silent"]}
        assert outcomes(net.stranger, "tcp", host, 22) == both("silent")
        assert outcomes(net.partner, "tcp", host, 22, 8443) == both("silent", "open")
        assert outcomes(net.partner, "udp", host, 53) == both("silent")


def test_no_policy_closes_the_port_of_the_live_management_connection(net: Network) -> None:
    net.host.apply(policy(rule("baseline.host.management.ingress", "22")), ssh=f"{net.user.ipv4} 50000 {net.host.ipv4} 22")
    with net.host.listen("tcp", 22):
        assert [net.user.probe("tcp", net.host.ipv4, 22), net.stranger.probe("tcp", net.host.ipv4, 22)] == ["open", "silent"]


def test_two_controllers_make_the_same_rules(host: FirewallHost) -> None:
    management = rule("baseline.host.management.ingress", "22", peers=["partners", "partner2"], closed_to_others=False)
    host.apply(policy(PEER_HTTP, management, ingress="deny"), ssh="198.51.100.20 50000 198.51.100.10 22")
    assert not host.apply(policy(PEER_HTTP, management, ingress="deny"), ssh="2001:db8:1::21 50000 2001:db8:1::10 22")["changed"]
    host.apply(policy(PEER_HTTP), ssh="198.51.100.66 50000 198.51.100.10 22")
    assert not host.apply(policy(PEER_HTTP), ssh="198.51.100.67 50000 198.51.100.10 22")["changed"]


@every_suite
def test_a_second_run_changes_nothing(host: FirewallHost, suite: str) -> None:
    first = host.apply(policy(PEER_HTTP, egress="deny"))
    ruleset = host.ruleset()
    assert first.before == ""
    assert first.after.startswith(host.run(["nft", "-s", "list", "table", *TABLE.split()]).stdout)
    second = host.apply(policy(PEER_HTTP, egress="deny"))
    assert not second["changed"]
    assert second["changes"] == []
    assert host.ruleset() == ruleset


def test_check_mode_says_what_would_change_and_changes_nothing(host: FirewallHost) -> None:
    foreseen = host.apply(policy(PEER_HTTP), check=True)
    assert foreseen["changed"]
    assert host.ruleset() == ""
    assert not host.file(RULESET).exists()
    assert host.apply(policy(PEER_HTTP)).after == foreseen.after
    assert not host.apply(policy(PEER_HTTP), check=True)["changed"]


def test_rules_that_left_the_plan_go(net: Network) -> None:
    net.host.apply(policy(PEER_HTTP, rule("linksight.north.peer_grpc.ingress", "9090")))
    assert net.host.apply(policy(PEER_HTTP))["changed"]
    assert "peer_grpc" not in net.host.ruleset() + net.host.file(RULESET).read_text()
    with net.host.listen("tcp", 8443, 9090):
        assert outcomes(net.stranger, "tcp", net.host, 8443, 9090) == both("silent", "open")


def test_removal_leaves_the_host_as_it_was(host: FirewallHost) -> None:
    host.nft(ADMINISTRATORS)
    ruleset, files = host.ruleset(), _files(host)
    host.apply(policy(PEER_HTTP, rule("x.y.z.egress", "443", direction="egress", names=["localhost.example"]), ingress="deny"))
    assert host.ruleset() != ruleset
    assert _files(host) != files
    assert host.apply(None)["changed"]
    assert host.ruleset() == ruleset
    assert _files(host) == files
    assert not host.apply(None)["changed"]


def test_foreign_tables_stay_as_they_are(net: Network) -> None:
    host = net.host
    host.nft(ADMINISTRATORS)
    foreign = host.ruleset()
    host.apply(policy(PEER_HTTP))
    host.apply(policy(PEER_HTTP, ingress="deny"))
    ours = host.run(["nft", "-s", "list", "table", *TABLE.split()]).stdout
    assert host.ruleset().replace(ours, "") == foreign


def test_an_open_connection_survives(net: Network) -> None:
    with net.host.listen("tcp", 8443):
        connections = [net.partner.connect(address, 8443) for address in net.host.addresses]
        for peers in (["198.51.100.20/32", "2001:db8:1::20/128"], ["198.51.100.16/29", "2001:db8:1::/64"]):
            net.host.apply(policy(PEER_HTTP, ingress="deny", egress="deny", partners=peers))
            for connection in connections:
                connection.sendall(b"still here")
                assert connection.recv(64) == b"still here"
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_untracked_connection_survives_although_the_host_speaks_first(net: Network, family: socket.AddressFamily) -> None:
    """As an SSH session does, whose next word, the module's result, comes after the policy."""
    with net.host.open_socket(family, socket.SOCK_STREAM) as server:
        server.bind(("", 22))
        server.listen()
        with net.partner.connect(net.host.addresses[family == socket.AF_INET6], 22) as client, server.accept()[0] as connection:
            net.host.apply(policy(rule("baseline.host.management.ingress", "22"), ingress="deny", egress="deny"))
            connection.sendall(b"done")
            assert client.recv(64) == b"done"


@every_suite
def test_connections_that_the_host_has_opened_before_it_tracked_any_go_on(net: Network, suite: str) -> None:
    """No rule of the policy names them; a socket of IPv6 may hold one of IPv4."""
    host = net.host
    with net.stranger.listen("tcp", 443):
        connections = [host.connect(address, 443) for address in (*net.stranger.addresses, f"::ffff:{net.stranger.ipv4}")]
        host.apply(policy(ingress="deny", egress="deny"))
        for connection in connections:
            with connection:
                connection.sendall(b"still here")
                assert connection.recv(64) == b"still here"
        assert outcomes(host, "tcp", net.stranger, 443) == both("rejected")


def test_a_thousand_peers(net: Network) -> None:
    many = [f"203.0.{i >> 8}.{i & 255}" for i in range(1000)] + [f"2001:db8:2::{i:x}" for i in range(1000)]
    result = net.host.apply(policy(PEER_HTTP, partners=["198.51.100.20/32", "2001:db8:1::20/128", *many]))
    assert "partners (" in result["allowed"][0]
    assert not net.host.apply(policy(PEER_HTTP, partners=["198.51.100.20/32", "2001:db8:1::20/128", *reversed(many)]))["changed"]
    with net.host.listen("tcp", 8443):
        assert outcomes(net.partner, "tcp", net.host, 8443) == both("open")
        assert outcomes(net.stranger, "tcp", net.host, 8443) == both("silent")


DRIFTS = (
    "nft flush chain inet federated_connectivity input",
    "nft add element inet federated_connectivity partners_ipv4 { 198.51.100.66 }",
    "nft insert rule inet federated_connectivity input tcp dport 8443 accept",
    "nft add chain inet federated_connectivity more",
    "nft flush ruleset",
    f"echo 'table inet federated_connectivity {{}}' > {RULESET}",
    f"rm {RULESET}",
    f"rm {WANTS}",
    "rm /etc/federated_connectivity/emergency.ipv6",
    "rm /etc/federated_connectivity/load",
    "echo > /etc/systemd/system/federated-connectivity.service",
    "rm /etc/systemd/system/nftables.service.d/federated-connectivity.conf",
)


def test_drift_is_shown_and_mended(net: Network) -> None:
    host = net.host
    host.apply(policy(PEER_HTTP))
    sound, files = host.ruleset(), _files(host)
    for drift in DRIFTS:
        host.run(["sh", "-ec", drift])
        assert (host.ruleset(), _files(host)) != (sound, files), drift
        mended = host.apply(policy(PEER_HTTP))
        assert mended["changed"], drift
        assert mended.before != mended.after, drift
        assert (host.ruleset(), _files(host)) == (sound, files), drift
    assert not host.apply(policy(PEER_HTTP))["changed"]


@every_suite
def test_the_boot_file_restores_the_rules(host: FirewallHost, suite: str) -> None:
    host.apply(policy(PEER_HTTP, rule("x.y.z.ingress", "1-5", placement="published"), ingress="deny", egress="deny"))
    ruleset = host.ruleset()
    host.run(["nft", "flush", "ruleset"])
    host.run(["nft", "-f", RULESET])
    host.run(["nft", "-f", RULESET])
    assert host.ruleset() == ruleset
    unit = host.file(WANTS).parent.parent.joinpath("federated-connectivity.service").read_text()
    host.run(["nft", "flush", "ruleset"])
    host.run(unit.partition("ExecStart=")[2].splitlines()[0].split())
    assert host.ruleset() == ruleset


def test_a_failure_takes_everything_back(host: FirewallHost) -> None:
    host.apply(policy(PEER_HTTP))
    ruleset, files = host.ruleset(), _files(host)
    directory = "/etc/systemd/system/nftables.service.d"
    host.run(["sh", "-ec", f"mv {directory} {directory}.away; touch {directory}"])
    with pytest.raises(PolicyFailed, match=r"nftables table inet federated_connectivity is as it was before"):
        host.apply(policy(PEER_HTTP, ingress="deny"))
    host.run(["sh", "-ec", f"rm {directory}; mv {directory}.away {directory}"])
    assert host.ruleset() == ruleset
    assert _files(host) == files


def test_another_table_that_refuses_is_named(host: FirewallHost) -> None:
    host.nft("table inet corporate { chain arriving { type filter hook input priority filter; policy drop; }; }")
    assert any("inet corporate arriving" in warning for warning in host.apply(policy(PEER_HTTP)).warnings)


def test_everything_wrong_with_a_policy_is_said_before_anything_is_touched(host: FirewallHost) -> None:
    with pytest.raises(PolicyFailed) as failure:
        host.apply(
            policy(rule("a.b.c.ingress", "0"), rule("d.e.f.ingress", "80", protocol="igmp"), rule("g.h.i.egress", "80", peers=["unknown"]))
        )
    assert [line.split(":")[0] for line in str(failure.value).splitlines()] == [
        "rule a.b.c.ingress",
        "rule d.e.f.ingress",
        "rule g.h.i.egress",
    ]
    assert host.ruleset() == ""


def _files(host: FirewallHost) -> dict[str, t.Any]:
    """Every path below the places we write to: its type and mode, and what is in it."""
    listing = host.run(
        ["find", "/etc/systemd", "/etc/federated_connectivity", "/var/lib", "-printf", "%p %y %m %U %l\n"], check=False
    ).stdout
    contents = {
        path: host.file(path).read_text() for path in (RULESET, WANTS.replace("sysinit.target.wants/", "")) if host.file(path).is_file()
    }
    return {"listing": sorted(listing.splitlines()), **contents}
