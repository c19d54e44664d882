# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The verdicts of the audit."""

from __future__ import annotations

DIRECT = "direct"
INSPECTED = "inspected"
BLOCKED = "blocked"
UNREACHABLE = "unreachable"
UNKNOWN = "unknown"
VERDICTS = (DIRECT, INSPECTED, BLOCKED, UNREACHABLE, UNKNOWN)
