# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Address sets of previews: each stands once, and rules name it."""

from __future__ import annotations

import re

from ...module_utils._firewalls.nftables.identifiers import identifier
from ...module_utils._firewalls.nftables.ruleset import set_blocks
from ...module_utils._policy.model import FAMILIES, AddressSet, Placeholder, Policy
from .._common.plan_marker import MARK
from .._common.texts import one_line

SETS = "sets"
IPSETS = "firewalld/ipsets"
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")


def with_includes(policy: Policy, ruleset: str) -> str:
    """The text of our nftables table, with an include of its file in the place of each address set."""
    for peers in policy.address_sets():
        first, *others = list(set_blocks(peers)) or [""]
        if first:
            ruleset = ruleset.replace(first, f'\tinclude "{SETS}/{_file_name(peers)}.nft"\n', 1)
        for block in others:
            ruleset = ruleset.replace(f"{block}\n", "", 1)
    return ruleset


def set_file(peers: AddressSet) -> tuple[str, str] | None:
    """The file of an address set; None where the table needs no set for it: it is empty, or holds every address."""
    blocks = list(set_blocks(peers))
    if not blocks:
        return None
    head = f"# Address set {one_line(peers.name)} ({MARK}; do not edit)\n"
    return f"{SETS}/{_file_name(peers)}.nft", head + "\n".join(blocks)


def counted(policy: Policy) -> Policy:
    """The policy with a placeholder for the networks of each address set, for firewalls without sets."""
    rules = (rule._replace(peers=tuple(map(_counted, rule.peers))) for rule in policy.rules)
    return policy._replace(rules=tuple(rules))


def _counted(peers: AddressSet) -> AddressSet:
    ipv4, ipv6 = (_placeholder(peers, family) for family in FAMILIES)
    return AddressSet(peers.name, ipv4, ipv6)


def _placeholder(peers: AddressSet, family: int) -> tuple[str, ...]:
    networks = peers.of_family(family)
    if not networks or peers.is_any(family) or isinstance(networks[0], Placeholder):
        return networks
    return (Placeholder(f"<{peers.name}:{len(networks)}>"),)


def _file_name(peers: AddressSet) -> str:
    """The set's name where that can be a file's, otherwise what nftables calls it."""
    return peers.name if _FILE_NAME.fullmatch(peers.name) else identifier(peers.name, 4).removesuffix("_ipv4")
