# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Shapes of data that strangers send: what type it has, how much of it there may be, and which text of it can be shown.

A shape is a function. It takes a value and its place, returns the value as we keep it, and raises Unusable where the value does not
fit. Text for people is cut and escaped, since others than the sender may have chosen it; what is judged has to fit exactly.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections.abc import Callable, Mapping

from ...module_utils._host.printable import printable

Shape = Callable[[object, str], t.Any]

_ODD = re.compile(r"[^\n\t -~]")
_SHOWN = 100


class Unusable(Exception):
    """The data does not have its shape; the message says where and how."""


def text(limit: int = 1000) -> Shape:
    """One line for people, cut and escaped."""

    def take(value: object, place: str) -> str:
        return printable(_text(value, place), limit)

    return take


def lines(limit: int) -> Shape:
    """Several lines for people, cut as a whole; each is escaped, but for its tabs."""

    def take(value: object, place: str) -> str:
        return printable_lines(_text(value, place), limit)

    return take


def exact(pattern: str, limit: int = 1000) -> Shape:
    """Text that is judged or used as it is; all of it has to fit the pattern."""
    compiled = re.compile(pattern)

    def take(value: object, place: str) -> str:
        found = _text(value, place)
        if len(found) > limit:
            raise Unusable(f"{place} has more than {limit} characters")
        if not compiled.fullmatch(found):
            raise Unusable(f"{place} is {_shown(found)}, which is not expected there")
        return found

    return take


def one_of(*choices: str | int) -> Shape:
    """One of a few words or numbers."""

    def take(value: object, place: str) -> t.Any:
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value not in choices:
            raise Unusable(f"{place} is {_shown(value)}, and not one of {', '.join(map(repr, choices))}")
        return value

    return take


def number(low: int, high: int) -> Shape:
    """A whole number within bounds."""

    def take(value: object, place: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unusable(f"{place} is not a whole number")
        if not low <= value <= high:
            raise Unusable(f"{place} is not a number from {low} to {high}")
        return value

    return take


def flag(value: object, place: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Unusable(f"{place} is not true or false")
    return value


def address(value: object, place: str) -> str:
    """An IP address, without the interface that a link-local one may name."""
    bare = _text(value, place)[:_SHOWN].partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        raise Unusable(f"{place} is {_shown(value)}, which is not an IP address") from None


def empty_or(shape: Shape) -> Shape:
    """Empty text, or something of a shape."""

    def take(value: object, place: str) -> t.Any:
        return value if value == "" else shape(value, place)

    return take


def nothing_or(shape: Shape) -> Shape:
    """Null, or something of a shape."""

    def take(value: object, place: str) -> t.Any:
        return None if value is None else shape(value, place)

    return take


def list_of(shape: Shape, limit: int) -> Shape:
    """A list whose elements have one shape."""

    def take(value: object, place: str) -> list[t.Any]:
        if not isinstance(value, (list, tuple)):
            raise Unusable(f"{place} is not a list")
        if len(value) > limit:
            raise Unusable(f"{place} has more than {limit} elements")
        return [shape(element, f"{place}[{index}]") for index, element in enumerate(value)]

    return take


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """A mapping with these keys; others are left out."""
    known = {**required, **(optional or {})}

    def take(value: object, place: str) -> dict[str, t.Any]:
        if not isinstance(value, Mapping):
            raise Unusable(f"{place or 'it'} is not a mapping")
        missing = [key for key in required if key not in value]
        if missing:
            raise Unusable(f"{place or 'it'} lacks {', '.join(missing)}")
        return {key: shape(value[key], f"{place}.{key}" if place else key) for key, shape in known.items() if key in value}

    return take


def printable_lines(found: str, limit: int) -> str:
    """Several lines of text that others wrote, each escaped, cut as a whole."""
    if len(found) > limit:
        found = found[: max(limit - 6, 0)] + " (cut)"
    if not _ODD.search(found):
        return found
    escaped = "\n".join("\t".join(printable(part, len(part) * 10 + 10) for part in line.split("\t")) for line in found.split("\n"))
    return escaped if len(escaped) <= limit * 2 else escaped[: limit * 2] + " (cut)"


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise Unusable(f"{place} is not a string")
    return str(value)


def _shown(value: object) -> str:
    """A value in a message."""
    if isinstance(value, str):
        return f"'{printable(value, _SHOWN)}'"
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    return {int: "a large number", float: "a fraction", list: "a list", type(None): "null"}.get(type(value), "a mapping")
