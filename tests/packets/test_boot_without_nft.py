# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A boot at which nft cannot load our table: iptables closes the plan's ports, or the unit and the next run say that nothing does."""

from __future__ import annotations

import re
import typing as t

import pytest
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalls import FIREWALLS
from namespaces import both, outcomes
from policies import PUBLISHED_HTTP, policy, rule

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import boot as nftables_boot

SSH = "198.51.100.30 40000 198.51.100.10 22"
CLOSED = policy(
    rule("linksight.north.peer_http.ingress", "8443", "9000-9001"),
    rule("linksight.north.discovery.ingress", "9000", protocol="udp"),
    rule("baseline.host.management.ingress", "22", peers=["partner2"]),
)
OUT = rule("linksight.north.peer_http.egress", "7000", direction="egress", placement="published")
DENIED = {**CLOSED, "rules": [*CLOSED["rules"], OUT], "defaults": {"ingress": "deny", "egress": "deny"}}
BREAKAGES = {
    "another nft cannot read it": "echo 'table inet federated_connectivity { chain input { type filter hook nowhere; } }' > "
    + nftables_boot.RULESET,
    "the file is gone": "rm " + nftables_boot.RULESET,
    "nft is gone": "mv /usr/sbin/nft /usr/sbin/nft.away",
}
NO_IPTABLES = "rm -f /usr/sbin/*tables*-restore"


def boot(host: FirewallHost, breakage: str, emptied: str = "flush ruleset") -> int:
    """An empty kernel; the unit's command, after this has happened; its exit status."""
    host.nft(emptied)
    host.run(["sh", "-ec", breakage])
    unit = host.file("/etc/systemd/system/federated-connectivity.service").read_text()
    return host.run(re.findall(r"(?m)^ExecStart=(.*)$", unit)[0].split(), check=False).returncode


def chains(host: FirewallHost) -> str:
    return "".join(host.run([f"{tool}-save", "-t", "mangle"]).stdout for tool in ("iptables", "ip6tables"))


@pytest.mark.every_run("nftables-the file is gone", "ufw-nft is gone")
@pytest.mark.parametrize(
    ("backend", "breakage"),
    [*(("nftables", breakage) for breakage in BREAKAGES), ("ufw", "nft is gone"), ("firewalld", "another nft cannot read it")],
)
def test_iptables_closes_the_plans_ports(net: Network, host: FirewallHost, backend: str, breakage: str) -> None:
    FIREWALLS[backend](host)
    host.apply(CLOSED, backend, ssh=SSH)
    with host.listen("tcp", 22, 8443, 9000), host.listen("udp", 9000):
        assert boot(host, BREAKAGES[breakage]) == 1
        if backend == "ufw":
            host.run(["/lib/ufw/ufw-init", "start"])
        assert outcomes(net.stranger, "tcp", host, 8443, 9000, 22) == both("silent", "silent", "silent")
        assert outcomes(net.stranger, "udp", host, 9000) == both("silent")
        assert outcomes(net.partner, "tcp", host, 8443, 9000) == both("open", "open")
        assert outcomes(net.partner2, "tcp", host, 22) == both("open")
        assert net.user.probe("tcp", host.ipv4, 22) == "open"  # the exception for the management connection
    host.run(["sh", "-c", "mv /usr/sbin/nft.away /usr/sbin/nft 2>/dev/null || true"])
    checked = host.apply(CLOSED, backend, ssh=SSH, check=True)
    assert checked["changed"]
    assert "nft could not load /etc/federated_connectivity/ruleset.nft when this host started" in checked.warnings[0]
    assert "iptables keeps closed what the policy closes" in checked.warnings[0]
    assert "FEDERATED" in chains(host)
    mended = host.apply(CLOSED, backend, ssh=SSH)
    assert "nft could not load" in mended.warnings[0]
    assert "FEDERATED" not in chains(host)
    again = host.apply(CLOSED, backend, ssh=SSH)
    assert (again["changed"], [warning for warning in again.warnings if "could not load" in warning]) == (False, [])


