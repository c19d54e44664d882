# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A value of the user's inventory: it knows where it stands and refuses, in the user's words, what it should not be."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Collection, Mapping

from .._common.days import EXAMPLE, parse_day
from .._common.problems import Problems, unknown
from .._common.texts import first_unseen, joined_lines, unseen_message


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """Stands for a value that could not be had, say because its template fails."""

    reason: str
    original: object


class Value:
    """One value and its path, such as ``connectivity_memberships[0].roles``. Reading it wrongly typed notes a problem and gives None."""

    def __init__(self, data: object, path: str, host: str, problems: Problems, around: Value | None = None) -> None:
        self.data = data
        self.path = path
        self._host = host
        self._problems = problems
        self._around = around

    def refuse(self, message: str) -> None:
        places: list[object] = []
        value: Value | None = self
        while value is not None:
            places.append(value.data.original if isinstance(value.data, Unreadable) else value.data)
            value = value._around
        self._problems.error(f"{self.path}: {message}", [self._host] if self._host else (), places)

    def warn(self, message: str) -> None:
        self._problems.warn(f"{self.path}: {message}", [self._host])

    def warn_of(self, what: str) -> None:
        """Warn in a sentence whose subject is this value."""
        self._problems.warn(f"{self.path} {what}", [self._host])

    def mapping(self, known: Collection[str] | None = None) -> dict[str, Value] | None:
        """The entries of a mapping; with ``known``, any other key is refused."""
        if not isinstance(self.data, Mapping):
            self._wrong("a mapping", kind_only=True)
            return None
        entries: dict[str, Value] = {}
        for key, data in self.data.items():
            entry = Value(data, f"{self.path}.{key}", self._host, self._problems, self)
            if not isinstance(key, str):
                entry.refuse(f"the key {key!r} is not a string")
            elif (char := first_unseen(key)) is not None:
                entry.refuse(f"the key {unseen_message(char)}")
            elif known is not None and key not in known:
                Value(key, self.path, self._host, self._problems, self).refuse(unknown("key", key, "it", known))
            else:
                entries[str(key)] = entry
        return entries

    def required(self, entries: Mapping[str, Value], key: str, meaning: str) -> Value | None:
        """One of this mapping's entries, which must be there."""
        if key not in entries:
            self.refuse(f"{key} is missing: {meaning}")
        return entries.get(key)

    def items(self, example: str) -> list[Value] | None:
        if not isinstance(self.data, (list, tuple)):
            self._wrong(f"a list, such as {example}")
            return None
        return [Value(data, f"{self.path}[{index}]", self._host, self._problems, self) for index, data in enumerate(self.data)]

    def text(self) -> str | None:
        """A text on one line, of characters that can be seen."""
        if not isinstance(self.data, str):
            self._wrong("a string")
            return None
        return self._seen(str(self.data))

    def prose(self) -> str | None:
        """A text that people may write on several lines; it is put on one."""
        return self._seen(joined_lines(str(self.data))) if isinstance(self.data, str) else self.text()

    def _seen(self, text: str) -> str | None:
        char = first_unseen(text)
        if char is None:
            return text
        self.refuse(unseen_message(char))
        return None

    def secret(self) -> str | None:
        """A text that no message may show."""
        if not isinstance(self.data, str):
            self._wrong("a string", kind_only=True)
            return None
        return str(self.data)

    def flag(self) -> bool | None:
        """A boolean; the words of INI inventories, where every value is a text, are understood."""
        words = {"true": True, "yes": True, "false": False, "no": False}
        if isinstance(self.data, bool):
            return self.data
        if isinstance(self.data, str) and self.data.lower() in words:
            return words[self.data.lower()]
        self._wrong("true or false")
        return None

    def port(self) -> int | None:
        number = self.data
        if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= 5:
            number = int(number)
        if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 65535:
            return int(number)
        self._wrong("a port, 1 to 65535")
        return None

    def count(self, largest: int) -> int | None:
        number = self.data
        if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= 5:
            number = int(number)
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= largest:
            return int(number)
        self._wrong(f"a number from 0 to {largest}")
        return None

    def matching(self, pattern: str, example: str) -> str | None:
        """A text that matches a regular expression as a whole."""
        text = self.text()
        if text is None or re.fullmatch(pattern, text):
            return text
        self.refuse(f"{text!r} does not have the form that is needed here; write it as in {example!r}")
        return None

    def day(self) -> str | None:
        """A day, as YYYY-MM-DD; YAML makes a date of it where it has no quotes."""
        day = parse_day(self.data)
        if day is None:
            self._wrong(f"{EXAMPLE}, the last one that counts, UTC")
        return day.isoformat() if day else None

    def one_of(self, kind: str, owner: str, known: Collection[str]) -> str | None:
        """A text that is one of the known ones."""
        text = self.text()
        if text is None or text in known:
            return text
        self.refuse(unknown(kind, text, owner, known))
        return None

    def _wrong(self, expected: str, kind_only: bool = False) -> None:
        """``kind_only``: the value itself may be a secret, such as a proxy's URL in place of the mapping around it."""
        if isinstance(self.data, Unreadable):
            self.refuse(self.data.reason)
        else:
            self.refuse(f"must be {expected}, not {_kind(self.data) if kind_only else _shown(self.data)}")


def _shown(data: object) -> str:
    if not isinstance(data, (str, int, float)):
        return _kind(data)
    return repr(data) if len(repr(data)) <= 60 else f"{repr(data)[:57]}..."


def _kind(data: object) -> str:
    if isinstance(data, datetime.datetime):
        return "a time of a day"
    if data is None:
        return "empty"
    if isinstance(data, str):
        return "a string"
    if isinstance(data, int) and not isinstance(data, bool):
        return "int"  # Ansible's own types have other names
    return "a mapping" if isinstance(data, Mapping) else "a list" if isinstance(data, (list, tuple)) else type(data).__name__
