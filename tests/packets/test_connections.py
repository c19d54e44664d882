# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ansible-playbook over a real sshd: every way to connect confirms its change."""

from __future__ import annotations

import itertools
import json
import pathlib
import sys
import typing as t

import ansible_mitogen
import pytest
from firewall_host import FirewallHost, Network
from policies import PUBLISHED_HTTP, policy, rule
from suites import some
from waiting import until_open

MANAGEMENT = rule("baseline.host.management.ingress", "22", peers=["user"], closed_to_others=False)
DECLARED = policy(MANAGEMENT, PUBLISHED_HTTP, ingress="deny", egress="deny", user=["198.51.100.30/32", "2001:db8:1::30/128"])
TRIAL = "/var/lib/federated_connectivity"
RECORD = "/run/federated_connectivity.record"
SSH_ARGS = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"
ROOT = {"ansible_user": "root"}
ADMIN = {"ansible_user": "admin", "ansible_become": True}
SHARED, ALONE = "-o ControlMaster=auto -o ControlPersist=60s", "-o ControlMaster=no"
WAYS: dict[str, tuple[dict[str, t.Any], str, bool]] = {  # the user, how sessions share a connection, pipelining
    "root, shared": (ROOT, SHARED, False),
    "root, pipelining": (ROOT, ALONE, True),
    "become, shared, pipelining": (ADMIN, SHARED, True),
    "become": (ADMIN, ALONE, False),
}
ENVIRONMENT = {
    "ANSIBLE_STRATEGY_PLUGINS": str(pathlib.Path(ansible_mitogen.__file__).with_name("plugins") / "strategy"),
    "ANSIBLE_HOST_KEY_CHECKING": "False",  # mitogen looks for it here, not among the arguments of ssh
}
MITOGEN = {"strategy": "mitogen_linear"}
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
    until_open(host, host.ipv4, 22, "sshd does not answer")
    return host


def run(
    net: Network, host: FirewallHost, tmp_path: pathlib.Path, play: dict[str, t.Any], address: str = "ipv4", **variables: t.Any
) -> tuple[bool, str]:
    """Let the user run a play: whether it succeeded, and what it said."""
    variables |= {
        "ansible_host": getattr(host, address),
        "ansible_ssh_private_key_file": str(tmp_path / "key"),
        "ansible_ssh_common_args": SSH_ARGS,
        "ansible_control_path_dir": str(tmp_path),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"host": variables}}}))
    (tmp_path / "play.json").write_text(json.dumps([play]))
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    command = [str(program), "-i", str(tmp_path / "inventory.json"), str(tmp_path / "play.json")]
    done = net.user.run(command, check=False, HOME=str(tmp_path), **ENVIRONMENT)
    return not done.returncode, done.stdout + done.stderr


def is_confirmed(host: FirewallHost) -> bool:
    return not host.file(TRIAL).exists() and bool(json.loads(host.file(RECORD).read_text())["outcome"] == "confirmed")


@some(
    "way,address",
    itertools.product(WAYS, ("ipv4", "ipv6")),
    ("root, shared", "ipv6"),
    ("root, pipelining", "ipv4"),
    ("become, shared, pipelining", "ipv4"),
    ("become", "ipv6"),
)
def test_every_way_to_connect_confirms(net: Network, host_by_ssh: FirewallHost, tmp_path: pathlib.Path, way: str, address: str) -> None:
    user, shared, pipelining = WAYS[way]
    succeeded, said = run(net, host_by_ssh, tmp_path, PLAY, address, ansible_ssh_args=shared, ansible_pipelining=pipelining, **user)
    assert succeeded, said
    assert is_confirmed(host_by_ssh)


@pytest.mark.every_run("become")
@pytest.mark.parametrize("user", [ROOT, ADMIN], ids=["root", "become"])
def test_mitogen_confirms(net: Network, host_by_ssh: FirewallHost, tmp_path: pathlib.Path, user: dict[str, t.Any]) -> None:
    succeeded, said = run(net, host_by_ssh, tmp_path, {**PLAY, **MITOGEN}, **user)
    assert succeeded, said
    assert is_confirmed(host_by_ssh)


def test_what_mitogen_is_refused_is_taken_back(net: Network, host_by_ssh: FirewallHost, tmp_path: pathlib.Path) -> None:
    before = host_by_ssh.ruleset()
    unreachable = rule("linksight.north.peer_http.egress", "8443", direction="egress")
    module = {"policy": policy(unreachable), "confirm_egress": "all"}
    net.partner.ip("link set eth0 down")
    refused = {**PLAY, **MITOGEN, "tasks": [{"federated.connectivity.firewall_policy": module}]}
    succeeded, said = run(net, host_by_ssh, tmp_path, refused, **ADMIN)
    assert not succeeded
    assert "the change was not confirmed: it cuts tcp 198.51.100.20 port 8443" in " ".join(said.split()), said
    assert json.loads(host_by_ssh.file(RECORD).read_text())["outcome"] == "restored"
    assert host_by_ssh.ruleset() == before
