# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What honest hosts say, and what is said of them, whatever others answer."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from play import HOSTS, Play, Results

HOSTILE = ("evil", "mallory")
HONEST = [name for name in HOSTS if name not in HOSTILE]


class Scene:
    """What the honest hosts say, and what is said of them when all hosts are honest."""

    def __init__(self, directory: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.play = Play(directory, monkeypatch)
        for name in HOSTS:  # listeners first, whose words the others then meet
            self.play.ask(name, {})
        self.answers: Results = {name: self.play.ask(name, {}) for name in HOSTS}
        self.usual = self.concluded(self.answers)
        self.files = self.content()

    def concluded(self, answers: Results) -> dict[str, t.Any]:
        """The verdict and the audit of honest hosts, as far as no hostile host has a part in it."""
        verify, audit = self.play.judge(answers, self.directory)
        told = self.play.tell(answers)
        self.last = json.dumps([verify, audit, told])
        lines = {
            (kind, name): [line for line in found["hosts"][name]["lines"] if not any(other in line for other in HOSTILE)]
            for kind, found in (("verify", verify), ("audit", audit))
            for name in HONEST
        }
        failures = {
            name: [line for line in verify["hosts"][name]["failures"] if not any(other in line for other in HOSTILE)] for name in HONEST
        }
        planned = told["lines"][: len(self.play.answered["lines"])]
        return {"lines": lines, "failures": failures, "planned": planned, "live": told["hosts"]["alpha"]}

    def content(self) -> dict[str, bytes]:
        """Every file, but for the two reports."""
        files = (path for path in self.directory.rglob("*") if path.is_file() and path.parent != self.directory)
        return {str(path): path.read_bytes() for path in files}
