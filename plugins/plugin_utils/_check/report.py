# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The results of all checks as lines for people, as JUnit XML for CI, and as JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence

from .._common.plan_marker import MARK
from .._common.texts import first_unseen, one_line
from .model import Result, State, counted

FORMAT = 1
JUNIT, JSON = "check.xml", "check.json"
_ORDER = (State.FAILED, State.NOTE)


def lines(results: Sequence[Result]) -> list[str]:
    """Failures first, then notes; what passed is only counted."""
    return [
        one_line(f"{result.state:<6}  {result.kind}: {result.about}: {result.text}")
        for state in _ORDER
        for result in results
        if result.state is state
    ]


def summary(results: Sequence[Result]) -> str:
    """The counts, as the last line of a run."""
    counts = counted(results)
    return f"{len(results)} checks: {counts[State.PASSED]} passed, {counts[State.NOTE]} with a note, {counts[State.FAILED]} failed"


def files(results: Sequence[Result]) -> Iterator[tuple[str, str]]:
    """The results as (file name, text)."""
    yield JUNIT, _junit(results)
    entries = [result._asdict() for result in results]
    yield JSON, json.dumps({"format": FORMAT, "made_by": MARK, "results": entries}, indent=2) + "\n"


def _junit(results: Sequence[Result]) -> str:
    """One suite for each kind of check. Notes pass, and stand in the output of their test."""
    top = ElementTree.Element("testsuites", name="federated.connectivity")
    for kind in dict.fromkeys(result.kind for result in results):
        own = [result for result in results if result.kind == kind]
        failed = sum(result.state is State.FAILED for result in own)
        suite = ElementTree.SubElement(top, "testsuite", name=kind, tests=str(len(own)), failures=str(failed), errors="0")
        for result in own:
            case = ElementTree.SubElement(suite, "testcase", classname=kind, name=_printable(result.about))
            if result.state is State.FAILED:
                ElementTree.SubElement(case, "failure", message=_printable(result.text))
            elif result.state is State.NOTE:
                ElementTree.SubElement(case, "system-out").text = _printable(result.text)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """A text on one line; XML 1.0 has no way to write control characters."""
    shown = one_line(text)
    return shown if first_unseen(shown) is None else ascii(shown)
