# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Writes a report for other tools, as JSON: the same content gives the same bytes."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Mapping


class ReportUnwritable(Exception):
    """The file cannot be written; the message names it."""


def write_report(file: pathlib.Path, content: Mapping[str, t.Any]) -> None:
    """Write a report; missing directories are made. Raises ReportUnwritable."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportUnwritable(f"the report could not be written: {error}") from error
