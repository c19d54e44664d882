# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What becomes of flows that cannot leave a site whose only way out is a forward proxy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .._common.problems import Problems
from .._inventory.forward_proxy import ForwardProxy
from .._inventory.hosts import FORWARD_PROXY, Host
from .._matrix.model import FEDERATION, INITIATOR, Flow
from .address_sets import AddressSets
from .federations import Federation, Member
from .host_flows import Rule, host_flows
from .proxy_routes import Routed, proxy_key, route


def check_proxy_only(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse mandatory flows, and optional ones that were opened, for which there is no way out.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    profile = hosts[0].profile
    if not profile.managed or not profile.proxy or not profile.proxy.only:
        return
    sets = AddressSets()
    flows = host_flows(hosts[0], federations, sets)
    routed = route(flows.rules, profile.proxy, flows.tunnel_networks, sets)
    for rule in routed.stuck:
        if _fallback(rule, routed) is None and rule.flow.necessity in ("mandatory", "optional"):
            member = rule.federation.members[hosts[0].name]
            problems.error(
                f"{rule.flow_label} cannot leave the site, whose only way out is the forward proxy: {_why(rule, profile.proxy)}; "
                f"{_mend(rule, member, profile.proxy)}",
                [host.name for host in hosts],
                [hosts[0].variables.get(FORWARD_PROXY), member.membership.source],
            )


def stuck_warnings(routed: Routed, proxy: ForwardProxy) -> list[str]:
    """What the user should know about flows that have no way out, and yet are no mistake."""
    warnings: list[str] = []
    for rule in routed.stuck:
        fallback = _fallback(rule, routed)
        then = f"{fallback} takes over" if fallback else "it gets no rule"
        warnings.append(f"{rule.flow_label}: {_why(rule, proxy)}, and there is no other way out, so {then}")
    return warnings


def _fallback(rule: Rule, routed: Routed) -> str | None:
    """The flow that stands in for one that is stuck, through the proxy or within the site."""
    ways = [*routed.direct, *(use.rule for use in routed.proxied)]
    found = (other.flow_label for other in ways if other.federation is rule.federation and other.flow.fallback_for == rule.flow.id)
    return next(found, None)


def _why(rule: Rule, proxy: ForwardProxy) -> str:
    if rule.flow.protocol != "tcp":
        return f"an HTTP proxy does not carry {rule.flow.protocol}"
    if rule.flow.proxy == "forbidden":
        return "it must not go through a forward proxy"
    return f"there is no {proxy_key(rule)}"


def _mend(rule: Rule, member: Member, proxy: ForwardProxy) -> str:
    if rule.flow.proxy != "forbidden" and rule.flow.protocol == "tcp":
        return f"define {FORWARD_PROXY}.{proxy_key(rule)}"
    direct = f"a way around the proxy helps, for partners that {FORWARD_PROXY}.no_proxy lists"
    options = list(_options_without(rule, member, proxy))
    return f"{' or '.join(options)} helps, or {direct}" if options else f"no option of {rule.federation.matrix.name} helps; {direct}"


def _options_without(rule: Rule, member: Member, proxy: ForwardProxy) -> Iterator[str]:
    """The values of options with which the flow does not exist, nor another mandatory one in its place that has no way out."""
    federation = rule.federation
    now = set(_initiated(federation.matrix.flows.values(), member, member.options))
    for condition in rule.flow.conditions:
        option = federation.matrix.options[condition.option]
        for value in option.choices:
            then = set(_initiated(federation.matrix.flows.values(), member, {**member.options, option.name: value}))
            if rule.flow.id not in then and all(_has_way_out(federation.matrix.flows[flow], proxy) for flow in then - now):
                agreed = ", which all members have to agree on," if option.owner == FEDERATION else ""
                yield f"the option {option.name}: {value}{agreed}"


def _initiated(flows: Iterable[Flow], member: Member, options: Mapping[str, str | int]) -> Iterator[str]:
    """The flows that a member would initiate with some options, if they were the federation's and its partners', too."""
    for flow in flows:
        fits = all(options[condition.option] in condition.values for condition in flow.conditions)
        if flow.makes_rules and fits and member.has_roles(flow, INITIATOR):
            yield flow.id


def _has_way_out(flow: Flow, proxy: ForwardProxy) -> bool:
    return flow.necessity != "mandatory" or (flow.protocol == "tcp" and flow.proxy != "forbidden")
