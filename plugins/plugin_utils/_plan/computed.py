# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The plan with the matrices that it was computed from, whose notes and known problems its readers see."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from .._matrix.model import Matrix
from .._rules.plan import Plan


@dataclasses.dataclass(frozen=True)
class ComputedPlan(Plan):
    """A plan as it was computed.

    Attributes:
        matrices: The matrices of its federations, and the baseline, by name.
    """

    matrices: Mapping[str, Matrix] = dataclasses.field(default_factory=dict)
