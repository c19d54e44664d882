# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in front of a host, with packets: a NAT that changes the port, a load balancer that hides sources, a member known by name.

The plan comes from an inventory with ``connectivity_front``. Both ends carry their rules, and ``verify`` proves the flow through the front.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import pytest
from firewall_host import FirewallHost, assign_addresses
from namespaces import Namespace
from test_verify import PLAYBOOK, Federation

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

OWN = 8002
SERVER, INSIDE, FRONT = "10.0.3.10", "10.0.3.4", "198.51.100.40"
FRONTS: dict[str, tuple[dict[str, t.Any], int, bool]] = {
    "another port": ({"connectivity_addresses": [FRONT], "connectivity_front": {"ports": {OWN: 10000}}}, 10000, False),
    "hidden sources": (
        {"connectivity_addresses": [FRONT], "connectivity_front": {"sources": [INSIDE], "health_checks": [INSIDE]}},
        OWN,
        True,
    ),
    "a name": ({"connectivity_front": {"names": ["fl.example.org"]}}, OWN, False),
}
"""What the inventory says about the server, the port in front, and whether the front puts its own address in place of the sources."""


class Fronted(Federation):
    """alpha, a client, and beta, a server behind a front; besides them a stranger on alpha's link."""

    def __init__(
        self, directory: pathlib.Path, alpha: FirewallHost, beta: FirewallHost, stranger: Namespace, server: dict[str, t.Any]
    ) -> None:
        self.alpha, self.beta, self.stranger = alpha, beta, stranger
        self._directory = directory
        networks = {"connectivity_networks": {"management": ["192.0.2.0/28"], "admins": ["192.0.2.0/28"]}, "connectivity_phases": ["run"]}
        inventory = {
            "alpha": {
                **networks,
                "connectivity_addresses": ["198.51.100.10"],
                "connectivity_defaults": {"egress": "deny"},
                "connectivity_memberships": [{"matrix": "nvflare", "federation": "north", "roles": ["client"]}],
            },
            "beta": {**networks, **server, "connectivity_memberships": [{"matrix": "nvflare", "federation": "north", "roles": ["server"]}]},
        }
        plan = compute_plan(inventory, Catalogue())
        (directory / "plan/hosts").mkdir(parents=True)
        index = {"address_sets": plan.index["address_sets"], "hosts": {name: {} for name in inventory}}
        (directory / "plan/plan.json").write_text(json.dumps(index), encoding="utf-8")
        for name in inventory:
            (directory / f"plan/hosts/{name}.json").write_text(json.dumps(plan.host(name)), encoding="utf-8")
        (directory / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
        (directory / "playbook.yml").write_text(PLAYBOOK, encoding="utf-8")
        hosts = {name: {"ansible_python_interpreter": self._interpreter(name)} for name in ("alpha", "beta", "stranger")}
        written = {
            "all": {"hosts": hosts, "vars": {"ansible_connection": "local", "ansible_pipelining": True}},
            "connectivity_strangers": {"hosts": {"stranger": {"connectivity_addresses": ["198.51.100.66"]}}},
        }
        (directory / "inventory.yml").write_text(json.dumps(written), encoding="utf-8")
        for host in (alpha, beta):
            part = plan.host(host.name)
            used = {name for rule in part["rules"] for name in rule["peers"]["address_sets"]}
            sets = {name: cidrs for name, cidrs in plan.index["address_sets"].items() if name in used}
            assert host.apply({**part, "address_sets": sets}, backend="nftables")["changed"]


@pytest.fixture(params=FRONTS)
def fronted(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[tuple[str, Fronted]]:
    server, port, hides = FRONTS[request.param]
    with contextlib.ExitStack() as stack:
        release = rootfs("bookworm")
        switch, front, stranger = (
            stack.enter_context(contextlib.closing(namespace))
            for namespace in (
                Namespace("switch"),
                Namespace("front", FRONT, "2001:db8:1::40"),
                Namespace("stranger", "198.51.100.66", "2001:db8:1::66"),
            )
        )
        alpha = stack.enter_context(contextlib.closing(FirewallHost(release, "198.51.100.10", "2001:db8:1::10")))
        beta = stack.enter_context(contextlib.closing(FirewallHost(release, SERVER, "fd00:3::10")))
        alpha.name, beta.name = "alpha", "beta"
        switch.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
        for member in (alpha, front, stranger):
            switch.ip(f"link add {member.name} master switch type veth peer name eth0 netns {member.path}", f"link set {member.name} up")
            assign_addresses(member, f"{member.ipv4}/24", f"{member.ipv6}/64")
        front.ip(f"link add inside type veth peer name eth0 netns {beta.path}", f"addr add {INSIDE}/24 dev inside", "link set inside up")
        assign_addresses(beta, f"{SERVER}/24", "fd00:3::10/64")
        beta.ip(f"route add default via {INSIDE}")
        front.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        hidden = "chain out { type nat hook postrouting priority srcnat; oifname inside masquerade; }" if hides else ""
        changed = f"chain in {{ type nat hook prerouting priority dstnat; iifname eth0 tcp dport {port} dnat to {SERVER}:{OWN}; }}"
        front.run(["nft", f"table ip front {{\n{changed}\n{hidden}\n}}"])
        (alpha.file("/etc/hosts")).write_text(f"127.0.0.1 localhost\n{FRONT} fl.example.org\n", encoding="utf-8")
        yield request.param, Fronted(tmp_path, alpha, beta, stranger, server)


def test_a_flow_is_proven_through_what_stands_in_front(fronted: tuple[str, Fronted]) -> None:
    kind, federation = fronted
    run = federation.verify()
    assert run.status == 0, run.output
    _server, port, _hides = FRONTS[kind]
    destination = "fl.example.org" if kind == "a name" else FRONT
    assert run.findings("proven") == [("federated", f"alpha -> beta {destination}:{port}/tcp")]
    assert run.report["counts"]["in force"] == 2
    assert run.report["counts"]["failed"] == 0
    closed = [("federated", f"stranger -> beta {FRONT}:{port}/tcp")] if kind == "another port" else []
    assert [found for found in run.findings("closed") if found[0] == "federated"] == closed
