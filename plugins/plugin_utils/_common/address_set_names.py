# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the name of an address set says about its origin. A beginning alone says nothing: a system may be called network_wall."""

from __future__ import annotations

import re

_NETWORK = re.compile(r"network_(.+)_[0-9a-f]{8}")
_FRONT = re.compile(r"front_[0-9a-f]{8}")


def network_of(address_set: str) -> str:
    """The name in ``connectivity_networks`` that an address set comes from; empty if it comes from elsewhere."""
    found = _NETWORK.fullmatch(address_set)
    return found[1] if found else ""


def is_of_front(address_set: str) -> bool:
    """Whether an address set is what stands in front of a host, from ``connectivity_front``."""
    return _FRONT.fullmatch(address_set) is not None
