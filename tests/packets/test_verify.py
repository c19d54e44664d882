# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verify role on two hosts with real firewalls, a partner and a stranger: what holds is proven, what does not is found."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import typing as t

import pytest
from firewall_host import FirewallHost, assign_addresses
from namespaces import Namespace

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

PLAYBOOK = """
- hosts: all
  gather_facts: false
  strategy: ansible.builtin.linear
  roles:
    - role: federated.connectivity.verify
"""
PEERS = ["198.51.100.10/32", "198.51.100.20/32", "198.51.100.30/32", "2001:db8:1::10/128", "2001:db8:1::20/128", "2001:db8:1::30/128"]
HTTP, VPN, GUI = "8443", "51820", "8484"


def _rule(flow: str, direction: str, protocol: str, port: str) -> dict[str, t.Any]:
    return {
        "id": f"linksight.north.{flow}.{direction}",
        "matrix": "linksight",
        "federation": "north",
        "flow": flow,
        "direction": direction,
        "protocol": protocol,
        "ports": [port],
        "peers": {"address_sets": ["linksight_north"], "names": []},
        "placement": "host",
        "closed_to_others": direction == "ingress",
        "via_proxy": False,
    }


def _plan(directory: pathlib.Path) -> None:
    (directory / "hosts").mkdir(parents=True)
    numbers = {"alpha": 10, "beta": 20, "partner": 30}
    index = {"address_sets": {"linksight_north": PEERS}, "hosts": {name: {} for name in numbers}}
    (directory / "plan.json").write_text(json.dumps(index), encoding="utf-8")
    flows = (("peer_http", "tcp", HTTP), ("tunnel", "udp", VPN))
    for name, number in numbers.items():
        host = {
            "host": name,
            "managed": name != "partner",
            "addresses": [f"198.51.100.{number}", f"2001:db8:1::{number}"],
            "defaults": {"ingress": "unchanged", "egress": "unchanged"},
            "rules": [_rule(flow, direction, *rest) for flow, *rest in flows for direction in ("ingress", "egress")],
            "listeners": [
                {"matrix": "linksight", "federation": "north", "flow": "gui", "protocol": "tcp", "ports": [GUI], "bind": "loopback"}
            ],
        }
        (directory / "hosts" / f"{name}.json").write_text(json.dumps(host), encoding="utf-8")


