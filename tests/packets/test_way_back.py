# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that others hold, and no tool that fails for a while, keeps a host from taking back what nobody confirmed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import typing as t

import pytest
from firewall_host import FirewallHost, PolicyFailed
from firewalls import FIREWALLS
from policies import PUBLISHED_HTTP, policy, rule
from test_watchdog import ARMED, FIRST, LONG, NEW, OLD, expire, state

RECORD = "/run/federated_connectivity.record"
UFW_LOCK = "/run/ufw.lock"
NOBODY = "nobody"
# Holds a lock until it is killed: its path, by which call, and how it is opened.
HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], sys.argv[2])
getattr(fcntl, sys.argv[3])(file, fcntl.LOCK_SH if sys.argv[2] == "r" else fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def held(host: FirewallHost, path: str, call: str, user: str = "root") -> t.Iterator[int]:
    """Let a process of the host hold a lock; its number."""
    reading = "r" if user == NOBODY else "a"
    command = ["setpriv", f"--reuid={user}", "--clear-groups", "python3", "-c", HOLD, path, reading, call]
    process = subprocess.Popen([*host.enter(), *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    holder = host.run(["pgrep", "-x", "-f", "python3 -c.*import fcntl, sys, time.*"]).stdout.strip()
    try:
        yield int(holder)
    finally:
        host.run(["kill", "-KILL", holder])
        process.wait()
        process.stdout.close()


def until_record(host: FirewallHost, outcome: str) -> dict[str, t.Any]:
    """Wait for a watchdog to end a trial so."""
    end = time.monotonic() + 90
    while True:
        record = json.loads(host.file(RECORD).read_text()) if host.file(RECORD).exists() else {}
        if record.get("outcome") == outcome:
            return t.cast("dict[str, t.Any]", record)
        assert time.monotonic() < end, record
        time.sleep(0.1)


@pytest.mark.parametrize("user", [NOBODY, pytest.param("root", marks=pytest.mark.whole)])
def test_ufws_lock_stops_no_way_back(host: FirewallHost, user: str) -> None:
    FIREWALLS["ufw"](host)
    old = state(host)
    host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    host.file(UFW_LOCK).chmod(0o644)  # as ufw itself makes it
    with held(host, UFW_LOCK, "lockf", user) as holder:
        expire(host)
        record = until_record(host, "restored")
    assert state(host) == old
    assert f"{UFW_LOCK} was held by process {holder} (python3) of the user {user}" in " ".join(record["messages"])


def test_a_change_names_who_holds_ufws_lock_and_touches_nothing(host: FirewallHost) -> None:
    FIREWALLS["ufw"](host)
    old = state(host)
    words = r"held for 10 seconds by process {} \(python3\) of the user nobody; .* otherwise end it"
    with held(host, UFW_LOCK, "lockf", NOBODY) as holder, pytest.raises(PolicyFailed, match=words.format(holder)):
        host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    assert (state(host), host.file(ARMED).exists()) == (old, False)
    host.apply(NEW, ssh=FIRST)
    assert host.file(UFW_LOCK).stat().st_mode & 0o777 == 0o600
    host.run(["ufw", "allow", "6000/tcp"])  # ufw itself can still use it
    refused = ["setpriv", "--reuid=nobody", "--clear-groups", "python3", "-c", HOLD, UFW_LOCK, "r", "lockf"]
    assert "PermissionError" in host.run(refused, check=False).stderr


def test_the_lock_of_iptables_stops_no_way_back_and_a_change_names_who_holds_it(host: FirewallHost) -> None:
    for tool in ("iptables", "ip6tables"):
        host.run(["update-alternatives", "--set", tool, f"/usr/sbin/{tool}-legacy"])
    FIREWALLS["ufw"](host)
    files = state(host)[0]
    host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    with held(host, "/run/xtables.lock", "flock") as holder:
        expire(host)
        record = until_record(host, "restored")
        assert f"/run/xtables.lock was held by process {holder} (python3) of the user root" in " ".join(record["messages"])
        assert state(host)[0] == files
        assert "9000" not in host.run(["iptables-legacy-save", "-t", "filter"]).stdout
        with pytest.raises(PolicyFailed, match=rf"/run/xtables.lock has been held for 10 seconds by process {holder} "):
            host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    assert (state(host)[0], host.file(ARMED).exists()) == (files, False)


@pytest.mark.parametrize("backend", ["nftables", *(pytest.param(backend, marks=pytest.mark.whole) for backend in ("ufw", "firewalld"))])
def test_without_systemd_the_watchdog_tries_until_it_has_restored_everything(host: FirewallHost, backend: str) -> None:
    FIREWALLS[backend](host)
    old = state(host)
    host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)
    nft = host.file("/usr/sbin/nft")
    nft.rename(nft.with_name("nft.away"))  # as while its package is upgraded
    expire(host)
    record = until_record(host, "failed")
    assert "nft is not installed on this host" in " ".join(record["messages"])
    assert host.file("/etc/federated_connectivity/ruleset.nft").exists() is False  # what can be restored is
    nft.with_name("nft.away").rename(nft)
    until_record(host, "restored")
    assert (state(host), host.file(ARMED).exists()) == (old, False)


def test_a_process_that_keeps_our_own_lock_stops_no_way_back(host: FirewallHost) -> None:
    host.apply(OLD, ssh=FIRST)
    old = state(host)
    trial = host.apply(NEW, ssh=FIRST, confirm_timeout=LONG)["on_trial"]
    with held(host, "/run/federated_connectivity.lock", "flock") as holder:
        expire(host)
        record = until_record(host, "restored")
        assert f"/run/federated_connectivity.lock was held by process {holder} (python3) of the user root" in record["messages"]
    assert state(host) == old
    with pytest.raises(PolicyFailed, match="nobody confirmed it within"):
        host.confirm(trial["token"], FIRST.replace("40000", "40001"))


def test_an_exception_for_the_management_client_is_told_in_every_run_and_goes_with_a_rule_that_covers_it(host: FirewallHost) -> None:
    denied = policy(PUBLISHED_HTTP, ingress="deny")
    for _again in range(2):
        (warning,) = host.apply(denied, ssh=FIRST).warnings
        assert "no rule of the plan admits the management connection, 198.51.100.66 to TCP port 22" in warning
        assert "add 198.51.100.66 or its network to connectivity_networks.management" in warning
    assert "ip saddr 198.51.100.66 tcp dport 22 accept" in host.ruleset()
    management = rule("baseline.host.management.ingress", "22", peers=["management"], closed_to_others=False)
    covered = policy(PUBLISHED_HTTP, management, ingress="deny", management=["198.51.100.64/28"])
    assert host.apply(covered, ssh=FIRST).warnings == []
    assert "saddr 198.51.100.66" not in host.ruleset()
