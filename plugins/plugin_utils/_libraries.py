# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The libraries that the controller needs besides Ansible's own (requirements.txt)."""

from __future__ import annotations

import importlib.util

LIBRARIES = ("jmespath", "jsonschema", "netaddr")


def missing_libraries() -> list[str]:
    """Those that this Python lacks. Modules that use them can be imported all the same."""
    return [library for library in LIBRARIES if importlib.util.find_spec(library) is None]
