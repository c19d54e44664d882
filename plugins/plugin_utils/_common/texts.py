# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Texts that others wrote: which characters they may hold, and how they are shown on one line that stays one line."""

from __future__ import annotations

import re
import unicodedata

_SURE = re.compile(r"[ -~]*")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters that have no shape of their own, although Unicode counts them as letters, marks or symbols."""

_NAMES = {
    "\0": "NUL",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
"""Unicode has no names for control characters."""


def is_unseen(char: str) -> bool:
    """Whether a character cannot be seen, ends a line, or changes how its neighbours are shown (controls, bidirectional text, zero width).

    Blanks of all widths can be seen, and are no different from a space here.
    """
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp") or char in _INVISIBLE


def first_unseen(text: str, allowed: str = "") -> str | None:
    """The first character that cannot be seen and is not among the allowed ones; None if there is none."""
    if _SURE.fullmatch(text):
        return None
    return next((char for char in text if is_unseen(char) and char not in allowed), None)


def character(char: str) -> str:
    """A character in words: "U+202E (RIGHT-TO-LEFT OVERRIDE)"."""
    name = _NAMES.get(char) or unicodedata.name(char, "")
    return f"U+{ord(char):04X} ({name})" if name else f"U+{ord(char):04X}"


def unseen_message(char: str) -> str:
    """What is wrong with a text that has such a character, and what to do."""
    return f"has the character {character(char)}, which cannot be seen or ends a line; remove it"


def joined_lines(text: str) -> str:
    """A text of several lines as one, with one blank where a line ended."""
    return text if "\n" not in text else " ".join(line.strip(" ") for line in text.split("\n") if line.strip(" "))


def one_line(text: str) -> str:
    """A text on one line, whatever it holds: blanks and line ends become one blank each, what cannot be seen is escaped."""
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """A text in which what cannot be seen is escaped, as ``\\u202e``."""
    if first_unseen(text) is None:
        return text
    return "".join(_escape(char) if is_unseen(char) else char for char in text)


def visible(text: str) -> str:
    """A text in which a blank stands for each character that cannot be seen."""
    if first_unseen(text) is None:
        return text
    return "".join(" " if is_unseen(char) else char for char in text)


def shortened(text: str, length: int = 200) -> str:
    """A text, cut where it is longer than people read."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
