# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages are installed by what the host has, and never by a name that is an option."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.packages import install


def installed(manager: str, *statuses: int) -> list[str]:
    """What was run on a host with one package manager."""
    ran: list[str] = []
    left = list(statuses)

    def run(command: t.Sequence[str]) -> tuple[int, str, str]:
        ran.append(" ".join(command))
        return left.pop(0), "", "no such package"

    install(["nftables"], lambda name: f"/usr/bin/{name}" if name == manager else None, run)
    return ran


@pytest.mark.parametrize("manager", ["apt-get", "dnf", "yum", "zypper"])
def test_the_manager_of_the_host_installs(manager: str) -> None:
    (command,) = installed(manager, 0)
    assert command.startswith(f"/usr/bin/{manager} ")
    assert command.endswith(" nftables")


def test_lists_are_renewed_where_the_package_is_not_in_them() -> None:
    assert [command.split()[-1] for command in installed("apt-get", 100, 0, 0)] == ["nftables", "update", "nftables"]


@pytest.mark.parametrize(("manager", "statuses"), [("apt-get", (100, 100, 100)), ("dnf", (1,))])
def test_what_fails_is_told(manager: str, statuses: tuple[int, ...]) -> None:
    with pytest.raises(ToolFailed, match=r"install.* nftables failed with status \d+: no such package"):
        installed(manager, *statuses)


def test_a_host_without_a_manager_is_told_what_to_do() -> None:
    with pytest.raises(ToolFailed, match="install nftables yourself, and set firewall_manage_packages to false"):
        installed("pacman", 0)


def test_a_name_that_is_an_option_is_refused() -> None:
    with pytest.raises(ToolFailed, match="'--force-yes' is not the name of a package"):
        install(["--force-yes"], lambda name: name, lambda _command: (0, "", ""))
