# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""One member of a JSON file, set or taken away without touching a byte of anything else: order, spaces, numbers, escapes."""

from __future__ import annotations

import codecs
import json
import typing as t

# What dockerd accepts too (moby, daemon/config: BOMOverride).
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SPACE = " \t\r\n"


class JsonBroken(Exception):
    """The text is no JSON object; the message says where, as ``line:column: reason``."""


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
        self._decoder = json.JSONDecoder(parse_constant=_refuse)
        self.value: t.Dict[str, t.Any] = {}
        self._members: t.List[_Member] = []
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
        member = self._find(name)
        return member and self._text[member.value_start : member.end]

    def with_member(self, name: str, value: t.Any) -> JsonText:
        """The text with a member set to a value, written in the style of the others; at the end if it is new."""
        return self.with_raw(name, self._render(value))

    def with_raw(self, name: str, raw: str) -> JsonText:
        """The text with a member set to a value that is JSON text already."""
        member = self._find(name)
        if member:
            return self._replace(member.value_start, member.end, raw)
        gap, colon, _unit = self._style()
        new = "%s%s%s" % (json.dumps(name), colon, raw)
        if self._members:
            end = self._members[-1].end
            return self._replace(end, end, "," + gap + new)
        closing = "\n" if "\n" in gap else ""
        if not self._text.strip(_SPACE):
            return self._replace(0, len(self._text), "{%s%s%s}\n" % (gap, new, closing))
        return self._replace(self._text.index("{") + 1, self._text.rindex("}"), gap + new + closing)

    def without(self, name: str) -> JsonText:
        """The text without a member."""
        member = self._find(name)
        if not member:
            return self
        if len(self._members) == 1:
            return self._replace(self._text.index("{") + 1, self._text.rindex("}"), "")
        place = self._members.index(member)
        if place == 0:
            return self._replace(member.start, self._members[1].start, "")
        return self._replace(self._members[place - 1].end, member.end, "")

    def _find(self, name: str) -> t.Optional[_Member]:
        return next((member for member in self._members if member.name == name), None)

    def _replace(self, start: int, end: int, text: str) -> JsonText:
        return JsonText(self._text[:start] + text + self._text[end:], self._mark, self._codec)

    def _scan(self) -> None:
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
            if self._find(name):
                raise JsonBroken("%s: %s stands here for the second time" % (self._position(offset), json.dumps(name)))
            start = self._skip(self._skip(behind) + 1)
            member, end = self._decoder.raw_decode(self._text, start)
            self._members.append(_Member(name, member, offset, start, end))
            offset = self._skip(end)

    def _skip(self, offset: int) -> int:
        while self._text[offset] in _SPACE:
            offset += 1
        return offset

    def _position(self, offset: int) -> str:
        return _place(self._text, offset)

    def _style(self) -> t.Tuple[str, str, str]:
        """What stands before a name, what stands between a name and its value, and one step of indentation."""
        if not self._members:
            return "\n  ", ": ", "  "
        first = self._members[0]
        gap = self._text[self._text.index("{") + 1 : first.start]
        colon = self._text[self._decoder.raw_decode(self._text, first.start)[1] : first.value_start]
        if "\n" not in gap and len(self._members) > 1:  # {"one": 1, "two": 2}
            gap = self._text[self._members[0].end : self._members[1].start].partition(",")[2]
        return gap, colon, gap.rpartition("\n")[2]

    def _render(self, value: t.Any) -> str:
        gap, colon, unit = self._style()
        if "\n" not in gap:
            return json.dumps(value, ensure_ascii=False, separators=("," + gap, colon))
        text = json.dumps(value, ensure_ascii=False, indent=unit or "  ", separators=(",", colon))
        return text.replace("\n", gap)


def _place(text: str, offset: int) -> str:
    return "%d:%d" % (text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError("%s is no JSON" % constant)
