# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long it takes to verify 20 flows on 6 hosts, against a play that does nothing and one that runs a single module on each host.

Runs as root, in the network namespaces of the packet tests. The six hosts share the processors of this machine. ``--output`` also
shows what the verification said.
"""

from __future__ import annotations

import contextlib
import json
import operator
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "packets"))

from firewall_host import FirewallHost, assign_addresses
from namespaces import Namespace

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

HOSTS, FLOWS = 6, 20
ROUNDS = 3
QUOTES = '" ,'
EMPTY = "- hosts: all\n  gather_facts: false\n  tasks: []\n"
ONE_MODULE = "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n"
VERIFY = "- hosts: all\n  gather_facts: false\n  roles: [federated.connectivity.verify]\n"


def name_of(number: int) -> str:
    return f"host{number % HOSTS}"


def plan(directory: pathlib.Path) -> None:
    """Each flow from one host to another, by a port of its own; the ports are closed to all others."""
    (directory / "hosts").mkdir(parents=True)
    addresses = {name_of(number): [f"198.51.100.{10 + number}", f"2001:db8:1::{10 + number}"] for number in range(HOSTS)}
    sets = {name: [f"{ipv4}/32", f"{ipv6}/128"] for name, (ipv4, ipv6) in addresses.items()}
    rules: dict[str, list[dict[str, t.Any]]] = {name: [] for name in addresses}
    for flow in range(FLOWS):
        ends = {"egress": name_of(flow), "ingress": name_of(flow + 1 + flow // HOSTS)}
        for direction, own in ends.items():
            other = ends["ingress" if direction == "egress" else "egress"]
            rules[own].append(_rule(f"flow{flow}", direction, str(9000 + flow), other))
    (directory / "plan.json").write_text(json.dumps({"address_sets": sets, "hosts": {name: {} for name in addresses}}), encoding="utf-8")
    for name, own_rules in rules.items():
        defaults = {"ingress": "unchanged", "egress": "unchanged"}
        host = {"host": name, "managed": True, "addresses": addresses[name], "defaults": defaults, "rules": own_rules, "listeners": []}
        (directory / "hosts" / f"{name}.json").write_text(json.dumps(host), encoding="utf-8")


def _rule(flow: str, direction: str, port: str, other: str) -> dict[str, t.Any]:
    return {
        "id": f"bench.north.{flow}.{direction}",
        "matrix": "bench",
        "federation": "north",
        "flow": flow,
        "direction": direction,
        "protocol": "tcp",
        "ports": [port],
        "peers": {"address_sets": [other], "names": []},
        "placement": "host",
        "closed_to_others": direction == "ingress",
        "via_proxy": False,
    }


class Took(t.NamedTuple):
    """How long a play took, in seconds: by the clock, and of the processors, its hosts included."""

    clock: float
    processors: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s ({self.processors:.1f} s of the processors)"


def play(directory: pathlib.Path, playbook: str, *arguments: str) -> tuple[Took, str]:
    """How long a play takes, and what it says."""
    (directory / "play.yml").write_text(playbook, encoding="utf-8")
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.yml", "play.yml", *arguments]
    kept = {key: value for key, value in os.environ.items() if key == "ANSIBLE_COLLECTIONS_PATH" or not key.startswith("ANSIBLE_")}
    begun, used = time.monotonic(), _processors()
    environment = {**kept, "ANSIBLE_FORKS": "20", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    took = Took(time.monotonic() - begun, _processors() - used)
    assert done.returncode == 0, done.stdout + done.stderr
    return took, done.stdout


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextlib.contextmanager
def network(directory: pathlib.Path) -> t.Iterator[None]:
    """Six hosts on one link, with the policies of the plan, and an inventory by which Ansible runs modules inside them."""
    inventory: dict[str, t.Any] = {}
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(contextlib.closing(Namespace("switch")))
        switch.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
        for number in range(HOSTS):
            ipv4, ipv6 = f"198.51.100.{10 + number}", f"2001:db8:1::{10 + number}"
            host = stack.enter_context(contextlib.closing(FirewallHost(rootfs("bookworm"), ipv4, ipv6)))
            host.name = name_of(number)
            switch.ip(
                f"link add {host.name} master switch type veth peer name eth0 netns {host.path}",
                f"link set {host.name} up",
            )
            assign_addresses(host, f"{ipv4}/24", f"{ipv6}/64")
            content = json.loads((directory / "plan" / "hosts" / f"{host.name}.json").read_text(encoding="utf-8"))
            sets = json.loads((directory / "plan" / "plan.json").read_text(encoding="utf-8"))["address_sets"]
            host.apply({**content, "address_sets": sets}, backend="nftables")
            program = directory / f"python-{host.name}"
            program.write_text(f'#!/bin/sh\nexec {shlex.join(host.enter())} /usr/bin/python3 "$@"\n', encoding="utf-8")
            program.chmod(0o755)
            inventory[host.name] = {"ansible_python_interpreter": str(program)}
        variables = {"ansible_connection": "local", "ansible_pipelining": True}
        (directory / "inventory.yml").write_text(json.dumps({"all": {"hosts": inventory, "vars": variables}}), encoding="utf-8")
        yield


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        plan(directory / "plan")
        with network(directory):
            variables = json.dumps({"verify_plan": str(directory / "plan"), "verify_backend": "nftables"})
            best: dict[str, Took] = {}
            said = ""
            for _round in range(ROUNDS):
                for kind, playbook in (("empty", EMPTY), ("module", ONE_MODULE), ("verify", VERIFY)):
                    took, output = play(directory, playbook, "-e", variables)
                    said = output if kind == "verify" else said
                    best[kind] = min(took, best.get(kind, took))
    proven = re.findall(r"Verified: .*", said)[-1]
    print(f"{FLOWS} flows on {HOSTS} hosts: {proven.rstrip(QUOTES)}")
    print(f"an empty play {best['empty']}, one module on each host {best['module']}, verify {best['verify']}")
    more, ratio = (combine(best["verify"].clock, best["empty"].clock) for combine in (operator.sub, operator.truediv))
    print(f"verify takes {more:.1f} s more than an empty play, {ratio:.1f} times as long")
    if "--output" in sys.argv:
        print(said)


if __name__ == "__main__":
    main()
