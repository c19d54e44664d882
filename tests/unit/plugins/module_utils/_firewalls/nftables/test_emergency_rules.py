# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What iptables closes where nft cannot: the same ports, peers and defaults as our table, in both families."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.boot import MARK, SCRIPT, not_loaded
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.emergency_rules import HOOKS, render
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.spared import ERRORS, LINK_IN
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._plan.protocols import ESSENTIAL, type_number
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("peers", ("198.51.100.0/24",), ("2001:db8::/32",))
ANY = AddressSet("any", ("0.0.0.0/0",), ("::/0",))
CLOSED = Rule("closed", INGRESS, "tcp", ("8443", "9000-9001"), (PEERS,), HOST, True)
OPEN = Rule("open", INGRESS, "udp", ("51820",), (ANY,), HOST, True)
NOBODYS = Rule("nobodys", INGRESS, "tcp", ("7000",), (), HOST, True)
POLICY = Policy("host", (CLOSED, OPEN, NOBODYS), False, False, ("203.0.113.9", 22), ("docker0", "br-*"), True)


@pytest.mark.parametrize(("family", "network", "other"), [(4, "198.51.100.0/24", "2001:db8"), (6, "2001:db8::/32", "198.51")])
def test_peers_pass_and_others_do_not(family: int, network: str, other: str) -> None:
    text = render(POLICY, family, host_chains=True)
    lines = text.splitlines()
    chain = "-A FEDERATED-CONNECTIVITY "
    accepted = f"{chain}-s {network} -p tcp -m tcp --dport 9000:9001 -j RETURN"
    refused = f"{chain}-p tcp -m tcp --dport 9000:9001 -j DROP"
    assert lines.index(accepted) < lines.index(refused)
    assert f"{chain}-p udp -m udp --dport 51820 -j RETURN" in lines
    assert f"{chain}-p tcp -m tcp --dport 7000 -j DROP" in lines
    assert not any("--dport 7000 -j RETURN" in line for line in lines)
    assert (f"{chain}-s 203.0.113.9 -p tcp -m tcp --dport 22 -j RETURN" in lines) == (family == 4)
    assert (f"{chain}-d 127.0.0.0/8 -j DROP" in lines) == (family == 4)
    assert other not in text
    assert "-I OUTPUT" not in text
    assert f"{chain}-j DROP" not in lines


def test_denied_defaults_are_kept_where_our_table_keeps_them() -> None:
    denied = POLICY._replace(deny_ingress=True, deny_egress=True)
    ours, beside = (render(denied, 4, host_chains, ["docker0"]) for host_chains in (True, False))
    for chain, expected in {"IN": (True, False), "OUT": (True, False), "FWD": (True, True)}.items():
        assert tuple(f"-A FEDERATED-CONNECTIVITY-{chain} -j DROP" in text for text in (ours, beside)) == expected
    assert "-A FEDERATED-CONNECTIVITY-CON -i br-+ -j DROP" in ours
    names = [line for line in render(denied, 6, True).splitlines() if "--dport 547" in line]
    assert [line.split(" -p ")[0] for line in names] == [f"-A FEDERATED-CONNECTIVITY-OUT -d {to}" for to in ("fe80::/10", "ff02::1:2/128")]
    assert "-A FEDERATED-CONNECTIVITY-OUT -o docker0 -j RETURN" in ours


@pytest.mark.parametrize(("family", "protocol", "match"), [(4, "icmp", "--icmp-type"), (6, "icmpv6", "--icmpv6-type")])
def test_a_denied_default_spares_the_types_that_our_table_spares(family: int, protocol: str, match: str) -> None:
    """Redirects and inverse discovery are among the types that no rule closes, and a denied default refuses them in both places."""
    denied = POLICY._replace(deny_ingress=True, deny_egress=True)
    spared = {type_number(protocol, name) for line in (*ERRORS, *LINK_IN) for name in _types(line, protocol)}
    assert spared < ESSENTIAL[protocol] or protocol == "icmp"
    for chain in ("IN", "OUT"):
        lines = [line for line in render(denied, family, True).splitlines() if line.startswith(f"-A FEDERATED-CONNECTIVITY-{chain} ")]
        assert {int(line.split()[-3]) for line in lines if match in line} == spared


def _types(line: str, protocol: str) -> list[str]:
    _head, found, rest = line.partition(f"{protocol} type {{ ")
    return rest.partition(" }")[0].split(", ") if found else []


def test_the_script_takes_every_chain_away_again() -> None:
    for hook, chain in HOOKS:
        assert f"{hook}:{chain}" in SCRIPT
        assert len(chain) <= 28
    assert SCRIPT.startswith("#!/bin/sh\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("iptables ip6tables\nnft: not found\n", ["(nft: not found)", "until it is loaded, iptables keeps closed what the policy closes"]),
        ("iptables\n\n", ["(it said nothing)", "OPEN to everybody on IPv6"]),
        ("ip6tables-legacy\nx", ["(x)", "OPEN to everybody on IPv4"]),
        ("\n\x1b[31mx", ["(?[31mx)", "OPEN to everybody on IPv4 and IPv6"]),
    ],
)
def test_what_happened_at_boot_is_said(content: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "read_own", lambda self, path: content.encode() if path == MARK else None)
    found = not_loaded(Host())
    assert found is not None
    assert [word for word in words if word not in str(found)] == []
    monkeypatch.setattr(Host, "read_own", lambda self, path: None)
    assert not_loaded(Host()) is None
