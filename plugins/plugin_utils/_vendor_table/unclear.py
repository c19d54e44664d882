# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the rooms' readers share: why a row cannot be read, how cells are shown, what stands in parentheses."""

from __future__ import annotations

import hashlib
import re
import typing as t
import unicodedata

from .._common.texts import shortened
from .vocabulary import Vocabulary

FQDN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
BRACKETS = re.compile(r"\(([^()]*)\)")
FOOTNOTE = re.compile(r"(?:[\s*\u2020\u2021\u00a7#\u00b9\u00b2\u00b3\u2070-\u2079]|\[\^?\d{1,2}\]|\(\d\))+$")
DITTO = frozenset(('"', "''", "\u2033", "\u3003", "\u201d", "\u201e", "\u2191", '-"-', "-''-", "\u21e7", "^"))
NAME = 40
"""The most characters that an identifier of a matrix may have."""


class RowUnclear(Exception):
    """A row cannot be read; the message says why and what to do."""


def shown(text: str) -> str:
    return shortened(repr(text))


def word_list(text: str) -> str:
    """The words of a text in lower case, with one blank between them: "N/A" is "n a"."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def is_ditto(text: str, words: Vocabulary) -> bool:
    """Whether a cell says that it means the same as the cell above."""
    return text.strip() in DITTO or word_list(text) in words.above


def without_footnote(text: str) -> str:
    """A text without the marks at its end that lead to footnotes: an asterisk, a raised digit, [1]."""
    found = FOOTNOTE.search(text[-60:])
    return text[: len(text) - len(found[0])] if found else text


def split_outside(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """The parts of a text that stand between separators, each with what stands in its parentheses.

    Separators in parentheses separate nothing.
    """
    inside: list[str] = []

    def take(match: re.Match[str]) -> str:
        inside.append(match[1])
        return f" \x01{len(inside) - 1}\x01 "

    held = BRACKETS.sub(take, text.replace("\x01", " "))
    parts = []
    for part in pattern.split(held):
        indexes = [int(index) for index in re.findall(r"\x01(\d+)\x01", part)]
        parts.append((" ".join(re.sub(r"\x01\d+\x01", " ", part).split()), " ".join(inside[index].strip() for index in indexes)))
    return parts


def identifier(text: str, otherwise: str, most: int = NAME) -> str:
    """A name for a matrix: lower case without accents, digits and underscores; ``otherwise`` goes before what begins with no letter."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("\u00df", "ss")).encode("ascii", "ignore").decode()
    name = "_".join(re.findall(r"[a-z0-9]+", plain))
    if not name[:1].isalpha():
        name = f"{otherwise}_{name}".rstrip("_")
    return name[:most].rstrip("_")


def component(text: str, otherwise: str) -> str:
    """A name for a component or a network. Two long ones that begin with the same words do not become one."""
    name, whole = identifier(text, otherwise), identifier(text, otherwise, 10_000)
    return name if name == whole else f"{whole[: NAME - 5].rstrip('_')}_{hashlib.sha256(whole.encode()).hexdigest()[:4]}"


class End(t.NamedTuple):
    """One end of a connection.

    Attributes:
        kind: As in a matrix: any, local, names, network or roles; "self" for the machine that the table is about.
        values: As in a matrix.
        written: As in the table.
        ports: The ports that stand beside the host names.
    """

    kind: str
    values: tuple[str, ...]
    written: str
    ports: tuple[str, ...] = ()
