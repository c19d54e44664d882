# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan says about a host's forward proxy: one rule to it, and all that others configure after it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Sequence

from ...module_utils._plan.model import Consumer, Peers, PlanProxy, PlanRule, ProxiedFlow
from ...module_utils._plan.words import EGRESS, HOST, PHASES, PUBLISHED, TCP
from .._common.addresses import parse_network
from .._inventory.forward_proxy import ForwardProxy
from .._inventory.memberships import BASELINE_FEDERATION
from .._inventory.no_proxy import Exemptions
from .._matrix.model import BASELINE
from .address_sets import AddressSets
from .proxy_routes import Proxied, Routed

FLOW = "forward_proxy"


def proxy_rules(proxied: Sequence[Proxied], proxy: ForwardProxy, sets: AddressSets) -> list[PlanRule]:
    """The plan's rules from the host to its proxies, one for each port. A proxy on the host itself needs none."""
    by_port: dict[int, list[tuple[str, Proxied]]] = {}
    for use in proxied:
        url = proxy.urls[use.key]
        if url and not is_loopback(url.host):
            by_port.setdefault(url.port, []).append((url.host, use))
    return [_rule(port, uses, len(by_port) > 1, sets) for port, uses in sorted(by_port.items())]


def proxy_entry(routed: Routed, proxy: ForwardProxy) -> PlanProxy:
    """What the plan says about the host's forward proxy."""
    urls = {key: url and url.shown for key, url in proxy.urls.items()}
    flows = sorted(map(_flow, routed.proxied), key=lambda flow: (flow.flow, list(flow.ports)))
    return PlanProxy(
        urls["http_proxy"],
        urls["https_proxy"],
        proxy.authenticated,
        proxy.only,
        tuple(routed.exemptions.for_environment()),
        _consumers(routed.proxied, routed.exemptions),
        tuple(flows),
    )


def is_loopback(host: str) -> bool:
    """Whether a proxy is on the host itself."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _rule(port: int, uses: Sequence[tuple[str, Proxied]], port_in_id: bool, sets: AddressSets) -> PlanRule:
    rules = [use.rule for _host, use in uses]
    flows = tuple(sorted({rule.flow_label for rule in rules}))
    return PlanRule(
        id=f"{BASELINE}.{BASELINE_FEDERATION}.{FLOW}.{EGRESS}" + (f".{port}" if port_in_id else ""),
        matrix=BASELINE,
        federation=BASELINE_FEDERATION,
        flow=FLOW,
        direction=EGRESS,
        protocol=TCP,
        ports=(str(port),),
        peers=_peers({host for host, _use in uses}, sets),
        placement=PUBLISHED if any(rule.placement == PUBLISHED for rule in rules) else HOST,
        via_proxy=True,
        application="http_proxy",
        tls="none",
        inspection="not_applicable",
        necessity=_strongest(rule.flow.necessity for rule in rules),
        phases=tuple(phase for phase in PHASES if any(phase in rule.needed for rule in rules)),
        purpose=f"Forward proxy for {', '.join(flows)}",
        flows=flows,
    )


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


def _consumers(proxied: Iterable[Proxied], exemptions: Exemptions) -> dict[str, Consumer]:
    forms: dict[str, t.Callable[[], list[str]]] = {"docker_daemon": exemptions.for_go, "java": exemptions.for_java}
    flows: dict[str, set[str]] = {}
    for use in proxied:
        for mechanism in use.rule.proxy_mechanisms:
            flows.setdefault(mechanism, set()).add(use.rule.flow_label)
    return {
        mechanism: Consumer(tuple(sorted(labels)), tuple(forms.get(mechanism, exemptions.for_environment)()))
        for mechanism, labels in flows.items()
    }


def _flow(use: Proxied) -> ProxiedFlow:
    flow, method = use.rule.flow, "plain" if use.key == "http_proxy" else "CONNECT"
    return ProxiedFlow(use.rule.flow_label, use.key, method, use.rule.ports, use.rule.peers, flow.inspection, flow.purpose)
