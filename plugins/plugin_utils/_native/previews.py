# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each host's firewall will hold, as files of the plan, where the inventory says which firewall that is.

What only the host knows stands there as a placeholder in angle brackets. Address sets stand once, unless whole texts are wanted.
"""

from __future__ import annotations

import typing as t
import xml.sax.saxutils
from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._errors import PolicyRefused
from ...module_utils._firewalls.firewalld import native as firewalld
from ...module_utils._firewalls.nftables import native as nftables
from ...module_utils._firewalls.ufw import native as ufw
from ...module_utils._plan.model import HostPart
from ...module_utils._plan.words import FIREWALLD, NFTABLES, UFW, WINDOWS
from ...module_utils._policy.container_bridges import DEFAULT_INTERFACES
from ...module_utils._policy.model import AddressSet, Placeholder, Policy
from ...module_utils._policy.reader import parse_policy
from ...module_utils._policy.surroundings import OWN_CONTAINERS, Surroundings
from .._common.plan_marker import MARK
from .._common.problems import Problems
from .._inventory.hosts import Host
from .address_sets import IPSETS, counted, set_file, with_includes
from .windows import rules_of

DIRECTORY = "native"
FILES = (
    *(f"{DIRECTORY}/*.{end}" for end in ("nft", "ufw", "windows.json")),
    f"{DIRECTORY}/sets/*.nft",
    f"{DIRECTORY}/{IPSETS}/*.xml",
    f"{DIRECTORY}/firewalld/*/*/*.xml",
)
"""Where previews stand; a star is any part of one name."""

_NAME = "@HOST@"
_BRIDGES = "<bridges of container engines>"
_OTHER_LINKS = "<other links with such names>"
_CONTAINERS = (Placeholder("<containers>"),)
_SURROUNDINGS = Surroundings((_BRIDGES,), (_OTHER_LINKS,), AddressSet(OWN_CONTAINERS, _CONTAINERS, _CONTAINERS))
_HEADER = """\
# {what} of {host} ({mark}; do not edit)
# Only the host knows what stands in <angle brackets>. It also admits the live management connection where the policy could cut it.
"""
_COUNTED = "# <name:count> stands for the networks of an address set of plan.json, with one rule for each.\n"


def previews(
    planned: Sequence[tuple[Sequence[Host], HostPart]], address_sets: Mapping[str, Sequence[str]], problems: Problems, full: bool
) -> dict[str, str]:
    """The files of all hosts whose firewall is declared, as path inside the plan's directory -> text.

    Args:
        planned: Groups of hosts, each with the part of the plan that they share.
        address_sets: The plan's address sets, name -> CIDRs.
        problems: Where goes what a firewall cannot express; it names host and rule.
        full: Whether each host's files hold the networks of their address sets.
    """
    files: dict[str, str] = {}
    for hosts, part in planned:
        firewall = part.firewall or (WINDOWS if part.platform == WINDOWS else None)
        if part.managed and firewall:
            try:
                of_group = list(_files(firewall, part, address_sets, full))
            except PolicyRefused as refused:
                for message in refused.messages:
                    problems.error(f"{firewall} cannot carry it: {message}", [host.name for host in hosts])
                continue
            for host in hosts:
                for path, text in of_group:
                    name = xml.sax.saxutils.escape(host.name) if path.endswith(".xml") else host.name
                    files[f"{DIRECTORY}/{path.replace(_NAME, host.name)}"] = text.replace(_NAME, name)
    return files


def _files(firewall: str, part: HostPart, address_sets: Mapping[str, Sequence[str]], full: bool) -> Iterator[tuple[str, str]]:
    """The files of one host that is called _NAME."""
    if firewall == WINDOWS:
        yield f"{_NAME}.windows.json", rules_of(_NAME, part, address_sets, full)
        return
    policy = _policy(part, address_sets)
    if firewall == NFTABLES:
        yield from _nft(policy, nftables.translate(policy, _SURROUNDINGS), "nftables rules", full)
        return
    beside = nftables.translate_guard(policy, _SURROUNDINGS._replace(redirected_pass=firewall == FIREWALLD))
    if beside:
        yield from _nft(policy, beside, f"Our own nftables table beside {firewall}", full)
    if firewall == UFW:
        shown = policy if full else counted(policy)
        yield f"{_NAME}.ufw", _header("ufw rules") + ("" if full else _COUNTED) + "\n" + ufw.translate(shown, _SURROUNDINGS)
        return
    for path, text in firewalld.translate(policy, _SURROUNDINGS).items():
        declaration, rest = text.split("\n", 1)
        shared = path.startswith("ipsets/") and not full
        place = f"{IPSETS}/{path.rpartition('/')[2]}" if shared else f"firewalld/{_NAME}/{path}"
        yield place, f"{declaration}\n<!-- {MARK}; do not edit -->\n{rest}"


def _nft(policy: Policy, ruleset: str, what: str, full: bool) -> Iterator[tuple[str, str]]:
    if full:
        yield f"{_NAME}.nft", f"{_header(what)}{ruleset}"
        return
    check = f"# To check it: nft --check --includepath {DIRECTORY} --file {DIRECTORY}/{_NAME}.nft\n"
    yield f"{_NAME}.nft", f"{_header(what)}{check}{with_includes(policy, ruleset)}"
    yield from filter(None, map(set_file, policy.address_sets()))


def _header(what: str) -> str:
    return _HEADER.format(what=what, host=_NAME, mark=MARK)


def _policy(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> Policy:
    """The policy of the part; the addresses of host names are placeholders. Raises PolicyRefused."""
    used = {name for rule in part.rules for name in rule.peers.address_sets}
    data = {"host": _NAME, **part.to_json(), "address_sets": {name: list(address_sets[name]) for name in used}}
    policy = parse_policy(data, {}, None, DEFAULT_INTERFACES)
    names = {rule.id: rule.peers.names for rule in part.rules if rule.peers.names}
    rules = (rule._replace(peers=(*rule.peers, *map(_looked_up, names.get(rule.id, ())))) for rule in policy.rules)
    return policy._replace(rules=tuple(rules))


def _looked_up(name: str) -> AddressSet:
    addresses: tuple[t.Any, ...] = (Placeholder(f"<addresses-of:{name}>"),)
    return AddressSet(name, addresses, addresses)
