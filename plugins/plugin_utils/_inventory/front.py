# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads what the inventory says about what stands in front of a host (docs/fronts.md)."""

from __future__ import annotations

import collections
import re

from ...module_utils._plan.front import PlanFront
from .._common.addresses import ANYBODY, merge
from .networks import read_network
from .value import Value

KEYS = ("names", "ports", "sources", "health_checks")
NAME = re.compile(r"(?=.{1,253}$)(?!\d+(\.\d+)*$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


def is_host_name(text: str) -> bool:
    """Whether a text is a full host name, such as fl.example.org."""
    return bool(NAME.fullmatch(text.lower()))


def read_front(value: Value | None) -> PlanFront | None:
    """Read ``connectivity_front``; None where the host has none. An empty one says that nothing in front changes ports or sources."""
    fields = value.mapping(KEYS) if value else None
    if fields is None:
        return None
    names = _names(fields["names"]) if "names" in fields else ()
    ports = _ports(fields["ports"]) if "ports" in fields else ()
    sources, health_checks = (_networks(fields[key]) if key in fields else () for key in ("sources", "health_checks"))
    return PlanFront(names, ports, sources, health_checks)


def _names(value: Value) -> tuple[str, ...]:
    names = []
    for item in value.items("[fl.example.org]") or ():
        text = item.text()
        if text is not None and not is_host_name(text):
            item.refuse(f"{text!r} is not a full host name; write one such as fl.example.org, and addresses in connectivity_addresses")
        elif text is not None:
            names.append(text.lower())
    return tuple(sorted(set(names)))


def _ports(value: Value) -> tuple[tuple[int, int], ...]:
    pairs: dict[int, int] = {}
    if isinstance(value.data, dict):
        value = Value({str(own): front for own, front in value.data.items()}, value.path, value._host, value._problems, value)
    for text, field in (value.mapping() or {}).items():
        own = Value(text, field.path, field._host, field._problems, field).port()
        front = field.port()
        if own is not None and front is not None:
            pairs[own] = front
    often = [front for front, count in collections.Counter(pairs.values()).items() if count > 1]
    if often:
        value.refuse(f"more than one own port has the port {often[0]} in front; give each its own")
    return tuple(sorted(pairs.items()))


def _networks(value: Value) -> tuple[str, ...]:
    cidrs = [cidr for cidr in map(read_network, value.items("[10.0.3.4/32]") or ()) if cidr]
    if any(cidr in ANYBODY for cidr in cidrs):
        value.refuse("everybody is not in front of a host; name the addresses of the load balancer, or leave the key out")
    return merge(cidrs)
