# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios' probes: all of a host's over one connection, and each outcome with its own probe."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess

import pytest

from ansible_collections.federated.connectivity.molecule.shared import packets

PROGRAMS = pathlib.Path(__file__).parents[3] / "molecule" / "lab" / "guest" / "usr" / "local" / "bin"


class Machine:
    """This machine in the place of a lab host."""

    def __init__(self) -> None:
        self.connections = 0

    def check_output(self, command: str) -> str:
        self.connections += 1
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        done = subprocess.run(["/bin/sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path})
        return done.stdout.rstrip("\n")


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Machine]:
    made = {"alpha": Machine(), "beta": Machine()}
    monkeypatch.setattr(packets, "host", made.__getitem__)
    monkeypatch.setattr(
        packets, "ADDRESSES", {"here": {"IPv4": "127.0.0.1", "IPv6": "::1"}, "nowhere": {"IPv4": "127.0.0.300", "IPv6": "::"}}
    )
    return made


def test_outcomes_belong_to_their_probes(machines: dict[str, Machine]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        is_open, is_closed = (each.getsockname()[1] for each in (server, taken))
        flows = [(source, "here", "tcp", port) for source in machines for port in (is_open, is_closed)]
        found = packets.Probes(*flows).outcomes
    assert {probe: outcome for probe, outcome in found.items() if probe.family == "IPv4"} == {
        packets.Probe(*flow): "open" if flow[3] == is_open else "refused" for flow in flows
    }
    assert len(found) == 8
    assert {name: machine.connections for name, machine in machines.items()} == {"alpha": 1, "beta": 1}


def test_what_keeps_a_probe_from_being_made_is_no_outcome(machines: dict[str, Machine]) -> None:
    said = packets.Probe("alpha", "nowhere", "tcp", 9).outcome()
    assert said not in ("open", "refused", *packets.BLOCKED)
    assert "Name or service not known" in said
