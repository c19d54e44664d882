# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""One member of a JSON file, set or taken away without touching a byte of anything else: order, spaces, numbers, escapes."""

from __future__ import annotations

import codecs
import json
import math
import re
import typing as t

from .._host.printable import printable

# What dockerd accepts too (moby, daemon/config: BOMOverride).
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SPACE = " \t\r\n"
_DEPTH = 100  # of objects and arrays in each other; Docker's files have five
_DIGITS = 1000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile(r"[ \t\r\n]*")
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


class JsonBroken(Exception):
    """The text is no JSON object; the message says where, as ``line:column: reason``."""


class JsonTwice(JsonBroken):
    """A member stands in the object twice, which JSON's readers take, each in its own way."""


class _Member(t.NamedTuple):
    """A member of the object, with the offsets of its name, of its value, and behind its value."""

    name: str
    value: t.Any
    start: int
    value_start: int
    end: int


class JsonText:
    """The text of a JSON file whose top level is an object. An empty file is an empty object.

    Attributes:
        value: What the text means.
    """

    def __init__(self, text: str, mark: bytes = b"", codec: str = "utf-8") -> None:
        """Raises JsonBroken."""
        self._text, self._mark, self._codec = text, mark, codec
        self._decoder = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer, parse_float=_float)
        self.value: t.Dict[str, t.Any] = {}
        self._members: t.Dict[str, _Member] = {}
        if text.strip(_SPACE):
            self._scan()

    @classmethod
    def from_bytes(cls, content: bytes) -> JsonText:
        """Read a file's content, with or without a byte order mark.

        Raises:
            JsonBroken: it is not Unicode, or no JSON object.
        """
        mark, codec = next((pair for pair in _BYTE_ORDER_MARKS if content.startswith(pair[0])), (b"", "utf-8"))
        try:
            return cls(content[len(mark) :].decode(codec), mark, codec)
        except UnicodeDecodeError as error:
            before = content[len(mark) : len(mark) + error.start].decode(codec, "replace")
            raise JsonBroken("%s: this is not %s" % (_place(before, len(before)), codec.upper())) from None

    def to_bytes(self) -> bytes:
        """The file's content."""
        return self._mark + self._text.encode(self._codec)

    def raw(self, name: str) -> t.Optional[str]:
        """The text of a member's value, or None where there is no such member."""
        member = self._members.get(name)
        return member and self._text[member.value_start : member.end]

    @property
    def blank(self) -> t.Optional[str]:
        """The text, if it holds no member."""
        return None if self._members else self._text

    def with_text(self, text: str) -> JsonText:
        """Another text with the same byte order mark."""
        return JsonText(text, self._mark, self._codec)

    def with_member(self, name: str, value: t.Any) -> JsonText:
        """The text with a member set to a value, written in the style of the others; at the end if it is new."""
        return self.with_raw(name, self._render(value))

    def with_raw(self, name: str, raw: str) -> JsonText:
        """The text with a member set to a value that is JSON text already."""
        member = self._members.get(name)
        if member:
            return self._replace(member.value_start, member.end, raw)
        gap, colon, _unit = self._style()
        new = "%s%s%s" % (json.dumps(name), colon, raw)
        if self._members:
            end = list(self._members.values())[-1].end
            return self._replace(end, end, "," + gap + new)
        closing = "\n" if "\n" in gap else ""
        if not self._text.strip(_SPACE):
            return self._replace(0, len(self._text), "{%s%s%s}\n" % (gap, new, closing))
        return self._replace(self._text.index("{") + 1, self._text.rindex("}"), gap + new + closing)

    def without(self, name: str) -> JsonText:
        """The text without a member."""
        member = self._members.get(name)
        if not member:
            return self
        if len(self._members) == 1:
            return self._replace(self._text.index("{") + 1, self._text.rindex("}"), "")
        members = list(self._members.values())
        place = list(self._members).index(name)
        if place == 0:
            return self._replace(member.start, members[1].start, "")
        return self._replace(members[place - 1].end, member.end, "")

    def _replace(self, start: int, end: int, text: str) -> JsonText:
        return JsonText(self._text[:start] + text + self._text[end:], self._mark, self._codec)

    def _scan(self) -> None:
        self._refuse_depth()
        try:
            value = self._decoder.decode(self._text)
        except json.JSONDecodeError as error:
            raise JsonBroken("%d:%d: %s" % (error.lineno, error.colno, error.msg)) from None
        except (ValueError, RecursionError) as error:
            raise JsonBroken("1:1: %s" % error) from None
        if not isinstance(value, dict):
            raise JsonBroken("%s: the file has to hold one object, {...}" % self._position(self._skip(0)))
        self.value = value
        offset = self._skip(self._text.index("{") + 1)
        while self._text[offset] != "}":
            offset = self._skip(offset + 1) if self._text[offset] == "," else offset
            name, behind = self._decoder.raw_decode(self._text, offset)
            if name in self._members:
                raise JsonTwice("%s: %s stands here for the second time" % (self._position(offset), printable(json.dumps(name), 100)))
            start = self._skip(self._skip(behind) + 1)
            member, end = self._decoder.raw_decode(self._text, start)
            self._members[name] = _Member(name, member, offset, start, end)
            offset = self._skip(end)

    def _refuse_depth(self) -> None:
        depth = 0
        for found in _STRING_OR_BRACKET.finditer(self._text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
            if depth > _DEPTH:
                raise JsonBroken("%s: more than %d objects and arrays stand in each other here" % (self._position(found.start()), _DEPTH))

    def _skip(self, offset: int) -> int:
        return t.cast(t.Match[str], _GAP.match(self._text, offset)).end()

    def _position(self, offset: int) -> str:
        return _place(self._text, offset)

    def _style(self) -> t.Tuple[str, str, str]:
        """What stands before a name, what stands between a name and its value, and one step of indentation."""
        if not self._members:
            return "\n  ", ": ", "  "
        first, *others = self._members.values()
        gap = self._text[self._text.index("{") + 1 : first.start]
        colon = self._text[self._decoder.raw_decode(self._text, first.start)[1] : first.value_start]
        if "\n" not in gap and others:  # {"one": 1, "two": 2}
            gap = self._text[first.end : others[0].start].partition(",")[2]
        return gap, colon, gap.rpartition("\n")[2]

    def _render(self, value: t.Any) -> str:
        gap, colon, unit = self._style()
        escaped = bool(_LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)))  # as others may have written it: "\ud800"
        if "\n" not in gap:
            return json.dumps(value, ensure_ascii=escaped, separators=("," + gap, colon))
        text = json.dumps(value, ensure_ascii=escaped, indent=unit or "  ", separators=(",", colon))
        return text.replace("\n", gap)


def _place(text: str, offset: int) -> str:
    return "%d:%d" % (text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _integer(digits: str) -> int:
    """Reading a number takes the square of its length."""
    if len(digits) > _DIGITS:
        raise ValueError("a number has %d digits" % len(digits))
    return int(digits)


def _float(digits: str) -> float:
    """Docker cannot read a number that is too large for it either, and JSON cannot write it."""
    value = float(digits)
    if math.isinf(value):
        raise ValueError("the number %s is too large" % printable(digits, 100))
    return value


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError("%s is not valid JSON" % constant)
