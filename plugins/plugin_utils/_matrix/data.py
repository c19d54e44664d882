# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A matrix as the plain data of its file: what its checks and its model both read from it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .located_yaml import Path
from .model import ENDS, FEDERATION

Data = Mapping[str, t.Any]
Finding = tuple[Path, str]
"""A place in a matrix, and what is wrong there."""


def decider(flow: Data, owner: str) -> str | None:
    """Whose value of an option counts in a flow: the owner's, or where the owner is the same host, the other end's."""
    if owner == FEDERATION or "roles" in flow[owner]:
        return owner
    other = next(end for end in ENDS if end != owner)
    return other if "local" in flow[owner] else None
