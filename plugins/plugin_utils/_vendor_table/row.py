# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What one row of a vendor's table says, or why nobody can tell: who opens the connection, to whom, on which ports."""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t
import unicodedata
from collections.abc import Collection

from ...module_utils._plan.words import INGRESS
from .._common.texts import shortened
from .._matrix.model import INITIATOR, RESPONDER
from .tables import Row
from .vocabulary import vocabulary

EVERY_ADDRESS = {"0.0.0.0/0", "::/0", ""}
LOOPBACK = {"localhost", "loopback", "127.0.0.1", "127.0.0.0/8", "::1"}
OVER_TCP = ("https", "http", "grpc", "wss", "ws", "ssh", "mqtts", "mqtt", "ldaps", "ldap", "smtp", "tls")
OVER_UDP = ("wireguard",)
URL = re.compile(r"(?<![a-z])[a-z]+://([^/\s,;:]+)[^\s,;]*")
FQDN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
PORT = re.compile(r"(?:(tcp|udp|both)[ /:]*)?(\d{1,5})(?: ?[-:\u2013] ?(\d{1,5}))?(?:[ /]*(tcp|udp|both))?", re.ASCII)
BRACKETS = re.compile(r"\([^()]*\)")
NAME = 40
"""The most characters that an identifier of a matrix may have."""


class RowUnclear(Exception):
    """A row cannot be read; the message says why and what to do."""


class End(t.NamedTuple):
    """One end of a connection: ``kind`` and ``values`` as in a matrix, ``written`` as in the table."""

    kind: str
    values: tuple[str, ...]
    written: str


class Connection(t.NamedTuple):
    """What a row says.

    Attributes:
        source: The end in the source column.
        destination: The end in the destination column.
        ports: Those of each protocol, in the order of the table.
        contradiction: Why the direction and these columns do not go together; empty if they do.
    """

    row: Row
    source: End
    destination: End
    ports: t.Mapping[str, tuple[str, ...]]
    contradiction: str

    def ends(self, swapped: bool = False) -> dict[str, End]:
        ends = (self.destination, self.source) if swapped else (self.source, self.destination)
        return dict(zip((INITIATOR, RESPONDER), ends, strict=True))


def read_row(row: Row, perspective: Collection[str] = ()) -> Connection:
    """Read a row.

    Args:
        row: The row.
        perspective: The roles whose host the table describes, if all of it is written for one host.

    Raises:
        RowUnclear: if it cannot be read.
    """
    if row.surplus:
        raise RowUnclear("the row has more cells than the header; write | inside of a cell as \\|")
    ports = _ports(row.cells.get("protocol", ""), row.cells["port"])
    source, destination = (_end(column, row.cells[column]) for column in ("source", "destination"))
    if "roles" not in (source.kind, destination.kind):
        ends = f"neither {_shown(source.written)} nor {_shown(destination.written)}"
        raise RowUnclear(f"{ends} is a component of the system, so nobody gets a rule")
    contradiction = _contradiction(row.cells.get("direction", ""), source, destination, perspective)
    return Connection(row, source, destination, ports, contradiction)


def _contradiction(direction: str, source: End, destination: End, perspective: Collection[str]) -> str:
    if not direction:
        return ""
    directions = vocabulary().directions
    meant = {directions[word] for word in re.findall(r"[a-z]+", direction.lower()) if word in directions}
    if len(meant) != 1:
        return f"{_shown(direction)} does not say who opens the connection; replies need no rule"
    own, other = (destination, source) if meant == {INGRESS} else (source, destination)
    column = "destination" if own is destination else "source"
    if own.kind != "roles" and other.kind == "roles":
        return f"{direction}, but its {column} {_shown(own.written)} is not a component of the system, and {_shown(other.written)} is one"
    if perspective and not set(perspective) & set(own.values):
        return f"{direction} of {' or '.join(perspective)}, but its {column} is {_shown(own.written)}"
    return ""


def _ports(protocol: str, port: str) -> dict[str, tuple[str, ...]]:
    """The ports of each protocol. A port has the protocol beside it, or the column's, or the next one's, or the last one's."""
    column = _protocols(protocol)
    beside: list[tuple[str, ...]] = []
    spans: list[str] = []
    for part in _ports_apart().split(_both().sub("both", BRACKETS.sub("", port.lower()))):
        match = PORT.fullmatch(part.strip())
        if not match:
            raise RowUnclear(f"the port {_shown(port)} is not a number, range or list of them; write it so, or leave the row out")
        before, low, high, after = match.groups()
        if not 1 <= int(low) <= int(high or low) <= 65535:
            raise RowUnclear(f"the port {_shown(port)} is not within 1 to 65535, in ascending order")
        spans.append(f"{int(low)}-{int(high)}" if high and int(high) > int(low) else str(int(low)))
        words = {word for word in (before, after) if word}
        beside.append(("tcp", "udp") if "both" in words else tuple(sorted(words)))
    if column and not all(set(own) <= set(column) for own in beside):
        raise RowUnclear(f"the protocol {_shown(protocol)} is another one than beside the port, {_shown(port)}; write one of them")
    implied = _implied(" ".join(BRACKETS.findall(port.lower())))
    found: dict[str, list[str]] = {}
    for span, own in zip(spans, _from_neighbours(beside, column), strict=True):
        protocols = own or implied
        if not protocols:
            raise RowUnclear("no protocol: say tcp or udp, in a column of its own or beside the port")
        for each in protocols:
            found.setdefault(each, []).append(span)
    return {each: tuple(dict.fromkeys(found[each])) for each in sorted(found)}


