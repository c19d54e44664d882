# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What our table lets pass before it closes or refuses anything, in the language of nft(8); each exception as narrow as its purpose.

docs/others.md, "What a denied default spares", says of each one what can still pass by it.
"""

from __future__ import annotations

import typing as t

from ..._plan import protocols
from ..._plan.words import ICMPV6

ESTABLISHED = "ct state established accept"


def types(protocol: str, names: t.Iterable[str]) -> str:
    """A match of these types of a protocol."""
    return "%s type { %s }" % (protocol, ", ".join(names))


# Only ICMP is "related" here: what a connection tracking helper (FTP, SIP, TFTP, PPTP) expects is a new connection, and meets the rules as
# any other does.
ERRORS = tuple("ct state related %s accept" % types(protocol, names) for protocol, names in protocols.ERRORS.items())

_NEIGHBOURS, _ROUTERS, _LISTENERS = (types(ICMPV6, names) for names in (protocols.NEIGHBOURS, protocols.ROUTERS, protocols.LISTENERS))

# RFC 4861: hop limit 255, so that nobody off the link sends any. RFC 3810, section 5: hop limit 1, so that none leaves the link.
LINK_IN = (
    "%s ip6 hoplimit 255 accept" % types(ICMPV6, protocols.NEIGHBOURS + protocols.ROUTERS),
    "%s ip6 hoplimit 1 accept" % _LISTENERS,
)
# A neighbour may be asked by its own address, which can be any; 88 bytes hold the longest link-layer address (of InfiniBand).
# Hosts ask all routers (ff02::2), and routers answer to link-local addresses or to all nodes (ff02::1).
LINK_OUT = (
    "%s ip6 hoplimit 255 meta length <= 88 accept" % _NEIGHBOURS,
    "%s ip6 hoplimit 255 ip6 daddr { fe80::/10, ff02::1, ff02::2 } accept" % _ROUTERS,
    "%s ip6 hoplimit 1 ip6 daddr ff00::/8 accept" % _LISTENERS,
)
# RFC 2131, section 4.1; RFC 8415, sections 7.1 and 7.2: between the ports of client and server, by IPv6 on the link alone.
DHCP_IN = (
    "meta nfproto ipv4 udp sport 67 udp dport 68 accept",
    "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
)
DHCP_OUT = (
    "meta nfproto ipv4 udp sport 68 udp dport 67 accept",
    "ip6 daddr { fe80::/10, ff02::1:2 } udp sport 546 udp dport 547 accept",
)
