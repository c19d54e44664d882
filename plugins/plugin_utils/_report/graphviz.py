# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Has Graphviz draw federations, where it is installed on the controller."""

from __future__ import annotations

import shutil
import subprocess

from .drawing import NotDrawn, dot, safe_svg
from .federations import Graph

SECONDS = 20
LARGEST = 4_000_000
"""How many characters a drawing may have."""
ABSENT = "There is no drawing, because Graphviz (the command dot) is not installed on the controller."
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin", "LC_ALL": "C.UTF-8"}


class Graphviz:
    """The command ``dot``. A drawing that fails is left out, and the report says why."""

    def __init__(self, command: str = "dot") -> None:
        self._command = shutil.which(command)

    def draw(self, graph: Graph, title: str) -> tuple[str, str]:
        """The SVG of a federation, or an empty text and why there is none."""
        if self._command is None:
            return "", ABSENT
        try:
            return self._drawn(self._command, dot(graph), title), ""
        except NotDrawn as error:
            return "", str(error)

    def _drawn(self, command: str, text: str, title: str) -> str:
        try:
            run = subprocess.run(
                [command, "-Tsvg"], input=text.encode(), capture_output=True, timeout=SECONDS, env=_ENVIRONMENT, check=True
            )
        except subprocess.TimeoutExpired:
            raise NotDrawn(f"There is no drawing, because Graphviz needed more than {SECONDS} seconds.") from None
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotDrawn(f"There is no drawing, because Graphviz failed: {error}.") from None
        if len(run.stdout) > LARGEST:
            raise NotDrawn("There is no drawing, because it would be too large for the page.")
        return safe_svg(run.stdout.decode(errors="replace"), title)
