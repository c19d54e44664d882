# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The tables of a Markdown page, wherever they stand. The parser is markdown-it-py."""

from __future__ import annotations

import functools
import html
import re
import typing as t
from collections.abc import Iterator, Sequence

from .._libraries import library
from .grids import LINE, Grid, TableTooLarge, bound_row, bound_rows, bound_tables

DELIMITERS = re.compile(r"^[ \t>*+\d.-]{0,40}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-*:?[ \t]*)+$")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
EMPHASIS = re.compile(r"(?<![\w.*])([*_])(\w(?:[^*_]*\w)?)\1(?![\w.*])")
FORMATTING = frozenset(
    (
        *("a", "abbr", "b", "big", "center", "cite", "code", "div", "em", "font", "i", "img", "input", "ins", "kbd", "label", "mark"),
        *("nobr", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "tt", "u", "ul", "var", "wbr"),
    )
)
STRUCK = frozenset(("del", "s", "strike"))
RAISED = frozenset(("sub", "sup"))
ABOVE = 120
"""How long the last line above a table may be to count as its heading."""


def markdown_grids(text: str) -> Iterator[Grid]:
    """The tables of a page, in the order of the page.

    Raises:
        LibrariesMissing: if the page may have one, and markdown-it-py is not there.
        TableTooLarge: if one is larger than any that people write.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(map(_is_delimiter, lines)):
        return
    tokens = _pages().parse("\n".join(_lines_apart(lines)))
    heading, paragraph = "", ""
    tables = 0
    for index, token in enumerate(tokens):
        if token.type == "inline" and tokens[index - 1].type == "heading_open":
            heading, paragraph = plain(token.content), ""
        elif token.type == "inline" and tokens[index - 1].type == "paragraph_open":
            last = token.content.rpartition("\n")[2]
            paragraph = plain(last) if len(last) <= ABOVE else ""
        elif token.type == "table_open":
            tables += 1
            bound_tables(token.map[0] + 1, tables)
            yield _grid(tokens, index, lines, tuple(filter(None, (paragraph, heading))))
            paragraph = ""


def _is_delimiter(line: str) -> bool:
    return "|" in line and "-" in line and len(line) <= LINE and bool(DELIMITERS.search(line))


def _lines_apart(lines: Sequence[str]) -> Iterator[str]:
    """The lines as the parser should see them.

    A line without a bar directly below a row is not a row, although Markdown takes it for one, and one directly above a header does not
    hide the table: a short one is a heading. What stands in a line that is too long to be a row is of no interest.
    """
    above = ""
    for line, below, second in zip(lines, [*lines[1:], ""], [*lines[2:], "", ""], strict=False):
        text = line.strip(" \t>")
        if len(line) > LINE:
            yield "| " + "x" * 10 if "|" in line else ""
        elif text and "|" not in line and not text.startswith("#") and ("|" in above or ("|" in below and _is_delimiter(second))):
            indent = below if "|" in below else line
            yield f"{indent[: len(indent) - len(indent.lstrip())]}# {text}" if len(text) <= ABOVE else ""
        else:
            yield line
        above = line


def _grid(tokens: Sequence[t.Any], start: int, lines: Sequence[str], headings: tuple[str, ...]) -> Grid:
    rows: list[tuple[int, list[str]]] = []
    for token in tokens[start + 1 :]:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            line = token.map[0] + 1
            if rows and "|" not in lines[line - 1]:
                break  # what follows the table without a blank line
            if len(lines[line - 1]) > LINE:
                raise TableTooLarge(line, f"the row has {len(lines[line - 1])} characters; the most is {LINE}")
            rows.append((line, []))
            bound_rows(line, len(rows) - 1)
            bound_row(line, _raw_cells(lines[line - 1]))
        elif token.type == "inline" and rows:
            rows[-1][1].append(token.content)
    read = [(line, [plain(cell) for cell in cells] + [""] * (len(_raw_cells(lines[line - 1])) > len(cells))) for line, cells in rows]
    return Grid(read[0][0], read[0][1][: len(rows[0][1])], read[1:], headings)


def _raw_cells(line: str) -> list[str]:
    """The cells of a row before Markdown drops those that the header does not have."""
    return re.split(r"(?<!\\)\|", line.strip(" \t>").removeprefix("|").removesuffix("|"))


def plain(cell: str) -> str:
    """A cell as plain text: raised texts are footnotes, lines end with line feeds, struck-out texts have two tildes on both sides."""
    parts: list[str] = []
    raised = 0
    for token in _cells().parseInline(cell)[0].children or ():
        if token.type == "html_inline":
            tag = TAG.fullmatch(token.content)
            name = tag[2].lower() if tag else ""
            if name in RAISED and tag:
                raised = max(0, raised + (-1 if tag[1] else 1))
            elif name in STRUCK:
                parts.append("~~")
            elif name == "br" or (name in ("li", "p", "div") and parts and tag and not tag[1]):
                parts.append("\n" if name != "li" else ", ")
            elif tag and name not in FORMATTING and name != "li":
                parts.append(token.content)
        elif raised:
            continue
        elif token.type in ("text", "code_inline", "image"):
            parts.append(html.unescape(token.content) if token.type == "text" else token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type in ("s_open", "s_close"):
            parts.append("~~")
    text = "".join(parts).replace("\u00a0", " ").replace("**", "").replace("__", "")
    return EMPHASIS.sub(r"\2", text).strip()


@functools.cache
def _pages() -> t.Any:
    """The parser of pages: blocks alone, and tables also where Markdown would see code."""
    parser = library("markdown_it", "markdown-it-py").MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.core.ruler.disable("inline")
    parser.block.ruler.disable(["code", "fence", "reference"])
    return parser


@functools.cache
def _cells() -> t.Any:
    """The parser of cells. Asterisks are left as they are: in 10.0.*.* they stand for numbers."""
    return library("markdown_it", "markdown-it-py").MarkdownIt("commonmark", {"html": True}).enable("strikethrough").disable("emphasis")
