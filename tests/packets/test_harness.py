# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The harness itself: without a firewall everything passes, and each kind of refusal is told from the others."""

from __future__ import annotations

import pytest
from firewall_host import FirewallHost
from namespaces import Namespace, both, outcomes, probe_all


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_outcomes(host: FirewallHost, stranger: Namespace, protocol: str) -> None:
    host.nft(
        "table inet example { chain input { type filter hook input priority filter; "
        f"{protocol} dport 3 reject with icmpx admin-prohibited; {protocol} dport 4 drop; }}; }}"
    )
    with host.listen(protocol, 1, 3, 4):
        assert outcomes(stranger, protocol, host, 1, 2, 3, 4) == both("open", "refused", "rejected", "silent")


def test_connections_from_the_host(host: FirewallHost, partner: Namespace) -> None:
    with partner.listen("tcp", 1), partner.listen("udp", 1):
        assert outcomes(host, "tcp", partner, 1, 2) == both("open", "refused")
        assert outcomes(host, "udp", partner, 1, 2) == both("open", "refused")


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_container(host: FirewallHost, partner: Namespace, protocol: str) -> None:
    container = host.container({8443: 443}, protocol)
    with container.listen(protocol, 443), partner.listen(protocol, 8443):
        assert outcomes(partner, protocol, host, 8443, 443) == both("open", "refused")
        assert outcomes(container, protocol, partner, 8443) == both("open")


def test_the_hosts_files_are_its_own(host: FirewallHost) -> None:
    host.file("/etc/example").write_text("mine\n")
    assert host.run(["cat", "/etc/example"]).stdout == "mine\n"
    assert "bookworm" in host.run(["cat", "/etc/os-release"]).stdout


@pytest.mark.suite("trixie")
def test_other_release(host: FirewallHost, partner: Namespace) -> None:
    assert "trixie" in host.run(["cat", "/etc/os-release"]).stdout
    with host.listen("tcp", 1):
        assert probe_all((partner, "tcp", host.ipv4, 1), (partner, "tcp", host.ipv6, 1)) == ["open", "open"]
