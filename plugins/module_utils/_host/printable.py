# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Text that others wrote, made fit for one line of a terminal, a log or a report."""

from __future__ import annotations

LIMIT = 1000
_CUT = " (cut)"


def printable(text: str, limit: int = LIMIT) -> str:
    r"""The text on one line, with an escape in place of every character that does not print, as Python writes it: ``\x1b``, ``\u202e``.

    Control characters, line ends, bidirectional and zero-width marks, odd spaces and lone surrogates are escaped. A backslash stays
    as it is, so a text that prints is returned unchanged, and escaping twice is escaping once.

    Args:
        text: What somebody else wrote.
        limit: How many characters the result may have; a longer one ends in " (cut)".
    """
    start = text[: limit + 1]  # no character becomes shorter
    if not start.isprintable():
        start = "".join(character if character.isprintable() else _escaped(character) for character in start)
    if len(start) <= limit:
        return start
    return start[: max(limit - len(_CUT), 0)] + _CUT[:limit]


def printable_lines(text: str, limit: int = LIMIT) -> str:
    """The same for a text of several lines, each of which may be that long."""
    return "\n".join(printable(line, limit) for line in text.split("\n"))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
