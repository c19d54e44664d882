# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small policies for the test network, in the form of the plan."""

from __future__ import annotations

import typing as t

SETS = {
    "any": ["0.0.0.0/0", "::/0"],
    "partners": ["198.51.100.20/32", "2001:db8:1::20/128"],
    "partner2": ["198.51.100.21/32", "2001:db8:1::21/128"],
    "partner_ipv4": ["198.51.100.20/32"],
    "nobody": [],
}


def rule(
    id: str,
    *ports: str,
    direction: str = "ingress",
    protocol: str = "tcp",
    peers: t.Sequence[str] = ("partners",),
    names: t.Sequence[str] = (),
    **more: t.Any,
) -> dict[str, t.Any]:
    return {
        "id": id,
        "direction": direction,
        "protocol": protocol,
        "ports": list(ports),
        "peers": {"address_sets": list(peers), "names": list(names)},
        "placement": "host",
        "closed_to_others": direction == "ingress",
        **more,
    }


def policy(*rules: dict[str, t.Any], ingress: str = "unchanged", egress: str = "unchanged", **sets: list[str]) -> dict[str, t.Any]:
    """A policy of the host under test; ``sets`` add to SETS, or replace some of them."""
    return {
        "host": "host",
        "defaults": {"ingress": ingress, "egress": egress},
        "address_sets": {**SETS, **sets},
        "rules": list(rules),
    }


PEER_HTTP = rule("linksight.north.peer_http.ingress", "8443")
PUBLISHED_HTTP = rule("linksight.north.peer_http.ingress", "8443", placement="published")
