# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads the files of a directory of results. What they say is judged in ``results.py``."""

from __future__ import annotations

import pathlib

from .._common.bounded_file import NotAPlainFile, read_named
from .._common.report_file import LARGEST

FILES_MAXIMUM = 100
_GIVE = "give a directory with the results of verify, audit and drift"


class ResultsUnreadable(Exception):
    """The directory cannot be read; the message names it."""


def load_results(directory: pathlib.Path) -> dict[str, str]:
    """The JSON files of a directory, name -> text.

    Raises:
        ResultsUnreadable: it is not a directory, it has too many files, or one of them cannot be read.
    """
    try:
        files = sorted(file for file in directory.iterdir() if file.suffix == ".json")
    except OSError as error:
        raise ResultsUnreadable(f"{directory}: {error.strerror}; {_GIVE}") from None
    if len(files) > FILES_MAXIMUM:
        raise ResultsUnreadable(f"{directory} has {len(files)} JSON files; {_GIVE} alone")
    return {file.name: _text(file) for file in files}


def _text(file: pathlib.Path) -> str:
    try:
        return read_named(file, LARGEST).decode(errors="replace")
    except (OSError, NotAPlainFile) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ResultsUnreadable(f"{file} cannot be read: {why}; {_GIVE} alone") from None
