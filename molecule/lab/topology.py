# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's networks and hosts: two sites and the world outside, and a router between them.

    north --+
    south --+-- router
    outside-+

A host's number is the last octet of its IPv4 address and, written with the same digits, the end of its IPv6 address.
"""

from __future__ import annotations

import dataclasses
import ipaddress


@dataclasses.dataclass(frozen=True)
class Network:
    """One broadcast domain, on documentation prefixes of both families.

    Attributes:
        name: As in the names of hosts' groups.
        prefix4: IPv4 network.
        prefix6: IPv6 network, /64.
    """

    name: str
    prefix4: ipaddress.IPv4Network
    prefix6: ipaddress.IPv6Network

    def addresses(self, number: int) -> tuple[str, str]:
        """The IPv4 and IPv6 address of the host with this number."""
        address4 = ipaddress.IPv4Address(int(self.prefix4.network_address) & ~0xFF | number)
        if address4 not in self.prefix4:
            raise ValueError(f"host number {number} is outside of {self.prefix4}")
        return str(address4), str(self.prefix6[int(str(number), 16)])

    @property
    def controller(self) -> tuple[str, str]:
        """The addresses of the machine that the lab runs on: where SSH comes from."""
        return self.addresses(int(self.prefix4[1]) & 0xFF)

    @property
    def router(self) -> tuple[str, str]:
        """The addresses of the router: everybody's default route."""
        return self.addresses(int(self.prefix4[2]) & 0xFF)


def _network(name: str, prefix4: str, prefix6: str) -> Network:
    return Network(name, ipaddress.IPv4Network(prefix4), ipaddress.IPv6Network(prefix6))


NORTH = _network("north", "198.51.100.0/26", "2001:db8:1::/64")
SOUTH = _network("south", "198.51.100.64/26", "2001:db8:2::/64")
OUTSIDE = _network("outside", "203.0.113.0/26", "2001:db8:3::/64")
NETWORKS = (NORTH, SOUTH, OUTSIDE)


@dataclasses.dataclass(frozen=True)
class Host:
    """One disposable host.

    Attributes:
        name: Its name everywhere.
        suite: Debian release.
        network: Where it stands; None: the router, which stands in all of them.
        number: See the module's description.
        setup: What it runs, scripts of setup/ in this order.
        managed: Ours to configure; otherwise a host of somebody else.
        stranger: Nobody's partner: what it reaches, everybody reaches.
    """

    name: str
    suite: str
    network: Network | None
    number: int
    setup: tuple[str, ...] = ()
    managed: bool = False
    stranger: bool = False

    @property
    def mac(self) -> str:
        """Its Ethernet address (RFC 9542's for documentation): the same after it was made again, so that neighbours need not relearn it."""
        return f"00:00:5e:00:53:{self.number:02x}"

    @property
    def interfaces(self) -> tuple[tuple[Network, str, str], ...]:
        """Network, IPv4 and IPv6 address of each of its interfaces."""
        if self.network is None:
            return tuple((network, *network.router) for network in NETWORKS)
        return ((self.network, *self.network.addresses(self.number)),)

    @property
    def addresses(self) -> tuple[str, str]:
        """Its IPv4 and IPv6 address; the router's are those in the first network."""
        return self.interfaces[0][1:]


HOSTS = (
    Host("router", "trixie", None, 2),
    Host("alpha", "bookworm", NORTH, 10, setup=("ufw", "docker"), managed=True),
    Host("beta", "trixie", SOUTH, 70, setup=("firewalld", "docker"), managed=True),
    Host("gamma", "trixie", SOUTH, 80, managed=True),
    Host("partner", "trixie", OUTSIDE, 20),
    Host("vendor", "trixie", OUTSIDE, 53, setup=("vendor",)),
    Host("stranger", "trixie", OUTSIDE, 60, stranger=True),
    Host("user", "bookworm", NORTH, 40, stranger=True),
)
