# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names with a real name service: what its answers open, on every backend, and what the refresher does on the host by itself."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalld_daemon import Firewalld
from name_server import NAME, NameServer
from namespaces import both, outcomes
from policies import PEER_HTTP, policy, rule
from waiting import until

UNIT = "/etc/systemd/system/federated-connectivity-names.service"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
MEMORY = "/var/lib/federated_connectivity/names.json"
DECLARED = policy(rule("x.y.registry.egress", "443", direction="egress", peers=[], names=[NAME]), egress="deny")
FILES = (
    "find /etc /var/lib /usr/local -path /var/lib/dpkg -prune -o -printf '%p %y %m %U %G %l\\n' | sort;"
    "find /etc /var/lib/federated_connectivity -type f -exec sha256sum {} + 2>/dev/null | sort"
)

every_backend = pytest.mark.parametrize("backend", ["nftables", "ufw", "firewalld"])


@pytest.fixture
def server(host: FirewallHost) -> NameServer:
    return NameServer(host)


def start(host: FirewallHost, backend: str) -> None:
    """Let the backend's firewall run as an administrator leaves it."""
    if backend == "firewalld":
        Firewalld(host)
    elif backend == "ufw":
        host.run(["sh", "-ec", "ufw allow 22/tcp; ufw --force enable"])


def refresh(host: FirewallHost, status: int = 0) -> str:
    """What the timer's service does; what it says to the journal."""
    (command,) = [line for line in host.file(UNIT).read_text().splitlines() if line.startswith("ExecStart=")]
    done = host.run(["setpriv", "--no-new-privs", *command.partition("=")[2].split()], check=False, JOURNAL_STREAM="8:1")
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout


def state(host: FirewallHost) -> tuple[str, str]:
    """Everything in the packet filter, and all files but for what is remembered."""
    files = host.run(["sh", "-c", FILES], check=False).stdout
    return host.ruleset(), "\n".join(line for line in files.splitlines() if MEMORY not in line)


@pytest.mark.every_run("ufw", "firewalld")
@every_backend
def test_new_answers_open_within_a_refresh_and_former_ones_stay(net: Network, server: NameServer, backend: str) -> None:
    host = net.host
    start(host, backend)
    server.answer()
    with net.partner.listen("tcp", 443), net.partner2.listen("tcp", 443), net.stranger.listen("tcp", 443):
        unknown = host.apply(DECLARED)
        assert any(f"{NAME} could not be looked up" in warning for warning in unknown.warnings)
        assert "open" not in str(outcomes(host, "tcp", net.partner, 443))

        server.answer(net.partner.ipv4, net.partner.ipv6)
        assert refresh(host) == f"<5>{NAME}: +198.51.100.20 +2001:db8:1::20\n"
        assert outcomes(host, "tcp", net.partner, 443) == both("open")
        assert "open" not in str(outcomes(host, "tcp", net.partner2, 443))

        with host.connect(net.partner.ipv4, 443) as connection:
            server.answer(net.partner2.ipv4, net.partner2.ipv6)
            told, in_force = refresh(host).splitlines()
            assert re.sub(TIME, "T", told) == f"<4>{NAME}: 2 new addresses: 198.51.100.21 since T, 2001:db8:1::21 since T"
            assert in_force == f"<5>{NAME}: +198.51.100.21 +2001:db8:1::21"
            connection.sendall(b"still here")
            assert connection.recv(64) == b"still here"
        assert outcomes(host, "tcp", net.partner, 443) == outcomes(host, "tcp", net.partner2, 443) == both("open")
        assert "open" not in str(outcomes(host, "tcp", net.stranger, 443))

        server.answer(net.partner.ipv4, net.partner2.ipv6)
        refreshed = state(host)
        assert refresh(host) == ""
        checked = host.apply(DECLARED, check=True)
        assert not checked["changed"]
        applied = host.apply(DECLARED)
        for run in (checked, applied):
            (warning,) = run.warnings
            assert f"{NAME}: 2 new addresses: 198.51.100.21 since T, 2001:db8:1::21 since T" in re.sub(TIME, "T", warning)
        assert host.apply(DECLARED).warnings == []
        assert (applied["changed"], applied["allowed"]) == (False, [f"egress tcp 443 to {NAME} (2 networks) [x.y.registry.egress]"])
        assert state(host) == refreshed


