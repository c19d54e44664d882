# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What nginx and HAProxy share: both stand in front of services, and know nothing of what leaves the site."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator

from .exemption import Exemption, of_family, short


class Service(t.NamedTuple):
    """One port to pass through. ``partners`` are CIDRs; none: everybody. ``servers`` are the host's addresses, IPv4 first."""

    slug: str
    label: str
    port: str
    partners: tuple[str, ...]
    servers: tuple[str, ...]
    idle_timeout: int


IDLE = 3600
"""Seconds, where no document says how long connections are silent; nginx and HAProxy forget them after 10 minutes or less by themselves."""


ADVICE = (
    "It passes TLS through unopened. Only incoming flows concern it; routing or translating addresses without a proxy is better still.",
    "The host sees the proxy's address then, so its own firewall has to let that in.",
    "Where partners have the proxy's address for the host's, replace the servers' addresses by the host's own.",
)


def joined(address: str, port: str) -> str:
    """An address and a port as both write them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def refusals(title: str, exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What a reverse proxy that does not look into TLS cannot express."""
    taken: dict[str, Exemption] = {}
    for one in exemptions:
        if one.direction == "ingress":
            if one.protocol != "tcp":
                yield f"{one.label}: passes TCP through alone, no {one.protocol}"
            if any(len(of_family(one.destinations, version)) > 1 or _is_network(one.destinations) for version in (4, 6)):
                yield f"{one.label}: several hosts cannot stand behind one port of {title}; give them sites or ports of their own"
            for port in one.ports:
                if "-" in port:
                    yield f"{one.label}: a range of ports cannot be passed on port by port ({port}); lead it past {title}"
                elif taken.setdefault(port, one).destinations != one.destinations:
                    yield f"{one.label}: {taken[port].label} has port {port} already, on another host"


def services(exemptions: Iterable[Exemption]) -> Iterator[Service]:
    """The ports to pass through, each once."""
    by_port: dict[str, list[Exemption]] = {}
    for one in exemptions:
        if one.direction == "ingress":
            for port in one.ports:
                by_port.setdefault(port, []).append(one)
    for port, group in sorted(by_port.items(), key=lambda item: int(item[0])):
        everybody = any(not one.sources for one in group)
        partners = dict.fromkeys(short(source) for one in group for source in one.sources)
        yield Service(
            f"federated_{port}",
            ", ".join(one.label for one in group),
            port,
            () if everybody else tuple(partners),
            tuple(map(short, group[0].destinations)),
            max((one.idle_timeout for one in group if one.idle_timeout), default=IDLE),
        )


def _is_network(networks: Iterable[str]) -> bool:
    return any("/" in short(network) for network in networks)
