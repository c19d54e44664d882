# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Begins a matrix of the user's own: the starter that ships with the collection, or a draft from a vendor's table."""

from __future__ import annotations

import json
import os
import pathlib
import re

from .._common.bounded_file import MEBIBYTE, NotAPlainFile, read_named
from .._common.problems import PlanRefused, shown_path
from .._matrix.catalogue import MATRICES, Catalogue
from .._matrix.reader import read_matrix
from .draft import Draft, draft_rows, title
from .files import NotATable, read_table_file
from .tables import TablesNotFound, TableTooLarge

STARTER = pathlib.Path(__file__).parents[1] / "matrix_starter.yml"
TABLE_BYTES = 4 * MEBIBYTE
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def matrix_name(path: pathlib.Path) -> str:
    """The name of the matrix that the file will hold.

    Raises:
        PlanRefused: if the file cannot be begun.
    """
    name = path.stem
    if path.suffix != ".yml" or not NAME.fullmatch(name):
        raise PlanRefused([f"{path.name}: call it like the system, in lower case letters, digits and underscores, and .yml: my_system.yml"])
    if name in Catalogue().names():
        raise PlanRefused([f"{path.name}: the catalogue has a matrix called {name}; call your own otherwise"])
    if os.path.lexists(path):
        raise PlanRefused([_taken(path)])
    return name


def check_directory(path: pathlib.Path) -> None:
    """Whether the file can be written where it is to be, before somebody waits for it.

    Raises:
        PlanRefused: if its directory is something else, or nothing may be written there.
    """
    above = next(one for one in path.parents if os.path.lexists(one))
    if not above.is_dir():
        raise PlanRefused([f"{shown_path(path)} cannot be written: {shown_path(above)} is not a directory; name another directory"])
    if not os.access(above, os.W_OK | os.X_OK):
        raise PlanRefused([f"{shown_path(path)} cannot be written: you may not write to {shown_path(above)}; name another directory"])


def starter(name: str) -> str:
    """A small, complete matrix with comments."""
    text = STARTER.read_text(encoding="utf-8")
    return (
        text.replace("matrix: starter\n", f"matrix: {name}\n", 1).replace("starter.yml", f"{name}.yml").replace("Starter", title(name), 1)
    )


def draft(table: pathlib.Path, path: pathlib.Path, perspective: list[str]) -> tuple[Draft, list[str]]:
    """A draft from a vendor's table, and what the schema says against it, with the lines of the file to be.

    Raises:
        PlanRefused: if the table cannot be read, or nothing in it becomes a flow.
    """
    try:
        rows = read_table_file(read_named(table, TABLE_BYTES))
        drafted = draft_rows(rows, shown_path(table), path.stem, perspective)
    except TableTooLarge as error:
        raise PlanRefused([f"{shown_path(table)}:{error.line}: {error}"]) from None
    except OSError as error:
        raise PlanRefused([f"{shown_path(table)}: {error.strerror or error}"]) from None
    except (NotAPlainFile, NotATable, TablesNotFound) as error:
        raise PlanRefused([f"{shown_path(table)}: {error}"]) from None
    if not drafted.flows:
        raise PlanRefused([*drafted.contradictions, *drafted.unread] or [f"{shown_path(table)}: its tables have no rows"])
    return drafted, wrong_with(drafted.text, path)


def wrong_with(text: str, path: pathlib.Path) -> list[str]:
    """What the gate of all matrices says against a draft, with the lines of the file to be; mostly nothing."""
    try:
        read_matrix(text, shown_path(path), path.stem, json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8")))
    except PlanRefused as refused:
        return list(refused.messages)
    return []


def write_new(path: pathlib.Path, text: str) -> None:
    """Write a matrix that nobody has begun yet; missing directories are made, nothing that has the name is written over or through.

    Raises:
        PlanRefused: if something has the name by now.
        OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        raise PlanRefused([_taken(path)]) from None
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _taken(path: pathlib.Path) -> str:
    return f"{shown_path(path)} exists and is left as it is; choose another name, or remove it"
