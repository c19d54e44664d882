# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy opens, read in the text that nft gets: the measure for every other firewall, with policies and networks to draw."""

from __future__ import annotations

import re
import typing as t
from ipaddress import ip_network

from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import ruleset as nftables_ruleset
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import parse_policy
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.addresses import ANYBODY, merge

Opening = t.Tuple[str, str, t.Tuple[str, ...], t.Tuple[str, ...]]
"""Direction, protocol, ports and networks."""
_DIRECTIONS = {"input": "ingress", "output": "egress"}
_SET = re.compile(r"set (\w+) \{\s+type ipv\d_addr\s+flags interval\s+elements = \{ (.*?) \}")
_ACCEPT = re.compile(
    r"(?:meta nfproto (ipv\d) |ip6? [sd]addr @(\w+) )?(tcp|udp) dport \{ (.*?) \} accept comment \"federated.connectivity "
)
_ALL = {"ipv4": ANYBODY[:1], "ipv6": ANYBODY[1:], "": ANYBODY}


def rule(**changes: t.Any) -> dict[str, t.Any]:
    """One rule of a host's part of a plan."""
    peers = {"address_sets": ["partners"], "names": []}
    usual = {"id": "own.x.a.ingress", "direction": "ingress", "protocol": "tcp", "ports": ["8443"], "peers": peers, "purpose": "Test"}
    return {**usual, "placement": "host", **changes}


def host(*rules: dict[str, t.Any], egress: str = "unchanged") -> dict[str, t.Any]:
    """A host's part of a plan."""
    return {"host": "station", "managed": True, "defaults": {"ingress": "unchanged", "egress": egress}, "rules": list(rules)}


def networks(bits: int) -> st.SearchStrategy[str]:
    """Networks of the family whose addresses have so many bits."""
    lengths = st.one_of(st.just(0), st.integers(0, bits))
    return st.builds(lambda ip, length: str(ip_network((ip, length), strict=False)), st.ip_addresses(v=4 if bits == 32 else 6), lengths)


ports = st.lists(
    st.one_of(st.integers(1, 65535).map(str), st.integers(1, 60000).map(lambda low: f"{low}-{low + 9}")), min_size=1, max_size=4
)
address_sets = st.lists(st.lists(st.one_of(networks(32), networks(128)), max_size=4), min_size=1, max_size=3)


def openings_on_linux(policy: dict[str, t.Any]) -> set[Opening]:
    """What the text for nft opens; rules of the same direction, protocol and ports are one opening."""
    ruleset = nftables_ruleset.render_whole(parse_policy(policy, {}, None))
    sets = {name: elements.split(", ") for name, elements in _SET.findall(ruleset)}
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for chain in ("input", "output"):
        for family, name, protocol, opened in _ACCEPT.findall(ruleset.partition(f"chain {chain} {{")[2].partition("\t}\n")[0]):
            opening = found.setdefault((_DIRECTIONS[chain], protocol, tuple(opened.split(", "))), [])
            opening.extend(sets[name] if name else _ALL[family])
    return {(*opening, merge(cidrs)) for opening, cidrs in found.items()}
