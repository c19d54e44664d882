# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our table's way back restores whatever can be restored."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import backend as nftables
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import open_connections
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.boot import MARK
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import DENIED_EGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot


class Recorded(Host):
    """A host that runs nothing: it remembers what it should have run."""

    def __init__(self, has_nft: bool = True, marked: bool = False) -> None:
        self.has_nft, self.marked = has_nft, marked
        self.ran: list[list[str]] = []

    def run(self, argv: t.Sequence[str], **_options: t.Any) -> Result:
        self.ran.append(list(argv))
        return Result(0, "", "")

    def which(self, command: str) -> str | None:
        return f"/usr/sbin/{command}" if command != "nft" or self.has_nft else None

    def read_own(self, path: str) -> bytes | None:
        return b"iptables ip6tables\n" if self.marked and path == MARK else None

    def has_systemd(self) -> bool:
        return False


def put_back(host: Host, table: str = "", **runtime: bool) -> None:
    nftables.put_back(Snapshot(()), {"table": table, "active": False, **runtime}, host)


def test_a_closure_that_began_meanwhile_is_lifted() -> None:
    host = Recorded(marked=True)
    put_back(host)
    assert ["sh", "-s", "lift"] in host.ran


def test_a_change_that_found_no_nft_needs_none_to_be_taken_back() -> None:
    host = Recorded(has_nft=False)
    put_back(host, had_nft=False)
    assert host.ran == []


def test_an_nft_that_is_away_for_a_moment_is_asked() -> None:
    host = Recorded(has_nft=False)
    put_back(host, had_nft=True)
    assert ["nft", "-f", "-"] in host.ran


def test_connections_that_cannot_be_tracked_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def track() -> None:
        raise PermissionError("/proc/net/tcp")

    monkeypatch.setattr(open_connections, "track", track)
    host = Recorded()
    put_back(host, f"table inet federated_connectivity {{ {DENIED_EGRESS} }}")
    assert ["nft", "-f", "-"] in host.ran


def test_ports_that_stay_open_are_told_and_do_not_stop_the_way_back() -> None:
    class WithoutTools(Recorded):
        def run(self, argv: t.Sequence[str], **options: t.Any) -> Result:
            super().run(argv)
            return Result(1, "", "lock\nALERT: the ports are OPEN\n") if "close" in argv else Result(0, "", "")

    host = WithoutTools()
    assert nftables.put_back(Snapshot(()), {"table": "", "active": True, "not_loaded": "said"}, host) == ["ALERT: the ports are OPEN"]
    assert host.ran[-1][:2] == ["systemctl", "start"]
