# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What tells packets of a protocol apart: ports, types of ICMP, or nothing; the one place that knows which protocol has what."""

from __future__ import annotations

import re
import typing as t

from .ports import bounds, holds
from .words import AH, ESP, GRE, ICMP, ICMPV6, SCTP, TCP, UDP

WITH_PORTS = (TCP, UDP, SCTP)
WITHOUT_PORTS = (ESP, AH, GRE)
WITH_TYPES = (ICMP, ICMPV6)
TRIED = (TCP, UDP)
"""The protocols that verification sends and answers; others need a kernel or a program that speaks them."""

NUMBERS = {ICMP: 1, TCP: 6, UDP: 17, GRE: 47, ESP: 50, AH: 51, ICMPV6: 58, SCTP: 132}
"""IANA's protocol numbers."""
_BY_NUMBER = {str(number): protocol for protocol, number in NUMBERS.items()}
_OTHER_NAMES = {"ipv6-icmp": ICMPV6, "icmp6": ICMPV6}

FAMILY = {ICMP: 4, ICMPV6: 6}
"""The address family of a protocol that has one of its own."""

TYPES: t.Mapping[str, t.Mapping[str, int]] = {
    ICMP: {
        "echo-reply": 0,
        "destination-unreachable": 3,
        "source-quench": 4,
        "redirect": 5,
        "echo-request": 8,
        "router-advertisement": 9,
        "router-solicitation": 10,
        "time-exceeded": 11,
        "parameter-problem": 12,
        "timestamp-request": 13,
        "timestamp-reply": 14,
        "info-request": 15,
        "info-reply": 16,
        "address-mask-request": 17,
        "address-mask-reply": 18,
    },
    ICMPV6: {
        "destination-unreachable": 1,
        "packet-too-big": 2,
        "time-exceeded": 3,
        "parameter-problem": 4,
        "echo-request": 128,
        "echo-reply": 129,
        "mld-listener-query": 130,
        "mld-listener-report": 131,
        "mld-listener-done": 132,
        "nd-router-solicit": 133,
        "nd-router-advert": 134,
        "nd-neighbor-solicit": 135,
        "nd-neighbor-advert": 136,
        "nd-redirect": 137,
        "router-renumbering": 138,
        "ind-neighbor-solicit": 141,
        "ind-neighbor-advert": 142,
        "mld2-listener-report": 143,
    },
}
"""The types by the names that nft(8) knows them by."""

ERRORS = {
    ICMP: ("destination-unreachable", "time-exceeded", "parameter-problem"),
    ICMPV6: ("destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem"),
}
"""RFC 4890, section 4.3.1: errors about a connection, path MTU discovery among them."""
NEIGHBOURS = ("nd-neighbor-solicit", "nd-neighbor-advert")
ROUTERS = ("nd-router-solicit", "nd-router-advert")
LISTENERS = ("mld-listener-query", "mld-listener-report", "mld-listener-done", "mld2-listener-report")
SPARED = {ICMP: ERRORS[ICMP], ICMPV6: (*ERRORS[ICMPV6], *NEIGHBOURS, *ROUTERS, *LISTENERS)}
"""RFC 4890, sections 4.3 and 4.4: what passes a denied default, since a host does not work without it."""
_NEVER_CLOSED = ("nd-redirect", "ind-neighbor-solicit", "ind-neighbor-advert")  # few hosts need them, so a denied default refuses them
ESSENTIAL = {
    ICMP: frozenset(TYPES[ICMP][name] for name in SPARED[ICMP]),
    ICMPV6: frozenset(TYPES[ICMPV6][name] for name in (*SPARED[ICMPV6], *_NEVER_CLOSED)),
}
"""The types that no rule closes to others."""

_NAMES = {protocol: {number: name for name, number in known.items()} for protocol, known in TYPES.items()}
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,2})\Z")


def known_as(protocol: str) -> str:
    """The plan's word for a protocol that others name by number or by another name."""
    return _BY_NUMBER.get(protocol) or _OTHER_NAMES.get(protocol, protocol)


def type_number(protocol: str, text: str) -> t.Optional[int]:
    """The number of a type of ICMP, given by name or number; None: there is no such type."""
    if _NUMBER.match(text):
        return int(text) if int(text) <= 255 else None
    return TYPES[protocol].get(text)


def type_names(protocol: str, types: t.Iterable[str]) -> t.Tuple[str, ...]:
    """Types of ICMP by name, as far as they have one, in the order of their numbers, each once."""
    numbers = {type_number(protocol, text) for text in types}
    return tuple(_NAMES[protocol].get(number, str(number)) for number in sorted(number for number in numbers if number is not None))


def closable(protocol: str, types: t.Iterable[str]) -> t.Tuple[str, ...]:
    """The types that may be closed to others."""
    return tuple(text for text in types if type_number(protocol, text) not in ESSENTIAL[protocol])


def concerns(protocol: str, ports: t.Iterable[str], types: t.Iterable[str], number: int) -> bool:
    """Whether a port or a type of ICMP is among these; a protocol with neither is one thing as a whole."""
    if protocol in WITH_PORTS:
        return holds(ports, number)
    return protocol not in WITH_TYPES or any(type_number(protocol, text) == number for text in types)


def samples(protocol: str, ports: t.Iterable[str], types: t.Iterable[str] = ()) -> t.List[int]:
    """Numbers that stand for all of these: each port, and both ends of each range; each type; 0 for a protocol with neither."""
    if protocol in WITH_PORTS:
        return sorted({end for port in ports for end in bounds(port)})
    numbers = {type_number(protocol, text) for text in types} if protocol in WITH_TYPES else {0}
    return sorted(number for number in numbers if number is not None)


def one_traffic(protocol: str, number: int) -> str:
    """The same for one port or type: ``tcp 443``, ``esp``, ``icmp echo-request``."""
    return " ".join(filter(None, (protocol, number_shown(protocol, number))))


def number_shown(protocol: str, number: int) -> str:
    """A port or a type of ICMP for people; empty for a protocol with neither."""
    if protocol in WITH_TYPES:
        return _NAMES[protocol].get(number, str(number))
    return str(number) if protocol in WITH_PORTS else ""


def traffic(protocol: str, ports: t.Iterable[str], types: t.Iterable[str] = ()) -> str:
    """Protocol with ports or types, for people."""
    return " ".join(filter(None, (protocol, ", ".join((*ports, *types)))))


def faults(protocol: str, ports: t.Collection[t.Any], types: t.Collection[t.Any]) -> t.Iterator[str]:
    """What does not go together; that ports are valid ports has been checked elsewhere."""
    if protocol in WITH_PORTS:
        if not ports:
            yield "no ports; a rule without ports would open all of them"
    elif ports:
        yield "%s has no ports; write ports: []" % protocol
    if protocol in WITH_TYPES:
        if not types:
            yield "no types; write which types of %s are meant, such as types: [echo-request]" % protocol
        for text in types:
            if type_number(protocol, str(text)) is None:
                yield "%s is not a type of %s; write a number from 0 to 255, or one of %s" % (text, protocol, ", ".join(TYPES[protocol]))
    elif types:
        yield "only icmp and icmpv6 have types, and this is %s; leave types out" % protocol
