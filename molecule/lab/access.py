# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the controller reaches the lab: keys, an SSH configuration, an inventory, all in one directory of the checkout.

The keys belong to the machine and lie in the cache, so that every checkout on it reaches the same hosts.
"""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import yaml

from .rootfs import cache, locked
from .topology import HOSTS, NETWORKS, Host

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build" / "lab"
USER = "admin"


def key(name: str) -> tuple[bytes, bytes]:
    """A private key and its public key: "admin", or a host's name for the key that this host shows; made on first use."""
    place = cache() / "keys"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = place / name
    with locked(place / "lock"):
        if not private.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}.lab", "-f", str(private)], check=True)
    return private.read_bytes(), private.with_suffix(".pub").read_bytes()


def write() -> pathlib.Path:
    """Write everything that SSH and Ansible need, and give back the inventory's path."""
    BUILD.mkdir(parents=True, exist_ok=True)
    private = BUILD / "key"
    private.unlink(missing_ok=True)
    private.touch(mode=0o600)
    private.write_bytes(key(USER)[0])
    (BUILD / "known_hosts").write_text("".join(map(_known_host, HOSTS)), encoding="utf-8")
    (BUILD / "ssh_config").write_text("".join(map(_ssh_host, HOSTS)), encoding="utf-8")
    inventory = BUILD / "inventory.yml"
    text = "# The lab's hosts. Written by molecule/lab/lab.py create.\n" + yaml.safe_dump(inventory_of(HOSTS), sort_keys=False)
    inventory.write_text(text, encoding="utf-8")
    return inventory


def ssh(host: str, *command: str) -> list[str]:
    """The command line that runs something on a host."""
    return ["ssh", "-F", str(BUILD / "ssh_config"), host, *command]


def inventory_of(hosts: t.Sequence[Host]) -> dict[str, t.Any]:
    """The lab as an Ansible inventory; what runs on the hosts is left to the inventories that are read beside it."""

    def group(members: t.Iterable[Host]) -> dict[str, t.Any]:
        return {"hosts": {host.name: None for host in members}}

    places = {network.name: group(host for host in hosts if host.network == network) for network in NETWORKS}
    suites = {suite: group(host for host in hosts if host.suite == suite) for suite in sorted({host.suite for host in hosts})}
    return {
        "lab": {
            "hosts": {host.name: _variables(host) for host in hosts},
            "vars": {
                "ansible_user": USER,
                "ansible_become": True,
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_ssh_private_key_file": str(BUILD / "key"),
                "ansible_ssh_common_args": f"-F {BUILD / 'ssh_config'}",
            },
        },
        **places,
        **suites,
        "connectivity_strangers": group(host for host in hosts if host.stranger),
    }


def _variables(host: Host) -> dict[str, t.Any]:
    return {
        "ansible_host": host.addresses[0],
        "connectivity_addresses": [address for _, *both in host.interfaces for address in both],
        "connectivity_managed": host.managed,
    }


def _known_host(host: Host) -> str:
    return f"{host.name},{','.join(host.addresses)} {key(host.name)[1].decode()}"


def _ssh_host(host: Host) -> str:
    return f"""\
Host {host.name} {" ".join(host.addresses)}
    HostName {host.addresses[0]}
    User {USER}
    IdentityFile {BUILD / "key"}
    IdentitiesOnly yes
    UserKnownHostsFile {BUILD / "known_hosts"}
    StrictHostKeyChecking yes
    ConnectTimeout 5
"""
