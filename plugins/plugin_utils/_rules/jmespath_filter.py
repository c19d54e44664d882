# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Narrows a host's rules with a JMESPath expression."""

from __future__ import annotations

import contextlib
import typing as t

from ...module_utils._plan.model import PlanRule
from .._common.problems import PlanRefused

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import jmespath
    import jmespath.exceptions

if t.TYPE_CHECKING:
    from jmespath.parser import ParsedResult

EXAMPLE = "[?direction=='ingress']"


class Selection:
    """An expression over a host's list of rules that gives a list of some of them.

    Raises:
        PlanRefused: if it is no expression.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        try:
            self._compiled: ParsedResult = jmespath.compile(expression)
        except jmespath.exceptions.JMESPathError as error:
            raise PlanRefused([f"select {expression!r} is not a valid JMESPath expression: {' '.join(str(error).split())}"]) from error

    def of(self, rules: list[PlanRule]) -> list[PlanRule]:
        """The chosen rules, in the order of the plan; the expression sees them as the plan writes them.

        Raises:
            PlanRefused: if the result is no list of rules.
        """
        written = [rule.to_json() for rule in rules]
        try:
            result = self._compiled.search(written)
        except jmespath.exceptions.JMESPathError as error:
            raise PlanRefused([f"select {self._expression!r}: {' '.join(str(error).split())}"]) from error
        if not isinstance(result, list) or any(rule not in written for rule in result):
            raise PlanRefused([f"select {self._expression!r} gives {_shown(result)}, not a list of rules as {EXAMPLE} does"])
        return [rule for rule, data in zip(rules, written, strict=True) if data in result]

    def matched_nothing(self) -> str:
        """What to say where no rule of any host was chosen."""
        return (
            f"select {self._expression!r} matches no rule of any host; check the names of its keys and values, for example {EXAMPLE}. "
            "docs/reference/plan.md lists the keys of a rule"
        )


def _shown(result: object) -> str:
    text = repr(result)
    return text if len(text) <= 80 else f"{text[:77]}..."
