# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Addresses that cannot be a partner's, and addresses of the own network alone, as the registries and the cloud platforms list them.

The ranges come from IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) and from IANA's IPv6 address space registry:
https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry, .../ipv6-address-space.
Documentation prefixes (RFC 5737, RFC 3849, RFC 9637) count as public: nobody routes them, and tests use them as partners' addresses.
"""

from __future__ import annotations

import ipaddress
import typing as t

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_Range = t.Tuple[int, int, int, str]
"""Version, mask and first address of a range, and what its addresses are; numbers, since a host judges thousands of addresses."""


def _range(network: str, words: str = "") -> _Range:
    parsed = ipaddress.ip_network(network)
    return parsed.version, int(parsed.netmask), int(parsed.network_address), words


def _ranges(*lines: str) -> t.Tuple[_Range, ...]:
    return tuple(_range(network, words) for line in lines for network, _blank, words in [line.partition(" ")])


# What a cloud platform tells a virtual machine about itself, often with credentials. Each as its platform documents it.
_METADATA = _ranges(
    "169.254.169.254/32 a cloud platform's metadata address",  # AWS, Azure, Google Cloud, Oracle, OpenStack and others
    "168.63.129.16/32 the metadata address of Azure",
    "100.100.100.200/32 the metadata address of Alibaba Cloud",
    "192.0.0.192/32 the metadata address of Oracle Cloud Classic",
    "fd00:ec2::/32 an address of AWS's metadata and other instance services",
    "fd20:ce::254/128 the metadata address of Google Cloud",
    "fd00:c1::a9fe:a9fe/128 the metadata address of Oracle Cloud",
    "fd00:42::42/128 the metadata address of Scaleway",
    "fd00:a9fe:a9fe::1/128 the metadata address of Akamai (Linode)",
    "fd00:100::100:200/128 the metadata address of Alibaba Cloud",
)
# No unicast traffic of a partner ever has one of these.
_NEVER = _METADATA + _ranges(
    "0.0.0.0/8 an unspecified address",  # RFC 791, section 3.2
    "127.0.0.0/8 a loopback address",  # RFC 1122, section 3.2.1.3
    "169.254.0.0/16 a link-local address",  # RFC 3927
    "192.0.0.0/24 an address for protocols (192.0.0.0/24)",  # RFC 6890, section 2.1
    "192.31.196.0/24 an address of the AS112 sink",  # RFC 7535
    "192.52.193.0/24 an address of multicast relays",  # RFC 7450
    "192.88.99.0/24 an address of former 6to4 relays",  # RFC 7526
    "192.175.48.0/24 an address of the AS112 sink",  # RFC 7534
    "224.0.0.0/4 a multicast address",  # RFC 5771
    "240.0.0.0/4 a reserved address",  # RFC 1112, section 4, and the broadcast address (RFC 919)
    "::/128 an unspecified address",  # RFC 4291, section 2.5.2
    "::1/128 a loopback address",  # RFC 4291, section 2.5.3
    "::ffff:0:0/96 an IPv4 address in the form of an IPv6 address",  # RFC 4291, section 2.5.5.2: never in a packet
    "::/96 an IPv4 address in the form of an IPv6 address",  # RFC 4291, section 2.5.5.1: out of use
    "::ffff:0:0:0/96 an IPv4 address in the form of an IPv6 address",  # RFC 2765, section 2.1: out of use
    "100::/64 an address whose packets are discarded",  # RFC 6666
    "100:0:0:1::/64 an address that stands for no host",  # RFC 9780
    "2001::/23 an address for protocols (2001::/23)",  # RFC 2928; Teredo, which is in it, is looked through
    "2620:4f:8000::/48 an address of the AS112 sink",  # RFC 7534
    "5f00::/16 an address of segment routing",  # RFC 9602
    "fe80::/10 a link-local address",  # RFC 4291, section 2.5.6
    "ff00::/8 a multicast address",  # RFC 4291, section 2.7
)
# Routed, but in the own network alone.
_PRIVATE = _ranges(
    "10.0.0.0/8 a private address",  # RFC 1918
    "172.16.0.0/12 a private address",  # RFC 1918
    "192.168.0.0/16 a private address",  # RFC 1918
    "100.64.0.0/10 an address between a provider and its customers",  # RFC 6598
    "198.18.0.0/15 an address for measurements in a laboratory",  # RFC 2544
    "fc00::/7 a private address",  # RFC 4193
    "fec0::/10 a private address",  # RFC 3879
)
_RESERVED = _range("::/8")  # RFC 4291, section 2.4
_GLOBAL = _range("2000::/3")  # all that IANA has given out for the Internet

_SIX_TO_FOUR = _range("2002::/16")  # RFC 3056, section 2
_TEREDO = _range("2001::/32")  # RFC 4380, section 4
_NAT64 = _range("64:ff9b::/96")  # RFC 6052, section 2.1
_LOCAL_NAT64 = _range("64:ff9b:1::/48")  # RFC 8215
_TRANSPARENT = (_SIX_TO_FOUR, _TEREDO, _NAT64, _LOCAL_NAT64)
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, section 6.1
# RFC 6052, section 2.2, for prefixes of 48, 56, 64 and 96 bits: the octets with the IPv4 address. Number 8 and those behind it are 0.
_NAT64_OCTETS = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))


def never(address: Address) -> str:
    """What an address is that no partner has; empty where a partner may have it."""
    if _is_transparent(address):
        return "" if embedded(address) else "an address for NAT64 that holds no IPv4 address"
    return _words(address, _NEVER) or ("a reserved address" if _is_in(address, _RESERVED) else "")


def private(address: Address) -> str:
    """What an address is that only hosts of the own network have; empty where it is one of the Internet."""
    if _is_transparent(address):
        return ""
    outside = address.version == 6 and not _is_in(address, _GLOBAL)
    return _words(address, _PRIVATE) or ("an address outside the Internet" if outside else "")


def embedded(address: Address) -> t.List[ipaddress.IPv4Address]:
    """The IPv4 addresses to which packets for an IPv6 address really go, through 6to4, Teredo, NAT64 or ISATAP."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = _in_prefix(address)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(int(address) & 0xFFFFFFFF)
    return [ipaddress.IPv4Address(number) for number in found]


