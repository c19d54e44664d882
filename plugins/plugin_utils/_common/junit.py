# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Results of checks as JUnit XML, which CI systems show."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from xml.etree import ElementTree

from .plan_marker import MARK
from .texts import first_unseen, one_line


class Case(t.NamedTuple):
    """One check.

    Attributes:
        suite: What it belongs to.
        name: What it is about.
        failure: Why it failed; empty where it passed.
        note: What is worth a look although it passed.
    """

    suite: str
    name: str
    failure: str = ""
    note: str = ""


def junit(cases: Sequence[Case]) -> str:
    """The text of a file, with one suite for each name."""
    top = ElementTree.Element("testsuites", name=MARK)
    for suite in dict.fromkeys(case.suite for case in cases):
        own = [case for case in cases if case.suite == suite]
        failures = sum(bool(case.failure) for case in own)
        place = ElementTree.SubElement(top, "testsuite", name=_printable(suite), tests=str(len(own)), failures=str(failures), errors="0")
        for case in own:
            entry = ElementTree.SubElement(place, "testcase", classname=_printable(suite), name=_printable(case.name))
            if case.failure:
                ElementTree.SubElement(entry, "failure", message=_printable(case.failure))
            elif case.note:
                ElementTree.SubElement(entry, "system-out").text = _printable(case.note)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """A text on one line; XML 1.0 has no way to write control characters."""
    shown = one_line(text)
    return shown if first_unseen(shown) is None else ascii(shown)
