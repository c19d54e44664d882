# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Ports that containers publish, and the programs of Docker that hold such ports on the host."""

from __future__ import annotations

import ipaddress
import typing as t

from .._host.listening_sockets import is_loopback
from .._plan.words import PROTOCOLS
from .processes import arguments_of

# Both take the same flags. The second one is of rootless Docker, whose daemon lives in a network of its own.
_FORWARDERS = ("docker-proxy", "rootlesskit-docker-proxy")


class Published(t.NamedTuple):
    """A port of the host that leads to a port inside of a container; ``container`` is its name, empty if unknown."""

    protocol: str
    address: str
    port: int
    inner_port: int
    container: str = ""

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.address)


def readable(container: str, protocol: t.Any, address: t.Any, port: t.Any, inner_port: t.Any) -> t.Optional[Published]:
    """What somebody says of a published port; None where that is not a port at an address."""
    try:
        known = Published(str(protocol), str(ipaddress.ip_address(str(address).strip("[]"))), int(port), int(inner_port), container)
    except (TypeError, ValueError):
        return None
    fits = known.protocol in PROTOCOLS and 0 < known.port < 65536 and 0 < known.inner_port < 65536
    return known if fits else None


def held_by_forwarders(proc: str = "/proc") -> t.List[Published]:
    """What Docker's forwarders say in their command lines, of rootless Docker too, sorted."""
    found = [_forwarded(words) for words in arguments_of(_FORWARDERS, proc)]
    return sorted({one for one in found if one})


def with_names(published: t.Iterable[Published], named: t.Collection[Published]) -> t.List[Published]:
    """Each published port once, with the name of its container where that is known."""
    known = {one._replace(container="") for one in named}
    return sorted({*named, *(one for one in published if one._replace(container="") not in known)})


def _forwarded(words: t.Sequence[str]) -> t.Optional[Published]:
    given = {flag.lstrip("-"): value for flag, value in zip(words, words[1:]) if flag.startswith("-")}
    return readable("", *(given.get(flag) for flag in ("proto", "host-ip", "host-port", "container-port")))