def _in_prefix(address: ipaddress.IPv6Address) -> t.List[int]:
    number = int(address)
    if _is_in(address, _SIX_TO_FOUR):
        return [(number >> 80) & 0xFFFFFFFF]
    if _is_in(address, _TEREDO):  # the server, and the client with all bits inverted
        return [(number >> 64) & 0xFFFFFFFF, ~number & 0xFFFFFFFF]
    if _is_in(address, _NAT64):
        return [number & 0xFFFFFFFF]
    if _is_in(address, _LOCAL_NAT64):
        return _in_local_nat64(address.packed)
    return []


def _in_local_nat64(octets: bytes) -> t.List[int]:
    """Every reading that RFC 6052 allows, since only the own network knows how long its prefix is."""
    readings = [bytes(octets[place] for place in places) for places in _NAT64_OCTETS if not octets[8] and not any(octets[places[-1] + 1 :])]
    return [int.from_bytes(reading, "big") for reading in readings if reading[0]]  # 0.0.0.0/8 is no reading: a prefix stands there


def _is_transparent(address: Address) -> bool:
    """Whether an address stands for IPv4 addresses alone, so that they decide."""
    return any(_is_in(address, each) for each in _TRANSPARENT)


def _is_in(address: Address, range: _Range) -> bool:
    return address.version == range[0] and int(address) & range[1] == range[2]


def _words(address: Address, ranges: t.Sequence[_Range]) -> str:
    version, number = address.version, int(address)
    return next((words for its_version, mask, first, words in ranges if version == its_version and number & mask == first), "")
