# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Bridges whose containers open no connection at all, as COINSTAC promises: not to the host, to other containers, or outward.

The host itself still opens connections to them. Packets of one bridge do not pass the forward guard, so the table of the family bridge
refuses them (containers_apart.py writes it).
"""

from __future__ import annotations

import typing as t

from ..._plan.protocols import NEIGHBOURS
from ..._plan.words import ICMPV6
from ..._policy.model import AddressSet, Policy
from .identifiers import comment
from .spared import types

INPUT = "contained"
_NEIGHBOURS = "%s accept" % types(ICMPV6, (*NEIGHBOURS, "nd-router-solicit"))


def forwarded(policy: Policy) -> t.Iterator[str]:
    """Of the forward chain, behind what belongs to open connections: nothing leaves such a bridge, and nothing is forwarded into it."""
    for bridge in policy.contained_bridges:
        yield 'iifname "%s" reject with icmpx type admin-prohibited %s' % (bridge, comment("containment"))
        yield 'oifname "%s" drop %s' % (bridge, comment("containment"))


def to_the_host(policy: Policy, before: t.Iterable[str]) -> t.List[str]:
    """The rules of a chain on the input hook; ``before`` accepts what belongs to open connections. Empty where no bridge is contained."""
    if not policy.contained_bridges:
        return []
    return [*before, _NEIGHBOURS, *('iifname "%s" drop %s' % (bridge, comment("containment")) for bridge in policy.contained_bridges)]


def within_bridges(policy: Policy, networks: t.Optional[AddressSet]) -> t.Iterator[str]:
    """Of the forward chain of the table of bridges: containers of one such bridge do not reach each other.

    Args:
        policy: What to enforce.
        networks: Where containers of these bridges live, for a kernel that cannot tell bridges; None: it can.
    """
    if networks is None:
        for bridge in policy.contained_bridges:
            yield 'meta ibrname "%s" drop %s' % (bridge, comment("containment"))
    elif policy.contained_bridges:
        for family, match in ((4, "ip"), (6, "ip6")):
            found = ", ".join(networks.of_family(family))
            if found:
                yield "%s saddr { %s } %s daddr { %s } drop %s" % (match, found, match, found, comment("containment"))
