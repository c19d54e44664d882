# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rows about protocols that have no ports: ESP, AH and GRE, and ICMP with its types."""

from __future__ import annotations

import re

from ...module_utils._plan.protocols import NUMBERS, TYPES, WITHOUT_PORTS, type_names, type_number
from ...module_utils._plan.words import ICMP, ICMPV6, UDP
from .unclear import BRACKETS, RowUnclear, shown, without_footnote, word_list
from .vocabulary import Vocabulary

_BY_NUMBER = {str(NUMBERS[protocol]): protocol for protocol in WITHOUT_PORTS}
_TUNNEL = re.compile(
    r"(?:ip |ipsec )?(?:protocol |proto )?(?P<name>esp|ah|gre)(?: ?[/-]? ?(?P<beside>47|50|51))?"
    r"|(?:ip(?: protocol| proto)?|protocol|proto)[ /:-]*(?P<number>47|50|51)(?: (?P<called>esp|ah|gre))?"
)
_NUMBER_FIRST = re.compile(r"\b(47|50|51) ?[/-] ?(esp|ah|gre)\b")
_TYPES_IN_BRACKETS = re.compile(
    r"[(\[] ?((?:types? ?\d{1,3}(?:[ ,/]+code 0)?|(?:8|128)/0|ping|echo(?:[ -](?:requests?|reply))?)(?: ?[,/&] ?| and )?)+ ?[)\]]"
)
_NAT_T = re.compile(r"(?:ipsec )?nat[ -]?t(?:raversal)?")
_PING = re.compile(r"(icmpv4|icmpv6|icmp6|ipv6-icmp|icmp)(?:[ /:-]+(.+))?")
_PING_ALONE = re.compile(r"(?:ping|echo)(?:[ -]requests?)?(?: ?[/(] ?(?:ping|icmp)\)?)?|ping ?/ ?echo")
_CODE = re.compile(r"\b(?:types? ?[=:]? ?)?(8|128)(?: ?/ ?0\b|[ ,/]+code ?[=:]? ?0\b)")
"""Type and code of an echo request, which has no other code."""
_NAT_T_PORT = "4500"
"""RFC 3948: ESP inside UDP."""
_ICMP = {"icmp": ICMP, "icmpv4": ICMP, "icmpv6": ICMPV6, "icmp6": ICMPV6, "ipv6-icmp": ICMPV6}
_APART = re.compile(r"[,;/+&]|\band\b|\bor\b")
_WORDS = dict.fromkeys(("ping", "echo", "pings", "echo-requests", "ping-requests", "ping-request"), "echo-request")
_REPLIES = {ICMP: "echo-reply", ICMPV6: "echo-reply"}


def without_ports(protocol: str, port: str, words: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The protocols of a row that has no ports, each with its types, if it is ICMP; empty where the row is about something else.

    ESP behind address translation goes inside UDP, by a port of its own.

    Raises:
        RowUnclear: it is ICMP of unclear types, or a number and a name of two protocols.
    """
    said, place = _plain(protocol), _plain(port)
    if said in ("", "ip") and place:
        said, place = place, ""
    tunnels = _tunnels(said)
    if tunnels:
        own = {str(NUMBERS[each]) for each in tunnels}
        nothing = _is_nothing(place, words) or place in own or set(_tunnels(place)) == set(tunnels)
        return dict.fromkeys(tunnels, ()) if nothing else {}
    if _PING_ALONE.fullmatch(said) and (_is_nothing(place, words) or _PING_ALONE.fullmatch(place)):
        return {ICMP: ("echo-request",), ICMPV6: ("echo-request",)}
    ping = _PING.fullmatch(re.sub(r"^icmp ?(?:for )?\(?(?:ip)?(v[46])\)?", r"icmp\1", said))
    if not ping:
        return {UDP: (_NAT_T_PORT,)} if _NAT_T.fullmatch(said) and (place == _NAT_T_PORT or _is_nothing(place, words)) else {}
    kind, beside = _ICMP[ping[1]], ping[2] or ""
    types = _types(kind, beside or place)
    if not types or (beside and not _is_nothing(place, words) and _types(kind, place) != types):
        unclear = f"the protocol {shown(protocol)} has no ports, and which types are meant is not clear"
        raise RowUnclear(f"{unclear}; name them, such as echo-request, or write 'type 8', or leave the row out")
    asked = tuple(text for text in types if text != _REPLIES[kind])  # replies need no rule
    return {kind: asked or types}


def _plain(text: str) -> str:
    """A cell without what stands in brackets, but types of ICMP, in lower case, with single blanks."""
    bare = _TYPES_IN_BRACKETS.sub(lambda found: f" {found[0][1:-1]} ", without_footnote(text.lower()))
    return " ".join(_NUMBER_FIRST.sub(r"\2 \1", BRACKETS.sub(" ", bare)).replace("*", " ").split())


def _is_nothing(place: str, words: Vocabulary) -> bool:
    listed = word_list(place)
    return not re.search(r"[^\W_]", place) or listed in words.nobody or listed in words.anybody


def _tunnels(text: str) -> tuple[str, ...]:
    """The protocols that a text names, if it names nothing else. Raises RowUnclear where a number and a name contradict each other."""
    found = [_TUNNEL.fullmatch(part.strip()) for part in _APART.split(text)]
    if not text or not all(found):
        return ()
    return tuple(dict.fromkeys(_tunnel(match) for match in found if match))


def _tunnel(match: re.Match[str]) -> str:
    name, number = match["name"] or match["called"], match["beside"] or match["number"]
    if name and number and _BY_NUMBER[number] != name:
        raise RowUnclear(f"it names {name.upper()}, but the protocol with number {number} is {_BY_NUMBER[number].upper()}; correct the row")
    return name or _BY_NUMBER[number]


def _types(protocol: str, text: str) -> tuple[str, ...]:
    """The types of ICMP that a text names, if it names nothing else. A bare number may be a port that somebody meant."""
    found = []
    for part in _APART.split(_CODE.sub(r"type \1", text)):
        words = "-".join(part.split())
        named = re.fullmatch(
            r"(?:types?-)?([0-9]{1,3})-(echo-request|echo-reply|ping|echo)|(echo-request|echo-reply|ping|echo)-type-([0-9]{1,3})", words
        )
        if named:
            number_said, name_said = named[1] or named[4], _WORDS.get(named[2] or named[3], named[2] or named[3])
            words = name_said if type_number(protocol, name_said) == int(number_said) else ""
        number = re.fullmatch(r"types?-([0-9]{1,3})", words)
        name = number[1] if number else _WORDS.get(words, words)
        if type_number(protocol, name) is None or (not number and name not in TYPES[protocol]):
            return ()
        found.append(name)
    return type_names(protocol, found)
