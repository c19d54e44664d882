# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewalld backend beside an administrator: what others own stays, drift is mended, what is in the way is named."""

from __future__ import annotations

import subprocess

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalld_daemon import Firewalld
from namespaces import both, outcomes
from policies import PEER_HTTP, PUBLISHED_HTTP, policy, rule
from suites import suites

EGRESS = rule("linksight.north.peer_http.egress", "8443", direction="egress")
DIRECT = ("--direct", "--add-rule", "ipv4", "filter", "INPUT", "0", "-p", "tcp", "--dport", "5005", "-j", "DROP")
UNFINISHED = """firewall-cmd --permanent --new-ipset=old --type=hash:ip
firewall-cmd --permanent --new-ipset=short --type=hash:ip --option=timeout=600
firewall-cmd --permanent --new-zone=old
firewall-cmd --reload
firewall-cmd --ipset=short --add-entry=198.51.100.66
firewall-cmd --permanent --delete-ipset=old
firewall-cmd --permanent --delete-zone=old
firewall-cmd --permanent --zone=public --set-target=DROP
firewall-cmd --permanent --new-zone=idle
firewall-cmd --permanent --new-zone=new
firewall-cmd --permanent --zone=new --add-source=203.0.113.0/24
firewall-cmd --permanent --new-policy=added"""
# Adds, and removes every other one, at runtime alone, until it is enough; then tells what it left in force.
BUSY = """
import itertools, os, dbus
from firewall.client import FirewallClient
client = FirewallClient()
def remove(method, *arguments):
    while True:
        try:
            return method(*arguments)
        except dbus.DBusException:  # firewalld begins again from its files and does not have it for a moment
            pass
for number in itertools.count(6000, 2):
    for port in (number, number + 1):
        client.addPort("public", str(port), "tcp")
        client.addEntry("friends", "2001:db8::%d" % port)
    remove(client.removePort, "public", str(number), "tcp")
    remove(client.removeEntry, "friends", "2001:db8::%d" % number)
    if os.path.exists("/run/enough"):
        break
print(*range(6001, number + 2, 2))
"""
every_suite = suites("bookworm")


@suites("trixie")
def test_what_others_own_stays_in_place(net: Network, firewalld: Firewalld, suite: str) -> None:
    host = net.host
    for permanent in (["--permanent"], []):
        firewalld.cmd(*permanent, "--add-service=http")
        firewalld.cmd(*permanent, "--add-rich-rule=rule family=ipv4 source address=198.51.100.30 port port=5001 protocol=tcp accept")
    firewalld.cmd("--permanent", "--new-policy=mine")
    firewalld.cmd("--permanent", "--policy=mine", "--add-ingress-zone=ANY")
    firewalld.cmd("--permanent", "--policy=mine", "--add-egress-zone=HOST")
    firewalld.cmd("--permanent", "--new-ipset=friends", "--type=hash:ip")
    firewalld.cmd("--reload")
    firewalld.cmd("--permanent", "--add-port=5004/tcp")
    firewalld.cmd("--add-port=5000/tcp")
    firewalld.cmd("--zone=trusted", "--add-source=198.51.100.21")
    firewalld.cmd("--policy=mine", "--add-port=5002/tcp")
    firewalld.cmd("--ipset=friends", "--add-entry=198.51.100.66")
    firewalld.cmd("--add-rich-rule=rule source ipset=friends port port=5003 protocol=tcp accept")
    if suite == "bookworm":  # firewalld 2 would need the ipset command
        firewalld.cmd(*DIRECT)
    host.run(["sh", "-ec", "iptables -N mine; iptables -A INPUT -j mine; iptables -A mine -p tcp --dport 5006 -j DROP"])
    host.run(["ip6tables", "-A", "INPUT", "-p", "tcp", "--dport", "5006", "-j", "DROP"])
    host.nft("table inet administrator { chain input { type filter hook input priority 0; tcp dport 5007 drop; }; }")
    runtime, files = firewalld.runtime(), firewalld.files()
    with host.listen("tcp", 80, *range(5000, 5005)):
        seen = outcomes(net.stranger, "tcp", host, 80, *range(5000, 5008))
        direct = "silent" if suite == "bookworm" else "rejected"
        assert seen["ipv4"] == ["open", "open", "rejected", "open", "open", "rejected", direct, "silent", "silent"]
        for egress in ("unchanged", "deny"):
            assert host.apply(policy(PEER_HTTP, egress=egress))["changed"]
            assert firewalld.runtime() == runtime
            assert {name: content for name, content in firewalld.files().items() if "fedconn" not in name} == files
            assert outcomes(net.stranger, "tcp", host, 80, *range(5000, 5008)) == seen
        assert host.apply(None)["changed"]
        assert firewalld.ours() == []
        assert (firewalld.runtime(), firewalld.files()) == (runtime, files)
        assert not host.apply(None)["changed"]


