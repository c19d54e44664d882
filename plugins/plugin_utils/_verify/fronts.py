# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What stands in front of the hosts of a plan, as far as it changes where connections are tried, and where they arrive."""

from __future__ import annotations

from collections.abc import Mapping

from ...module_utils._plan.front import PlanFront
from ...module_utils._plan.model import HostPlan

HIDES_SOURCES = "what stands in front of it hides where connections come from, so everybody who reaches it is admitted as the front"
NOTHING = PlanFront()


class Fronts:
    """The fronts of a plan.

    Attributes:
        names: All names by which partners know hosts of the plan.
    """

    def __init__(self, hosts: Mapping[str, HostPlan]) -> None:
        self._fronts = {name: host.part.front for name, host in hosts.items() if host.part.front}
        self.names = frozenset(name for front in self._fronts.values() for name in front.names)

    def of(self, host: str) -> PlanFront:
        """What stands in front of a host; where the plan says nothing, one that changes nothing."""
        return self._fronts.get(host, NOTHING)


def own_port(front: PlanFront, port: int) -> int:
    """Where the host listens for a port in front; 0 where both are the same."""
    own = front.own_port(port)
    return own if own != port else 0
