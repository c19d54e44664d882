# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads a matrix file: syntax, schema, then whatever one place says about another. Every problem is named with its line."""

from __future__ import annotations

import itertools
import typing as t

from .._common.problems import PlanRefused
from .._common.texts import escaped, shortened
from .build import build
from .cross_checks import cross_findings
from .data import Data, Finding
from .located_yaml import Document, read_yaml
from .model import Matrix
from .schema_errors import schema_findings
from .texts import plain_texts

PROBLEMS_SOUGHT = 300
PROBLEMS_SHOWN = 100
LONGEST = 1000
"""The most characters of a message, most of which are the user's own."""


def read_matrix(text: str, file: str, name: str, schema: Data) -> Matrix:
    """Read a matrix.

    Args:
        text: The file's content.
        file: The file, as messages should name it.
        name: The file's name without ``.yml``; the matrix must be called that.
        schema: The JSON Schema of matrices.

    Raises:
        PlanRefused: with every problem as "file:line: path: what is wrong".
    """
    return build(read_matrix_data(text, file, name, schema), file)


def read_matrix_data(text: str, file: str, name: str, schema: Data) -> Data:
    """The same as :func:`read_matrix`, as the plain data that the file has; each text of it is on one line."""
    document = read_yaml(text)
    problems = list(document.problems)
    data = document.data
    if not problems:
        data, unfit = plain_texts(data)
        checks = (lambda: unfit, lambda: schema_findings(data, schema), lambda: cross_findings(t.cast(Data, data), name))
        found = next(filter(None, (list(itertools.islice(check(), PROBLEMS_SOUGHT)) for check in checks)), [])
        problems = [_located(document, finding) for finding in found]
    if problems:
        problems.sort(key=lambda problem: problem[0])
        messages = [escaped(f"{file}:{line}: {shortened(problem, LONGEST)}") for line, problem in problems[:PROBLEMS_SHOWN]]
        more = len(problems) - PROBLEMS_SHOWN
        raise PlanRefused([*messages, *([f"{file}: {more} or more further errors"] if more > 0 else [])])
    return t.cast(Data, data)


def _located(document: Document, finding: Finding) -> tuple[int, str]:
    path, text = finding
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
    return document.line(path), f"{written + ': ' if written else ''}{text}"
