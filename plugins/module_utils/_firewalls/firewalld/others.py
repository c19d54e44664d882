# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What zones and policies of others in firewalld decide about connections with the host."""

from __future__ import annotations

import typing as t

from ..._plan.ports import bounds
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, ANY_PORT, ANYBODY, Match, Place, Verdict, addresses
from .client import errors

REFUSAL = "ours prevails, as its policy comes before all zones: to refuse them, take them out of the plan, or ban them in nftables"
ACCEPTANCE = "ours prevails, as its policy comes before all zones: who is to connect belongs in the inventory"
_REFUSING = ("DROP", "REJECT", "%%REJECT%%")
_FAMILIES = {"ipv4": 4, "ipv6": 6}


def places(client: t.Any, is_ours: t.Callable[[str], bool]) -> t.List[Place]:
    """The rules in force: of each zone that packets come to, and of each policy from or to the host."""
    found = []
    with errors("cannot be read"):
        default = client.getDefaultZone()
        for name in sorted({default, *client.getActiveZones()}):
            settings = client.getZoneSettings(name).getSettingsDict()
            everybody = name == default or settings.get("interfaces")
            match = Match() if everybody else _of_sources(client, settings.get("sources", ()))
            verdicts = [*_verdicts(client, settings, "zone " + name, match)]
            if settings.get("target") in _REFUSING and match.certain and match.peers != ANYBODY:
                verdicts.append(Verdict("firewalld: your zone %s" % name, False, match))
            found.append(Place(INGRESS, verdicts, REFUSAL, ACCEPTANCE))
        for name in sorted(filter(lambda name: not is_ours(name), client.getPolicies())):
            settings = client.getPolicySettings(name).getSettingsDict()
            zones = settings.get("ingress_zones", []), settings.get("egress_zones", [])
            match = Match(certain=["ANY"] in zones)
            verdicts = [*_verdicts(client, settings, "policy " + name, match)]
            found += [Place(d, verdicts, REFUSAL, ACCEPTANCE) for d, side in ((INGRESS, zones[1]), (EGRESS, zones[0])) if "HOST" in side]
    return found


def _verdicts(client: t.Any, settings: t.Mapping[str, t.Any], where: str, match: Match) -> t.Iterator[Verdict]:
    """What rich rules decide, by priority, refusals first (firewalld.richlanguage(5)), then ports and services."""
    from firewall.core.rich import Rich_Accept, Rich_Drop, Rich_Reject, Rich_Rule  # type: ignore[import-not-found]

    rules = [(words, Rich_Rule(rule_str=words)) for words in settings.get("rules_str", settings.get("rich_rules", ()))]
    for words, rule in sorted(rules, key=lambda item: (item[1].priority, not isinstance(item[1].action, (Rich_Drop, Rich_Reject)))):
        if isinstance(rule.action, (Rich_Accept, Rich_Drop, Rich_Reject)):
            named = "firewalld: your rich rule '%s' in %s" % (words, where)
            accepts = not isinstance(rule.action, (Rich_Drop, Rich_Reject))  # which firewalld 1 has below Rich_Accept
            yield from (Verdict(named, accepts, each) for each in _of_rule(client, rule, match))
    for port, protocol in settings.get("ports", ()):
        yield Verdict("firewalld: your port %s/%s in %s" % (port, protocol, where), True, _to_port(match, port, protocol))
    for service in settings.get("services", ()):
        yield from (
            Verdict("firewalld: your service %s in %s" % (service, where), True, each) for each in _of_service(client, service, match)
        )


def _of_rule(client: t.Any, rule: t.Any, match: Match) -> t.Iterator[Match]:
    from firewall.core.rich import Rich_Port, Rich_Protocol, Rich_Service

    if rule.family:
        match = match._replace(peers=ANY_ADDRESS[_FAMILIES[rule.family]] if match.peers == ANYBODY else match.peers)
    if rule.source:
        source = rule.source
        origin = "ipset:" + source.ipset if source.ipset else source.addr or source.mac
        narrowed = _of_sources(client, [origin])
        match = narrowed._replace(certain=narrowed.certain and match.certain and not source.invert)
    if rule.destination:
        match = match._replace(certain=False)
    if isinstance(rule.element, Rich_Port):
        yield _to_port(match, rule.element.port, rule.element.protocol)
    elif isinstance(rule.element, Rich_Service):
        yield from _of_service(client, rule.element.name, match)
    elif isinstance(rule.element, Rich_Protocol):
        yield match._replace(protocols=(rule.element.value,))
    else:
        yield match._replace(certain=match.certain and rule.element is None)


def _of_service(client: t.Any, name: str, match: Match) -> t.Iterator[Match]:
    for port, protocol in client.getServiceSettings(name).getPorts():
        if port:
            yield _to_port(match, port, protocol)


def _of_sources(client: t.Any, sources: t.Sequence[str]) -> Match:
    """Who comes from the sources, as firewalld writes them: networks, ``ipset:NAME``, Ethernet addresses."""
    networks: t.List[str] = []
    for source in sources:
        networks += client.getEntries(source[len("ipset:") :]) if source.startswith("ipset:") else [source]
    try:
        return Match(peers=addresses(networks))
    except ValueError:  # Ethernet addresses, or entries with ports
        return Match(certain=False)


def _to_port(match: Match, port: str, protocol: str) -> Match:
    return match._replace(protocols=(protocol,), ports=(bounds(port),) if port else ANY_PORT)
