# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The drawing of a federation: a text for Graphviz, and of its SVG what may stand in a page.

Names are only ever labels. Nodes have numbers, and of the SVG only shapes and texts are kept, so that nothing in it can act.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from .._common.texts import one_line, shortened
from .federations import Graph

NODES, EDGES = 40, 120
"""More than that is not drawn: nobody could read it."""
_LINES = 4
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
_SVG = "{http://www.w3.org/2000/svg}"
_NUMBERS = r"[-+0-9eE., ]*"
_KEPT = {
    "svg": {"viewBox": _NUMBERS},
    "g": {"class": r"[a-z ]*", "transform": r"[a-z0-9 .,()-]*"},
    "path": {"d": r"[-+0-9eE., MCLZ]*"},
    "polygon": {"points": _NUMBERS},
    "polyline": {"points": _NUMBERS},
    "ellipse": dict.fromkeys(("cx", "cy", "rx", "ry"), _NUMBERS),
    "text": {"x": _NUMBERS, "y": _NUMBERS, "text-anchor": r"start|middle|end"},
}
"""Elements and attributes that are kept, each attribute with what it may hold."""


class NotDrawn(Exception):
    """There is no drawing; the message says why."""


def dot(graph: Graph) -> str:
    """The graph for Graphviz.

    Raises:
        NotDrawn: it has too many nodes or arrows.
    """
    nodes = [*graph.groups, *graph.outside]
    if len(nodes) > NODES or len(graph.edges) > EDGES:
        raise NotDrawn(f"It has {len(nodes)} groups and {len(graph.edges)} connections between them, too many for a drawing.")
    return "\n".join(("digraph {", *_lines(graph, {name: f"n{number}" for number, name in enumerate(nodes)}), "}")) + "\n"


def _lines(graph: Graph, ids: dict[str, str]) -> Iterator[str]:
    yield '  graph [rankdir=LR, bgcolor=transparent, fontname="DejaVu Sans", nodesep=0.3, ranksep=0.8];'
    yield '  node [fontname="DejaVu Sans", fontsize=12, margin="0.2,0.12"];'
    yield '  edge [fontname="DejaVu Sans", fontsize=10, arrowsize=0.8];'
    for name, count in graph.groups.items():
        label = "\n".join((name, "1 host" if count == 1 else f"{count} hosts"))
        yield f'  {ids[name]} [shape=box, class="group", label={_label(label)}];'
    for name in graph.outside:
        label = name.replace(", ", ",\n")
        yield f'  {ids[name]} [shape=ellipse, class="outside", label={_label(label)}];'
    for edge in graph.edges:
        more = [f"and {len(edge.ports) - _LINES} more"] if len(edge.ports) > _LINES else []
        label = _label("\n".join((*edge.ports[:_LINES], *more, f"({edge.state})")))
        yield f'  {ids[edge.start]} -> {ids[edge.end]} [class="{edge.state}", label={label}];'


def _label(text: str) -> str:
    """A quoted text. Graphviz reads backslashes and the entities of HTML in it, so none may be left but that of the line end."""
    lines = (shortened(one_line(line), 60).translate(_ESCAPES) for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'


def safe_svg(drawn: str, title: str) -> str:
    """The SVG that Graphviz has drawn, with nothing in it but shapes and texts; colours come from the page.

    Raises:
        NotDrawn: it is not SVG that can be used.
    """
    try:
        root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", drawn, count=1))
    except ElementTree.ParseError as error:
        raise NotDrawn(f"Graphviz has drawn nothing that can be used: {error}.") from None
    if root.tag != f"{_SVG}svg":
        raise NotDrawn("Graphviz has drawn nothing that can be used.")
    kept = _kept(root)
    kept.set("role", "img")
    kept.set("aria-label", one_line(title))
    width = re.search(r"[\d.]+", root.get("width", ""))
    if width:
        kept.set("width", f"{float(width[0]) * 4 / 3:.0f}")
    return ElementTree.tostring(kept, encoding="unicode")


def _kept(element: ElementTree.Element) -> ElementTree.Element:
    name = element.tag.removeprefix(_SVG)
    copy = ElementTree.Element(name)
    for key, pattern in _KEPT[name].items():
        value = element.get(key, "")
        if value and re.fullmatch(pattern, value):
            copy.set(key, value)
    if name == "text":
        copy.text = element.text
    for inner in element:
        if isinstance(inner.tag, str) and inner.tag.removeprefix(_SVG) in _KEPT:
            copy.append(_kept(inner))
    return copy
