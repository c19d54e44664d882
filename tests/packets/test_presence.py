# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode says of each rule whether it stands on disk and in the kernel, whichever firewall carries it; an answer of why tells it."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import sys

from firewall_host import FirewallHost, Outcome
from firewalld_daemon import Firewalld
from policies import policy, rule

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_policy

HTTP, GRPC = "linksight.north.peer_http.ingress", "linksight.north.peer_grpc.egress"
POLICY = policy(rule(HTTP, "8443", peers=["partners", "partner2"]), rule(GRPC, "9090", direction="egress"))
TABLE = "nftables table inet federated_connectivity"
RULESET = "/etc/federated_connectivity/ruleset.nft"
WHOLE = ("present", "present")


def seen(host: FirewallHost, place: str) -> dict[str, tuple[str, str]]:
    """Rule -> on disk and in the kernel, of one place."""
    return told(host.apply(POLICY, check=True), place)


def told(outcome: Outcome, place: str) -> dict[str, tuple[str, str]]:
    return {one["rule"]: (one["disk"], one["kernel"]) for one in outcome["rules"] if one["place"] == place}


def lines_of(host: FirewallHost, path: str, without: str) -> None:
    """Take the lines with a text out of a file."""
    host.file(path).write_text("".join(line for line in host.file(path).read_text().splitlines(True) if without not in line))


def test_nftables(host: FirewallHost) -> None:
    assert "rules" not in host.apply(POLICY)
    assert seen(host, TABLE) == {HTTP: WHOLE, GRPC: WHOLE}
    host.nft("flush chain inet federated_connectivity output")
    assert seen(host, TABLE) == {HTTP: WHOLE, GRPC: ("present", "missing")}
    lines_of(host, RULESET, "peer_http")
    assert seen(host, TABLE) == {HTTP: ("missing", "present"), GRPC: ("present", "missing")}
    host.nft("delete table inet federated_connectivity")
    assert seen(host, TABLE) == {HTTP: ("missing", "missing"), GRPC: ("present", "missing")}


def test_ufw(host: FirewallHost) -> None:
    host.run(["ufw", "--force", "enable"])
    host.apply(POLICY)
    assert seen(host, "ufw") == {HTTP: WHOLE, GRPC: WHOLE}
    assert seen(host, TABLE) == {HTTP: WHOLE}
    numbered = host.run(["ufw", "status", "numbered"]).stdout.splitlines()
    number = next(line for line in numbered if HTTP in line).split("]")[0].strip("[ ")
    host.run(["ufw", "--force", "delete", number])
    assert seen(host, "ufw") == {HTTP: ("partly", "partly"), GRPC: WHOLE}
    host.apply(POLICY)
    (line,) = (line for line in host.run(["iptables-save"]).stdout.splitlines() if "--dport 9090" in line)
    host.run(["iptables", *line.replace("-A", "-D", 1).split()])
    assert seen(host, "ufw") == {HTTP: WHOLE, GRPC: ("present", "partly")}


def test_firewalld(host: FirewallHost, firewalld: Firewalld) -> None:
    host.apply(POLICY)
    assert seen(host, "firewalld") == {HTTP: WHOLE, GRPC: WHOLE}
    firewalld.cmd("--ipset=fedconn4-partner2", "--remove-entry=198.51.100.21")
    assert seen(host, "firewalld") == {HTTP: ("present", "partly"), GRPC: WHOLE}
    host.run(["rm", "/etc/firewalld/services/fedconn-linksight-north-peer_grpc-egress.xml"])
    assert seen(host, "firewalld") == {HTTP: ("present", "partly"), GRPC: ("partly", "present")}


INVENTORY = """
all:
  vars:
    connectivity_memberships: [{matrix: linksight, federation: north, roles: [data_station]}]
  hosts:
    clinic: {connectivity_addresses: [198.51.100.10], ansible_connection: local, ansible_become: false, ansible_python_interpreter: PYTHON}
    hub: {connectivity_addresses: [198.51.100.20], ansible_host: 127.0.0.1, ansible_port: 1}
"""


def _environment() -> dict[str, str]:
    """This process's, less what it says to Ansible."""
    kept = {key: value for key, value in os.environ.items() if key == "ANSIBLE_COLLECTIONS_PATH" or not key.startswith("ANSIBLE_")}
    return kept | {"ANSIBLE_STDOUT_CALLBACK": "federated.connectivity.brief", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"}


def test_an_answer_tells_what_an_end_has_in_force_and_which_end_was_not_asked(host: FirewallHost, tmp_path: pathlib.Path) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(host.enter())} /usr/bin/python3 "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "hosts.yml").write_text(INVENTORY.replace("PYTHON", str(program)), encoding="utf-8")

    def play(playbook: str, **variables: object) -> subprocess.CompletedProcess[str]:
        given = json.dumps({f"connectivity_{name}": value for name, value in variables.items()})
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", "hosts.yml", f"federated.connectivity.{playbook}", "-e", given]
        return subprocess.run(command, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False)

    assert play("plan", plan=str(tmp_path / "plan")).returncode == 0
    host.apply(read_policy(tmp_path / "plan", "clinic"))
    host.nft("flush chain inet federated_connectivity output")
    question = {"from": "clinic", "to": "hub", "port": 8443, "reviewed_plan": str(tmp_path / "plan")}
    done = play("why", **question, live=True)
    text = done.stdout + done.stderr
    assert done.returncode == 2, text
    assert "  yes: clinic -> hub, tcp 8443\n" in text
    assert f"  live: clinic (nftables): differs from the plan, in {TABLE}\n" in text
    assert f"    linksight.north.peer_http.egress: in the plan and on disk; in the kernel: missing ({TABLE})\n" in text
    assert "  not asked: hub: " in text
    assert "not asked: hub; the lines above say why. The answer from the plan stands" in text
    assert host.apply(read_policy(tmp_path / "plan", "clinic"), check=True)["changed"]  # nothing was put right
    done = play("why", **question)
    assert done.returncode == 0, done.stdout
    assert "live:" not in done.stdout
    assert "not asked" not in done.stdout
