# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that watches software, drafts a matrix, and compares with a plan: on a host with small servers, and real connections."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import yaml
from firewall_host import FirewallHost, Network
from namespaces import Namespace, outcomes
from waiting import until

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import read_policy

SERVER = """
import socket, sys
open_sockets = []
for place in sys.argv[1:]:
    address, _colon, port = place.rpartition(":")
    listener = socket.create_server((address, int(port)))
    open_sockets.append(listener)
if open_sockets:
    while True:
        connection, _address = open_sockets[0].accept()
        open_sockets.append(connection)
"""
WATCHED = "tells"  # how programs of the system are called
COUNT = "table inet counts { chain input { type filter hook input priority 0; ct state established counter\n}\n}"


def start(host: FirewallHost, name: str, *places: str) -> None:
    host.file(f"/root/{name}").write_text(SERVER, encoding="ascii")
    host.start(["python3", f"/root/{name}", *places])


def inventory(net: Network, directory: pathlib.Path) -> dict[str, t.Any]:
    """The host, reached through a Python that runs in its namespaces, two partners, and a network of users."""
    python = directory / "python"
    python.write_text(f'#!/bin/sh\nexec {" ".join(net.host.enter())} /usr/bin/python3 "$@"\n', encoding="ascii")
    python.chmod(0o755)
    reached = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": str(python),
        "ansible_pipelining": True,
    }
    networks = {"connectivity_networks": {"users": list(net.user.addresses)}}
    stations = {
        member.name: {"connectivity_managed": False, "connectivity_addresses": list(member.addresses)}
        for member in (net.partner, net.partner2)
    }
    collector = {"collector": {"connectivity_addresses": list(net.host.addresses), **reached, **networks}}
    return {"all": {"children": {"collectors": {"hosts": collector}, "stations": {"hosts": stations}}}}


def play(directory: pathlib.Path, playbook: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    (directory / "play.yml").write_text(f"- ansible.builtin.import_playbook: federated.connectivity.{playbook}\n")
    environment = {name: value for name, value in os.environ.items() if name.startswith(("ANSIBLE_COLLECTIONS", "PATH", "PYTHON", "HOME"))}
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.json", "play.yml", "-e", json.dumps(variables)]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_running_software_becomes_a_matrix_whose_plan_admits_what_was_seen(net: Network, tmp_path: pathlib.Path) -> None:
    host, hosts = net.host, inventory(net, tmp_path)
    (tmp_path / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    host.nft(COUNT)  # the kernel tracks connections where a rule asks for their state
    start(host, WATCHED, "0.0.0.0:8000", "127.0.0.1:9094")
    start(host, "private", "0.0.0.0:9999")
    draft, asked = tmp_path / "matrices/tells.yml", {"connectivity_observe_minutes": 0.05, "connectivity_observe_processes": WATCHED}
    with contextlib.ExitStack() as stack:
        for client, port in ((net.partner, 8000), (net.user, 8000), (net.stranger, 8000), (net.partner, 9999)):
            until(lambda client=client, port=port: client.probe("tcp", host.ipv4, port) == "open", "the server does not answer")  # type: ignore[misc]
            stack.enter_context(client.connect(host.ipv4, port))
        net.partner2.connect(host.ipv4, 8000).close()  # over before anybody looks
        done = play(tmp_path, "observe", connectivity_matrix=str(draft), **asked)
    assert done.returncode == 0, done.stdout + done.stderr
    text = draft.read_text(encoding="utf-8")
    assert "4 flows drafted, 1 to decide" in done.stdout
    assert "9999" not in text
    flows = yaml.safe_load(text)["flows"]
    assert {name: (flow["initiator"], flow["necessity"], flow["exposure"]) for name, flow in flows.items()} == {
        "collectors_tcp_8000": ({"roles": ["stations"]}, "conditional", "partners"),
        "collectors_tcp_8000_from_outside": ({"network": "from_outside_tcp_8000"}, "optional", "partners"),
        "collectors_tcp_8000_from_users": ({"network": "users"}, "conditional", "site"),
        "collectors_tcp_9094_local": ({"local": True}, "conditional", "loopback"),
    }
    assert net.stranger.ipv4 in text

    _join(hosts, draft)
    (tmp_path / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    plan = tmp_path / "plan"
    planned = play(tmp_path, "plan", connectivity_plan=str(plan))
    assert planned.returncode == 0, planned.stdout + planned.stderr
    host.apply(dict(read_policy(plan, "collector")), backend="nftables")
    assert [_reached(client, host) for client in (net.partner, net.partner2, net.user, net.stranger)] == ["open", "open", "open", "silent"]

    with net.partner.connect(host.ipv4, 8000), net.partner.connect(host.ipv4, 9999):
        compared = play(tmp_path, "observe", connectivity_observe_compare=str(plan), connectivity_observe_ports="8000,9999", **asked)
    said = " ".join(compared.stdout.split())
    assert compared.returncode != 0
    assert "allowed by the plan, but not used: tells.north.collectors_tcp_8000_from_users, ingress on collector, tcp 8000" in said
    lacking = "partner to collector, tcp 9999; no rule is about it, and it passes only where the defaults are unchanged"
    listener = "collector listens on 0.0.0.0, tcp 9999; no rule admits or closes it"
    assert f"the running software uses what the plan lacks: {lacking}; {listener}" in said


def _join(hosts: dict[str, t.Any], draft: pathlib.Path) -> None:
    for group, content in hosts["all"]["children"].items():
        membership = {"matrix": str(draft), "federation": "north", "roles": [group]}
        content["vars"] = {"connectivity_memberships": [membership]}


def _reached(client: Namespace, host: FirewallHost) -> str:
    return outcomes(client, "tcp", host, 8000)["ipv4"][0]
