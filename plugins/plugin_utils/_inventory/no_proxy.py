# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is exempt from the forward proxy, and how the programs that read such lists want it written (docs/proxies.md)."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t
from collections.abc import Iterable

from .._common.addresses import IP, merge

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

LOOPBACK = ("localhost", "127.0.0.0/8", "::1")
BRIDGES = ("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13")
"""The networks that Docker gives to its bridges first; 192.168.0.0/16, which it takes then, is too often somebody else's."""

_NAME = re.compile(r"(\*?\.)?(?!\d+(\.\d+)*$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")


def parse_exception(text: str) -> str:
    """The canonical text of a name with its subdomains ("example.org"), a suffix (".example.org"), an address or a network.

    Raises:
        ValueError: if it is none, or one that not every program would understand alike, saying what is wrong.
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        network = None
    if text == "*" or (network and not network.prefixlen):
        raise ValueError(f"{text!r} exempts everything; leave the proxy out instead")
    if network:
        return _plain(network)
    if not _NAME.fullmatch(text.lower()):
        raise ValueError(
            f"{text!r} is not a name, .suffix, address, or network without host bits; programs disagree on ports, brackets and wildcards"
        )
    return text.lower().removeprefix("*")


class Exemptions:
    """What programs reach directly. A name stands for its subdomains, too, as the Go standard library and curl read it."""

    def __init__(self, exceptions: Iterable[str]) -> None:
        self._entries = frozenset(exceptions)
        networks = [entry for entry in self._entries if _is_network(entry)]
        self._names = self._entries.difference(networks)
        self._addresses = _ip_set(networks)

    def holds(self, target: str) -> bool:
        """Whether a name is exempt, by itself or by one of its parent domains, or the whole of a network."""
        if _is_network(target):
            return bool(_ip_set([target]).issubset(self._addresses))
        parents = [target[index:] for index, char in enumerate(target) if char == "."]
        return not self._names.isdisjoint([target, *parents, *(parent[1:] for parent in parents)])

    def divide(self, networks: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The parts of some networks that are exempt and that are not, merged."""
        all_of_them = _ip_set(networks)
        exempt = all_of_them & self._addresses
        return merge(map(str, exempt.iter_cidrs())), merge(map(str, (all_of_them - exempt).iter_cidrs()))

    def for_environment(self) -> list[str]:
        """For whatever reads ``no_proxy``: each as it was given, since not everything that reads it understands networks.

        For the same reason the usual address of loopback stands beside its network. Networks of IPv6 are left out: httpx fails with one
        in the list, whatever it is asked for, and few programs understand them (docs/proxies.md). Addresses of IPv6 have no brackets:
        with them httpx fails as well.
        """
        return sorted({*self._entries.difference(self.unsaid()), *(["127.0.0.1"] if "127.0.0.0/8" in self._entries else [])})

    def unsaid(self) -> list[str]:
        """Networks that cannot be said in the environment's form."""
        return sorted(entry for entry in self._entries.difference(self._names) if ":" in entry and "/" in entry)

    def for_go(self) -> list[str]:
        """For programs written in Go, such as dockerd: networks merged."""
        networks = [_plain(ipaddress.ip_network(str(cidr))) for cidr in self._addresses.iter_cidrs()]
        return sorted({*self._names, *networks})

    def for_java(self) -> list[str]:
        """For ``http.nonProxyHosts``: IPv4 networks at octets with an asterisk; an IPv6 network larger than one address cannot be said."""
        patterns: set[str] = set()
        for entry in self._entries - self._names:
            patterns.update(_java_patterns(ipaddress.ip_network(entry)))
        for name in self._names:
            patterns.update([f"*{name}"] if name.startswith(".") else [name] if name == "localhost" else [name, f"*.{name}"])
        return sorted(patterns)


def _ip_set(networks: Iterable[str]) -> t.Any:
    return netaddr.IPSet(networks)


def _is_network(entry: str) -> bool:
    try:
        ipaddress.ip_network(entry)
    except ValueError:
        return False
    return True


def _plain(network: IP) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _java_patterns(network: IP) -> Iterable[str]:
    if isinstance(network, ipaddress.IPv6Network):
        return (f"[{network.network_address}]", str(network.network_address)) if network.num_addresses == 1 else ()
    octets = -(-network.prefixlen // 8)
    parts = network.subnets(new_prefix=8 * octets)
    return (".".join([*str(part.network_address).split(".")[:octets], *(["*"] if octets < 4 else [])]) for part in parts)
