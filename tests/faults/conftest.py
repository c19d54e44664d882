# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault tests stand on the packet tests' hosts; at the end they tell in a table what was injected and what held."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import sys
import typing as t

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "packets"))

from firewall_host import network
from scene import Observation, Scene
from verdict import Verdict, summary, table

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

every_backend = pytest.mark.parametrize("backend", ["nftables", "ufw", pytest.param("firewalld", marks=pytest.mark.whole)])

PROPERTY = "verdict"
LEARNED: dict[str, dict[str, Observation]] = {}
SUMMARY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strikes", type=int, default=1, help="at how many of its steps each run is struck by each fault")


def pytest_configure() -> None:
    if os.geteuid() != 0:
        raise pytest.UsageError("the fault tests make network namespaces and need root: run them with sudo, or as root")


def pytest_terminal_summary(terminalreporter: t.Any) -> None:
    verdicts = [
        Verdict(**value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY and getattr(report, "when", "") == "call"
    ]
    if verdicts:
        terminalreporter.section("faults")
        for line in table(verdicts):
            terminalreporter.write_line(line)
        terminalreporter.config.stash[SUMMARY] = summary(verdicts)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of all."""
    print(config.stash.get(SUMMARY, ""))


@pytest.fixture
def scene(backend: str) -> t.Iterator[Scene]:
    """A host with the firewall ``backend``; what every state of such a host looks like is learned once."""
    with network(rootfs("bookworm")) as net:
        made = Scene(net, backend, LEARNED.get(backend, {}))
        with made.services():
            if backend not in LEARNED:
                made.learn()
                LEARNED[backend] = dict(made.states)
            yield made


class Record:
    """Takes the verdicts of a test; at its end all of them must hold."""

    def __init__(self, tell: t.Callable[[str, object], None]) -> None:
        self._tell = tell
        self.verdicts: list[Verdict] = []

    def add(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        self._tell(PROPERTY, dataclasses.asdict(verdict))


@pytest.fixture
def record(record_property: t.Callable[[str, object], None]) -> t.Iterator[Record]:
    made = Record(record_property)
    yield made
    broken = [verdict for verdict in made.verdicts if not verdict.holds]
    assert not broken, "\n".join(map(str, broken))
    assert made.verdicts


@pytest.fixture
def strikes(request: pytest.FixtureRequest) -> int:
    return t.cast(int, request.config.getoption("--strikes"))


def spread(steps: list[str], count: int) -> list[str]:
    """At most ``count`` of the steps, first and last among them; a single one comes from the middle."""
    if count == 1:
        return steps[len(steps) // 2 :][:1]
    if len(steps) <= count:
        return steps
    return [steps[i * (len(steps) - 1) // (count - 1)] for i in range(count)]
