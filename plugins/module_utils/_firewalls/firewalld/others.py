# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What zones and policies of others in firewalld decide about connections with the host."""

from __future__ import annotations

import typing as t

from ..._host.port_names import span
from ..._plan.words import EGRESS, INGRESS
from ..._policy.contradictions import ANY_ADDRESS, ANY_PORT, ANYBODY, Match, Place, Verdict, addresses
from ..iptables.unread import UNREADABLE, Unread
from .client import DaemonLeft, errors

REFUSAL = "ours prevails, as its policy comes before all zones: to refuse them, take them out of the plan, or ban them in nftables"
ACCEPTANCE = "ours prevails, as its policy comes before all zones: who is to connect belongs in the inventory"
_REFUSING = ("DROP", "REJECT", "%%REJECT%%")
_FAMILIES = {"ipv4": 4, "ipv6": 6}


_MOST_SERVICES = 200  # that include each other


def places(client: t.Any, is_ours: t.Callable[[str], bool], unread: Unread) -> t.List[Place]:
    """The rules in force: of each zone that packets come to, and of each policy from or to the host."""
    reading = _Reading(client, unread)
    found = []
    with errors("cannot be read"):
        default = client.getDefaultZone()
        zones = sorted({default, *client.getActiveZones()})
        policies = sorted(name for name in client.getPolicies() if not is_ours(name))
    for name in zones:
        settings = reading.ask("zone " + name, lambda name=name: client.getZoneSettings(name).getSettingsDict())  # type: ignore[misc]
        if settings is not None:
            found.append(Place(INGRESS, reading.of_zone(name, settings, name == default), REFUSAL, ACCEPTANCE))
    for name in policies:
        settings = reading.ask("policy " + name, lambda name=name: client.getPolicySettings(name).getSettingsDict())  # type: ignore[misc]
        if settings is not None:
            sides = settings.get("ingress_zones", []), settings.get("egress_zones", [])
            verdicts = [*reading.verdicts(settings, "policy " + name, Match(certain=["ANY"] in sides))]
            found += [Place(d, verdicts, REFUSAL, ACCEPTANCE) for d, side in ((INGRESS, sides[1]), (EGRESS, sides[0])) if "HOST" in side]
    return found


