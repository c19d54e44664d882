# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan says about a host's forward proxy: one rule to it, and all that others configure after it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Sequence

from .._common.addresses import parse_network
from .._inventory.forward_proxy import ForwardProxy
from .._inventory.memberships import BASELINE_FEDERATION
from .._inventory.no_proxy import Exemptions
from .._matrix.model import BASELINE, PHASES
from .address_sets import AddressSets
from .host_flows import EGRESS, Peers
from .plan import Entry
from .proxy_routes import Proxied, Routed

FLOW = "forward_proxy"


def proxy_rules(proxied: Sequence[Proxied], proxy: ForwardProxy, sets: AddressSets) -> list[Entry]:
    """The plan's rules from the host to its proxies, one for each port. A proxy on the host itself needs none."""
    by_port: dict[int, list[tuple[str, Proxied]]] = {}
    for use in proxied:
        url = proxy.urls[use.key]
        if url and not is_loopback(url.host):
            by_port.setdefault(url.port, []).append((url.host, use))
    return [_rule(port, uses, len(by_port) > 1, sets) for port, uses in sorted(by_port.items())]


def proxy_entry(routed: Routed, proxy: ForwardProxy) -> Entry:
    """The ``proxy`` of a host's file (docs/architecture.md, "The plan directory")."""
    return {
        **{key: url and url.shown for key, url in proxy.urls.items()},
        "authenticated": proxy.authenticated,
        "only": proxy.only,
        "no_proxy": routed.exemptions.for_environment(),
        "consumers": _consumers(routed.proxied, routed.exemptions),
        "flows": sorted(map(_flow, routed.proxied), key=lambda flow: (flow["flow"], flow["ports"])),
    }


def is_loopback(host: str) -> bool:
    """Whether a proxy is on the host itself."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _rule(port: int, uses: Sequence[tuple[str, Proxied]], port_in_id: bool, sets: AddressSets) -> Entry:
    rules = [use.rule for _host, use in uses]
    flows = sorted({rule.flow_label for rule in rules})
    phases = [phase for phase in PHASES if any(phase in rule.flow.phases for rule in rules)]
    return {
        "id": f"{BASELINE}.{BASELINE_FEDERATION}.{FLOW}.{EGRESS}" + (f".{port}" if port_in_id else ""),
        "matrix": BASELINE,
        "federation": BASELINE_FEDERATION,
        "flow": FLOW,
        "flows": flows,
        "direction": EGRESS,
        "protocol": "tcp",
        "ports": [str(port)],
        "peers": _peers({host for host, _use in uses}, sets).as_plan(),
        "placement": "published" if any(rule.placement == "published" for rule in rules) else "host",
        "closed_to_others": False,
        "via_proxy": True,
        "application": "http_proxy",
        "tls": "none",
        "inspection": "not_applicable",
        "necessity": _strongest(rule.flow.necessity for rule in rules),
        "phase": phases[-1],
        "phases": phases,
        "purpose": f"Forward proxy for {', '.join(flows)}",
    }


def _peers(hosts: Iterable[str], sets: AddressSets) -> Peers:
    addresses: list[str] = []
    names: list[str] = []
    for host in sorted(hosts):
        try:
            addresses.append(sets.proxy(parse_network(host)))
        except ValueError:
            names.append(host)
    return Peers(tuple(addresses), tuple(names))


def _strongest(necessities: Iterable[str]) -> str:
    return min(necessities, key=("mandatory", "conditional", "fallback", "optional").index)


def _consumers(proxied: Iterable[Proxied], exemptions: Exemptions) -> Entry:
    forms: dict[str, t.Callable[[], list[str]]] = {"docker_daemon": exemptions.for_go, "java": exemptions.for_java}
    flows: dict[str, set[str]] = {}
    for use in proxied:
        for mechanism in use.rule.proxy_mechanisms:
            flows.setdefault(mechanism, set()).add(use.rule.flow_label)
    return {
        mechanism: {"flows": sorted(labels), "no_proxy": forms.get(mechanism, exemptions.for_environment)()}
        for mechanism, labels in flows.items()
    }


def _flow(use: Proxied) -> Entry:
    flow = use.rule.flow
    return {
        "flow": use.rule.flow_label,
        "proxy": use.key,
        "method": "plain" if use.key == "http_proxy" else "CONNECT",
        "ports": list(use.rule.ports),
        "peers": use.rule.peers.as_plan(),
        "inspection": flow.inspection,
        "purpose": flow.purpose,
    }
