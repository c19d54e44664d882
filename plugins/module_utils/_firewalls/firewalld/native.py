# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld: a policy as the XML files of our objects."""

from __future__ import annotations

import typing as t

from ..._policy.model import Policy
from ..._policy.surroundings import Surroundings, admit
from .rules import translate as objects


def translate(policy: Policy, surroundings: Surroundings) -> t.Dict[str, str]:
    """The content of each file by its path below ``/etc/firewalld``."""
    return {each.file: each.xml().decode() for each in objects(admit(policy, surroundings.containers))}
