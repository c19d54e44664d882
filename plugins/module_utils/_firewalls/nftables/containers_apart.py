# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Containers of one host that are kept from each other: what still passes between them.

Between two networks of containers packets are routed, so the forward guard meets them. Within one bridge they are not, and the guard meets
them only where br_netfilter hands them over. So a second table of ours, of the family bridge, decides about these. It knows no connections
(conntrack of bridges is another module), so it lets replies pass by their source port, and no TCP connection can begin with one.
"""

from __future__ import annotations

import typing as t

from ..._plan.model import InsideFlow
from ..._plan.protocols import ERRORS, NEIGHBOURS, ROUTERS
from ..._plan.words import ICMPV6
from ..._policy.model import AddressSet, Policy
from .contained import within_bridges
from .identifiers import comment
from .spared import types

BRIDGE_TABLE = "bridge federated_connectivity"
DELETE_BRIDGE = "table %s\ndelete table %s\n" % (BRIDGE_TABLE, BRIDGE_TABLE)
_OF_THE_LINK = (
    "ether type arp accept",
    "%s accept" % types(ICMPV6, NEIGHBOURS + ROUTERS),
    *("%s accept" % types(protocol, names) for protocol, names in ERRORS.items()),
)


def between(policy: Policy) -> t.Iterator[str]:
    """The ports that containers may open to each other, as matches and verdicts."""
    for flow in policy.containers_apart or ():
        yield "%s dport %s accept %s" % (flow.protocol, _ports(flow), comment(flow.flow))


def bridge_table(
    policy: Policy, others: t.Iterable[str], networks: t.Optional[AddressSet] = None, contained: t.Optional[AddressSet] = None
) -> str:
    """The table for packets within one bridge; empty where containers are not kept from each other.

    Args:
        policy: What to enforce.
        others: Links that a prefix of the policy's container interfaces covers, and that belong to no container engine.
        networks: Where containers live, for a kernel that cannot tell bridges; None: it can.
        contained: Where those of contained bridges live, in the same way.
    """
    if policy.containers_apart is None and not policy.contained_bridges:
        return ""
    apart = [*_OF_THE_LINK, *between(policy), *_replies(policy), "drop %s" % comment("containers apart")]
    forward = ["type filter hook forward priority filter; policy accept;"]
    forward += within_bridges(policy, contained)
    if policy.containers_apart is None:
        return _table([("forward", forward)])
    if networks is None:
        forward += ['meta ibrname "%s" accept' % link for link in others]
        forward += ['meta ibrname "%s" jump apart' % interface for interface in policy.container_interfaces]
    else:
        of_family = ((match, ", ".join(networks.of_family(family))) for family, match in ((4, "ip"), (6, "ip6")))
        forward += [f"{match} saddr {{ {found} }} {match} daddr {{ {found} }} jump apart" for match, found in of_family if found]
    return _table([("apart", apart), ("forward", forward)])


def _table(chains: t.Iterable[t.Tuple[str, t.Iterable[str]]]) -> str:
    text = "".join("\tchain %s {\n%s\t}\n" % (name, _lines(rules)) for name, rules in chains)
    return "%stable %s {\n%s}\n" % (DELETE_BRIDGE, BRIDGE_TABLE, text)


def _replies(policy: Policy) -> t.Iterator[str]:
    for flow in policy.containers_apart or ():
        begins = "tcp flags & (fin | syn | rst | ack) != syn " if flow.protocol == "tcp" else ""
        yield "%s%s sport %s accept %s" % (begins, flow.protocol, _ports(flow), comment(flow.flow))


def _ports(flow: InsideFlow) -> str:
    return "{ %s }" % ", ".join(flow.ports)


def _lines(rules: t.Iterable[str]) -> str:
    return "".join("\t\t%s\n" % rule for rule in rules)
