# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Tells where in the user's files a value of the inventory stands."""

from __future__ import annotations

from .._common.problems import shown_path

try:
    from ansible._internal._datatag._tags import Origin  # ansible-core 2.19 and later
except ImportError:
    TAGGED = False
else:
    TAGGED = True


def locate(value: object) -> str | None:
    """The file, from the current directory, and the line of a value, as far as Ansible remembers them."""
    if TAGGED:
        origin = Origin.get_tag(value)
        path, line = (origin.path, origin.line_num) if origin else (None, None)
    else:
        path, line, _column = getattr(value, "ansible_pos", (None, None, None))
    if not path:
        return None
    return f"{shown_path(path)}:{line}" if line else shown_path(path)
