# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""From one host's file of the plan to its policy; whatever is wrong with it is said at once."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._errors import PolicyRefused
from .._plan.model import HostPlan, InsideFlow, PlanRule
from .._plan.ports import disjoint, is_port_range
from .._plan.protocols import WITH_PORTS, faults, type_names
from .._plan.words import DENY, DIRECTIONS, EGRESS, HOST, INGRESS, INSTALL, PLACEMENTS, PROTOCOLS, TCP, UDP, UNCHANGED
from .model import FAMILIES, AddressSet, Policy, Rule

# Linux takes names of 15 characters (IFNAMSIZ); a trailing * stands for any rest.
_INTERFACE = re.compile(r"[A-Za-z0-9_.-]{1,15}\Z|[A-Za-z0-9_.-]{1,14}\*\Z")
_DEFAULTS = (UNCHANGED, DENY)
_KEYS = ("id", "direction", "protocol", "ports", "peers", "placement", "closed_to_others", "types")


def parse_policy(
    data: t.Mapping[str, t.Any],
    resolved: t.Mapping[str, t.Sequence[str]],
    management: t.Optional[t.Tuple[str, int]],
    container_interfaces: t.Sequence[str] = (),
) -> Policy:
    """Build the policy from one host's file of the plan with its ``address_sets`` (docs/reference/policy.md).

    Args:
        data: The host's file of the plan plus ``address_sets``: name -> CIDRs.
        resolved: Addresses of each host name that a rule names, as looked up on this host; a name without addresses
            opens nothing.
        management: (client address, local port) of the live management connection.
        container_interfaces: Names of container bridges, or prefixes with a trailing ``*``.

    Raises:
        PolicyRefused: with all messages at once, each naming the rule.
    """
    checks = _Checks(data, resolved)
    checks.check(container_interfaces)
    if checks.errors:
        raise PolicyRefused(*checks.errors)
    rules = [_kept(rule, _KEYS) for rule in data["rules"]]
    plan = HostPlan.from_json({**_kept(data, ("host", "defaults")), "managed": True, "rules": rules})
    policy = Policy(
        plan.host,
        tuple(_rule(rule, checks.sets, checks.names) for rule in plan.part.rules),
        plan.part.defaults.denies(INGRESS),
        plan.part.defaults.denies(EGRESS),
        None,
        tuple(container_interfaces),
        bool(data.get("listeners")),
        data.get("log_refused", False),
        data.get("connection_limit", 0),
        tuple(map(_inside, data["containers_apart"])) if "containers_apart" in data else None,
        tuple(data.get("contained_bridges", ())),
        tuple(map(_inside, data.get("computations", ()))),
    )
    return policy._replace(management=management) if management and policy.endangers(*management) else policy


def _kept(data: t.Mapping[str, t.Any], keys: t.Iterable[str]) -> t.Dict[str, t.Any]:
    """What has been checked of a piece of the plan, and nothing else of it."""
    return {key: data[key] for key in keys if key in data}


def _rule(rule: PlanRule, sets: t.Mapping[str, AddressSet], names: t.Mapping[str, AddressSet]) -> Rule:
    """A rule of the plan with the addresses of its peers. A name without addresses opens nothing."""
    peers = [*(sets[name] for name in rule.peers.address_sets), *(names[name] for name in rule.peers.names if name in names)]
    types = type_names(rule.protocol, rule.types) if rule.types else ()
    return Rule(rule.id, rule.direction, rule.protocol, disjoint(rule.ports), tuple(peers), rule.placement, rule.closed_to_others, types)


def _inside(entry: t.Mapping[str, t.Any]) -> InsideFlow:
    flow = InsideFlow.from_json(entry)
    return flow._replace(ports=disjoint(flow.ports))


