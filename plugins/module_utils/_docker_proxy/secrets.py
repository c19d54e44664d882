# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Credentials of proxies, hidden in every spelling that Docker accepts: whatever stands before the last @ of a value is secret.

A password may hold quotes, spaces, line ends, slashes, at signs, percent signs; a URL may come without a scheme. So nothing here looks
for the end of a URL: the reader's own rules tell where a value begins and ends, and where nobody knows them, too much is hidden.
"""

from __future__ import annotations

import re
import typing as t

HIDDEN = "xxxxx:xxxxx@"  # what Docker itself writes there
_SCHEME = re.compile(r"(?:https?|socks[45]?[ah]?)://", re.IGNORECASE)
_JOIN = r"(?:\\\n)*"  # a line that goes on in the next one, which an environment file may do anywhere
_AT = re.compile(rf"@|%(?:{_JOIN}2{_JOIN}5)*{_JOIN}4{_JOIN}0|\\u0040|\\x40|\\100", re.IGNORECASE)  # as it is, in a URL, in JSON, in a unit
_TOKEN = re.compile(r"\S+")
_OPENING = re.compile(r".*[\"'=(\[]", re.DOTALL)
_KEY = re.compile(r"\s*[#;]?\s*(?:Environment\s*=\s*)?[\"']?(?:[A-Za-z_]\w*\s*=\s*)?[\"']?", re.ASCII)
_WORD = re.compile(r"[^\\'\"\n]+")


def hide_value(value: str) -> str:
    """A value that may be the URL of a proxy, without its credentials."""
    scheme = _SCHEME.match(value.lstrip())
    return _hidden(value.lstrip(), scheme.end() if scheme else 0) if _AT.search(value) else value


def hide(text: str) -> str:
    """A message, without the credentials of URLs in it."""
    return "\n".join(map(_hide_urls, text.split("\n")))


def hide_output(text: str) -> str:
    """What a program said, which may quote a value in any way: in each line, all from the first URL to the last @ is hidden."""
    return "\n".join(_hide_from_first(line, 0) for line in text.split("\n"))


def hide_settings(text: str) -> str:
    """The lines of a unit or of an environment file; where quotes or backslashes join lines, they are taken as one."""
    return "\n".join(_hide_from_first(line, _end(_KEY.match(line))) for line in _joined_lines(text))


def hide_in(data: t.Any) -> t.Any:
    """Data as JSON has it, without the credentials in any of its texts."""
    if isinstance(data, str):
        return hide_value(data)
    if isinstance(data, list):
        return [hide_in(each) for each in data]
    if isinstance(data, dict):
        return {hide_value(name): hide_in(each) for name, each in data.items()}
    return data


def _hidden(text: str, start: int) -> str:
    """A text in which everything from ``start`` to the last @ is hidden, or everything to the last @ where that comes before."""
    marks = list(_AT.finditer(text))
    if not marks:
        return text
    return text[: start if start <= marks[0].start() else 0] + HIDDEN + text[marks[-1].end() :]


def _hide_from_first(text: str, key_end: int) -> str:
    """The same from the first URL on; where there is none before the first @, from the end of the key on."""
    mark = _AT.search(text)
    scheme = _SCHEME.search(text, 0, mark.start()) if mark else None
    return _hidden(text, scheme.end() if scheme else key_end)


def _hide_urls(line: str) -> str:
    starts = [found.end() for found in _SCHEME.finditer(line)]
    pieces = [line[start:end] for start, end in zip([0, *starts], [*starts, len(line)])]
    return _TOKEN.sub(_hide_bare, pieces[0]) + "".join(_hidden(piece, 0) for piece in pieces[1:])


def _hide_bare(found: t.Match[str]) -> str:
    """``user:password@`` without a scheme, in one word of a message; what is only ``user@`` may be a name."""
    word = found[0]
    mark, colon = word.rfind("@"), word.find(":")
    if not 0 <= colon < mark:
        return word
    opening = _OPENING.match(word[:colon])
    return word[: _end(opening)] + HIDDEN + word[mark + 1 :]


def _end(found: t.Optional[t.Match[str]]) -> int:
    return found.end() if found else 0


def _joined_lines(text: str) -> t.List[str]:
    """Lines, and several at once where a backslash or an open quote says that a line goes on."""
    lines, start, offset, quote = [], 0, 0, ""
    while offset < len(text):
        character = text[offset]
        if character == "\\":
            offset += 2
        elif character in "'\"":
            quote = "" if quote == character else quote or character
            offset += 1
        elif character == "\n":
            if not quote:
                lines.append(text[start:offset])
                start = offset + 1
            offset += 1
        else:
            offset = _end(_WORD.match(text, offset))
    lines.append(text[start:])
    return lines
