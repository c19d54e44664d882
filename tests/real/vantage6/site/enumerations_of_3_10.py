# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enumerations of strings are formatted as before Python 3.11.

vantage6 4.15 asks for Python 3.10 or later. But its server builds the names of permissions by f-strings of enumerations, which Python 3.11
formats in another way. Then it answers with status 500.
"""

import enum


def _format(self: enum.Enum, specification: str) -> str:
    """Of an enumeration with another type mixed in, the value counts, as in Python 3.10."""
    if type(self)._member_type_ is object or type(self).__str__ is not enum.Enum.__str__:
        return str.__format__(str(self), specification)
    return str(type(self)._member_type_.__format__(self._value_, specification))


enum.Enum.__format__ = _format  # type: ignore[method-assign]