@pytest.mark.parametrize("backend", ["nftables"])
def test_a_denied_default_and_published_ports_stay_closed_too(net: Network, host: FirewallHost, backend: str) -> None:
    container = host.container({8080: 80, 8443: 443})
    host.apply(DENIED, backend, ssh=SSH)
    assert boot(host, BREAKAGES["nft is gone"], "delete table inet federated_connectivity") == 1
    with host.listen("tcp", 22, 5000), container.listen("tcp", 80, 443):
        assert outcomes(net.stranger, "tcp", host, 5000, 8080, 8443, 22) == both("silent", "silent", "silent", "silent")
        assert outcomes(net.partner, "tcp", host, 5000, 8080, 8443) == both("silent", "silent", "open")
        assert outcomes(net.partner2, "tcp", host, 22) == both("open")
        assert net.user.probe("tcp", host.ipv4, 22) == "open"
        for source in (host, container):  # what they open: to peers at their ports, and to nobody else
            assert outcomes(source, "tcp", net.partner, 7000, 7001) == both("refused", "silent")
            assert outcomes(source, "tcp", net.stranger, 7000) == both("silent")
        assert outcomes(host, "tcp", container, 80, 81) == both("open", "refused")


def test_a_later_load_that_succeeds_ends_the_closure(net: Network, host: FirewallHost) -> None:
    host.apply(CLOSED, ssh=SSH)
    wanted = host.ruleset()
    for _twice in range(2):
        assert boot(host, "mv /usr/sbin/nft /usr/sbin/nft.away 2>/dev/null || true") == 1
        host.run(["mv", "/usr/sbin/nft.away", "/usr/sbin/nft"])
    assert chains(host).count("-A INPUT -j FEDERATED-CONNECTIVITY\n") == 2
    host.run(nftables_boot.COMMAND.split())
    assert "FEDERATED" not in chains(host)
    host.nft("delete table ip mangle; delete table ip6 mangle")  # what listing them has made
    assert host.ruleset() == wanted
    assert host.apply(CLOSED, ssh=SSH)["changed"] is False


@pytest.mark.parametrize("lost", ["both", *(pytest.param(tool, marks=pytest.mark.whole) for tool in ("iptables", "ip6tables"))])
def test_without_a_tool_the_unit_fails_and_the_next_run_says_so_first(net: Network, host: FirewallHost, lost: str) -> None:
    host.apply(CLOSED, ssh=SSH)
    gone = {"iptables": "rm /usr/sbin/iptables*restore", "ip6tables": "rm /usr/sbin/ip6tables*restore", "both": NO_IPTABLES}[lost]
    assert boot(host, BREAKAGES["nft is gone"] + "; " + gone) == 1
    with host.listen("tcp", 8443):
        seen = outcomes(net.stranger, "tcp", host, 8443)
    assert seen == {"ipv4": ["silent" if lost == "ip6tables" else "open"], "ipv6": ["silent" if lost == "iptables" else "open"]}
    families = {"iptables": "on IPv4", "ip6tables": "on IPv6", "both": "on IPv4 and IPv6"}[lost]
    with pytest.raises(PolicyFailed) as failure:
        host.apply(CLOSED, ssh=SSH)
    first, second = str(failure.value).splitlines()[0], str(failure.value).splitlines()[-1]
    assert first.endswith(f"iptables could not close the ports of the plan either, which are OPEN to everybody {families}")
    assert second.startswith("nft is not installed on this host")


def test_removal_needs_no_nft_and_opens_what_iptables_closed(host: FirewallHost) -> None:
    host.apply(CLOSED, ssh=SSH)
    assert boot(host, BREAKAGES["nft is gone"]) == 1
    assert "FEDERATED" in chains(host)
    host.apply(None)
    assert "FEDERATED" not in chains(host)
    ours = (nftables_boot.RULESET, nftables_boot.LOAD, *nftables_boot.EMERGENCY.values(), nftables_boot.MARK)
    assert [path for path in ours if host.file(path).exists()] == []
    assert not host.file("/etc/federated_connectivity").exists()


def test_a_change_that_is_taken_back_leaves_the_closure_as_it_was(net: Network, host: FirewallHost) -> None:
    host.apply(policy(PUBLISHED_HTTP), ssh=SSH)
    assert boot(host, BREAKAGES["another nft cannot read it"]) == 1
    trial: dict[str, t.Any] = host.apply(CLOSED, ssh=SSH, confirm_timeout=60)["on_trial"]
    assert "FEDERATED" not in chains(host)
    with pytest.raises(PolicyFailed, match="the change was not confirmed"):
        host.confirm(trial["token"], SSH)
    assert "FEDERATED" in chains(host)
    with host.listen("tcp", 8443):
        assert outcomes(net.stranger, "tcp", host, 8443) == both("silent")
    assert "could not load" in host.apply(CLOSED, ssh=SSH, check=True).warnings[0]
