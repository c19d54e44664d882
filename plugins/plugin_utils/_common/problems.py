# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Collects what is wrong and what is worth a warning, so that a user sees all of it at once."""

from __future__ import annotations

import difflib
import itertools
import os
import re
import typing as t
from collections.abc import Callable, Collection, Iterable

from .texts import escaped, one_line, shortened

Locate = Callable[[object], t.Optional[str]]
"""Where in the user's files a value stands ("inventories/north/hosts.yml:14"), or None if that is not known."""

NAMES_SHOWN = 10
KNOWN_SHOWN = 100
WORD = 100
"""The most characters of a word for which a similar one is sought."""


class PlanRefused(Exception):
    """The user's input has mistakes; ``messages`` names them all."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


class Problems:
    """Errors and warnings. Hosts that share a finding, say because a group variable is wrong, share its message."""

    def __init__(self, locate: Locate) -> None:
        self._locate = locate
        self._errors: dict[tuple[str, str], set[str]] = {}
        self._warnings: dict[tuple[str, str], set[str]] = {}

    def error(self, text: str, hosts: Iterable[str] = (), values: Iterable[object] = ()) -> None:
        """Note a mistake.

        Args:
            text: What is wrong and how to fix it.
            hosts: The hosts that it is about.
            values: The user's values that it is about, the most exact first; the first that can be located says where.
        """
        located = (place for place in map(self._locate, values) if place)
        self._errors.setdefault((next(located, ""), text), set()).update(hosts)

    def warn(self, text: str, hosts: Iterable[str] = ()) -> None:
        self._warnings.setdefault(("", text), set()).update(hosts)

    @property
    def has_errors(self) -> bool:
        return bool(self._errors)

    def place(self, value: object) -> str | None:
        """Where one of the user's values stands, for a message that names more than one."""
        return self._locate(value)

    @property
    def warnings(self) -> list[str]:
        return _messages(self._warnings)

    def stop(self) -> None:
        """Raise PlanRefused with every error so far, if there is one."""
        if self._errors:
            raise PlanRefused(_messages(self._errors))


def shown_path(path: object) -> str:
    """A path as people read it best: from the current directory, unless that is longer."""
    return min(os.path.relpath(str(path)), str(path), key=len)


def listed(names: Iterable[str]) -> str:
    """The names in order, shortened where they are many: "a, b, c and 7 more"."""
    ordered = sorted(map(escaped, names))
    shown = ", ".join(ordered[:NAMES_SHOWN])
    return shown if len(ordered) <= NAMES_SHOWN else f"{shown} and {len(ordered) - NAMES_SHOWN} more"


def unknown(kind: str, word: str, owner: str, known: Collection[str]) -> str:
    """The message for a word that is none of the known ones: "unknown role 'x'; linksight has a, b, c (did you mean c?)"."""
    names = list(itertools.islice(known, KNOWN_SHOWN))
    more = f" and {len(known) - len(names)} more" if len(known) > len(names) else ""
    return f"unknown {kind} {shortened(repr(word))}; {owner} has {', '.join(names) or 'none'}{more}{did_you_mean(word, known)}"


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6, prefix: str = "") -> str:
    """A word of the known ones that is similar, with what all of them begin with; of very many only the first are looked at.

    Letter case makes no difference.
    """
    words = {other.lower(): other for other in itertools.islice(known, KNOWN_SHOWN)}
    close = difflib.get_close_matches(word[:WORD].lower(), list(words), 1, cutoff)
    return f" (did you mean {prefix}{words[close[0]]}?)" if close else ""


def subject(hosts: Collection[str]) -> str:
    """The beginning of a message about these hosts: "hosts a, b: "."""
    if not hosts:
        return ""
    return f"{'host' if len(hosts) == 1 else 'hosts'} {listed(hosts)}: "


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts line 9 before line 14."""
    return [(int(part), "") if part.isascii() and part.isdigit() else (0, part) for part in re.split(r"(\d+)", text)]


def _messages(findings: dict[tuple[str, str], set[str]]) -> list[str]:
    """Each on one line, whatever the inventory's own words hold."""
    messages = ["".join((f"{place}: " if place else "", subject(hosts), text)) for (place, text), hosts in findings.items()]
    return sorted(map(one_line, messages), key=natural)