def _from_neighbours(beside: list[tuple[str, ...]], column: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The protocols of each port: its own, the column's, the next one's that has some, or the last one's."""
    filled = [own or column for own in beside]
    for indexes in (range(len(filled) - 2, -1, -1), range(1, len(filled))):
        before = -1 if indexes.step > 0 else 1
        for index in indexes:
            filled[index] = filled[index] or filled[index + before]
    return filled


def _implied(text: str) -> tuple[str, ...]:
    """What the application says about the protocol below it."""
    words = re.findall(r"[a-z0-9]+", text)
    return tuple(
        protocol for protocol, applications in (("tcp", OVER_TCP), ("udp", OVER_UDP)) if any(word in applications for word in words)
    )


def _protocols(text: str) -> tuple[str, ...]:
    transports = tuple(sorted({word for word in re.findall(r"[a-z0-9]+", text.lower()) if word in ("tcp", "udp")}))
    if transports or not text:
        return transports
    implied = _implied(text.lower())
    if not implied:
        raise RowUnclear(
            f"the protocol {_shown(text)} has no ports, or is not known to run over tcp or udp; write tcp or udp, or leave the row out"
        )
    return implied


def _end(column: str, text: str) -> End:
    words = vocabulary()
    plain = text.lower().strip("[]<>{} ").rstrip("* ")  # an asterisk behind it leads to a footnote
    if not text:
        raise RowUnclear(f"the {column} is empty")
    if plain in words.anybody or plain in EVERY_ADDRESS:
        return End("any", (), text)
    if plain in LOOPBACK:
        return End("local", (), text)
    parts = [part for part in re.split(r"[,;+&\s]+", URL.sub(r"\1", plain)) if part not in ("", *words.ands, *words.ors)]
    if any("*" in part and "." in part for part in parts):
        raise RowUnclear(f"the {column} {_shown(text)} has a wildcard, which no firewall can look up; name the hosts")
    named = [part for part in parts if FQDN.fullmatch(part)]
    if named and named != parts:
        raise RowUnclear(f"the {column} {_shown(text)} is a host name and something else; give each a row")
    if named:
        return End("names", tuple(dict.fromkeys(named)), text)
    if any(map(_is_network, parts)) or (re.findall(r"[a-z]+", plain) or [""])[-1] in words.networks:
        return End("network", (identifier(plain, "network"),), text)
    named_parts = map(_without_noise, _components_apart().split(plain))
    components = [identifier(part, "role") for part in named_parts if part]
    if not components:
        raise RowUnclear(f"the {column} {_shown(text)} names nobody")
    return End("roles", tuple(dict.fromkeys(components)), text)


@functools.cache
def _both() -> re.Pattern[str]:
    """TCP and UDP for the same ports."""
    ands = "|".join(vocabulary().ands)
    return re.compile(rf"\b(?:tcp ?(?:[+/&]|{ands}) ?udp|udp ?(?:[+/&]|{ands}) ?tcp|(?:tcp ?, ?udp|udp ?, ?tcp)(?! *[/:]? *\d))\b")


@functools.cache
def _ports_apart() -> re.Pattern[str]:
    return re.compile(rf"[,;&+]|\b(?:{'|'.join(vocabulary().ands)})\b|(?<=\d) */ *(?=\d)")


@functools.cache
def _components_apart() -> re.Pattern[str]:
    return re.compile(rf"[,;+&/]|\b(?:{'|'.join((*vocabulary().ands, *vocabulary().ors))})\b")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _without_noise(text: str) -> str:
    return " ".join(word for word in text.split() if word not in vocabulary().addressing)


def identifier(text: str, otherwise: str) -> str:
    """A name for a matrix: lower case without accents, digits and underscores; ``otherwise`` goes before what begins with no letter."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("\u00df", "ss")).encode("ascii", "ignore").decode()
    name = "_".join(re.findall(r"[a-z0-9]+", plain))
    if not name[:1].isalpha():
        name = f"{otherwise}_{name}".rstrip("_")
    return name[:NAME].rstrip("_")


def _shown(text: str) -> str:
    return shortened(repr(text))
