# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a policy takes on a host with a real firewall: 200 peers against 2, and against one command per rule.

Runs as root, in the network namespaces of the packet tests. The commands are the least that a task per rule does; Ansible adds about a
second to each.
"""

from __future__ import annotations

import pathlib
import sys
import time
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "packets"))

from firewall_host import FirewallHost, network
from firewalld_daemon import Firewalld
from policies import policy, rule

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

RULES = tuple(rule(f"linksight.north.{flow}.ingress", port) for flow, port in (("peer_http", "8443"), ("peer_grpc", "9090")))
COMMANDS = 40


def peers(count: int) -> list[str]:
    """Addresses of both families that do not merge."""
    return [f"198.18.{2 * index >> 8}.{2 * index & 255}/32" for index in range(count)] + [
        f"2001:db8:9::{2 * index:x}/128" for index in range(count)
    ]


def seconds(work: t.Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def one_by_one(host: FirewallHost, backend: str) -> float:
    """The same rules for the first addresses, one command each."""
    commands = {
        "nftables": lambda address: [
            "nft",
            "add",
            "rule",
            "inet",
            "mine",
            "input",
            "ip",
            "saddr",
            address,
            "tcp",
            "dport",
            "8444",
            "accept",
        ],
        "ufw": lambda address: ["ufw", "allow", "proto", "tcp", "from", address, "to", "any", "port", "8444"],
        "firewalld": lambda address: [
            "firewall-cmd",
            "--permanent",
            f"--add-rich-rule=rule family=ipv4 source address={address} port port=8444 protocol=tcp accept",
        ],
    }[backend]
    if backend == "nftables":
        host.nft("table inet mine { chain input { type filter hook input priority 0; }; }")
    return seconds(lambda: [host.run(commands(address)) for address in peers(COMMANDS)[:COMMANDS]])


def measure(backend: str) -> None:
    """One backend on a fresh host, as lines on standard output."""
    with network(rootfs("bookworm")) as net:
        host = net.host
        if backend == "ufw":
            host.run(["ufw", "--force", "enable"])
        elif backend == "firewalld":
            Firewalld(host)
        host.apply(policy(*RULES, partners=peers(1)))
        few = seconds(lambda: host.apply(policy(*RULES, partners=peers(2))))
        many = seconds(lambda: host.apply(policy(*RULES, partners=peers(200))))
        again = seconds(lambda: host.apply(policy(*RULES, partners=peers(200))))
        commands = one_by_one(host, backend) / COMMANDS * 800
    print(
        f"{backend:9}  2 peers {few:5.2f} s   200 peers {many:5.2f} s ({many / few:4.2f} x)"
        f"   unchanged {again:5.2f} s ({again / few:4.2f} x)"
        f"   800 commands, from {COMMANDS}: {commands:6.1f} s ({commands / many:5.1f} x)",
        flush=True,
    )


def main() -> None:
    print("Whole module runs on the host, Python's start included; peers of both families, two flows: 800 pairs of flow and address")
    for backend in ("nftables", "ufw", "firewalld"):
        measure(backend)
    print("Measured 3 backends")


if __name__ == "__main__":
    main()
