# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files and the outputs of docs/own_system.md, as a reader would copy them."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "own_system.md").read_text(encoding="utf-8")


def write_files(directory: pathlib.Path, *but: str) -> None:
    """Write every file of the tutorial but these, by name, below a directory."""
    for name, text in re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        if name not in but:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text, encoding="utf-8")


def outputs() -> list[list[str]]:
    """The lines of each output that the tutorial shows."""
    return [block.splitlines() for block in re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


def commands() -> list[str]:
    """What the reader types, in order."""
    return re.findall(r"^    ((?:make|ansible-playbook) .*)$", PAGE, re.MULTILINE)