@pytest.mark.every_run("ufw")
@every_backend
def test_no_answer_and_hostile_ones_change_nothing_and_are_told(net: Network, server: NameServer, backend: str) -> None:
    host = net.host
    start(host, backend)
    server.answer(net.partner.ipv4, net.partner.ipv6)
    host.apply(DECLARED)
    good = state(host)
    server.stop()
    assert refresh(host) == (
        f"<4>{NAME} could not be looked up on this host; its last known addresses stay in force: 198.51.100.20, 2001:db8:1::20\n"
    )
    assert state(host) == good
    nobodys = {"127.0.0.1": "a loopback", "224.0.0.1": "a multicast", "169.254.169.254": "a cloud platform's metadata", "::1": "a loopback"}
    server.answer(*nobodys, "10.0.0.5", "fd00::5")
    told = refresh(host)
    for address, words in nobodys.items():
        assert f"<4>ignored {address} for {NAME}: it is {words} address\n" in told
    for address in ("10.0.0.5", "fd00::5"):
        assert f"<4>ignored {address} for {NAME}: it is a private address, which a public name must not resolve to (private_answers" in told
    assert state(host) == good
    with net.partner.listen("tcp", 443):
        assert outcomes(host, "tcp", net.partner, 443) == both("open")


@pytest.mark.every_run("nftables")
@every_backend
def test_a_flood_of_spoofed_answers_does_not_cut_the_partner_and_opens_little(net: Network, server: NameServer, backend: str) -> None:
    host = net.host
    start(host, backend)
    server.answer(net.partner.ipv4, net.partner.ipv6)
    host.apply(DECLARED)
    first = [f"192.0.2.{number}" for number in range(1, 20)] + [f"2001:db8:0:1::{number:x}" for number in range(1, 20)]
    server.answer(*first, net.stranger.ipv4, net.stranger.ipv6)
    told = refresh(host)
    assert f"<4>{NAME}: 32 new addresses: " in told
    assert f"<4>{NAME}: 8 more addresses of its answer open nothing; " in told
    for number in range(2):
        server.answer(*(f"203.0.113.{number}" for number in range(1 + 100 * number, 60 + 100 * number)))
        assert f"<4>{NAME}: 32 new addresses: " in refresh(host)
    with net.partner.listen("tcp", 443), net.partner2.listen("tcp", 443):
        assert outcomes(host, "tcp", net.partner, 443) == both("open")
        assert "open" not in str(outcomes(host, "tcp", net.partner2, 443))


@pytest.mark.every_run("ufw")
@every_backend
def test_an_answer_never_opens_metadata_or_addresses_behind_tunnels(net: Network, server: NameServer, backend: str) -> None:
    host = net.host
    start(host, backend)
    refused = [
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "198.18.0.1",
        "fd00:ec2::254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:5",
    ]
    net.stranger.ip(*(f"address add {address}/{128 if ':' in address else 32} dev eth0" for address in refused))
    host.ip(*(f"route add {address}/{128 if ':' in address else 32} dev eth0" for address in refused))
    with net.stranger.listen("tcp", 443), net.partner.listen("tcp", 443):
        unreachable = {address for address in refused if host.probe("tcp", address, 443) != "open"}
        assert unreachable == ({"2002:a9fe:a9fe::1"} if backend == "firewalld" else set())  # firewalld itself refuses it (RFC3964_IPv4)
        server.answer(net.partner.ipv4, net.partner.ipv6, *refused)
        told = host.apply(DECLARED).warnings
        assert [address for address in refused if not any(f"ignored {address} for {NAME}: " in line for line in told)] == []
        assert outcomes(host, "tcp", net.partner, 443) == both("open")
        assert "open" not in {host.probe("tcp", address, 443) for address in refused}
        host.apply(DECLARED, private_answers=[NAME, ".example.org"])
        metadata = [address for address in refused if address not in ("198.18.0.1", "64:ff9b:1::a00:5")]
        assert "open" not in {host.probe("tcp", address, 443) for address in metadata}
        assert host.probe("tcp", "198.18.0.1", 443) == "open"


@pytest.mark.every_run("firewalld")
@every_backend
def test_nothing_is_left_where_no_policy_with_names_is(host: FirewallHost, server: NameServer, backend: str) -> None:
    start(host, backend)
    server.answer("203.0.113.5")
    before = state(host)
    nameless = policy(PEER_HTTP)
    host.apply(nameless)
    without = state(host)
    assert host.apply(DECLARED)["changed"]
    assert "203.0.113.5" in host.file(MEMORY).read_text()
    host.apply(nameless)
    assert state(host) == without
    host.apply(DECLARED)
    host.apply(None)
    assert not host.file(MEMORY).exists()
    assert state(host)[1] == before[1]


