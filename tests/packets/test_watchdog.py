# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not confirmed is taken back by the host itself: files and runtime, whatever became of those who changed it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalls import FIREWALLS
from namespaces import both, outcomes
from policies import PUBLISHED_HTTP, policy, rule
from waiting import until

FIRST = "198.51.100.66 40000 198.51.100.10 22"
SECOND = "198.51.100.66 40001 198.51.100.10 22"
ARMED = "/var/lib/federated_connectivity/unconfirmed/way_back.json"
DEADLINE = "/run/federated_connectivity.deadline"
LONG = 600  # seconds, in which nothing is over by itself
OLD = policy(PUBLISHED_HTTP, rule("linksight.north.old.ingress", "7000"))
NEW = policy(PUBLISHED_HTTP, rule("linksight.north.new.ingress", "9000", peers=["partner2"]), egress="deny")

every_backend = pytest.mark.parametrize("backend", list(FIREWALLS))


@pytest.fixture
def firewall(host: FirewallHost, backend: str) -> FirewallHost:
    """The host with an administrator's firewall running."""
    FIREWALLS[backend](host)
    return host


def state(host: FirewallHost) -> tuple[dict[str, t.Any], list[str]]:
    """Every file below /etc and our own state, with mode, owner and content; and everything that is in force."""
    files: dict[str, t.Any] = {}
    for root in ("/etc", "/var/lib/federated_connectivity"):
        for path in sorted(host.file(root).rglob("*")):
            status = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
            files[str(path.relative_to(host.file("/")))] = (status.st_mode, status.st_uid, content)
    chains = re.findall(r"(?ms)^\t(?:chain|set) .*?^\t}$", host.ruleset())
    return files, sorted(chains)  # firewalld makes its chains in any order


def until_settled(host: FirewallHost) -> None:
    until(lambda: not host.file(ARMED).exists(), "the watchdog did not end the trial")


def expire(host: FirewallHost) -> None:
    """Let the window to confirm be over now."""
    host.file(DEADLINE).write_text("1")


@pytest.mark.every_run("nftables", "firewalld")
@every_backend
@pytest.mark.parametrize("before", [pytest.param(None, marks=pytest.mark.whole), OLD], ids=["nothing", "a policy"])
def test_what_nobody_confirms_is_taken_back(net: Network, firewall: FirewallHost, backend: str, before: t.Any) -> None:
    if before:
        firewall.apply(before)
    old = state(firewall)
    with firewall.listen("tcp", 22, 9000):
        reachable = outcomes(net.partner2, "tcp", firewall, 22, 9000)
        firewall.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
        assert state(firewall) != old
        assert outcomes(net.partner2, "tcp", firewall, 9000) == both("open")
        expire(firewall)
        until_settled(firewall)
        assert state(firewall) == old
        assert outcomes(net.partner2, "tcp", firewall, 22, 9000) == reachable
        token = json.loads(firewall.file("/run/federated_connectivity.record").read_text())["token"]
        with pytest.raises(
            PolicyFailed, match=r"the change was not confirmed: nobody confirmed it within 600 seconds; .* is as it was before"
        ):
            firewall.confirm(token, SECOND)


@pytest.mark.every_run("nftables", "ufw")
@every_backend
def test_what_is_confirmed_stays_and_leaves_no_watchdog(firewall: FirewallHost, backend: str) -> None:
    firewall.apply(NEW, ssh=FIRST)
    wanted = state(firewall)
    firewall.apply(OLD, ssh=FIRST)
    trial = firewall.apply(NEW, ssh=FIRST, confirm_timeout=LONG)["on_trial"]
    for _again in range(2):
        assert firewall.confirm(trial["token"], SECOND)["outcome"] == "confirmed"
    assert state(firewall) == wanted
    again = firewall.apply(NEW, ssh=SECOND, confirm_timeout=LONG)
    assert (again["changed"], "on_trial" in again, firewall.file(ARMED).exists()) == (False, False, False)


