# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Reads what ``traceroute -T`` and ``tcptraceroute`` write. Routers and name servers choose parts of it, so it is a stranger's input."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t

HOPS = 64
"""A host says at most that many hops; more are left out."""
_LINE = re.compile(r"\s*(\d{1,3})\s+(.*)")
_FLAGS = re.compile(r"<([a-z,]{1,40})>|\[(open|closed)\]")
_REJECTED = re.compile(r"!([A-Z]|\d{1,3})?")
_OWN = re.compile(r"operation not permitted", re.IGNORECASE)
_NO_WAY = re.compile(r"network is unreachable|no route to host|cannot assign requested address", re.IGNORECASE)


class Hop(t.NamedTuple):
    """What came back to the probes of one distance.

    Attributes:
        distance: How many routers a probe passes at most, plus one.
        addresses: Who answered, each once; empty: nobody, the line has stars alone.
        flags: The TCP flags of an answer of the destination, such as ``syn,ack``; empty: there is none.
        rejected: traceroute's sign of an ICMP error that refuses the probe, such as ``!X``; empty: there is none.
    """

    distance: int
    addresses: tuple[str, ...] = ()
    flags: str = ""
    rejected: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a service has accepted."""
        return {"syn", "ack"} <= set(self.flags.split(","))

    @property
    def is_closed(self) -> bool:
        """Whether the destination has answered that nothing listens."""
        return "rst" in self.flags.split(",")


class Trace(t.NamedTuple):
    """A trace. ``own_firewall``: this host did not let the probes out; ``no_way``: it has no route."""

    hops: tuple[Hop, ...]
    own_firewall: bool = False
    no_way: bool = False

    @property
    def answered(self) -> tuple[Hop, ...]:
        """The hops that somebody has answered for. Stars on the way are normal."""
        return tuple(hop for hop in self.hops if hop.addresses)


def read_trace(output: str) -> Trace:
    """Read an output, whatever it holds. Lines that are not a hop are only looked at for errors of this host."""
    hops: dict[int, Hop] = {}
    rest: list[str] = []
    for line in output.splitlines():
        found = _LINE.fullmatch(line)
        if found and 1 <= int(found[1]) <= HOPS and int(found[1]) not in hops:
            hops[int(found[1])] = _hop(int(found[1]), found[2])
        else:
            rest.append(line)
    errors = "\n".join(rest)
    ordered = tuple(hops[distance] for distance in sorted(hops))
    return Trace(ordered, bool(_OWN.search(errors)), bool(_NO_WAY.search(errors)) and not ordered)


def _hop(distance: int, text: str) -> Hop:
    addresses: dict[str, None] = {}
    flags = rejected = ""
    for word in text.split():
        sign = _FLAGS.fullmatch(word)
        if sign:
            flags = sign[1] or {"open": "syn,ack", "closed": "rst,ack"}[sign[2]]
        elif _REJECTED.fullmatch(word):
            rejected = word
        else:
            with contextlib.suppress(ValueError):
                addresses[str(ipaddress.ip_address(word.strip("()").partition("%")[0]))] = None
    return Hop(distance, tuple(addresses), flags, rejected)
