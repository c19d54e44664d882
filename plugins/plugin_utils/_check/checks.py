# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""All checks of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from .assertions import Assertion, judge
from .flows import check_flows
from .model import Networks, Result
from .overlaps import check_rules


def check(networks: Networks, assertions: Iterable[Assertion]) -> list[Result]:
    """Check a plan, and judge a team's assertions.

    Args:
        networks: The networks of the plan.
        assertions: What the team demands.
    """
    return [*check_flows(networks), *check_rules(networks), *(judge(one, networks) for one in assertions)]
