# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The words for a step in which a host has no part. So a playbook needs no condition, and no host is skipped."""

from __future__ import annotations

WANTED = "wanted"
"""The option: whether there is something to do."""
NOT_ASKED = "not_asked"
"""In the result: there was nothing to do. No host can say it, because no answer of a host may have it."""
