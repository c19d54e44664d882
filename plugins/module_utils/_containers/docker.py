# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The containers of a host's Docker, as the running dockerd lists them: their names, their bridges, and what they publish."""

from __future__ import annotations

import typing as t

from .._host.unix_http import ask
from .processes import is_running
from .published import Published, readable

SOCKET = "/run/docker.sock"
_DAEMON = "dockerd"
_SHARED = "container:"  # the network mode of a container that lives in the network of another one


class Container(t.NamedTuple):
    """A container that runs. ``bridges`` are the host's names of the bridges that it is connected to."""

    name: str
    bridges: t.Tuple[str, ...]
    published: t.Tuple[Published, ...]


class NoAnswer(Exception):
    """dockerd runs, and does not say which containers there are."""

    def __str__(self) -> str:
        return "dockerd runs and does not answer at %s, so nobody can tell which containers there are" % SOCKET


def containers(socket: str = SOCKET, proc: str = "/proc") -> t.List[Container]:
    """The containers that run, in the order of their names; none where no dockerd runs, which is not started by the question.

    A container in the network of another one counts as a part of that one.

    Raises:
        NoAnswer: they cannot be known.
    """
    if not is_running(_DAEMON, proc):
        return []
    listed, networks = ask(socket, "/containers/json"), ask(socket, "/networks")
    if not isinstance(listed, list) or not isinstance(networks, list):
        raise NoAnswer
    bridges = dict(_bridges(networks))
    found = (_container(one, bridges) for one in listed if isinstance(one, dict))
    return sorted(one for one in found if one)


def _bridges(networks: t.Iterable[t.Any]) -> t.Iterator[t.Tuple[str, str]]:
    """The bridge of each network, by the network's id."""
    for network in networks:
        if isinstance(network, dict) and network.get("Driver") == "bridge" and isinstance(network.get("Id"), str):
            given = _mapping(network, "Options").get("com.docker.network.bridge.name")
            yield network["Id"], str(given or "br-" + network["Id"][:12])


def _container(one: t.Mapping[str, t.Any], bridges: t.Mapping[str, str]) -> t.Optional[Container]:
    if str(_mapping(one, "HostConfig").get("NetworkMode") or "").startswith(_SHARED):
        return None
    names = one.get("Names")
    name = str(names[0]).lstrip("/") if isinstance(names, list) and names else str(one.get("Id"))[:12]
    joined = _mapping(_mapping(one, "NetworkSettings"), "Networks").values()
    ids = [str(network.get("NetworkID")) for network in joined if isinstance(network, dict)]
    ports = one.get("Ports")
    published = [_published(name, port) for port in ports if isinstance(port, dict)] if isinstance(ports, list) else []
    return Container(name, tuple(sorted({bridges[id] for id in ids if id in bridges})), tuple(sorted(one for one in published if one)))


def _published(name: str, port: t.Mapping[str, t.Any]) -> t.Optional[Published]:
    """A port that is published; one that is only exposed has no public port."""
    return readable(name, port.get("Type"), port.get("IP") or "0.0.0.0", port.get("PublicPort"), port.get("PrivatePort"))


def _mapping(data: t.Mapping[str, t.Any], key: str) -> t.Mapping[str, t.Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}
