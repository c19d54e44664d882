# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same plan opens the same on Linux and on Windows: the text for nft, and what the program leaves on a host of the stand-in."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.addresses import ANYBODY, merge
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.windows_policy import for_windows
from ansible_collections.federated.connectivity.tests import openings
from ansible_collections.federated.connectivity.tests.openings import Opening, host, openings_on_linux, rule

OURS = "federated.connectivity"
_SERVE = pathlib.Path(__file__).with_name("Serve.ps1")
_DIRECTIONS = {"Inbound": "ingress", "Outbound": "egress"}


class Station:
    """A host of the stand-in, which each policy finds as the one before it left it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._others: list[t.Any] | None = None

    def enforce(self, policy: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """Our rules after a run, which must have succeeded, left nothing to do and left the rules of others alone."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(policy) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert (answer["errors"], answer["again"]) == ([], [])
        others = [one for one in answer["rules"] if one["Group"] != OURS]
        assert others
        assert self._others in (None, others)
        self._others = others
        return [one for one in answer["rules"] if one["Group"] == OURS]


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    command = [os.environ.get("PWSH") or "pwsh", "-NoProfile", "-File", str(_SERVE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Station(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait() == 0


_one = st.tuples(st.sampled_from(["ingress", "egress"]), st.sampled_from(["tcp", "udp"]), openings.ports, openings.address_sets)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=st.lists(_one, min_size=1, max_size=4))
def test_the_host_opens_what_nftables_opens(station: Station, drawn: list[tuple[str, str, list[str], list[list[str]]]]) -> None:
    named: dict[str, list[str]] = {}
    rules = []
    for number, (direction, protocol, ports, sets) in enumerate(drawn):
        names = {f"set{number}_{each}": cidrs for each, cidrs in enumerate(sets)}
        named.update(names)
        peers = {"address_sets": list(names), "names": []}
        rules.append(rule(id=f"own.x.f{number}.{direction}", direction=direction, protocol=protocol, ports=ports, peers=peers))
    policy = {**host(*rules), "address_sets": named}
    wanted, _allowed = for_windows(policy, 0)
    assert openings_of(station.enforce(wanted)) == openings_on_linux(policy)


def openings_of(rules: list[dict[str, t.Any]]) -> set[Opening]:
    """What the rules open, as Windows holds them; parts of a rule, and rules of the same ports, are one opening."""
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for one in rules:
        assert (one["Enabled"], one["Action"], one["Profile"], one["Program"]) == ("True", "Allow", "Any", "Any")
        ports = one["LocalPort" if one["Direction"] == "Inbound" else "RemotePort"]
        opening = found.setdefault((_DIRECTIONS[one["Direction"]], one["Protocol"].lower(), tuple(ports)), [])
        opening.extend(ANYBODY if one["RemoteAddress"] == ["Any"] else one["RemoteAddress"])
    return {(*opening, merge(cidrs)) for opening, cidrs in found.items()}
