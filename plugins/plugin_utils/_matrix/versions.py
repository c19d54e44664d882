# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Versions of a system, as dotted numbers."""

from __future__ import annotations

import dataclasses
import re

PATTERN = re.compile(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,5}")


def is_version(text: str) -> bool:
    """Whether a text is a version, as the schema of matrices has it."""
    return PATTERN.fullmatch(text) is not None


@dataclasses.dataclass(frozen=True)
class Version:
    """A version such as "5.4". It comes neither before nor after "5.4.0"."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: Version) -> bool:
        return self._numbers() < other._numbers()

    def _numbers(self) -> list[int]:
        numbers = [int(part) for part in self.text.split(".")]
        while len(numbers) > 1 and not numbers[-1]:
            numbers.pop()
        return numbers


@dataclasses.dataclass(frozen=True)
class Span:
    """The versions from ``since`` on and before ``until``; None is no bound."""

    since: Version | None = None
    until: Version | None = None

    def __contains__(self, version: Version | None) -> bool:
        """Whether the version is one of them; None stands for a system whose versions make no difference."""
        if version is None:
            return True
        return not (self.since and version < self.since) and (self.until is None or version < self.until)

    def __str__(self) -> str:
        bounds = (("since", self.since), ("until", self.until))
        return " ".join(f"{word} {version}" for word, version in bounds if version)