@every_suite
def test_what_others_change_while_it_reloads_stays_too(host: FirewallHost, firewalld: Firewalld, suite: str) -> None:
    firewalld.cmd("--permanent", "--new-ipset=friends", "--type=hash:ip", "--option=family=inet6")
    firewalld.cmd("--reload")
    with subprocess.Popen([*host.enter(), "python3", "-c", BUSY], stdout=subprocess.PIPE, text=True) as busy:
        for declared in (policy(PEER_HTTP), policy(PEER_HTTP, EGRESS), None):
            host.apply(declared)
        host.file("/run/enough").touch()
        numbers = busy.communicate()[0].split()
    assert len(numbers) > 3
    assert sorted(firewalld.cmd("--list-ports").split()) == [f"{number}/tcp" for number in numbers]
    assert sorted(firewalld.cmd("--ipset=friends", "--get-entries").split()) == [f"2001:db8::{number}" for number in numbers]


DRIFTS = (
    "firewall-cmd --ipset=fedconn4-partners --remove-entry=198.51.100.20",
    "firewall-cmd --ipset=fedconn4-partners --add-entry=198.51.100.66",
    "firewall-cmd --policy=fedconn-in --add-rich-rule='rule priority=-500 port port=8443 protocol=tcp accept'",
    "firewall-cmd --policy=fedconn-in --add-port=1-65535/tcp",
    "firewall-cmd --permanent --policy=fedconn-in --set-priority=100",
    "firewall-cmd --permanent --service=fedconn-linksight-north-peer_http-ingress --add-port=1/tcp; firewall-cmd --reload",
    "firewall-cmd --permanent --delete-policy=fedconn-in; firewall-cmd --reload",
    "rm /etc/firewalld/policies/fedconn-in.xml; firewall-cmd --reload",
    "echo '<!-- federated.connectivity -->' >> /etc/firewalld/ipsets/fedconn4-partners.xml",
)


