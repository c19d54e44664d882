# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the packet tests: a Debian host with real firewalls, and neighbours that send it real packets."""

from __future__ import annotations

import os
import typing as t

import pytest
from firewall_host import FirewallHost, Network, network
from firewalld_daemon import Firewalld
from namespaces import Namespace

from ansible_collections.federated.connectivity.molecule.lab.rootfs import rootfs

ROUNDS, MORE_ROUNDS = 8, 60


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, help=f"how often a policy is applied by tests that apply many ({ROUNDS}, or {MORE_ROUNDS} with --whole)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "suite(name): the Debian release of the host under test; bookworm unless told")
    if os.geteuid() != 0:
        raise pytest.UsageError("the packet tests make network namespaces and need root: run them with sudo, or as root")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests have recorded."""
    for report in terminalreporter.getreports("passed"):
        for _name, figure in report.user_properties:
            terminalreporter.line(figure)


@pytest.fixture
def rounds(request: pytest.FixtureRequest, whole: bool) -> int:
    """How often a test applies a policy that applies many."""
    return int(request.config.getoption("rounds") or (MORE_ROUNDS if whole else ROUNDS))


@pytest.fixture
def net(request: pytest.FixtureRequest) -> t.Iterator[Network]:
    """A fresh network for one test."""
    marker = request.node.get_closest_marker("suite")
    with network(rootfs(marker.args[0] if marker else "bookworm")) as made:
        yield made


@pytest.fixture
def host(net: Network) -> FirewallHost:
    return net.host


@pytest.fixture
def partner(net: Network) -> Namespace:
    return net.partner


@pytest.fixture
def partner2(net: Network) -> Namespace:
    return net.partner2


@pytest.fixture
def user(net: Network) -> Namespace:
    return net.user


@pytest.fixture
def stranger(net: Network) -> Namespace:
    return net.stranger


@pytest.fixture
def firewalld(host: FirewallHost) -> Firewalld:
    """firewalld, running on the host."""
    return Firewalld(host)
