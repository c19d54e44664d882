# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases that the harness has: the versions that docs/compatibility.md names, and what an old firewalld cannot carry."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from firewall_host import FirewallHost, PolicyFailed
from firewalld_daemon import Firewalld
from policies import PEER_HTTP, policy
from suites import releases

TRIED = yaml.safe_load((pathlib.Path(__file__).parent / "compatibility.yml").read_text(encoding="utf-8"))
PACKAGES = {"python": "python3", "docker": "docker.io"}


@releases("bookworm", "trixie")
def test_the_versions_are_those_of_the_table(host: FirewallHost, suite: str) -> None:
    table = {tool: version for tool, version in TRIED["releases"][suite].items() if tool != "name" and version}
    names = [PACKAGES.get(tool, tool) for tool in table]
    said = host.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}\n", *sorted(names)]).stdout.split()
    installed = dict(zip(sorted(names), said, strict=True))
    wrong = {
        tool: installed[PACKAGES.get(tool, tool)]
        for tool, version in table.items()
        if not _is(installed[PACKAGES.get(tool, tool)], version)
    }
    assert wrong == {}


def _is(installed: str, version: str) -> bool:
    return installed == version or installed.startswith((version + ".", version + "+", version + "~"))


@pytest.mark.suite("bullseye")
@pytest.mark.whole
@pytest.mark.parametrize("suite", ["bullseye"])
def test_an_old_firewalld_is_refused_and_left_alone(host: FirewallHost, suite: str) -> None:
    firewalld = Firewalld(host)
    before = firewalld.files()
    with pytest.raises(PolicyFailed, match="cannot match destinations by ipset"):
        host.apply(policy(PEER_HTTP), backend="firewalld")
    assert firewalld.files() == before
    assert not host.apply(None)["changed"]
