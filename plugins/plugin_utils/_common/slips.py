# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Slips of the fingers: when one name was probably meant to be another."""

from __future__ import annotations

import re

_SHORTEST = 4
"""The shortest name in which one letter that is missing, or has changed places, counts as a slip."""


def letters(name: str) -> str:
    """A name without what people write in one way or another: letter case and separators."""
    return re.sub(r"[-_.]", "", name.lower())


def is_slip(one: str, other: str) -> bool:
    """Whether two names differ by a slip of the fingers alone: a letter that is missing, or two that have changed places.

    Names such as trial_a and trial_b, or with other numbers, are different names.
    """
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST or any(char.isdigit() for char in set(one) ^ set(other)):
        return False
    at = next((index for index, char in enumerate(short) if char != long[index]), len(short))
    if len(long) == len(short) + 1:
        return not long[at].isdigit() and short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return swapped == long and not short[at : at + 2].isdigit()
