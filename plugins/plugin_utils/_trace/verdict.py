# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Where a connection stops, in words. The last line of a trace counts; hops that do not answer on the way are normal."""

from __future__ import annotations

import enum
import ipaddress
import typing as t
from collections.abc import Iterable, Sequence

from .reading import Hop, Trace

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NEIGHBOURS = {4: 24, 6: 48}
"""Addresses that agree in so many bits are taken for one site: what the internet routes as one network."""


class Place(enum.StrEnum):
    """Where a connection stops."""

    PASSES = "passes"
    NOT_RUNNING = "service not running"
    OWN_HOST = "own host"
    OWN_PERIMETER = "own site's perimeter"
    BETWEEN = "between"
    PARTNER_PERIMETER = "partner's perimeter"
    PARTNER_HOST = "partner's host"
    UNKNOWN = "not known"


class Verdict(t.NamedTuple):
    """``place``: where it stops; ``why``: what shows that; ``do``: what to do, or empty."""

    place: Place
    why: str
    do: str = ""


class Ends(t.NamedTuple):
    """What is known of both ends.

    Attributes:
        initiator: The host that traced.
        own: Its addresses.
        responder: The host at the other end, or the name of an outside service.
        destination: The address that was traced.
        port: The port.
    """

    initiator: str
    own: tuple[str, ...]
    responder: str
    destination: str
    port: int


def judge(trace: Trace, ends: Ends) -> Verdict:
    """Say where a connection stops."""
    last = next((hop for hop in trace.hops if hop.flags), None)
    if last and last.is_open:
        return Verdict(Place.PASSES, f"{ends.responder} accepts the connection (SYN, ACK){_after(last)}")
    if last and last.is_closed:
        why = f"{ends.responder} was reached, and answers that nothing listens on port {ends.port} (RST){_after(last)}"
        return Verdict(Place.NOT_RUNNING, why, f"start the service on {ends.responder}, or find out which firewall answers with a reset")
    if trace.own_firewall:
        why = f"{ends.initiator} does not let its own packets out (operation not permitted)"
        return Verdict(Place.OWN_HOST, why, f"apply the plan on {ends.initiator}, or find out which of its rules refuses the port")
    if trace.no_way:
        return Verdict(
            Place.OWN_HOST, f"{ends.initiator} has no route to {ends.destination}", "correct its routes, or the address in the inventory"
        )
    refused = next((hop for hop in trace.hops if hop.rejected), None)
    if refused and refused.addresses:
        by = refused.addresses[-1]
        place = _place(by, [*trace.hops[: trace.hops.index(refused) + 1]], ends)
        return Verdict(place, f"{by} refuses the connection ({_sign(refused.rejected)}){_after(refused)}", _ask(place, ends))
    return _silent(trace, ends)


def _silent(trace: Trace, ends: Ends) -> Verdict:
    """Nothing came back from the destination."""
    answered = [hop for hop in trace.answered if not _same(hop.addresses[-1], ends.destination)]
    if not answered:
        if _is_near(ends.destination, ends.own):
            why = f"no router answers, and {ends.destination} is in the network of {ends.initiator}: the other host does not answer"
            return Verdict(Place.PARTNER_HOST, why, _ask(Place.PARTNER_HOST, ends))
        why = "nobody answers on the way, so the trace does not show where it stops"
        return Verdict(Place.UNKNOWN, why, "ask the network team of the own site first, with the time of this trace")
    last = answered[-1]
    place = _place(last.addresses[-1], answered, ends)
    behind = {
        Place.OWN_PERIMETER: "behind it nothing answers, so it or the next device of the own site stops the connection",
        Place.PARTNER_PERIMETER: f"behind it nothing answers, so a device of the partner's site stops it, or {ends.responder} itself",
        Place.BETWEEN: "behind it nothing answers, so it or the next device stops the connection, which may be the partner's perimeter",
    }.get(place, "behind it nothing answers")
    return Verdict(place, f"{last.addresses[-1]}{_after(last)} is the last that answers; {behind}", _ask(place, ends))


def _place(address: str, hops: Sequence[Hop], ends: Ends) -> Place:
    """Whose device an address is, by its distance and its network."""
    if any(_same(address, own) for own in ends.own):
        return Place.OWN_HOST
    if _same(address, ends.destination):
        return Place.PARTNER_HOST
    if all(_is_inside(other, ends.own) for hop in hops for other in hop.addresses[-1:]):
        return Place.OWN_PERIMETER
    if _is_near(address, [ends.destination]) or _is_private(address):
        return Place.PARTNER_PERIMETER
    return Place.BETWEEN


def _is_inside(address: str, near: Iterable[str]) -> bool:
    return _is_private(address) or _is_near(address, near)


def _is_private(address: str) -> bool:
    """Whether an address is one that sites use inside. A packet meets such routers before it leaves a site, or after it came into one."""
    found = ipaddress.ip_address(address)
    return any(found in network for network in _PRIVATE if network.version == found.version)


_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")))


def _is_near(address: str, others: Iterable[str]) -> bool:
    found = ipaddress.ip_address(address)
    bits = _NEIGHBOURS[found.version]
    network = ipaddress.ip_network(f"{found}/{bits}", strict=False)
    return any(other in network for other in map(_address, others) if other is not None and other.version == found.version)


def _same(one: str, other: str) -> bool:
    return _address(one) is not None and _address(one) == _address(other)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return None


def _after(hop: Hop) -> str:
    return f" at hop {hop.distance}"


def _sign(rejected: str) -> str:
    """What traceroute's sign of an ICMP error means."""
    meanings = {"!X": "administratively prohibited", "!H": "host unreachable", "!N": "network unreachable", "!P": "protocol unreachable"}
    return meanings.get(rejected, f"ICMP error {rejected}")


def _ask(place: Place, ends: Ends) -> str:
    """What to do about a place."""
    version = ipaddress.ip_address(ends.destination).version
    own = next((one for one in ends.own if ipaddress.ip_network(one, strict=False).version == version), ends.initiator)
    port = f"TCP port {ends.port} from {own} to {ends.destination}"
    return {
        Place.OWN_HOST: f"find out which rule of {ends.initiator} refuses it",
        Place.OWN_PERIMETER: f"ask the network team of the own site to permit {port}",
        Place.BETWEEN: f"ask the partner whether {port} arrives at the perimeter; if not, ask the network providers of both sites",
        Place.PARTNER_PERIMETER: f"ask the partner to permit {port} at the perimeter, and on {ends.responder}",
        Place.PARTNER_HOST: f"ask the administrator of {ends.responder} to permit {port}",
    }.get(place, "")
