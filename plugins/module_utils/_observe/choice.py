# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a user chose to watch."""

from __future__ import annotations

import typing as t

from .._plan.ports import bounds, is_port_range

MOST_SECONDS = 3600
MOST_NAMES = 100
MOST_PORTS = 1000
PROTOCOLS = ("tcp", "udp")


class NotChosen(Exception):
    """What was chosen cannot be watched; the message says why and how to choose."""


class Choice(t.NamedTuple):
    """What to watch: names of processes, units of systemd, names of containers, and ports with their protocols."""

    processes: t.Tuple[str, ...] = ()
    units: t.Tuple[str, ...] = ()
    containers: t.Tuple[str, ...] = ()
    ports: t.FrozenSet[t.Tuple[str, int]] = frozenset()


def read_choice(
    processes: t.Sequence[str], units: t.Sequence[str], containers: t.Sequence[str], ports: t.Sequence[str], seconds: int
) -> Choice:
    """What the user wrote, checked.

    Raises:
        NotChosen: nothing was chosen, or something of it cannot be used.
    """
    if not 1 <= seconds <= MOST_SECONDS:
        raise NotChosen("%d seconds cannot be watched; give a number from 1 to %d" % (seconds, MOST_SECONDS))
    if not (processes or units or containers or ports):
        raise NotChosen("nothing is chosen; name the processes, units, containers or ports of the system")
    for kind, names in (("process", processes), ("unit", units), ("container", containers)):
        if len(names) > MOST_NAMES:
            raise NotChosen("there are %d names of a %s; give at most %d" % (len(names), kind, MOST_NAMES))
        for name in names:
            if not name.strip() or "/" in name or set(name) <= set("*?"):
                raise NotChosen("%r is not a valid name of a %s; give its name without a path, or a pattern such as node-*" % (name, kind))
    return Choice(tuple(processes), tuple(units), tuple(containers), frozenset(_ports(ports)))


def _ports(texts: t.Sequence[str]) -> t.Iterator[t.Tuple[str, int]]:
    count = 0
    for text in texts:
        ports, _slash, protocol = text.partition("/")
        if not is_port_range(ports) or (protocol or PROTOCOLS[0]) not in PROTOCOLS:
            raise NotChosen("%r is not a valid port: give a number from 1 to 65535, or a range such as 8000-8010/tcp or 7600/udp" % text)
        low, high = bounds(ports)
        count += high - low + 1
        if count > MOST_PORTS:
            raise NotChosen("more than %d ports are chosen; choose processes, units or containers instead" % MOST_PORTS)
        for port in range(low, high + 1):
            yield protocol or PROTOCOLS[0], port