@pytest.mark.parametrize("backend", ["ufw"])
def test_an_administrators_rule_that_cuts_new_sessions_already_is_named_first(firewall: FirewallHost, backend: str) -> None:
    firewall.run(["iptables", "-I", "INPUT", "-s", "198.51.100.64/26", "-p", "tcp", "--dport", "22", "-j", "DROP"])
    old = state(firewall)
    closed = rule("linksight.north.ssh.ingress", "22")
    with pytest.raises(PolicyFailed, match=r"cuts new management connections from 198\.51\.100\.66; remove it"):
        firewall.apply(policy(closed), ssh=FIRST, confirm_timeout=LONG)
    assert (state(firewall), firewall.file(ARMED).exists()) == (old, False)
    firewall.run(["iptables", "-I", "INPUT", "-s", "198.51.100.66", "-p", "tcp", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT"])
    assert firewall.apply(policy(closed), ssh=FIRST)["changed"]


@pytest.mark.parametrize("backend", ["nftables"])
def test_check_mode_arms_nothing(firewall: FirewallHost, backend: str) -> None:
    checked = firewall.apply(NEW, check=True, confirm_timeout=LONG)
    assert (checked["changed"], "on_trial" in checked, firewall.file(ARMED).exists()) == (True, False, False)


@pytest.mark.parametrize("backend", ["ufw"])
@pytest.mark.parametrize(("ssh", "words"), [(FIRST, "is the one that made the change"), (None, "a session without SSH_CONNECTION")])
def test_only_a_new_connection_confirms(firewall: FirewallHost, backend: str, ssh: str | None, words: str) -> None:
    old = state(firewall)
    trial = firewall.apply(NEW, ssh=FIRST, confirm_timeout=LONG)["on_trial"]
    with pytest.raises(PolicyFailed, match=words):
        firewall.confirm(trial["token"], ssh)
    assert state(firewall) == old


@pytest.mark.parametrize("backend", ["nftables"])
def test_a_tunnel_that_is_up_already_is_named_where_it_might_not_come_up_again(firewall: FirewallHost, backend: str) -> None:
    firewall.ip("tuntap add dev vpn0 mode tun", "address add 203.0.113.1/24 dev vpn0", "address add 2001:db8:9::1/64 dev vpn0 nodad")
    firewall.ip("tuntap add dev vpn1 mode tap", "address add 198.51.100.129/25 dev vpn1", "link set vpn0 up", "link set vpn1 up")
    denied = policy(PUBLISHED_HTTP, egress="deny")
    for client, carrier in (
        ("203.0.113.9", "the tunnel vpn0"),
        ("2001:db8:9::9", "the tunnel vpn0"),
        ("198.51.100.200", "the tunnel vpn1"),
    ):
        exception, warning = firewall.apply(denied, ssh=f"{client} 40000 {firewall.ipv4} 22", check=True).warnings
        assert f"admits the management connection, {client} to TCP port 22" in exception
        assert f"from {client} comes through {carrier}, which is up already" in warning
    _exception, warning = firewall.apply(denied, ssh="::1 40000 ::1 22", check=True).warnings
    assert "comes through something on this host itself" in warning
    assert [warning for warning in firewall.apply(denied, ssh=FIRST, check=True).warnings if "is up already" in warning] == []
    assert firewall.apply(policy(PUBLISHED_HTTP), ssh="203.0.113.9 40000 203.0.113.1 22", check=True).warnings == []


@pytest.mark.parametrize("backend", ["nftables"])
def test_what_was_reachable_must_stay_so(net: Network, firewall: FirewallHost, backend: str) -> None:
    egress = rule("linksight.north.peer_http.egress", "8443", direction="egress", peers=["partners", "partner2"])
    cut = "table inet administrator { chain output { type filter hook output priority 0; ip6 daddr 2001:db8:1::20 drop; }; }"
    old = state(firewall)
    with net.partner.listen("tcp", 8443):
        net.partner2.ip("link set eth0 down")  # a partner that is down fails nothing
        trial = firewall.apply(policy(egress, egress="deny"), ssh=FIRST, confirm_timeout=LONG)["on_trial"]
        firewall.confirm(trial["token"], SECOND)
        firewall.apply(None)
        trial = firewall.apply(policy(egress, egress="deny"), ssh=FIRST, confirm_timeout=LONG)["on_trial"]
        firewall.nft(cut)
        with pytest.raises(PolicyFailed, match=r"it cuts tcp 2001:db8:1::20 port 8443 \[linksight\.north\.peer_http\.egress\]"):
            firewall.confirm(trial["token"], SECOND)
    firewall.nft("delete table inet administrator")
    assert state(firewall) == old


@pytest.mark.every_run("nftables", "ufw")
@every_backend
def test_a_module_that_is_killed_after_it_changed_something_is_taken_back(firewall: FirewallHost, backend: str) -> None:
    old, in_force = state(firewall), firewall.ruleset()
    arguments = {"backend": backend, "policy": NEW, "confirm_timeout": LONG}
    module = subprocess.Popen([*firewall.enter(), "python3", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert module.stdin is not None
    module.stdin.write(firewall.payload(arguments))
    module.stdin.close()
    while not firewall.file(ARMED).exists():
        assert module.poll() is None
        time.sleep(0.01)
    while firewall.ruleset() == in_force and module.poll() is None:
        time.sleep(0.01)
    for process in firewall.run(["pgrep", "-x", "python3"]).stdout.split():
        command = firewall.run(["cat", f"/proc/{process}/cmdline"], check=False).stdout  # empty where it has ended meanwhile
        if command and "watchdog.pyz" not in command and "firewalld" not in command:
            firewall.run(["kill", f"-{signal.SIGKILL.value}", process], check=False)
    module.wait()
    expire(firewall)
    until_settled(firewall)
    assert state(firewall) == old


@pytest.mark.every_run("nftables", "firewalld")
@pytest.mark.parametrize(("backend", "boot"), [*((backend, "a boot") for backend in FIREWALLS), ("nftables", "a soft reboot")])
def test_a_reboot_in_the_window_takes_it_back_before_firewalls_are_loaded(firewall: FirewallHost, backend: str, boot: str) -> None:
    firewall.apply(OLD)
    old = state(firewall)
    firewall.file("/run/systemd/system").mkdir(parents=True)  # files as on a host that systemd boots
    tools = {tool: firewall.file(f"/usr/bin/{tool}") for tool in ("systemctl", "systemd-run")}
    for path in tools.values():
        path.unlink()
        path.write_text('#!/bin/sh\necho "$0 $*" >> /run/calls\n')
        path.chmod(0o755)
    firewall.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    assert "-p Restart=on-failure -p RestartSec=10 -p IgnoreOnIsolate=yes" in firewall.file("/run/calls").read_text()
    private = [path for place in ("/var/lib", "/etc") for path in firewall.file(f"{place}/federated_connectivity").rglob("*")]
    assert [str(path) for path in private if path.is_file() and path.stat().st_mode & 0o077] == []
    assert len(private) >= 4
    unit = firewall.file("/etc/systemd/system/federated-connectivity-unconfirmed.service").read_text()
    wants = firewall.file("/etc/systemd/system/sysinit.target.wants/federated-connectivity-unconfirmed.service")
    assert str(wants.readlink()) == "../federated-connectivity-unconfirmed.service"
    assert f"ConditionPathExists={ARMED}\n" in unit
    command = re.findall(r"(?m)^ExecStart=(.*)$", unit)[0].split()
    tools["systemctl"].write_text('#!/bin/sh\n[ "$1" != is-active ] || echo active\n')
    firewall.run(command)  # other services pull it in while the watchdog runs
    assert firewall.file(ARMED).exists()
    tools["systemctl"].write_text('#!/bin/sh\n[ "$1" != is-active ] || { echo inactive; exit 3; }\n')
    if boot == "a boot":
        firewall.file(DEADLINE).unlink()  # what a boot empties, and a soft reboot keeps
    said = firewall.run(command).stdout.splitlines()
    assert said[0] == "the host was rebooted before anybody confirmed it"
    assert state(firewall) == old


@pytest.mark.parametrize("backend", ["nftables"])
def test_the_next_run_waits_for_an_unconfirmed_one_and_takes_over_from_a_dead_watchdog(firewall: FirewallHost, backend: str) -> None:
    firewall.apply(OLD, ssh=FIRST, confirm_timeout=2)
    later = firewall.apply(NEW, ssh=FIRST, confirm_timeout=0)
    assert "nobody confirmed it within 2 seconds" in later.warnings[0]
    assert later["changed"]
    firewall.apply(OLD, ssh=FIRST, confirm_timeout=LONG)
    firewall.run(["pkill", "-f", "watchdog.pyz"])
    expire(firewall)
    with pytest.raises(PolicyFailed, match="run without check mode to take its changes back"):
        firewall.apply(NEW, ssh=FIRST, check=True)
    taken_over = firewall.apply(NEW, ssh=FIRST)
    assert "its watchdog was gone" in taken_over.warnings[0]
    assert taken_over["changed"] is False