class _Reading:
    """How zones and policies read; what firewalld does not answer, and what nobody can read, is passed over."""

    def __init__(self, client: t.Any, unread: Unread) -> None:
        self._client, self._unread = client, unread

    def ask(self, what: str, question: t.Callable[[], t.Any]) -> t.Any:
        """The answer of firewalld, or None. Raises DaemonLeft where firewalld has gone."""
        try:
            with errors("cannot be read"):
                return question()
        except DaemonLeft:
            raise
        except Exception as error:
            self._unread.rule("firewalld", "%s: %s" % (what, error))
            return None

    def of_zone(self, name: str, settings: t.Mapping[str, t.Any], is_default: bool) -> t.List[Verdict]:
        everybody = is_default or settings.get("interfaces")
        match = Match() if everybody else self._of_sources(list(self._texts(settings, "sources", "zone " + name)))
        verdicts = [*self.verdicts(settings, "zone " + name, match)]
        if settings.get("target") in _REFUSING and match.certain and match.peers != ANYBODY:
            verdicts.append(Verdict("firewalld: your zone %s" % name, False, match))
        return verdicts

    def verdicts(self, settings: t.Mapping[str, t.Any], where: str, match: Match) -> t.Iterator[Verdict]:
        """What rich rules decide, by priority, refusals first (firewalld.richlanguage(5)), then ports and services."""
        rich_rules = self._texts(settings, "rules_str" if "rules_str" in settings else "rich_rules", where)
        yield from self._of_rich_rules(rich_rules, where, match)
        for port in settings.get("ports", ()):
            words = "port %s in %s" % ("/".join(map(str, port)) if isinstance(port, (list, tuple)) else port, where)
            yield from (Verdict("firewalld: your " + words, True, each) for each in self._to_port(words, match, port))
        for protocol in self._texts(settings, "protocols", where):
            yield Verdict("firewalld: your protocol %s in %s" % (protocol, where), True, _to_protocol(match, protocol))
        for service in self._texts(settings, "services", where):
            for named, matched in self._of_service(service, match):
                yield Verdict("firewalld: your service %s in %s" % (named, where), True, matched)

    def _texts(self, settings: t.Mapping[str, t.Any], key: str, where: str) -> t.Iterator[str]:
        """The entries of a list of texts."""
        for entry in settings.get(key, ()):
            if isinstance(entry, str):
                yield entry
            else:
                self._unread.rule("firewalld", "%s %s in %s" % (key, entry, where))

    def _of_rich_rules(self, rules: t.Iterable[str], where: str, match: Match) -> t.Iterator[Verdict]:
        from firewall.core.rich import Rich_Accept, Rich_Drop, Rich_Reject, Rich_Rule  # type: ignore[import-not-found]

        read = []
        for words in rules:
            try:
                rule = Rich_Rule(rule_str=words)
                read.append(((rule.priority, not isinstance(rule.action, (Rich_Drop, Rich_Reject))), words, rule))
            except Exception:  # firewalld's own errors, and whatever its parser stumbles over
                self._unread.rule("firewalld", "rich rule %s in %s" % (words, where))
        for _order, words, rule in sorted(read, key=lambda each: each[0]):
            if isinstance(rule.action, (Rich_Accept, Rich_Drop, Rich_Reject)):
                named = "firewalld: your rich rule '%s' in %s" % (words, where)
                accepts = not isinstance(rule.action, (Rich_Drop, Rich_Reject))  # which firewalld 1 has below Rich_Accept
                for each in self._parts("rich rule %s in %s" % (words, where), lambda rule=rule: [*self._of_rule(rule, match)]):  # type: ignore[misc]
                    yield Verdict(named, accepts, each)

    def _parts(self, words: str, read: t.Callable[[], t.List[Match]]) -> t.List[Match]:
        try:
            return read()
        except UNREADABLE:
            self._unread.rule("firewalld", words)
            return []

    def _to_port(self, words: str, match: Match, port: t.Sequence[t.Any]) -> t.List[Match]:
        return self._parts(words, lambda: [_to_port(match, *port)] if port[0] else [])

    def _of_rule(self, rule: t.Any, match: Match) -> t.Iterator[Match]:
        from firewall.core.rich import Rich_Port, Rich_Protocol, Rich_Service

        if rule.family:
            match = match._replace(peers=ANY_ADDRESS[_FAMILIES[rule.family]] if match.peers == ANYBODY else match.peers)
        if rule.source:
            source = rule.source
            origin = "ipset:" + source.ipset if source.ipset else source.addr or source.mac
            narrowed = self._of_sources([origin])
            match = narrowed._replace(certain=narrowed.certain and match.certain and not source.invert)
        if rule.destination:
            match = match._replace(certain=False)
        if isinstance(rule.element, Rich_Port):
            yield _to_port(match, rule.element.port, rule.element.protocol)
        elif isinstance(rule.element, Rich_Service):
            yield from (each for _named, each in self._of_service(rule.element.name, match))
        elif isinstance(rule.element, Rich_Protocol):
            yield _to_protocol(match, rule.element.value)
        else:
            yield match._replace(certain=match.certain and rule.element is None)

    def _of_service(self, name: str, match: Match) -> t.Iterator[t.Tuple[str, Match]]:
        """The ports of a service and of all that it includes, each with the name of the service as a message shows it."""
        waiting, seen = [(name, name)], {name}
        while waiting:
            named, service = waiting.pop(0)
            settings = self.ask("service " + named, lambda service=service: _service(self._client, service))  # type: ignore[misc]
            if settings is None:
                continue
            ports, protocols, destinations, includes = settings
            asked = match._replace(certain=match.certain and not destinations)
            yield from ((named, each) for port in ports for each in self._to_port("service " + named, asked, port))
            yield from ((named, _to_protocol(asked, protocol)) for protocol in protocols)
            for included in includes:
                if isinstance(included, str) and included not in seen and len(seen) < _MOST_SERVICES:
                    seen.add(included)
                    waiting.append(("%s (by %s)" % (included, name), included))

    def _of_sources(self, sources: t.Sequence[str]) -> Match:
        """Who comes from the sources, as firewalld writes them: networks, ``ipset:NAME``, Ethernet addresses."""
        networks: t.List[str] = []
        for source in sources:
            entries = [source]
            if source.startswith("ipset:"):  # one whose entries expire does not tell them
                entries = self.ask(source, lambda source=source: _entries(self._client, source[len("ipset:") :]))  # type: ignore[misc]
            if entries is None:
                return Match(certain=False)
            networks += entries
        try:
            return Match(peers=addresses(networks))
        except UNREADABLE:  # Ethernet addresses, entries with ports, masks that are no prefix lengths
            return Match(certain=False)


def _entries(client: t.Any, ipset: str) -> t.List[str]:
    return [str(entry) for entry in client.getEntries(ipset)]


def _service(client: t.Any, name: str) -> t.Tuple[t.Any, t.Any, t.Any, t.Any]:
    """Ports, protocols, destinations and included services; clients before 0.7 know no includes."""
    settings = client.getServiceSettings(name)
    includes = settings.getIncludes() if hasattr(settings, "getIncludes") else ()
    return settings.getPorts(), settings.getProtocols(), settings.getDestinations(), includes


def _to_port(match: Match, port: str, protocol: str) -> Match:
    return match._replace(protocols=(str(protocol),), ports=(span(str(port)),) if port else ANY_PORT)


def _to_protocol(match: Match, protocol: t.Any) -> Match:
    return match._replace(protocols=(str(protocol),))