def test_drift_is_shown_and_mended(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    declared = policy(PEER_HTTP, EGRESS)
    host.apply(declared)
    sound, files = firewalld.ours(), _ours(firewalld)
    for drift in DRIFTS:
        host.run(["sh", "-ec", drift])
        assert (firewalld.ours(), _ours(firewalld)) != (sound, files), drift
        mended = host.apply(declared)
        assert mended["changed"], drift
        assert mended.before != mended.after
        assert (firewalld.ours(), _ours(firewalld)) == (sound, files), drift
    assert not host.apply(declared)["changed"]


def _ours(firewalld: Firewalld) -> dict[str, bytes]:
    return {name: content for name, content in firewalld.files().items() if name.endswith(".xml") and "fedconn" in name}


def test_rules_lost_in_the_kernel_come_back(net: Network, firewalld: Firewalld) -> None:
    host = net.host
    host.apply(policy(PEER_HTTP))
    host.run(["nft", "flush", "ruleset"])
    with host.listen("tcp", 8443):
        assert outcomes(net.stranger, "tcp", host, 8443) == both("open")
        assert host.apply(policy(PEER_HTTP))["changed"]
        assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")


@every_suite
def test_a_failure_takes_everything_back(host: FirewallHost, firewalld: Firewalld, suite: str) -> None:
    firewalld.cmd("--add-port=5000/tcp")
    host.apply(policy(PUBLISHED_HTTP, EGRESS))
    firewalld.cmd("--ipset=fedconn4-partners", "--add-entry=198.51.100.30")
    directory = "/etc/systemd/system/nftables.service.d"
    host.run(["sh", "-ec", f"rm -rf {directory}; touch {directory}"])
    runtime, ours, files = firewalld.runtime(), firewalld.ours(), firewalld.files()
    for declared in (policy(PUBLISHED_HTTP, ingress="deny"), policy(PUBLISHED_HTTP, EGRESS, ingress="deny")):
        with pytest.raises(PolicyFailed, match=r"firewalld is as it was before"):
            host.apply(declared)
        assert (firewalld.runtime(), firewalld.ours(), firewalld.files()) == (runtime, ours, files)


def test_what_a_reload_would_lose_is_refused_before_anything_is_touched(host: FirewallHost, firewalld: Firewalld) -> None:
    host.run(["sh", "-ec", UNFINISHED])
    table, files = firewalld.table(), firewalld.files()
    with pytest.raises(PolicyFailed) as failure:
        host.apply(policy(PEER_HTTP))
    assert [line.split("; run")[0] for line in str(failure.value).splitlines()] == [
        "firewalld: zone old is in force, but has no file; a reload would drop it",
        "firewalld: zone public has target default in force, but DROP in its file; a reload would change it",
        "firewalld: zone new has a file, but is not in force; a reload would activate it",
        "firewalld: policy added has a file, but is not in force; a reload would activate it",
        "firewalld: ipset old is in force, but has no file; a reload would drop it",
        "firewalld: ipset short holds entries that expire; a reload would drop them",
    ]
    assert (firewalld.table(), firewalld.files()) == (table, files)
    firewalld.cmd("--reload")
    assert host.apply(policy(PEER_HTTP))["changed"]


@pytest.mark.suite("trixie")
def test_what_stands_in_the_way_is_named_before_anything_is_touched(host: FirewallHost, firewalld: Firewalld) -> None:
    zone, taken = host.file("/etc/firewalld/zones/broken.xml"), host.file("/etc/firewalld/policies/fedconn-in.xml")
    table, files = firewalld.table(), firewalld.files()
    for obstacle, words, mend in (
        (lambda: zone.write_text("<zone>"), "/etc/firewalld is broken, our files aside", zone.unlink),
        (lambda: taken.write_text("<policy/>"), "policies/fedconn-in.xml is not ours", taken.unlink),
        (lambda: firewalld.cmd("--panic-on"), "'firewall-cmd --panic-off' ends it", lambda: firewalld.cmd("--panic-off")),
    ):
        obstacle()
        with pytest.raises(PolicyFailed, match=words):
            host.apply(policy(PEER_HTTP))
        mend()
        assert (firewalld.table(), firewalld.files()) == (table, files)
    firewalld.stop()
    with pytest.raises(PolicyFailed, match="does not run on this host"):
        host.apply(policy(PEER_HTTP), backend="firewalld")
    zone.write_text("<zone>")
    firewalld.start()
    with pytest.raises(PolicyFailed, match="firewalld is in state FAILED"):
        host.apply(policy(PEER_HTTP))


@pytest.mark.suite("trixie")
@pytest.mark.parametrize("options", [[], ["--permanent"]])
def test_direct_rules_without_the_command_they_need(host: FirewallHost, firewalld: Firewalld, options: list[str]) -> None:
    firewalld.cmd(*options, *DIRECT)
    with pytest.raises(PolicyFailed, match="apt-get install ipset"):
        host.apply(policy(PEER_HTTP))


def test_what_is_left_of_a_stopped_firewalld_goes(host: FirewallHost, firewalld: Firewalld) -> None:
    files = firewalld.files()
    host.apply(policy(PEER_HTTP))
    firewalld.stop()
    assert host.apply(None)["changed"]
    assert firewalld.files() == files
    assert not host.apply(None)["changed"]


def test_another_policy_at_the_very_front_is_named(host: FirewallHost, firewalld: Firewalld) -> None:
    firewalld.cmd("--permanent", "--new-policy=first")
    firewalld.cmd("--permanent", "--policy=first", "--set-priority=-32768")
    firewalld.cmd("--reload")
    assert any("your policy first has" in warning for warning in host.apply(policy(PEER_HTTP)).warnings)


@every_suite
def test_a_docker_that_loses_rules_by_a_reload_is_named_when_one_is_due(host: FirewallHost, firewalld: Firewalld, suite: str) -> None:
    docker = host.file("/usr/local/bin/docker")  # answers as the client of a running daemon does
    docker.write_text("#!/bin/sh\necho 28.3.1\n", encoding="ascii")
    docker.chmod(0o755)
    for check in (True, False):
        assert any("CVE-2025-54388" in warning for warning in host.apply(policy(PEER_HTTP), check=check).warnings)
    assert not any("CVE" in warning for warning in host.apply(policy(PEER_HTTP)).warnings)
    docker.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    assert not any("CVE" in warning for warning in host.apply(None).warnings)
