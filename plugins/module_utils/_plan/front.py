# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What stands in front of a host, as a plan says it: partners and ``verify`` need to know it."""

from __future__ import annotations

import typing as t

from .words import TCP, UDP

Json = t.Dict[str, t.Any]


class PlanFront(t.NamedTuple):
    """What stands in front of a host: address translation, a load balancer, a reverse proxy.

    Attributes:
        names: Partners reach the host by these names, and not by its addresses.
        ports: Pairs of the host's own port and the port in front.
        sources: Partners' connections come from these networks.
        health_checks: These networks check whether the host's ports answer.
    """

    names: t.Tuple[str, ...] = ()
    ports: t.Tuple[t.Tuple[int, int], ...] = ()
    sources: t.Tuple[str, ...] = ()
    health_checks: t.Tuple[str, ...] = ()

    def outside(self, ports: t.Iterable[str], protocol: str = TCP) -> t.Tuple[str, ...]:
        """The ports in front of own ports and ranges, in the same order. Other protocols than TCP and UDP keep their ports."""
        if protocol not in (TCP, UDP):
            return tuple(ports)
        changed = {str(own): str(front) for own, front in self.ports}
        return tuple(dict.fromkeys(changed.get(port, port) for port in ports))

    def own_port(self, front: int) -> int:
        """The host's own port behind a port in front."""
        return next((own for own, outside in self.ports if outside == front), front)

    def to_json(self) -> Json:
        return {
            "names": list(self.names),
            "ports": {str(own): front for own, front in self.ports},
            "sources": list(self.sources),
            "health_checks": list(self.health_checks),
        }

    @classmethod
    def from_json(cls, data: t.Mapping[str, t.Any]) -> PlanFront:
        ports = tuple(sorted((int(own), int(front)) for own, front in data.get("ports", {}).items()))
        return cls(tuple(data.get("names", ())), ports, tuple(data.get("sources", ())), tuple(data.get("health_checks", ())))
