# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Where connections stop that verify could not prove: what trace has found, by the words that verify uses for a connection."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from .._common.days import time_in_words
from .results import Result

PASSES = "passes"
_CONNECTION = re.compile(r"(?P<initiator>.+) -> .*?(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+)):(?P<port>\d{1,5})/tcp")

Key = tuple[str, str, int]
"""Initiator, destination address, port."""


def stops(trace: Result | None) -> Mapping[Key, str]:
    """What a trace found out about each connection, as a sentence."""
    if trace is None:
        return {}
    found: dict[Key, str] = {}
    for host, entry in trace.hosts.items():
        for one in entry["traces"]:
            key = _key(host, one["destination"], one["port"])
            if key:
                what = PASSES if one["place"] == PASSES else f"stops at: {one['place']}"
                do = f"; to do: {one['do']}" if one.get("do") else ""
                found[key] = f"trace of {time_in_words(trace.time)}: {what}; {one['why']}{do}"
    return found


def connection(what: str) -> Key | None:
    """The TCP connection that a finding of verify is about; None: it is about something else."""
    found = _CONNECTION.fullmatch(what)
    return _key(found["initiator"], found["six"] or found["four"], int(found["port"])) if found else None


def _key(initiator: str, destination: str, port: int) -> Key | None:
    try:
        return initiator, str(ipaddress.ip_address(destination)), port
    except ValueError:
        return None
