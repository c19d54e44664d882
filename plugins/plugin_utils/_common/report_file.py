# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Writes a report for other tools, as JSON: the same content gives the same bytes. It never takes another file's place."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t
from collections.abc import Callable, Mapping

from .bounded_file import MEBIBYTE, NotAPlainFile, read_unlinked
from .directory_files import replace_file
from .plan_marker import MARK

LARGEST = 256 * MEBIBYTE
MODE = 0o600
"""Of a new report, which says much about the hosts; the permissions of one that is there stay."""


class ReportUnwritable(Exception):
    """The file cannot be written; the message names it."""


def write_report(file: pathlib.Path, content: Mapping[str, t.Any]) -> None:
    """Write a report whole or not at all; missing directories are made.

    An earlier report is replaced. Anything else that has the name stays as it is.

    Raises:
        ReportUnwritable: saying what is in the way, and what to do.
    """
    _write(file, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode(), _is_report)


def write_report_text(file: pathlib.Path, text: str) -> None:
    """The same for a report that is not JSON, or is written already, and has our mark in its first lines.

    Raises:
        ReportUnwritable: saying what is in the way, and what to do.
    """
    _write(file, text.encode(), _is_marked)


def _write(file: pathlib.Path, data: bytes, is_ours: Callable[[bytes], bool]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            found = read_unlinked(file.name, directory, LARGEST)
            if found is None or is_ours(found.data):
                replace_file(file.name, directory, data, MODE)
            elif found.data != data:
                raise NotAPlainFile("is not a report of this collection")
        finally:
            os.close(directory)
    except NotAPlainFile as error:
        raise ReportUnwritable(
            f"the report could not be written: {file} {error}, and it is left as it is; name a file that does not exist yet, or remove it"
        ) from None
    except (FileExistsError, NotADirectoryError):
        where = next((one for one in file.parents if one.exists() and not one.is_dir()), file.parent)
        why = f"{where} is not a directory; name another directory, or remove it"
        raise ReportUnwritable(f"the report could not be written: {why}") from None
    except (OSError, ValueError) as error:
        raise ReportUnwritable(f"the report could not be written: {error}") from error


def _is_report(data: bytes) -> bool:
    """Whether a file is one of ours: by its mark, or before reports had one, by its keys."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    earlier = content.get("format") == 1 and {*content} - {"own_certificates"} == {"format", "counts", "hosts"}
    return content.get("made_by") == MARK or earlier


def _is_marked(data: bytes) -> bool:
    return MARK.encode() in b"\n".join(data.splitlines()[:4])