def names_of(data: t.Mapping[str, t.Any]) -> t.List[str]:
    """The host names that the rules name, sorted; whatever is malformed is left to :func:`parse_policy`."""
    rules = data.get("rules")
    peers = [rule.get("peers") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    names = [peer.get("names") for peer in peers if isinstance(peer, dict)]
    return sorted({name for listed in names if isinstance(listed, list) for name in listed if isinstance(name, str)})


def ids_of_installation(data: t.Mapping[str, t.Any]) -> t.FrozenSet[str]:
    """The ids of the rules that are there for an installation alone, of a policy that :func:`parse_policy` has accepted."""
    return frozenset(rule["id"] for rule in data["rules"] if rule.get("phase") == INSTALL)


class _Checks:
    """Checks untrusted data.

    Attributes:
        errors: What is wrong with it.
        sets: The address sets, by name.
        names: The addresses of host names.
    """

    def __init__(self, data: t.Mapping[str, t.Any], resolved: t.Mapping[str, t.Sequence[str]]) -> None:
        self.errors: t.List[str] = []
        self._data = data
        self._defaults = self._mapping(data, "defaults", "policy")
        listed = self._mapping(data, "address_sets", "policy")
        self.sets = {name: self._address_set(name, self._list(listed, name, "address_sets")) for name in listed}
        self.names = {name: self._address_set(name, addresses) for name, addresses in resolved.items()}
        for name in sorted(name for name in {**self.sets, **self.names} if not name.isprintable()):
            self.errors.append("%r is not a valid name of an address set or a host: it has characters that cannot be seen" % name)
        for name in sorted(self.sets.keys() & self.names.keys()):
            self.errors.append("%r is both an address set and a host name of the policy; use the host's full name" % name)

    def check(self, container_interfaces: t.Sequence[str]) -> None:
        """Check all of a policy."""
        self._text(self._data, "host", "policy")
        self._rules()
        for direction in DIRECTIONS:
            self._text(self._defaults, direction, "defaults", _DEFAULTS)
        if not isinstance(self._data.get("log_refused", False), bool):
            self.errors.append("policy: log_refused must be true or false, not %r" % (self._data["log_refused"],))
        limit = self._data.get("connection_limit", 0)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= 65535:
            self.errors.append("policy: connection_limit must be a number from 0 to 65535, not %r" % (limit,))
        for key in ("containers_apart", "computations"):
            for number, entry in enumerate(self._list(self._data, key, "policy", dict) if key in self._data else ()):
                self._inside(entry, "%s[%d]" % (key, number))
        for name in self._list(self._data, "contained_bridges", "policy") if "contained_bridges" in self._data else ():
            if name.endswith("*") or not _INTERFACE.match(name):
                self.errors.append("policy: contained_bridges: %r is not a valid interface name" % name)
        for name in container_interfaces:
            if not _INTERFACE.match(name):
                self.errors.append("container_interfaces: %r is not a valid interface name; a prefix may end in *" % name)

    def _inside(self, entry: t.Mapping[str, t.Any], where: str) -> None:
        self._text(entry, "flow", where)
        self._text(entry, "protocol", where, (TCP, UDP))
        ports = self._list(entry, "ports", where)
        if entry.get("ports") == []:
            self.errors.append("%s: no ports" % where)
        self.errors.extend("%s: %r is not a valid port" % (where, port) for port in ports if not is_port_range(port))

    def _text(self, data: t.Mapping[str, t.Any], key: str, where: str, allowed: t.Sequence[str] = ()) -> None:
        value = data.get(key)
        if not isinstance(value, str) or not value:
            self.errors.append("%s: %s must be a string, not %r" % (where, key, value))
            return
        if not value.isprintable():
            self.errors.append("%s: %s has characters that cannot be seen: %r" % (where, key, value))
        if allowed and value not in allowed:
            self.errors.append("%s: %s is %r; it can be %s" % (where, key, value, " or ".join(allowed)))

    def _rules(self) -> None:
        entries = self._list(self._data, "rules", "policy", dict)
        for number, entry in enumerate(entries):
            self._rule(entry, "rule %s" % entry.get("id", "without id (rules[%d])" % number))
        ids = [entry["id"] for entry in entries if isinstance(entry.get("id"), str)]
        for id in sorted({id for id in ids if id and ids.count(id) > 1}):
            self.errors.append("rule %s: stands in the policy more than once" % id)

    def _rule(self, entry: t.Mapping[str, t.Any], where: str) -> None:
        self._text(entry, "direction", where, DIRECTIONS)
        ports = self._list(entry, "ports", where)
        types = self._list(entry, "types", where) if "types" in entry else []
        protocol = entry.get("protocol")
        if isinstance(entry.get("ports"), list) and protocol in PROTOCOLS:
            self.errors.extend("%s: %s" % (where, fault) for fault in faults(protocol, entry["ports"], types))
        elif entry.get("ports") == []:
            self.errors.append("%s: no ports; a rule without ports would open all of them" % where)
        if protocol not in WITH_PORTS and protocol in PROTOCOLS and entry.get("placement", HOST) != HOST:
            self.errors.append("%s: placement is published, but a container publishes ports, and %s has none" % (where, protocol))
        self.errors.extend("%s: %r is not a valid port" % (where, port) for port in ports if not is_port_range(port))
        closed = entry.get("closed_to_others", False)
        if not isinstance(closed, bool):
            self.errors.append("%s: closed_to_others must be true or false, not %r" % (where, closed))
        self._text(entry, "id", where)
        self._text(entry, "protocol", where, PROTOCOLS)
        self._peers(entry, where)
        self._text({"placement": HOST, **entry}, "placement", where, PLACEMENTS)

    def _peers(self, entry: t.Mapping[str, t.Any], where: str) -> None:
        peers = self._mapping(entry, "peers", where)
        for name in self._list(peers, "address_sets", where):
            if name not in self.sets:
                self.errors.append("%s: address set %r is not in the plan" % (where, name))
        self._list(peers, "names", where)

    def _mapping(self, data: t.Mapping[str, t.Any], key: str, where: str) -> t.Mapping[str, t.Any]:
        value = data.get(key)
        if isinstance(value, dict):
            return value
        self.errors.append("%s: %s must be a dictionary, not %r" % (where, key, value))
        return {}

    def _list(self, data: t.Mapping[str, t.Any], key: str, where: str, kind: t.Type[t.Any] = str) -> t.List[t.Any]:
        value = data.get(key)
        one, several = ("string", "strings") if kind is str else ("dictionary", "dictionaries")
        if not isinstance(value, list):
            self.errors.append("%s: %s must be a list of %s, not %r" % (where, key, several, value))
            return []
        wrong = [(index, item) for index, item in enumerate(value) if not isinstance(item, kind)]
        self.errors.extend("%s: %s[%d] must be a %s, not %r" % (where, key, index, one, item) for index, item in wrong)
        return [item for item in value if isinstance(item, kind)]

    def _address_set(self, name: str, cidrs: t.Iterable[str]) -> AddressSet:
        networks: t.Dict[int, t.List[t.Any]] = {4: [], 6: []}
        for cidr in cidrs:
            try:
                if "%" in cidr:
                    raise ValueError("%r names an interface, which no partner shares" % cidr)
                network = ipaddress.ip_network(cidr)
            except ValueError as error:
                self.errors.append("address set %s: %s" % (name, error))
                continue
            networks[network.version].append(network)
        ipv4, ipv6 = (tuple(str(network) for network in sorted(ipaddress.collapse_addresses(networks[family]))) for family in FAMILIES)
        return AddressSet(name, ipv4, ipv6)
