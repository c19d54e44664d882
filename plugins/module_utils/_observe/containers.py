# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Containers that were chosen by name, as Docker or Podman describe them."""

from __future__ import annotations

import json
import typing as t

from .._errors import ToolFailed
from .._host.host import Host

ENGINES = ("docker", "podman")


class Published(t.NamedTuple):
    """A port of the host that leads into a container. ``address`` is the host's, or that of everybody."""

    protocol: str
    address: str
    port: int
    inner_port: int


class Container(t.NamedTuple):
    """A container that runs. ``pid`` is its first process, as the host counts."""

    name: str
    id: str
    pid: int
    addresses: t.FrozenSet[str]
    published: t.Tuple[Published, ...]


def containers(names: t.Sequence[str], host: Host) -> t.List[Container]:
    """The containers that have one of the names and run."""
    found: t.Dict[str, Container] = {}
    for engine in ENGINES if names else ():
        if not host.which(engine):
            continue
        for name in names:
            try:
                said = host.run([engine, "inspect", "--type", "container", "--", name], check=False)
            except (ToolFailed, OSError):
                continue
            if said.rc == 0:
                for container in described(said.stdout):
                    found.setdefault(container.id, container._replace(name=name))
    return sorted(found.values())


def described(text: str) -> t.Iterator[Container]:
    """The containers that an engine's ``inspect`` describes; what is not as engines write it is left out."""
    try:
        descriptions = json.loads(text)
    except ValueError:
        return
    for each in descriptions if isinstance(descriptions, list) else ():
        try:
            pid = int(each["State"]["Pid"])
            if pid > 0:
                yield Container(
                    str(each.get("Name", "")), str(each["Id"]), pid, frozenset(_addresses(each)), tuple(sorted(_published(each)))
                )
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _addresses(each: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    settings = each.get("NetworkSettings") or {}
    for network in (settings, *(settings.get("Networks") or {}).values()):
        for key in ("IPAddress", "GlobalIPv6Address"):
            if network.get(key):
                yield str(network[key])


def _published(each: t.Mapping[str, t.Any]) -> t.Iterator[Published]:
    for inner, places in ((each.get("NetworkSettings") or {}).get("Ports") or {}).items():
        port, _slash, protocol = inner.partition("/")
        for place in places or ():
            yield Published(protocol or "tcp", place.get("HostIp") or "0.0.0.0", int(place["HostPort"]), int(port))
