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

from .._common.templates import template
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
    return template(__file__, "fortigate.conf.j2").render(
        header=list(header("#", TITLE, site, *ADVICE)),
        exemptions=exemptions,
        families=FAMILIES,
        of_family=of_family,
        common_families=_families,
    )


def _families(exemption: Exemption) -> list[str]:
    """The families that both ends have, as the suffixes of their keys."""
    ends = [networks for networks in (exemption.sources, exemption.destinations) if networks]
    return [suffix for version, suffix in FAMILIES if all(of_family(networks, version) for networks in ends)]
