# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of how cmd.exe and a program's C runtime read one command of a batch file.

cmd.exe expands percent signs everywhere, also in quotes, and exclamation marks where delayed expansion is on. Outside of quotes
``& | < > ( ) ^`` are its own. The rest reaches the program, which splits at blanks outside of quotes.
"""

from __future__ import annotations


class Misread(Exception):
    """cmd.exe would do something else than start one program with these arguments."""


def arguments(line: str) -> list[str]:
    """The program and its arguments.

    Raises:
        Misread: naming the character that has a meaning of its own.
    """
    if len(line) > 8191:
        raise Misread("longer than cmd.exe takes")
    found: list[str] = []
    quoted, inside = False, False
    for char in line:
        if char in "%!\\" or not (char.isascii() and char.isprintable()) or (char in "&|<>()^" and not quoted):
            raise Misread(repr(char))
        if char == " " and not quoted:
            inside = False
            continue
        if not inside:
            found.append("")
            inside = True
        if char == '"':
            quoted = not quoted
        else:
            found[-1] += char
    if quoted:
        raise Misread("a quote that does not end")
    return found
