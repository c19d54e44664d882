# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the user should know about the way that flows take around or through a forward proxy."""

from __future__ import annotations

from collections.abc import Iterator

from ...module_utils._plan.words import EGRESS
from .._inventory.forward_proxy import ForwardProxy
from .._matrix.model import RESPONDER
from .address_sets import ANY
from .check_way_out import stuck_warnings
from .proxy_entry import is_loopback
from .proxy_routes import Routed


def proxy_warnings(routed: Routed, proxy: ForwardProxy) -> list[str]:
    """Warnings about one host's forward proxy, each once."""
    found = (*_of_proxied(routed, proxy), *_of_direct(routed), *_of_environment(routed, proxy), *stuck_warnings(routed, proxy))
    return list(dict.fromkeys(found))


def _of_environment(routed: Routed, proxy: ForwardProxy) -> Iterator[str]:
    unsaid = [network for network in routed.exemptions.unsaid() if network in proxy.no_proxy]
    if unsaid:
        yield (
            f"no_proxy of the environment leaves out {', '.join(unsaid)}: few programs read networks of IPv6, and httpx fails with one in "
            "the list; list single addresses or names instead"
        )


def _of_proxied(routed: Routed, proxy: ForwardProxy) -> Iterator[str]:
    for rule, key in routed.proxied:
        url = proxy.urls[key]
        if url and is_loopback(url.host):
            yield f"the forward proxy {url.shown} is the host itself; what that proxy connects to has no rule"
        if rule.flow.proxy == "unknown":
            yield f"{rule.flow_label}: whether it may use the forward proxy is not documented, but there is no other way out"
        if rule.flow.ends[RESPONDER].kind == "roles":
            yield f"{rule.federation.label}: partners see the forward proxy's address, so connectivity_addresses has to name that"


def _of_direct(routed: Routed) -> Iterator[str]:
    for rule in routed.direct:
        if rule.direction == EGRESS and rule.flow.proxy == "unknown" and rule.flow.ends[RESPONDER].kind != "network":
            yield f"{rule.flow_label}: whether it may use the forward proxy is not documented, so its direct rule stays"
        if rule.direction == EGRESS and rule.flow.ends[RESPONDER].kind == "roles" and ANY in rule.peers.address_sets:
            yield f"{rule.federation.label}: with federation_scope any, no_proxy names no partner, so the proxy may be asked for them"
