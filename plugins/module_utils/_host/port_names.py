# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Ports as others write them: numbers, names of /etc/services, and ranges of both. "ftp-data" is a name, and "ftp-ssh" a range."""

from __future__ import annotations

import re
import socket
import typing as t

from .._plan.ports import HIGHEST

_NUMBER = re.compile(r"[0-9]{1,5}\Z")
_RANGE = re.compile("[-:]")
_LONGEST = 100  # of a text that may be a port or a range


def span(text: str) -> t.Tuple[int, int]:
    """First and last port of a port or a range. Raises ValueError where it is neither."""
    if len(text) > _LONGEST:
        raise ValueError("a port has %d characters" % len(text))
    number = _port(text)
    if number is not None:
        return number, number
    for dash in _RANGE.finditer(text):
        low, high = text[: dash.start()], text[dash.end() :]
        first, last = _port(low) if low else 0, _port(high) if high else HIGHEST
        if (low or high) and first is not None and last is not None and first <= last:
            return first, last
    raise ValueError("%r is not a valid port" % text)


def spans(texts: t.Iterable[str]) -> t.Tuple[t.Tuple[int, int], ...]:
    """The same of several, in ascending order and without overlaps. Raises ValueError."""
    merged: t.List[t.Tuple[int, int]] = []
    for low, high in sorted(map(span, texts)):
        if merged and low <= merged[-1][1]:
            low, high = merged[-1][0], max(high, merged.pop()[1])
        merged.append((low, high))
    return tuple(merged)


def _port(text: str) -> t.Optional[int]:
    """The number of a port; None where it has none."""
    if _NUMBER.match(text):
        return int(text) if int(text) <= HIGHEST else None
    if not text or text[0] in "+-" or not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        return socket.getservbyname(text)
    except OSError:
        return None