def test_private_addresses_need_a_word_of_the_administrator(host: FirewallHost, server: NameServer) -> None:
    server.answer("10.0.0.5")
    closed = host.apply(DECLARED)
    assert closed["allowed"] == ["egress tcp 443 to nobody [x.y.registry.egress]"]
    opened = host.apply(DECLARED, private_answers=[".example.org"])
    assert opened["allowed"] == [f"egress tcp 443 to {NAME} (1 network) [x.y.registry.egress]"]
    server.answer("10.0.0.6")
    assert refresh(host).endswith(f"<5>{NAME}: +10.0.0.6\n")
    assert host.apply(DECLARED)["allowed"] == closed["allowed"]
    with pytest.raises(PolicyFailed, match=r"private_answers: 'registry example' is not a valid host name"):
        host.apply(DECLARED, private_answers=["registry example"])


def test_check_mode_is_truthful_and_can_look_at_the_host_alone(host: FirewallHost, server: NameServer) -> None:
    server.answer("203.0.113.5")
    host.apply(DECLARED)
    server.answer("203.0.113.6")
    rotated = state(host)
    assert host.apply(DECLARED, check=True)["changed"]
    in_force = host.apply(DECLARED, check=True, look_up_names=False)
    assert (in_force["changed"], in_force.warnings) == (False, [])
    assert state(host) == rotated
    host.nft("flush chain inet federated_connectivity output")
    assert host.apply(DECLARED, check=True, look_up_names=False)["changed"]


def test_the_refresher_mends_no_drift_and_says_why_it_fails(host: FirewallHost, server: NameServer) -> None:
    server.answer("203.0.113.5")
    host.apply(DECLARED)
    host.nft("flush chain inet federated_connectivity output")
    drifted = state(host)
    assert refresh(host) == ""
    assert state(host) == drifted
    host.apply(DECLARED)
    good = state(host)
    server.answer("203.0.113.6")
    memory = host.file(MEMORY).read_text()
    host.run(["mount", "--bind", "/bin/false", "/usr/sbin/nft"])
    assert "<3>" in refresh(host, status=1)
    host.run(["umount", "/usr/sbin/nft"])
    assert (state(host), host.file(MEMORY).read_text()) == (good, memory)
    assert "+203.0.113.6" in refresh(host)


def test_a_change_on_trial_is_left_alone_and_takes_the_names_back_with_it(host: FirewallHost, server: NameServer) -> None:
    server.answer("203.0.113.5")
    host.apply(DECLARED)
    good, memory = state(host), host.file(MEMORY).read_text()
    server.answer("203.0.113.6")
    token = host.apply(DECLARED, confirm_timeout=600)["on_trial"]["token"]
    trial = state(host)
    server.answer("203.0.113.7")
    assert refresh(host) == "<5>a change of this host waits to be confirmed; host names are looked up next time\n"
    assert state(host) == trial
    host.confirm(token)
    host.apply(None)
    server.answer("203.0.113.5")
    host.apply(DECLARED)
    assert state(host) == good
    host.apply(None, confirm_timeout=1)
    until(lambda: state(host) == good, "the watchdog did not take everything back")
    assert json.loads(host.file(MEMORY).read_text())["names"].keys() == json.loads(memory)["names"].keys()
    server.answer("203.0.113.6")
    assert refresh(host).endswith(f"<5>{NAME}: +203.0.113.6\n")


def test_the_live_management_connection_survives_a_refresh(net: Network, server: NameServer) -> None:
    server.answer("203.0.113.5")
    declared: dict[str, t.Any] = {**DECLARED, "defaults": {"ingress": "deny", "egress": "deny"}}
    session = f"{net.user.ipv4} 50000 {net.host.ipv4} 22"
    net.host.apply(declared, ssh=session)
    server.answer("203.0.113.6")
    assert "+203.0.113.6" in refresh(net.host)
    with net.host.listen("tcp", 22):
        assert net.user.probe("tcp", net.host.ipv4, 22) == "open"
        assert net.stranger.probe("tcp", net.host.ipv4, 22) == "silent"
    assert not net.host.apply(declared, ssh=session)["changed"]
