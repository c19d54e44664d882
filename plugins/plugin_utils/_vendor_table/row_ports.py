# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The ports of a row, each with its protocol."""

from __future__ import annotations

import functools
import re

from .row_protocols import without_ports
from .services import service_words, with_numbers
from .unclear import BRACKETS, RowUnclear, shown, split_outside, without_footnote, word_list
from .vocabulary import Vocabulary

OVER_TCP = frozenset(
    (
        *("https", "http", "http2", "h2", "grpc", "wss", "ws", "websocket", "ssh", "sftp", "mqtts", "mqtt", "ldaps", "ldap", "smtp"),
        *("smtps", "imaps", "tls", "ssl", "amqp", "amqps", "postgresql", "postgres", "mysql", "rdp", "dicom", "mllp", "hl7", "ftp", "ftps"),
        *("telnet", "imap", "pop3", "iscsi", "winrm", "kafka", "redis", "mongodb", "etcd", "mssql", "tds"),
    )
)
OVER_UDP = frozenset(("wireguard", "quic", "http3", "h3", "ntp", "dtls", "snmp", "tftp", "vxlan", "geneve", "dhcp", "ike", "ikev2"))
TRANSPORT_NUMBERS = {"6": "tcp", "17": "udp", "132": "sctp", "ip 6": "tcp", "ip 17": "udp"}
"""IANA's protocol numbers, as exports of firewalls have them."""
PORTLESS = frozenset(("icmp", "icmpv4", "icmpv6", "icmp6", "esp", "ah", "gre", "igmp", "ospf", "vrrp", "ipip", "dccp"))
NUMBER = r"([1-9]\d{0,4}|0)"
TO = rf" ?(?:[-\u2010-\u2015\u2212~]|\.\.+|\u2026) ?{NUMBER}| (?:to|through|thru|bis) {NUMBER}"
PORT = re.compile(rf"(?:(tcp|udp|sctp|both)[ /:_-]*)?(?:ports?:? )?{NUMBER}(?:{TO})?(?:[ /_-]*(tcp|udp|sctp|both))?", re.ASCII)
THOUSANDS = re.compile(r"(?<![\d,])(?!(?:2[0-5]|53|6[79]|80|8[18]|9[09])\b)[1-9]\d?,\d{3}(?![\d,])")
"""A comma in a number: 1,433. Where the first number is a well-known port, as in 22,443, it is a list."""
DATE = re.compile(r"\d{4}-\d\d-\d\d\b")
SAME = re.compile(r"\b(\d+) ?: ?\1(?![\d:])")
"""A first and a last port, or a published port and the one behind it, which are the same."""
MAPPING = re.compile(r"\d\s*(?::|->|=>|\u2192|\u21d2)\s*\d")
VERSIONED = "".join(f"(?<!{word} )" for word in ("tls", "ssl", "rfc", "iso", "since", "version"))
PORT_IN_WORDS = re.compile(rf"(?<![\w.]){VERSIONED}[1-9]\d{{1,4}}(?:-\d+)?(?![\w.]*\d)")


