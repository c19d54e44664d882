# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units of our own come at boot before any packet does, and before and behind whom they have to."""

from __future__ import annotations

from ansible_collections.federated.connectivity.plugins.module_utils._apply import watchdog
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import backend as nftables
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import boot


def words(text: str, key: str) -> list[str]:
    return [word for line in text.splitlines() if line.startswith(key + "=") for word in line.partition("=")[2].split()]


def test_the_ruleset_is_loaded_before_the_network_and_behind_what_empties_the_packet_filter() -> None:
    assert words(nftables.UNIT_TEXT, "After") == ["nftables.service"]
    assert {"network-pre.target", "docker.service"} <= set(words(nftables.UNIT_TEXT, "Before"))
    assert words(nftables.UNIT_TEXT, "Wants") == ["network-pre.target"]
    assert words(nftables.UNIT_TEXT, "DefaultDependencies") == ["no"]
    assert words(nftables.UNIT_TEXT, "ExecStop") == []


def test_whatever_nftables_service_does_the_ruleset_is_there_again() -> None:
    text = nftables.DROP_IN_TEXT.format(load=boot.COMMAND)
    for key in ("ExecStartPost", "ExecReload", "ExecStopPost"):
        assert words(text, key) == ["-/bin/sh", boot.LOAD, "load"]


def test_what_nobody_confirmed_is_taken_back_before_any_firewall_starts() -> None:
    firewalls = {f"{name}.service" for name in ("federated-connectivity", "nftables", "ufw", "firewalld", "docker")}
    assert firewalls | {"network-pre.target"} <= set(words(watchdog._BOOT_TEXT, "Before"))
    assert words(watchdog._BOOT_TEXT, "After") == ["local-fs.target"]
    assert words(watchdog._BOOT_TEXT, "DefaultDependencies") == ["no"]
