# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whom a question is about: a host of the plan, an address or network, an address set, or a host name."""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import re
import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._plan.protocols import TYPES, WITH_TYPES, WITHOUT_PORTS, type_number
from .._common.address_set_names import network_of
from .._common.addresses import ANYBODY
from .._plan.reader import Plan

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

ANY = ("any", "anybody")
INTERNET = "internet"
HIGHEST = 65535
_PORT = re.compile(r"[0-9]{1,5}")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+", re.IGNORECASE)


class Question(t.NamedTuple):
    """What is asked: about a connection, about all connections of one end, or about a port.

    Attributes:
        initiator: Who opens the connection, as the user wrote it; empty: anybody.
        responder: Who is reached; empty: anybody.
        protocol: One of PROTOCOLS.
        port: The responder's; None: all ports.
    """

    initiator: str
    responder: str
    protocol: str
    port: int | None


class NotUnderstood(Exception):
    """A question that cannot be answered; the message says what is wrong with it."""


def read_port(text: str, protocol: str) -> int:
    """A port, or a type of ICMP by number or name.

    Raises:
        NotUnderstood: the protocol has no such port or type.
    """
    if protocol in WITHOUT_PORTS:
        raise NotUnderstood(f"{protocol} has no ports; leave the port out")
    if protocol in WITH_TYPES:
        number = type_number(protocol, text)
        if number is None:
            names = ", ".join(TYPES[protocol])
            raise NotUnderstood(f"port {text} is not a valid type of {protocol}; give its number from 0 to 255, or one of {names}")
        return number
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= HIGHEST:
        raise NotUnderstood(f"port {text} is not a valid port; give a number from 1 to {HIGHEST}")
    return int(text)


class Party(t.NamedTuple):
    """One end of a question.

    Attributes:
        text: How answers call it.
        hosts: The hosts of the plan that it is; several share an address.
        networks: Its addresses, as CIDRs or bare.
        name: The host name that was asked about.
        address_sets: The address sets that the networks come from.
    """

    text: str
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    name: str = ""
    address_sets: tuple[str, ...] = ()


THE_INTERNET = Party("the Internet", networks=ANYBODY)


def find_party(text: str, plan: Plan) -> Party:
    """Whom a text means: first a host of the plan, then an address, an address set, a name.

    Raises:
        NotUnderstood: it is none of these; the message has the closest names of the plan.
    """
    if text in plan.hosts:
        return Party(text, (text,), tuple(plan.hosts[text].addresses))
    if text.casefold() in ANY:
        return Party("anybody", networks=ANYBODY)
    if text.casefold() == INTERNET:
        return THE_INTERNET
    network = _network(text)
    if network is not None:
        hosts = tuple(sorted(name for name, host in plan.hosts.items() if _holds(host.addresses, network)))
        single = str(network.network_address) if network.num_addresses == 1 else str(network)
        return Party(f"{single} ({', '.join(hosts)})" if hosts else single, hosts, (single,))
    sets = _sets(text, plan.address_sets)
    if sets:
        return Party(f"address set {' and '.join(sets)}", networks=_networks_of(sets, plan), address_sets=tuple(sets))
    known = {name for host in plan.hosts.values() for rule in host.part.rules for name in rule.peers.names}
    known |= {name for host in plan.hosts.values() if host.part.proxy for flow in host.part.proxy.flows for name in flow.peers.names}
    name = text.casefold().rstrip(".")
    behind = tuple(sorted(host for host, entry in plan.hosts.items() if entry.part.front and name in entry.part.front.names))
    if behind:
        return Party(f"{name} ({', '.join(behind)})", behind, tuple(one for host in behind for one in plan.hosts[host].addresses), name)
    if name in known or (_NAME.fullmatch(name) and not _close(text, plan.hosts)):
        return Party(name, name=name)
    raise NotUnderstood(_unknown(text, plan, known))


def as_responder(party: Party, plan: Plan) -> Party:
    """The same party as the hosts of the plan that are in its networks, where it is none of them itself."""
    if party.hosts or not party.networks or party.name or set(party.networks) == set(ANYBODY):
        return party
    inside = netaddr.IPSet(party.networks)
    hosts = [name for name, host in plan.hosts.items() if any(netaddr.IPNetwork(one) in inside for one in host.addresses)]
    return party._replace(hosts=tuple(sorted(hosts)))


def of_responder(party: Party, sets_of_host: t.Collection[str], plan: Plan) -> Party:
    """A network of the inventory as one host means it, where hosts mean different networks by its name."""
    own = [name for name in party.address_sets if name in sets_of_host]
    return party._replace(networks=_networks_of(own, plan), address_sets=tuple(own)) if own else party


def _networks_of(sets: t.Iterable[str], plan: Plan) -> tuple[str, ...]:
    return tuple(cidr for name in sets for cidr in plan.address_sets[name])


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "%" in text:
        raise NotUnderstood(f"{text!r} is bound to an interface; write an address that other hosts can reach")
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        return None
    raise NotUnderstood(f"{text!r} has host bits set; write {interface.ip} (one host) or {interface.network} (the network)")


def _holds(addresses: Sequence[str], network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    own = (ipaddress.ip_network(address) for address in addresses)
    return any(one.version == network.version and network.subnet_of(one) for one in own)  # type: ignore[arg-type]


def _sets(text: str, address_sets: Mapping[str, Sequence[str]]) -> list[str]:
    """The address sets of a name, or those of a network with that name in the inventory."""
    if text in address_sets:
        return [text]
    return sorted(name for name in address_sets if network_of(name) == text)


def _close(text: str, known: t.Iterable[str]) -> list[str]:
    return difflib.get_close_matches(text, sorted(known), cutoff=0.8)


def _unknown(text: str, plan: Plan, names: t.Iterable[str]) -> str:
    networks = {network_of(name) for name in plan.address_sets} - {""}
    close = _close(text, {*plan.hosts, *plan.address_sets, *networks, *names})
    meant = f" (did you mean {' or '.join(close)}?)" if close else ""
    return (
        f"{text!r} is not a host of the plan, an address, a network, an address set, or a host name{meant}; "
        f"hosts of the plan: {', '.join(sorted(plan.hosts)[:20])}{' ...' if len(plan.hosts) > 20 else ''}"
    )
