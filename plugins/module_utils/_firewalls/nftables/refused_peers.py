# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads from our own table whom the listeners have refused."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._host.host import Host
from ..._policy.model import FAMILIES
from .listing import Broken, entries_of
from .peers_watched import REFUSED, ROOM, set_of
from .ruleset import TABLE


class Refused(t.NamedTuple):
    """A peer that a listener has refused in the last week."""

    rule: str
    address: str


class Recorded(t.NamedTuple):
    """What the table remembers: ``missing`` are the rules whose refused peers it does not record."""

    refused: t.List[Refused]
    missing: t.List[str]


def refused_peers(rules: t.Sequence[str], host: Host) -> Recorded:
    """The peers that the listeners of these rules have refused, by rule and address."""
    listed = host.run(["nft", "-j", "list", "table", "inet", TABLE], check=False) if host.which("nft") else None
    sets = sets_of(listed.stdout) if listed and listed.rc == 0 else {}
    found: t.List[Refused] = []
    missing = []
    for rule in sorted(set(rules)):
        names = [set_of(REFUSED, rule, family) for family in FAMILIES]
        if not all(name in sets for name in names):
            missing.append(rule)
        found += [Refused(rule, address) for name in names for address in sets.get(name, ())]
    return Recorded(found, missing)


def sets_of(listing: str) -> t.Dict[str, t.List[str]]:
    """The addresses in each set of a table, as nft lists it as JSON; anything else is left out, such as a whole listing in broken JSON."""
    try:
        entries = entries_of(listing)
    except Broken:
        return {}
    sets = [entry["set"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("set"), dict)]
    return {str(each.get("name")): sorted(_addresses(each.get("elem")), key=_order)[:ROOM] for each in sets}


def _addresses(elements: t.Any) -> t.Iterator[str]:
    for element in elements if isinstance(elements, list) else ():
        inner = element.get("elem") if isinstance(element, dict) else {"val": element}
        value = inner.get("val") if isinstance(inner, dict) else None
        if isinstance(value, str):
            try:
                yield str(ipaddress.ip_address(value))
            except ValueError:
                continue


def _order(address: str) -> t.Tuple[int, int]:
    found = ipaddress.ip_address(address)
    return found.version, int(found)
