# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What of a flow does not go together with its protocol, where that is not TCP or UDP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...module_utils._plan.protocols import TYPES, WITH_PORTS, WITH_TYPES, type_number
from ...module_utils._plan.words import TCP, UDP
from .data import Data, Finding
from .model import ENDS

_OF_SOCKETS = ("dynamic", "listens", "without_tls", "responder_names")


def protocol_findings(flow: Data) -> Iterator[Finding]:
    """What a flow says that its protocol cannot have."""
    protocol = flow["protocol"]
    if protocol in (TCP, UDP):
        return
    if protocol in WITH_TYPES:
        yield from _type_findings(protocol, flow["types"])
    if flow["inspection"] in ("exclude", "allowed_with_ca"):
        yield ("inspection",), f"TLS inspection does not see {protocol}; write not_applicable"
    if flow["tls"] not in ("none", "unknown"):
        yield ("tls",), f"{protocol} carries no TLS that others could see; write none"
    if flow["exposure"] in ("loopback", "host"):
        yield ("exposure",), f"is for ports of tcp and udp; {protocol} between programs of one host needs no flow"
    for key in _OF_SOCKETS:
        if key in flow:
            yield (key,), f"is for tcp and udp; leave it out with {protocol}"
    if protocol not in WITH_PORTS:
        for end in ENDS:
            if _may_be_published(flow.get("placement", {}).get(end)):
                yield ("placement", end), f"a container publishes ports, and {protocol} has none; write host"


def _type_findings(protocol: str, types: list[str | int]) -> Iterator[Finding]:
    known: dict[int, str | int] = {}
    for index, written in enumerate(types):
        number = type_number(protocol, str(written))
        if number is None:
            names = ", ".join(TYPES[protocol])
            yield ("types", index), f"{written!r} is not a type of {protocol}; write its number from 0 to 255, or one of {names}"
        elif number in known:
            yield ("types", index), f"{written!r} is the same type as {known[number]!r}; keep one"
        else:
            known[number] = written


def _may_be_published(placement: object) -> bool:
    return placement == "published" or (isinstance(placement, Mapping) and "published" in placement["cases"].values())
