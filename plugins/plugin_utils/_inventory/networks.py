# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads the named networks of a host, from all variables that add up to them."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from .._common.addresses import ANYBODY, merge, parse_network
from .value import Value

Networks = tuple[tuple[str, tuple[str, ...]], ...]


def read_networks(values: Iterable[Value]) -> Networks:
    """Each network with the CIDRs of all variables that name it, merged; sorted by name."""
    networks: dict[str, list[str]] = collections.defaultdict(list)
    for value in values:
        for name, field in (value.mapping() or {}).items():
            own = [cidr for cidr in (read_network(item, on_link=True) for item in field.items("[203.0.113.0/24]") or ()) if cidr]
            if any(network in ANYBODY for network in merge(own)):
                field.warn_of("is everybody")
            networks[name] += own
    return tuple(sorted((name, tuple(merge(cidrs))) for name, cidrs in networks.items()))


def read_network(value: Value, on_link: bool = False) -> str | None:
    """A network or an address in normal form; what is neither is refused."""
    text = value.text()
    if text is None:
        return None
    try:
        return parse_network(text, on_link)
    except ValueError as error:
        value.refuse(str(error))
        return None
