# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A system that nobody has seen, written by following docs/own_system.md: its plan, on a real firewall, with real packets."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from firewall_host import FirewallHost
from namespaces import Namespace, both, outcomes

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

PAGE = (pathlib.Path(__file__).parents[2] / "docs" / "own_system.md").read_text(encoding="utf-8")


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> pathlib.Path:
    """The files of the tutorial."""
    for name, text in re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / "valley"


def test_stations_and_the_clinic_pass_and_nobody_else(
    directory: pathlib.Path, host: FirewallHost, partner: Namespace, user: Namespace, stranger: Namespace
) -> None:
    inventory = yaml.safe_load((directory / "hosts.yml").read_text(encoding="utf-8"))["all"]["hosts"]
    plan = compute_plan(inventory, Catalogue([str(directory)]))
    applied = host.apply({**plan.host("gateway"), "address_sets": plan.index["address_sets"]})
    assert applied["changed"]
    with host.listen("tcp", 7443, 7500, 7502, 8000), host.listen("udp", 7600):
        assert outcomes(partner, "tcp", host, 7443, 7502, 8000) == both("open", "silent", "open")
        assert outcomes(partner, "udp", host, 7600) == both("open")
        assert outcomes(user, "tcp", host, 7443, 7500, 7502) == both("silent", "open", "open")
        assert outcomes(user, "udp", host, 7600) == both("silent")
        assert outcomes(stranger, "tcp", host, 7443, 7500, 7502, 8000) == both("silent", "silent", "silent", "open")
        assert outcomes(stranger, "udp", host, 7600) == both("silent")
    assert not host.apply({**plan.host("gateway"), "address_sets": plan.index["address_sets"]})["changed"]
