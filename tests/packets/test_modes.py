# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modes and owners of what is ours are fixed: a deviation is drift, is shown on both sides, and is repaired; removal leaves no trace."""

from __future__ import annotations

import json

import pytest
from firewall_host import FirewallHost
from firewalld_daemon import Firewalld
from namespaces import Namespace, both, outcomes
from policies import PEER_HTTP, policy, rule

STATE = "/var/lib/federated_connectivity"
ETC = "/etc/federated_connectivity"
UNITS = "/etc/systemd/system"
POLICY = policy(PEER_HTTP, rule("x.y.registry.egress", "443", direction="egress", peers=[], names=["partner.example"]), egress="deny")
TREE = (
    "find /etc /var/lib /home -path /var/lib/dpkg -prune -o -printf '%p %y %m %u:%g %l\\n' | sort;"
    "find /etc -type f -exec sha256sum {} + | sort"
)
DAMAGE = {  # what somebody does: where it is seen, and how
    f"chmod 666 {ETC}/ruleset.nft": (f"{ETC}/ruleset.nft", "mode 0666, owner root:root"),
    f"chmod 666 {STATE}/names.pyz": (f"{STATE}/names.pyz", "mode 0666, owner root:root"),
    f"chmod 4755 {STATE}/policy.json": (f"{STATE}/policy.json", "mode 4755, owner root:root"),
    f"chmod 666 {STATE}/names.json": (f"{STATE}/names.json", "mode 0666, owner root:root"),
    f"chown nobody {UNITS}/federated-connectivity.service": (f"{UNITS}/federated-connectivity.service", "mode 0644, owner nobody:root"),
    f"chgrp nogroup {UNITS}/federated-connectivity-names.timer": (
        f"{UNITS}/federated-connectivity-names.timer", "mode 0644, owner root:nogroup",
    ),
    f"mv {UNITS}/federated-connectivity-names.service /root/moved; ln -s /root/moved {UNITS}/federated-connectivity-names.service": (
        f"{UNITS}/federated-connectivity-names.service", "a symbolic link to /root/moved",
    ),
    f"rm {UNITS}/nftables.service.d/federated-connectivity.conf; mkfifo {UNITS}/nftables.service.d/federated-connectivity.conf": (
        f"{UNITS}/nftables.service.d/federated-connectivity.conf", "a FIFO, mode 0644, owner root:root",
    ),
    f"ln -sfn /dev/null {UNITS}/sysinit.target.wants/federated-connectivity.service": (
        f"{UNITS}/sysinit.target.wants/federated-connectivity.service", "a symbolic link to /dev/null",
    ),
    f"chmod 2777 {STATE}": (STATE, "a directory, mode 2777, owner root:root"),
    f"cp -a {ETC} /root/copy; rm -r {ETC}; ln -s /root/copy {ETC}": (ETC, "a symbolic link to /root/copy"),
}  # fmt: skip


def tree(host: FirewallHost) -> str:
    found = host.run(["sh", "-c", TREE]).stdout
    assert found
    return found


def test_every_deviation_is_seen_and_repaired(host: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
    host.file("/etc/hosts").write_text(f"127.0.0.1 localhost\n{partner.ipv4} partner.example\n")
    host.run(["chmod", "2775", UNITS])  # not ours: it stays
    empty = tree(host)
    assert host.apply(POLICY, "nftables")["changed"]
    whole = tree(host)
    host.run(["sh", "-ec", "\n".join(DAMAGE)])
    damaged = tree(host)
    drift = host.apply(POLICY, "nftables", check=True)
    assert drift["changes"] == ["nftables table inet federated_connectivity", "federated-connectivity-names.timer"]
    after = drift.after.splitlines()
    for path, words in DAMAGE.values():
        (line,) = [line for line in drift.before.splitlines() if f" {path}," in line or f" {path}:" in line]
        assert words in line
        assert line not in after
        assert [line for line in after if f" {path}," in line or f" {path}:" in line]
    assert tree(host) == damaged
    repaired = host.apply(POLICY, "nftables")
    assert (repaired["changed"], repaired.before, repaired.after) == (True, drift.before, drift.after)
    assert tree(host) == whole
    led_to = host.run(["sh", "-c", "ls -A /root/copy; test -f /root/moved"]).stdout.split()
    assert led_to == ["emergency.ipv4", "emergency.ipv6", "load", "ruleset.nft"]  # what the links led to is untouched
    assert not host.apply(POLICY, "nftables", check=True)["changed"]
    with host.listen("tcp", 8443):
        assert outcomes(partner, "tcp", host, 8443) == both("open")
        assert outcomes(stranger, "tcp", host, 8443) == both("silent")
    host.run(["sh", "-ec", "\n".join(line for line in DAMAGE if "/root/" not in line)])
    assert host.apply(None)["changed"]
    assert tree(host) == empty
    assert not host.apply(None, check=True)["changed"]


def test_files_of_firewalld_that_are_ours(host: FirewallHost, firewalld: Firewalld) -> None:
    host.apply(policy(PEER_HTTP), "firewalld")
    files = host.run(["sh", "-c", "find /etc/firewalld -name 'fedconn*.xml' | sort"]).stdout.split()
    assert len(files) > 1
    whole, table = tree(host), firewalld.table()
    host.run(["chmod", "666", files[0]])
    host.run(["chown", "nobody", files[1]])
    drift = host.apply(policy(PEER_HTTP), "firewalld", check=True)
    assert drift["changes"] == ["firewalld"]
    assert f"file {files[0]}, mode 0666, owner root:root\n" in drift.before
    assert f"file {files[1]}, mode 0644, owner nobody:root\n" in drift.before
    assert drift.after.count(", mode 0644, owner root:root\n") == 2
    assert host.apply(policy(PEER_HTTP), "firewalld")["changed"]
    assert (tree(host), firewalld.table()) == (whole, table)  # and nothing was reloaded
    assert not host.apply(policy(PEER_HTTP), "firewalld", check=True)["changed"]


@pytest.mark.every_run("077")
@pytest.mark.parametrize("umask", ["000", "077"])
def test_a_run_under_another_umask_leaves_the_same(host: FirewallHost, umask: str) -> None:
    host.file("/etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.1 partner.example\n")
    host.apply(POLICY, "nftables")
    usual = tree(host)
    host.apply(None)
    host.apply(POLICY, "nftables", umask=umask)
    assert tree(host) == usual


def test_a_way_back_is_nobody_elses_under_any_umask(host: FirewallHost) -> None:
    token = host.apply(policy(PEER_HTTP), "nftables", umask="000", confirm_timeout=600)["on_trial"]["token"]
    found = host.run(["sh", "-c", f"find {STATE} /run/federated_connectivity* -printf '%p %m %u:%g\\n' | sort"]).stdout.splitlines()
    assert found == [
        "/run/federated_connectivity.deadline 600 root:root",
        "/run/federated_connectivity.lock 600 root:root",
        f"{STATE} 755 root:root",
        f"{STATE}/unconfirmed 755 root:root",
        f"{STATE}/unconfirmed/watchdog.pyz 600 root:root",
        f"{STATE}/unconfirmed/way_back.json 600 root:root",
    ]
    assert json.loads(host.file(f"{STATE}/unconfirmed/way_back.json").read_text())["token"] == token
    host.confirm(token)
