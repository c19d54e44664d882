# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whether the kernel tells which bridge a packet comes from; where it does not, containers of a bridge are known by their networks."""

from __future__ import annotations

import typing as t

from ..._host.host import Host
from ..._policy.container_networks import links_of, networks_of
from ..._policy.surroundings import Surroundings

_TRIAL = 'table bridge federated_connectivity_trial { chain c { meta ibrname "lo" accept; }; }'
_BY_ADDRESS = (
    "this kernel has no module nft_meta_bridge, so containers of one bridge are kept from each other by the addresses of their networks "
    "alone: link-local addresses of IPv6 stay open between them; load the module, or give each container a network of its own"
)


def looked_at(surroundings: Surroundings, bridges: t.Collection[str], contained: t.Collection[str], host: Host) -> Surroundings:
    """The surroundings with what the table of these bridges, and of the contained ones, needs to know of the host."""
    if not host.which("nft") or host.run(["unshare", "--net", "--", "nft", "-f", "-"], input=_TRIAL + "\n", check=False).rc == 0:
        return surroundings
    listed = links_of(host.run(["ip", "-json", "address", "show"], check=False).stdout) if host.which("ip") else []
    containers, within = (networks_of([link for link in listed if link.get("ifname") in names]) for names in (bridges, contained))
    return surroundings._replace(names_bridges=False, containers=containers, contained=within)


def doubts(surroundings: Surroundings) -> t.List[str]:
    """What stays open between containers of one bridge."""
    if surroundings.names_bridges:
        return []
    return [_BY_ADDRESS]
