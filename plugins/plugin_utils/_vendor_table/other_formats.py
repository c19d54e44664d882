# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Tables in formats that the importer does not read: which one it is, and what to do."""

from __future__ import annotations

import re

KINDS = (
    (r"^\s*\+(?:[-=]{2,}\+)+\s*$", "a grid table, as reStructuredText has them", "pandoc -f rst -t gfm"),
    (r"^\s*={2,}(?:[ \t]+={2,})+\s*$", "a simple table of reStructuredText", "pandoc -f rst -t gfm"),
    (r"^\s*\.\. (?:list-table|csv-table)::", "a table directive of reStructuredText", "pandoc -f rst -t gfm"),
    (r"^\|={3,}\s*$", "a table of AsciiDoc", "asciidoctor, and import the HTML page"),
    (r"^\s*\{\|", "a table of MediaWiki", "pandoc -f mediawiki -t gfm"),
    (r"^\s*\|\|.*\|\|\s*$", "a table of Jira or Confluence", "pandoc -f jira -t gfm"),
    (r"\\begin\{(?:tabular|longtable|tabularx)\}", "a table of LaTeX", "pandoc -f latex -t gfm"),
    (r"^#\+begin|^\s*\|[-+]+\|\s*$", "a table of Org mode", "pandoc -f org -t gfm"),
    (r"^\s*[-\u2500]{2,}(?:[+\u253c ][-\u2500]{2,})+\s*$", "a table drawn with characters", "a spreadsheet, saved as CSV"),
    (r"[\u2502\u2551\u250c\u2554]", "a table drawn with characters", "a spreadsheet, saved as CSV"),
)

MAGIC = (
    (b"%PDF", "is a PDF file; copy its table into a spreadsheet and save it as XLSX or CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "is an old workbook or document of Microsoft Office; save it as XLSX or CSV (UTF-8)"),
    (b"{\\rtf", "is an RTF document; copy its table into a spreadsheet and save it as XLSX or CSV (UTF-8)"),
)


def other_format(text: str) -> str:
    """What kind of table a text has, and how to convert it; empty if it has none that is known."""
    for line, content in enumerate(text[:400_000].splitlines(), 1):
        if len(content) > 2_000:
            continue
        for pattern, kind, tool in KINDS:
            if re.search(pattern, content, re.IGNORECASE):
                return f"line {line} begins {kind}, which the importer does not read; convert it to Markdown with {tool}, or save it as CSV"
    return ""


def binary_format(data: bytes) -> str:
    """What a file is that is not a text; empty if it is not known."""
    if data.startswith(b"PK"):
        return "is a document or workbook that is not XLSX; save its table as XLSX or CSV (UTF-8)"
    return next((message for magic, message in MAGIC if data.startswith(magic)), "")
