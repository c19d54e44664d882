# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the columns of a table are called: the known column of each cell of a header, and headers of two rows."""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Callable, Iterator, Sequence

from .._common.texts import visible
from .grids import BREAK, HEADER_SOUGHT, Grid
from .unclear import BRACKETS, without_footnote, word_list
from .vocabulary import Vocabulary

PORTS = ("port", "port_tcp", "port_udp", "local_port", "remote_port")
ENDS = ("source", "destination", "other")
PAIR = ("first", "second")
TRANSPORTS = frozenset(("tcp", "udp"))
"""What may be the header of a column of ports, and also the cell of a protocol."""
HEADERS_SOUGHT = 10
"""Among how many rows of a table its header is sought."""

LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")  # stops at the next bracket, so that its time grows with the text, not with its square
Known = Callable[[Sequence[str]], "tuple[int, bool]"]


class Columns(t.NamedTuple):
    """What the cells of a header mean.

    Attributes:
        first: The known column of each cell. Of two that mean the same, the first in the order of the vocabulary counts.
        further: The known column of each cell that is not among the first.
    """

    first: list[str | None]
    further: list[str | None]

    @property
    def are_wanted(self) -> bool:
        """Whether it is a table of connections: it has ports and somebody at an end."""
        has = set(self.first)
        return bool(has & set(PORTS)) and (bool(has & set(ENDS)) or has >= set(PAIR))


def clean(cell: str) -> str:
    """A cell as a line of plain text: no Markdown, nothing unprintable, single spaces."""
    text = LINK.sub(r"\1", BREAK.sub(" ", cell)).replace("\\|", "|").replace("`", "").replace("**", "")
    return " ".join(visible(text).split())


def columns_of(header: Sequence[str], words: Vocabulary) -> Columns:
    """The columns of a header. Words such as "network" or "address" are left out of a header that is not known with them."""
    forms = [_forms(cell, words) for cell in header]
    first: list[str | None] = [None] * len(forms)
    for form in range(len(FORMS)):
        best: dict[str, tuple[int, int]] = {}
        for place, each in enumerate(forms):
            known = words.headers.get(each[form]) if first[place] is None else None
            if known and known[0] not in first:
                best[known[0]] = min(best.get(known[0], (known[1], place)), (known[1], place))
        for column, (_rank, place) in best.items():
            first[place] = column
    further = [None if first[place] else _kind(each, words) for place, each in enumerate(forms)]
    return Columns(first, further)


def pieces(grid: Grid, known: Known) -> Iterator[Grid]:
    """The tables of a grid: each begins with a header, and a header of two rows is one."""
    grid = _from_header(grid, known)
    header, body, line, headings = grid.header, [], grid.line, grid.headings
    for number, cells in grid.body:
        if not _is_header(cells, known):
            body.append((number, cells))
            continue
        if list(cells) == list(header):  # as on the next page
            continue
        above: list[str] = []
        while body and len(_texts(body[-1][1])) == 1:
            above += _texts(body.pop()[1])
        yield grid._replace(line=line, header=header, body=body, headings=headings)
        header, body, line, headings = cells, [], number, (*above, *grid.headings)
    yield grid._replace(line=line, header=header, body=body, headings=headings)


def from_header(rows: Sequence[tuple[int, Sequence[str]]], known: Known, headings: tuple[str, ...], sheet: str) -> Grid | None:
    """The table of a sheet: it begins with the first row that names all that is needed, or else with the one that names most."""
    best: tuple[int, int] | None = None
    for index, (_line, cells) in enumerate(rows[:HEADER_SOUGHT]):
        count, wanted = known(cells)
        below = rows[index + 1][1] if index + 1 < len(rows) else []
        if wanted or combined(cells, below, known):
            best = (count, index)
            break
        if count and (best is None or count > best[0]):
            best = (count, index)
    if best is None:
        return None
    index = best[1]
    above = tuple(" ".join(filter(None, cells)) for _line, cells in reversed(rows[max(0, index - 3) : index]))
    return Grid(rows[index][0], rows[index][1], rows[index + 1 :], (*above, *headings), sheet)


def combined(top: Sequence[str], below: Sequence[str], known: Known) -> list[str] | None:
    """Two rows as one header, where the first has cells that stand above several of the second; otherwise nothing."""
    if any(re.search(r"\d", cell) for cell in (*top, *below)):
        return None
    width = max(len(top), len(below))
    top, below = [*top, *[""] * (width - len(top))], [*below, *[""] * (width - len(below))]
    filled: list[str] = []
    for cell in top:
        filled.append(cell if cell.strip() or not filled else filled[-1])
    if not any(left == right for left, right in zip(filled, filled[1:], strict=False)):
        return None
    joined = []
    for above, cell in zip(filled, below, strict=True):
        both = above if not cell.strip() or cell == above else f"{above} {cell}"
        joined.append(cell if cell.strip() and not known([both])[0] and known([cell])[0] else both)
    named = sum(known([both])[0] for both, cell in zip(joined, below, strict=True) if cell.strip() and cell != both)
    return joined if named > 1 and known(joined)[1] else None


def _from_header(grid: Grid, known: Known) -> Grid:
    """A grid that begins with its header; rows above it are headings."""
    rows = [(grid.line, grid.header), *grid.body]
    for index in range(min(HEADERS_SOUGHT, len(rows))):
        above = tuple(" ".join(_texts(cells)) for _line, cells in reversed(rows[:index]))
        below = rows[index + 1][1] if index + 1 < len(rows) else []
        both = combined(rows[index][1], below, known)
        if both:
            return grid._replace(line=rows[index][0], header=both, body=rows[index + 2 :], headings=(*above, *grid.headings))
        if known(rows[index][1])[1]:
            return grid._replace(line=rows[index][0], header=rows[index][1], body=rows[index + 1 :], headings=(*above, *grid.headings))
    return grid


def _is_header(cells: Sequence[str], known: Known) -> bool:
    """Whether a row below a header is the header of a further table: most of its cells are names of columns, and none has a number."""
    count, wanted = known(cells)
    if not wanted or count < 3 or any(re.search(r"\d", cell) for cell in cells):
        return False
    return count * 2 > len(_texts(cells)) and known([cell for cell in cells if word_list(clean(cell)) not in TRANSPORTS])[1]


def _texts(cells: Sequence[str]) -> dict[str, None]:
    return {cell.strip(): None for cell in cells if re.search(r"[^\W_]", cell)}


FORMS = ("as written", "without noise", "words apart", "words apart, without noise", "without parentheses", "without both")


@functools.lru_cache(maxsize=4096)
def _plain_forms(cell: str) -> tuple[str, str, str]:
    """A header as it is written, with blanks between words that capitals separate, and without parentheses."""
    text = re.sub(r"(?<=\w)\((?:e?s|e?n)\)", "s", without_footnote(clean(cell)))
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", text)
    return word_list(text), word_list(apart), word_list(BRACKETS.sub(" ", text))


def _forms(cell: str, words: Vocabulary) -> list[str]:
    """What a header may be called in the vocabulary, the most certain first."""
    written, apart, outside = _plain_forms(cell)
    noise = {*words.addressing, *words.networks, "host", "hosts", "component", "components", "system", "systems", "name", "s", "no", "nr"}
    bare = [" ".join(word for word in form.split() if word not in noise) for form in (written, apart, outside)]
    return [written, bare[0], apart, bare[1], outside, bare[2]]


def _kind(forms: Sequence[str], words: Vocabulary) -> str | None:
    return next((words.headers[form][0] for form in forms if form in words.headers), None)
