# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What others wrote and nobody can read here: it is passed over and said once for each source, and no run fails of it."""

from __future__ import annotations

import typing as t

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading something of an unknown form may raise."""
_LENGTH = 200


class Unread:
    """Collects what was passed over, by its source ("iptables", "nftables table ip filter")."""

    def __init__(self) -> None:
        self._found: t.Dict[str, t.Dict[str, None]] = {}
        self._whole: t.List[str] = []

    def rule(self, source: str, words: str) -> None:
        """One rule could not be read."""
        self._found.setdefault(source, {})[words] = None

    def whole(self, source: str, reason: str) -> None:
        """Nothing of a source could be read."""
        words = "%s: cannot be read (%s), so contradictions with the rules there are not reported" % (source, reason[:_LENGTH])
        if words not in self._whole:
            self._whole.append(words)

    def warnings(self) -> t.List[str]:
        """One warning for each source."""
        return self._whole + [
            "%s: %s, for example '%s'. Check yourself that the plan is not contradicted there"
            % (source, _count(len(found)), next(iter(found))[:_LENGTH])
            for source, found in self._found.items()
        ]


def _count(number: int) -> str:
    return "1 rule could not be read" if number == 1 else "%d rules could not be read" % number
