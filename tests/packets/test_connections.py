# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ansible-playbook over a real sshd: every way to connect confirms its change."""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

import pytest
from firewall_host import FirewallHost, Network
from policies import PUBLISHED_HTTP, policy, rule

MANAGEMENT = rule("baseline.host.management.ingress", "22", peers=["user"], closed_to_others=False)
DECLARED = policy(MANAGEMENT, PUBLISHED_HTTP, ingress="deny", egress="deny", user=["198.51.100.30/32", "2001:db8:1::30/128"])
TRIAL = "/var/lib/federated_connectivity"
RECORD = "/run/federated_connectivity.record"
SSH_ARGS = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"
ROOT = {"ansible_user": "root"}
ADMIN = {"ansible_user": "admin", "ansible_become": True}
SHARED, ALONE = "-o ControlMaster=auto -o ControlPersist=60s", "-o ControlMaster=no"
PLAY = {
    "hosts": "all",
    "gather_facts": False,
    "serial": 1,
    "tasks": [
        {"federated.connectivity.firewall_policy": {"policy": DECLARED}, "register": "first"},
        {"federated.connectivity.firewall_policy": {"policy": DECLARED}, "register": "second", "check_mode": True},
        {"ansible.builtin.assert": {"that": ["first is changed", "second is not changed"]}},
    ],
}


@pytest.fixture
def host_by_ssh(host: FirewallHost, tmp_path: pathlib.Path) -> FirewallHost:
    """The host with sshd, which root and admin enter by a key."""
    host.run(["ssh-keygen", "-A"])
    key = tmp_path / "key"
    host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/key"])
    key.write_bytes(host.file("/tmp/key").read_bytes())
    key.chmod(0o600)
    host.file("/etc/sudoers.d/admin").write_text("admin ALL=(ALL) NOPASSWD: ALL\n")
    host.file("/run/sshd").mkdir(mode=0o755)
    host.start(["/usr/sbin/sshd", "-D", "-o", "AuthorizedKeysFile=/tmp/key.pub", "-o", "StrictModes=no"])
    return host


@pytest.mark.parametrize("address", ["ipv4", "ipv6"])
@pytest.mark.parametrize(
    ("user", "shared", "pipelining"), [(ROOT, SHARED, False), (ROOT, ALONE, True), (ADMIN, SHARED, True), (ADMIN, ALONE, False)]
)
def test_every_way_to_connect_confirms(
    net: Network, host_by_ssh: FirewallHost, tmp_path: pathlib.Path, user: dict[str, t.Any], shared: str, pipelining: bool, address: str
) -> None:
    variables = {
        **user,
        "ansible_host": getattr(host_by_ssh, address),
        "ansible_ssh_private_key_file": str(tmp_path / "key"),
        "ansible_ssh_common_args": SSH_ARGS,
        "ansible_ssh_args": shared,
        "ansible_control_path_dir": str(tmp_path),
        "ansible_pipelining": pipelining,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"host": variables}}}))
    (tmp_path / "play.json").write_text(json.dumps([PLAY]))
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    run = [str(program), "-i", str(tmp_path / "inventory.json"), str(tmp_path / "play.json")]
    net.user.run(run, HOME=str(tmp_path))
    assert json.loads(host_by_ssh.file(RECORD).read_text())["outcome"] == "confirmed"
    assert not host_by_ssh.file(TRIAL).exists()
