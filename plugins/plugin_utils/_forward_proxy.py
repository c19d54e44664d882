# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Sends what may go through a forward proxy there: one rule, host -> proxy, instead of many."""

from __future__ import annotations

import typing as t
import urllib.parse
from collections.abc import Iterable, Sequence

from ._address_sets import ANY, AddressSets
from ._addresses import parse_network
from ._hosts import ForwardProxy
from ._matrix import BASELINE, PHASES, RESPONDER
from ._memberships import BASELINE_FEDERATION
from ._rules import EGRESS, Entry, Peers, Rule

FLOW = "forward_proxy"
LOOPBACK = ("localhost", "127.0.0.0/8", "::1")


class Routed(t.NamedTuple):
    """The rules of a host with a forward proxy.

    Attributes:
        direct: The rules that stay as they are.
        proxied: The plan's entries of the rules to the proxy.
        no_proxy: What must not go through the proxy: the user's exceptions, the host itself, the peers of direct egress rules.
        warnings: What the user should know.
    """

    direct: list[Rule]
    proxied: list[Entry]
    no_proxy: list[str]
    warnings: list[str]


def route(rules: Sequence[Rule], proxy: ForwardProxy, sets: AddressSets) -> Routed:
    """Split a host's rules into direct ones and those that the proxy stands for."""
    direct: list[Rule] = []
    proxied: dict[int, list[tuple[str, Rule]]] = {}
    warnings: list[str] = []
    for rule in rules:
        url = _url(rule, proxy)
        if url is None:
            direct.append(rule)
            continue
        target = urllib.parse.urlsplit(url)
        proxied.setdefault(t.cast(int, target.port), []).append((t.cast(str, target.hostname), rule))
        if _is_loopback(t.cast(str, target.hostname)):
            warnings.append(f"the forward proxy {url} is the host itself; what that proxy connects to has no rule")
    for rule in direct:
        if rule.direction == EGRESS and rule.flow.proxy == "unknown":
            warnings.append(f"{rule.flow_label}: whether it may use the forward proxy is not documented, so its direct rule stays")
    entries = [_entry(port, uses, len(proxied) > 1, sets) for port, uses in sorted(proxied.items())]
    return Routed(direct, [entry for entry in entries if entry], _no_proxy(direct, proxy, sets), warnings)


def _url(rule: Rule, proxy: ForwardProxy) -> str | None:
    """The proxy that a rule's flow uses: plain connections the HTTP proxy, all others the HTTPS proxy; None for a direct rule."""
    if rule.direction != EGRESS or rule.flow.proxy != "allowed" or rule.flow.ends[RESPONDER].kind not in ("names", "any"):
        return None
    return proxy.http_proxy if rule.flow.tls == "none" else proxy.https_proxy


def _entry(port: int, uses: list[tuple[str, Rule]], port_in_id: bool, sets: AddressSets) -> Entry | None:
    peers = _peers({host for host, _rule in uses}, sets)
    if peers == Peers():
        return None
    rules = [rule for _host, rule in uses]
    flows = sorted(rule.flow_label for rule in rules)
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
        "peers": peers.as_plan(),
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
        if _is_loopback(host):
            continue
        try:
            addresses.append(sets.proxy(parse_network(host)))
        except ValueError:
            names.append(host)
    return Peers(tuple(addresses), tuple(names))


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _strongest(necessities: Iterable[str]) -> str:
    return min(necessities, key=("mandatory", "conditional", "fallback", "optional").index)


def _no_proxy(direct: Iterable[Rule], proxy: ForwardProxy, sets: AddressSets) -> list[str]:
    """Peers stand here address by address: not everything that reads no_proxy understands networks."""
    exceptions = {*proxy.no_proxy, *LOOPBACK}
    for rule in direct:
        if rule.direction == EGRESS and ANY not in rule.peers.address_sets:
            exceptions.update(rule.peers.names)
            for name in rule.peers.address_sets:
                exceptions.update(address.removesuffix("/32").removesuffix("/128") for address in sets.listed[name])
    return sorted(exceptions)
