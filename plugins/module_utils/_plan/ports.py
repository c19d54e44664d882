# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Ports and ranges of ports as a plan writes them: ``"8443"``, ``"8000-8010"``; the one place that reads them."""

from __future__ import annotations

import re
import typing as t

Ports = t.Tuple[str, ...]
"""Ports and ascending ranges of ports, 1 to 65535 (RFC 6335: 0 is reserved)."""

HIGHEST = 65535
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")


def is_port_range(text: str) -> bool:
    """Whether a text is a port or an ascending range of ports, 1 to 65535."""
    low, dash, high = text.partition("-")
    ends = (low, high) if dash else (low,)
    if not all(_PORT.match(end) and int(end) <= HIGHEST for end in ends):
        return False
    return not dash or int(low) < int(high)


def bounds(ports: str) -> t.Tuple[int, int]:
    """First and last port of a port or a range; the text has been checked before."""
    low, _dash, high = ports.partition("-")
    return int(low), int(high or low)


def count(ports: t.Iterable[str]) -> int:
    """How many ports there are in ports and ranges that do not overlap."""
    return sum(high - low + 1 for low, high in map(bounds, ports))


def holds(ports: t.Iterable[str], port: int) -> bool:
    """Whether a port is one of some ports and ranges."""
    return any(low <= port <= high for low, high in map(bounds, ports))


def disjoint(ports: t.Iterable[str]) -> Ports:
    """The same ports in ascending order, each once: ranges that overlap become one; neighbours stay as they are."""
    spans: t.List[t.Tuple[int, int]] = []
    for low, high in sorted(map(bounds, ports)):
        if spans and low <= spans[-1][1]:
            low, high = spans[-1][0], max(high, spans.pop()[1])
        spans.append((low, high))
    return tuple(str(low) if low == high else "%d-%d" % (low, high) for low, high in spans)


def without(ports: t.Iterable[str], taken: t.Iterable[str]) -> Ports:
    """What is left of some ports and ranges without others, in ascending order."""
    spans = [bounds(port) for port in disjoint(ports)]
    for first, last in map(bounds, taken):
        pieces = [piece for low, high in spans for piece in ((low, min(high, first - 1)), (max(low, last + 1), high))]
        spans = sorted({piece for piece in pieces if piece[0] <= piece[1]})
    return tuple(str(low) if low == high else "%d-%d" % (low, high) for low, high in spans)