def _environment() -> dict[str, str]:
    """This process's, less what it says to Ansible: the directory's own configuration speaks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}


class Run(t.NamedTuple):
    """What a run of the role ended with; ``report`` is its own JSON, ``states`` the findings as "state flow what"."""

    status: int
    output: str
    report: dict[str, t.Any]

    def findings(self, state: str) -> list[tuple[str, str]]:
        return [
            (found["flow"].rpartition(".")[2], found["what"])
            for host in self.report["hosts"].values()
            for found in host["findings"]
            if found["state"] == state
        ]

    def why(self, state: str) -> set[str]:
        return {found["why"] for host in self.report["hosts"].values() for found in host["findings"] if found["state"] == state}


class Federation:
    """alpha and beta, managed; partner, unmanaged; stranger, nobody's. All on one link."""

    def __init__(self, directory: pathlib.Path, alpha: FirewallHost, beta: FirewallHost, partner: Namespace, stranger: Namespace) -> None:
        self.alpha, self.beta, self.partner, self.stranger = alpha, beta, partner, stranger
        self._directory = directory
        _plan(directory / "plan")
        (directory / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
        (directory / "playbook.yml").write_text(PLAYBOOK, encoding="utf-8")
        hosts = {name: {"ansible_python_interpreter": self._interpreter(name)} for name in ("alpha", "beta", "stranger")}
        inventory = {
            "all": {"hosts": hosts | {"partner": {}}, "vars": {"ansible_connection": "local", "ansible_pipelining": True}},
            "connectivity_strangers": {"hosts": {"stranger": {}}},
        }
        (directory / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
        for host in (alpha, beta):
            assert host.apply(self.policy(host), backend="nftables")["changed"]

    def policy(self, host: FirewallHost) -> dict[str, t.Any]:
        content = json.loads((self._directory / "plan" / "hosts" / f"{host.name}.json").read_text(encoding="utf-8"))
        return {**content, "address_sets": {"linksight_north": PEERS}}

    def _interpreter(self, name: str) -> str:
        """A program that is Python inside the host; its payload comes by standard input."""
        program = self._directory / f"python-{name}"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(getattr(self, name).enter())} /usr/bin/python3 "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        return str(program)

    def in_batches_of(self, size: int) -> None:
        (self._directory / "playbook.yml").write_text(PLAYBOOK.rstrip() + f"\n  serial: {size}\n", encoding="utf-8")

    def lose(self, name: str) -> None:
        """From now on the host cannot be reached for management."""
        file = self._directory / "inventory.yml"
        inventory = json.loads(file.read_text(encoding="utf-8"))
        inventory["all"]["hosts"][name] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        file.write_text(json.dumps(inventory), encoding="utf-8")

    def verify(self, *arguments: str) -> Run:
        report = self._directory / "report.json"
        report.unlink(missing_ok=True)
        variables = {
            "verify_plan": str(self._directory / "plan"),
            "verify_report": str(report),
            "verify_backend": "nftables",
            "verify_timeout": 3,
        }
        done = subprocess.run(
            [
                str(pathlib.Path(sys.executable).parent / "ansible-playbook"),
                "-i",
                str(self._directory / "inventory.yml"),
                "-e",
                json.dumps(variables),
                *arguments,
                str(self._directory / "playbook.yml"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            cwd=self._directory,
            env={**_environment(), "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"), "ANSIBLE_FORKS": "8", "ANSIBLE_NOCOLOR": "1"},
        )
        output = done.stdout + done.stderr
        assert report.exists(), output
        return Run(done.returncode, output, json.loads(report.read_text(encoding="utf-8")))


@pytest.fixture
def federation(tmp_path: pathlib.Path) -> t.Iterator[Federation]:
    with contextlib.ExitStack() as stack:
        release = rootfs("bookworm")
        switch = stack.enter_context(contextlib.closing(Namespace("switch")))
        alpha, beta = (
            stack.enter_context(contextlib.closing(FirewallHost(release, f"198.51.100.{number}", f"2001:db8:1::{number}")))
            for number in (10, 20)
        )
        alpha.name, beta.name = "alpha", "beta"
        partner, stranger = (
            stack.enter_context(contextlib.closing(Namespace(name, f"198.51.100.{number}", f"2001:db8:1::{number}")))
            for name, number in (("partner", 30), ("stranger", 66))
        )
        switch.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
        for member in (alpha, beta, partner, stranger):
            switch.ip(
                f"link add {member.name} master switch type veth peer name eth0 netns {member.path}",
                f"link set {member.name} up",
            )
            assign_addresses(member, f"{member.ipv4}/24", f"{member.ipv6}/64")
        yield Federation(tmp_path, alpha, beta, partner, stranger)


def _connections(initiator: str, responder: str, number: int) -> set[tuple[str, str]]:
    addresses = (f"198.51.100.{number}", f"[2001:db8:1::{number}]")
    flows = (("peer_http", f"{HTTP}/tcp"), ("tunnel", f"{VPN}/udp"))
    return {(flow, f"{initiator} -> {responder} {address}:{port}") for address in addresses for flow, port in flows}


@contextlib.contextmanager
def _service(host: FirewallHost, address: str, port: str) -> t.Iterator[None]:
    script = f"import socket, time; s = socket.create_server(('{address}', {port})); print(flush=True); time.sleep(600)"
    with subprocess.Popen([*host.enter(), "python3", "-c", script], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        service.stdout.readline()
        try:
            yield
        finally:
            service.kill()


def test_everything_is_proven_without_a_single_service(federation: Federation) -> None:
    run = federation.verify()
    assert run.status == 0, run.output
    assert set(run.findings("proven")) == _connections("alpha", "beta", 20) | _connections("beta", "alpha", 10)
    assert set(run.findings("closed")) == _connections("stranger", "beta", 20) | _connections("stranger", "alpha", 10)
    assert set(run.findings("warning")) == _connections("alpha", "partner", 30) | _connections("beta", "partner", 30)
    assert run.report["counts"]["in force"] == 2
    assert run.report["counts"]["failed"] == 0
    assert "changed=1" not in run.output
    assert "2 flows proven by 8 connections, 8 refusals proven, 2 policies in force, 0 unproven, 8 warnings, 0 failures" in run.output
    assert federation.beta.run(["ss", "-Hlntu", f"( sport = :{HTTP} or sport = :{VPN} )"]).stdout == ""


def test_a_flow_that_is_dropped_on_one_family_fails_where_it_starts(federation: Federation) -> None:
    drop = f"ip6 saddr {federation.alpha.ipv6} tcp dport {HTTP} drop"
    federation.beta.nft(f"table inet administrator {{ chain input {{ type filter hook input priority 0; {drop}; }}; }}")
    run = federation.verify()
    assert run.status != 0
    assert run.findings("failed") == [("peer_http", f"alpha -> beta [2001:db8:1::20]:{HTTP}/tcp")]
    assert run.why("failed") == {f"silent, from {federation.alpha.ipv6}, although a listener waits there"}
    assert len(run.findings("proven")) == 7
    assert "failed=1" in next(line for line in run.output.splitlines() if line.startswith("alpha  "))
    assert "failed=0" in next(line for line in run.output.splitlines() if line.startswith("beta  "))
    assert "2 policies in force, 0 unproven, 8 warnings, 1 failures" in run.output


def test_a_policy_that_is_gone_is_found_by_its_text_and_by_strangers(federation: Federation) -> None:
    federation.beta.nft("delete table inet federated_connectivity")
    run = federation.verify()
    assert run.status != 0
    assert set(run.findings("failed")) == _connections("stranger", "beta", 20) | {("", "beta")}
    assert run.why("failed") == {
        "a host outside the peer list reached the port",
        "nftables differs from the plan, see the diff; apply the plan again",
    }
    assert "+table inet federated_connectivity" in run.output
    assert federation.beta.ruleset() == ""


def test_services_are_left_alone_and_judged_by_what_they_do(federation: Federation) -> None:
    """A TCP service proves a flow, a UDP service need not answer, one of the host alone must not serve others."""
    with contextlib.ExitStack() as stack:
        for listening in (
            federation.beta.listen("tcp", int(HTTP)),
            federation.beta.listen("udp", int(VPN)),
            federation.partner.listen("tcp", int(HTTP)),
            _service(federation.alpha, "127.0.0.1", GUI),
            _service(federation.beta, "0.0.0.0", GUI),
        ):
            stack.enter_context(listening)
        run = federation.verify("-e", "verify_partners=true", "--tags", "listeners,probes")
    assert run.status != 0
    assert set(run.findings("proven")) >= _connections("alpha", "beta", 20)
    assert ("peer_http", f"alpha -> partner 198.51.100.30:{HTTP}/tcp") in run.findings("proven")
    assert ("peer_http", f"stranger -> beta [2001:db8:1::20]:{HTTP}/tcp") in run.findings("closed")
    assert set(run.findings("unproven")) == {
        ("tunnel", f"stranger -> beta {address}:{VPN}/udp") for address in ("198.51.100.20", "[2001:db8:1::20]")
    }
    assert run.findings("loopback") == [("gui", f"alpha 127.0.0.1:{GUI}/tcp")]
    assert {finding for finding in run.findings("failed") if "partner" not in finding[1]} == {("gui", f"beta 0.0.0.0:{GUI}/tcp")}
    assert any(why.startswith("python3 (pid ") for why in run.why("failed"))
    assert ("tunnel", f"beta -> partner [2001:db8:1::30]:{VPN}/udp") in run.findings("failed")
    assert run.findings("in force") == []


def test_a_slice_in_check_mode_starts_nothing_and_says_what_it_cannot_prove(federation: Federation) -> None:
    run = federation.verify("--check", "--limit", "alpha,stranger")
    assert run.status == 0, run.output
    assert set(run.report["hosts"]) == {"alpha", "stranger"}
    assert run.findings("proven") == []
    assert set(run.findings("unproven")) >= _connections("alpha", "beta", 20)
    assert run.findings("closed") == [
        ("peer_http", f"stranger -> alpha {address}:{HTTP}/tcp") for address in ("198.51.100.10", "[2001:db8:1::10]")
    ]


def test_a_host_that_is_lost_hides_no_other(federation: Federation) -> None:
    federation.lose("beta")
    run = federation.verify()
    assert run.status != 0
    assert run.why("failed") == {"not verified, since the host failed or could not be reached"}
    assert ("peer_http", f"stranger -> alpha 198.51.100.10:{HTTP}/tcp") in run.findings("closed")
    assert ("peer_http", f"stranger -> beta 198.51.100.20:{HTTP}/tcp") not in run.findings("closed")


def test_batches_are_judged_one_by_one(federation: Federation) -> None:
    """A host that failed in an earlier batch is not judged again by what it saw then, when other listeners waited."""
    federation.beta.nft(f"table inet administrator {{ chain input {{ type filter hook input priority 0; tcp dport {HTTP} drop; }}; }}")
    federation.in_batches_of(2)
    run = federation.verify("--tags", "probes")
    assert run.status != 0
    assert set(run.report["hosts"]) == {"alpha", "stranger"}
    assert run.why("failed") == {"not verified, since the host failed or could not be reached"}
    assert set(run.findings("unproven")) == _connections("stranger", "alpha", 10)
