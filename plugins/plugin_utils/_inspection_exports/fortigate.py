# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""FortiGate: address and service objects, and policies with the SSL/SSH profile ``no-inspection`` before those that inspect.

Syntax: https://docs.fortinet.com/document/fortigate/7.4.4/cli-reference (config firewall address, address6, addrgrp, addrgrp6, service
custom, policy). The exemptions of an ``ssl-ssh-profile`` know no ports, hence policies, which match both families since FortiOS 6.4. They
come disabled: interfaces and place are the administrator's to choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .exemption import Exemption, header, of_family

NAME = "fortigate"
TITLE = "FortiGate"
EXTENSION = "conf"

FAMILIES = ((4, ""), (6, "6"))
ADVICE = (
    "The policies are disabled. Give each its interfaces and move it before the policies that inspect, then enable it.",
    "Where a virtual IP leads to the host, put that in the place of dstaddr.",
)


def refusals(exemptions: Iterable[Exemption]) -> Iterator[str]:
    """What FortiGate has no words for: ends that have no family of addresses in common."""
    return (f"{one.label}: its ends have no family of addresses in common" for one in exemptions if not _families(one))


def export(site: str, exemptions: Sequence[Exemption]) -> str:
    """Commands for the CLI, or a script."""
    lines = list(header("#", TITLE, site, *ADVICE))
    for exemption in exemptions:
        lines += ["", f"# {exemption.label}", *_objects(exemption), *_policy(exemption)]
    return "\n".join(lines) + "\n"


def _objects(exemption: Exemption) -> Iterator[str]:
    for end, networks in (("from", exemption.sources), ("to", exemption.destinations)):
        for version, suffix in FAMILIES:
            members = [(_name(exemption, end, str(number)), network) for number, network in enumerate(of_family(networks, version), 1)]
            if members:
                yield f"config firewall address{suffix}"
                for name, network in members:
                    yield from (f'edit "{name}"', f"set {'ip6' if suffix else 'subnet'} {network}", "next")
                yield "end"
                yield from _group(suffix, _name(exemption, end), [name for name, _network in members])
    for suffix in ("", "6") if exemption.names else ():
        members = [(_name(exemption, "to", str(number)), name) for number, name in enumerate(exemption.names, 1)]
        yield f"config firewall address{suffix}"
        for member, name in members:
            yield from (f'edit "{member}"', "set type fqdn", f'set fqdn "{name}"', "next")
        yield "end"
        yield from _group(suffix, _name(exemption, "to"), [member for member, _name_ in members])
    yield from ("config firewall service custom", f'edit "{_name(exemption)}"')
    yield from (f"set {exemption.protocol}-portrange {' '.join(exemption.ports)}", "next", "end")


def _group(suffix: str, name: str, members: Sequence[str]) -> Iterator[str]:
    yield from (f"config firewall addrgrp{suffix}", f'edit "{name}"')
    yield from (f'append member "{member}"' for member in members)
    yield from ("next", "end")


def _policy(exemption: Exemption) -> Iterator[str]:
    yield from ("config firewall policy", "edit 0", f'set name "{_name(exemption)}"', "set status disable")
    yield from ('set srcintf "any"', 'set dstintf "any"')
    for suffix in _families(exemption):
        yield f'set srcaddr{suffix} "{_name(exemption, "from") if exemption.sources else "all"}"'
        yield f'set dstaddr{suffix} "{_name(exemption, "to") if exemption.destinations or exemption.names else "all"}"'
    yield from (f'set service "{_name(exemption)}"', 'set schedule "always"', "set action accept")
    yield from ("set utm-status enable", 'set ssl-ssh-profile "no-inspection"', "set logtraffic all", "next", "end")


def _families(exemption: Exemption) -> list[str]:
    """The families that both ends have, as the suffixes of their keys."""
    ends = [networks for networks in (exemption.sources, exemption.destinations) if networks]
    return [suffix for version, suffix in FAMILIES if all(of_family(networks, version) for networks in ends)]


def _name(exemption: Exemption, *parts: str) -> str:
    return "-".join(("federated", exemption.slug, *parts))
