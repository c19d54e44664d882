# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The texts of a matrix: what others read line by line, such as a proxy's allow-list, must not get a further line from one of them."""

from __future__ import annotations

import typing as t

from .._common.texts import first_unseen, joined_lines, unseen_message
from .located_yaml import Path

PROSE = frozenset(("purpose", "description", "notes", "condition", "claim", "trap", "inspection_reason", "question", "answer", "described"))
"""Keys whose texts people may write on several lines; a line end in them is a blank."""

Finding = tuple[Path, str]


def plain_texts(data: object) -> tuple[t.Any, list[Finding]]:
    """The data with prose on one line each, and what is wrong with its texts and keys: characters that cannot be seen."""
    findings: list[Finding] = []
    return _plain(data, (), findings), findings


def _plain(value: object, path: Path, findings: list[Finding]) -> object:
    if isinstance(value, dict):
        for key in value:
            _check(key, (*path, key), findings, "the key ")
        return {key: _plain(inner, (*path, key), findings) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, (*path, index), findings) for index, inner in enumerate(value)]
    if isinstance(value, str):
        text = joined_lines(value) if path and path[-1] in PROSE else value
        _check(text, path, findings)
        return text
    return value


def _check(text: str, path: Path, findings: list[Finding], what: str = "") -> None:
    char = first_unseen(text)
    if char is not None:
        findings.append((path, f"{what}{unseen_message(char)}"))
