# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds matrices: the shipped ones by name, the user's own by path."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence

from .._common.bounded_file import MEBIBYTE, NotAPlainFile, read_named
from .._common.problems import PlanRefused, shown_path, unknown
from .model import Matrix
from .reader import read_matrix

MATRIX_BYTES = 2 * MEBIBYTE
"""The most that a matrix's file may have: the largest of the catalogue has a hundredth of it."""

MATRICES = pathlib.Path(__file__).parents[1] / "matrices"


class MatrixNotFound(Exception):
    """A membership names a matrix that does not exist."""


class Catalogue:
    """Reads each matrix once, and only if somebody asks for it."""

    def __init__(self, directories: Sequence[str] = ()) -> None:
        """
        Args:
            directories: Where relative paths of the user's own matrix files start, in order.
        """
        self._directories = [pathlib.Path(directory) for directory in directories]
        self._paths: dict[str, pathlib.Path] = {}
        self._read: dict[pathlib.Path, Matrix | PlanRefused] = {}
        self._schema = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))

    def names(self) -> list[str]:
        """The shipped matrices."""
        return sorted(path.stem for path in MATRICES.glob("*.yml"))

    def own_files(self) -> list[pathlib.Path]:
        """The user's own matrix files that were read."""
        return sorted(path for path in self._read if path.parent != MATRICES)

    def matrix(self, reference: str) -> Matrix:
        """The matrix of a catalogue name, or of a path (what has a slash, or ends in .yml or .yaml).

        Raises:
            MatrixNotFound: if there is none.
            PlanRefused: if it has mistakes; each message names the file and the line.
        """
        if reference not in self._paths:
            self._paths[reference] = self._path(reference)
        path = self._paths[reference]
        if path not in self._read:
            self._read[path] = self._attempt(path)
        matrix = self._read[path]
        if isinstance(matrix, PlanRefused):
            raise matrix
        return matrix

    def _path(self, reference: str) -> pathlib.Path:
        if "/" in reference or reference.endswith((".yml", ".yaml")):
            candidates = [directory / pathlib.Path(reference).expanduser() for directory in self._directories]
            for path in candidates:
                if path.is_file():
                    return path.resolve()
            raise MatrixNotFound(f"no matrix file {reference!r}; looked for {', '.join(dict.fromkeys(map(shown_path, candidates)))}")
        if reference in self.names():
            return MATRICES / f"{reference}.yml"
        known = self.names()
        raise MatrixNotFound(f"{unknown('matrix', reference, 'the catalogue', known)}; name a file of your own by its path")

    def _attempt(self, path: pathlib.Path) -> Matrix | PlanRefused:
        try:
            text = read_named(path, MATRIX_BYTES).decode("utf-8-sig")
            return read_matrix(text, shown_path(path), path.stem, self._schema)
        except (OSError, UnicodeDecodeError, NotAPlainFile) as error:
            return PlanRefused([f"{shown_path(path)}: cannot be read: {error}"])
        except PlanRefused as refused:
            return refused