def read_ports(protocol: str, port: str, words: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The ports of each protocol; of ICMP, the types; nothing of a protocol that has neither.

    A port has the protocol beside it, or the column's, or that of its neighbours in the list.

    Raises:
        RowUnclear: if they cannot be read.
    """
    portless = without_ports(protocol, port, words)
    if portless:
        return portless
    _no_negation(protocol, port, words)
    column, unknown = _protocols(protocol)
    plain = without_footnote(port.lower()).strip()
    if not port or not re.search(r"[^\W_]", plain) or word_list(plain) in words.nobody:
        raise RowUnclear(f"the port {shown(port)} is not a number, range or list of them; write it so, or leave the row out")
    if DATE.match(plain):
        raise RowUnclear(f"the port {shown(port)} is a date, which a spreadsheet made of it; write the ports as text")
    plain = SAME.sub(r"\1", plain)
    if MAPPING.search(plain):
        raise RowUnclear(f"the port {shown(port)} is a range or a published port; write a range with a hyphen, or the port outside alone")
    _no_portless(port)
    if THOUSANDS.search(plain):
        raise RowUnclear(
            f"the port {shown(port)} is not a number or list without doubt; write 1433 for one port, and a blank after the comma for two"
        )
    named = service_words(plain)
    plain = with_numbers(plain)
    beside: list[tuple[str, ...]] = []
    leading = False
    spans: list[str] = []
    for part, inside in split_outside(_ports_apart(tuple(words.ands)), _both(tuple(words.ands)).sub("both", plain)):
        match = PORT.fullmatch(part.strip())
        if not match:
            raise RowUnclear(f"the port {shown(port)} is not a number, range or list of them; write it so, or leave the row out")
        if PORT_IN_WORDS.search(inside):
            raise RowUnclear(f"the port {shown(port)} has another one in parentheses; write every port that is meant, with commas")
        before, low, dashed, worded, after = match.groups()
        high = dashed or worded
        if not 1 <= int(low) <= int(high or low) <= 65535:
            raise RowUnclear(f"the port {shown(port)} is not within 1 to 65535, in ascending order")
        spans.append(f"{int(low)}-{int(high)}" if high and int(high) > int(low) else str(int(low)))
        said = {word for word in (before, after, *re.findall(r"[a-z0-9]+", inside)) if word in ("tcp", "udp", "sctp", "both")}
        leading |= bool(before)
        beside.append(("tcp", "udp") if "both" in said else tuple(sorted(said)))
    if unknown and not all(beside):
        raise RowUnclear(unknown)
    if column and not all(set(own) <= set(column) for own in beside):
        raise RowUnclear(f"the protocol {shown(protocol)} is another one than beside the port, {shown(port)}; write one of them")
    implied = _implied(" ".join((*BRACKETS.findall(port.lower()), *named)))
    if len(implied) > 1 and len(spans) > 1:  # nobody can tell which port is whose
        implied = ()
    found: dict[str, list[str]] = {}
    for span, own in zip(spans, _from_neighbours(beside, column, leading), strict=True):
        protocols = own or implied
        if not protocols:
            raise RowUnclear("no protocol: say tcp or udp, in a column of its own or beside the port")
        for each in protocols:
            found.setdefault(each, []).append(span)
    return {each: tuple(dict.fromkeys(found[each])) for each in sorted(found)}


def _no_negation(protocol: str, port: str, words: Vocabulary) -> None:
    """A protocol or a port that takes something away: "TCP, not UDP", "any except 22"."""
    for what, cell in (("protocol", protocol), ("port", port)):
        said = set(word_list(cell).split()) & (words.negations | words.exceptions | {"no", "except"})
        if said or re.search(r"(?:^|\s)[!\u00ac\u2260]", cell):
            raise RowUnclear(f"the {what} {shown(cell)} has an exception; write what is meant")


def joined(start: str, end: str) -> str:
    """The range of a column with the first port and one with the last port."""
    first, last = without_footnote(start).strip(), without_footnote(end).strip()
    if not re.search(r"[^\W_]", last) or first == last:
        return start
    if not first.isdecimal() or not last.isdecimal():
        raise RowUnclear(f"the first port {shown(start)} and the last port {shown(end)} are not two numbers")
    return f"{first}-{last}"


def _from_neighbours(beside: list[tuple[str, ...]], column: tuple[str, ...], leading: bool) -> list[tuple[str, ...]]:
    """The protocols of each port: its own, the column's, or that of the neighbours.

    Where protocols stand before the ports (tcp 80, 443), the one before counts first. Otherwise (80, 443/tcp) the one behind counts first.
    """
    filled = [own or column for own in beside]
    forward, backward = range(1, len(filled)), range(len(filled) - 2, -1, -1)
    for indexes in (forward, backward) if leading else (backward, forward):
        before = -1 if indexes.step > 0 else 1
        for index in indexes:
            filled[index] = filled[index] or filled[index + before]
    return filled


def _implied(text: str) -> tuple[str, ...]:
    """What the application says about the protocol below it."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\bhttp ?/ ?([123])(?:\.\d)?", lambda found: "http3" if found[1] == "3" else "http", text))
    return tuple(
        protocol for protocol, applications in (("tcp", OVER_TCP), ("udp", OVER_UDP)) if any(word in applications for word in words)
    )


def _protocols(text: str) -> tuple[tuple[str, ...], str]:
    """The transport protocols of the column, and why there are none, unless they stand beside the ports."""
    plain = text.lower()
    plain = TRANSPORT_NUMBERS.get(plain.strip(), plain)
    transports = tuple(sorted({word for word in re.findall(r"[a-z0-9]+", plain) if word in ("tcp", "udp", "sctp")}))
    if transports:
        _no_portless(text)
        if transports == ("tcp",) and _implied(plain) == ("tcp", "udp"):
            raise RowUnclear(f"the protocol {shown(text)} needs udp besides; give each a row")
    if transports or not re.search(r"[^\W_]", text):
        return transports, ""
    implied = _implied(plain)
    parts = [part for part in re.split(r"[,+&]|/(?!\s*\d)|\band\b|\bor\b", BRACKETS.sub(" ", plain)) if re.search(r"[^\W_]", part)]
    if implied and all(map(_implied, parts)):
        return implied, ""
    reason = f"the protocol {shown(text)} has no ports, or is not known to run over tcp or udp; write tcp or udp, or leave the row out"
    if set(re.findall(r"[a-z0-9]+", plain)) & PORTLESS:
        raise RowUnclear(reason)
    return (), reason


def _no_portless(text: str) -> None:
    also = [word for word in re.findall(r"[a-z0-9]+", text.lower()) if word in PORTLESS]
    if also:
        raise RowUnclear(f"{shown(text)} has {' and '.join(dict.fromkeys(also))} in it, which has no such ports; give each protocol a row")


@functools.cache
def _both(ands: tuple[str, ...]) -> re.Pattern[str]:
    """TCP and UDP for the same ports."""
    words = "|".join(ands)
    return re.compile(rf"\b(?:tcp ?(?:[+/&]|{words}) ?udp|udp ?(?:[+/&]|{words}) ?tcp|(?:tcp ?, ?udp|udp ?, ?tcp)(?! *[/:]? *\d))\b")


@functools.cache
def _ports_apart(ands: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[,;&+]|\b(?:{'|'.join(ands)})\b|(?<=[\d\x01]) */ *(?=\d|(?:tcp|udp)\b[ /:]*\d)")
