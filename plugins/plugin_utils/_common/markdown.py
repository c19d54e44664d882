# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Markdown and Mermaid as GitHub renders them; whatever a text holds, it stays text."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#!&$@])")
LIST = re.compile(r"^(\d*)([-+.)])")


def text(value: object) -> str:
    """One line of plain text."""
    return LIST.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", " ".join(str(value).split())))


def code(value: object) -> str:
    """An identifier, number or range of them, as code."""
    return f"`{value}`"


def link(title: object, url: str | None) -> str:
    """A link, or the title alone where there is no address."""
    return text(title) if url is None else f"[{text(title)}]({urllib.parse.quote(url, safe=':/?#@!$&+,;=%~')})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, with an empty one behind it; cells are Markdown already."""
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)
    yield ""


def fenced(language: str, content: str) -> Iterator[str]:
    """The lines of a block of code, whose fence is longer than any in its content."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", content)), default=0))
    yield from (f"{fence}{language}", *content.rstrip("\n").split("\n"), fence, "")


def label(value: object) -> str:
    """A quoted label of a Mermaid diagram; its own escapes are numbers of characters."""
    return '"' + re.sub(r"[^\w .,:/+*()-]", lambda found: f"#{ord(found[0])};", str(value)) + '"'


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
