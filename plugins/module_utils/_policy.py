# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is to be enforced on one host: rules whose peers are addresses, without a trace of matrices or inventories."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    PolicyRefused,
)

INGRESS = "ingress"
EGRESS = "egress"
HOST = "host"
PUBLISHED = "published"
FAMILIES = (4, 6)


class AddressSet(t.NamedTuple):
    """A named list of networks; ``ipv4`` and ``ipv6`` are CIDRs, sorted, without overlaps."""

    name: str
    ipv4: t.Tuple[str, ...]
    ipv6: t.Tuple[str, ...]

    def of_family(self, family: int) -> t.Tuple[str, ...]:
        return self.ipv4 if family == 4 else self.ipv6

    def is_any(self, family: int) -> bool:
        """Whether the set holds every address of the family, so that no match on addresses is needed."""
        return self.of_family(family) == (("0.0.0.0/0",) if family == 4 else ("::/0",))


class Rule(t.NamedTuple):
    """What the host does because of one flow. No peer set at all means nobody: the port is only closed."""

    id: str
    direction: str
    protocol: str
    ports: t.Tuple[str, ...]
    peers: t.Tuple[AddressSet, ...]
    placement: str
    closed_to_others: bool


class Policy(t.NamedTuple):
    """The rules of one host in the order of the plan, and what happens to everything else.

    ``deny_ingress`` and ``deny_egress``: everything without a rule is refused. ``management`` is the live management
    connection: (client address, local port), or None where there is none (a local connection) or no rule could refuse it.
    ``container_interfaces`` are the bridges of containers, by name or by prefix with a trailing ``*``.
    """

    host: str
    rules: t.Tuple[Rule, ...]
    deny_ingress: bool
    deny_egress: bool
    management: t.Optional[t.Tuple[str, int]] = None
    container_interfaces: t.Tuple[str, ...] = ()

    def ingress(self, *placements: str) -> t.List[Rule]:
        return [rule for rule in self.rules if rule.direction == INGRESS and (not placements or rule.placement in placements)]

    def egress(self, *placements: str) -> t.List[Rule]:
        return [rule for rule in self.rules if rule.direction == EGRESS and (not placements or rule.placement in placements)]

    def denies(self, direction: str) -> bool:
        return self.deny_ingress if direction == INGRESS else self.deny_egress

    def address_sets(self) -> t.List[AddressSet]:
        """The sets that the rules use, each once, sorted by name."""
        return sorted({peer for rule in self.rules for peer in rule.peers})


def parse_policy(
    data: t.Mapping[str, t.Any], resolved: t.Mapping[str, t.Sequence[str]], management: t.Optional[t.Tuple[str, int]]
) -> Policy:
    """Build the policy from one host's file of the plan with its ``address_sets`` (docs/architecture.md, "A policy").

    Args:
        data: The host's file of the plan plus ``address_sets``: name -> CIDRs.
        resolved: Addresses of each host name that a rule names, as looked up on this host; a name without addresses
            opens nothing.
        management: (client address, local port) of the live management connection.

    Raises:
        PolicyRefused: with all messages at once, each naming the rule.
    """
    errors: t.List[str] = []
    sets = {name: _address_set(name, cidrs, errors) for name, cidrs in data.get("address_sets", {}).items()}
    names = {name: _address_set(name, addresses, errors) for name, addresses in resolved.items()}
    rules = []
    for entry in data["rules"]:
        where = "rule %s" % entry.get("id", "without id")
        peers = []
        for name in entry["peers"]["address_sets"]:
            if name in sets:
                peers.append(sets[name])
            else:
                errors.append("%s: address set %r is not in the plan" % (where, name))
        peers.extend(names[name] for name in entry["peers"]["names"] if name in names)
        if entry["direction"] not in (INGRESS, EGRESS):
            errors.append("%s: direction %r is neither ingress nor egress" % (where, entry["direction"]))
        if entry["protocol"] not in ("tcp", "udp"):
            errors.append("%s: protocol %r has no backend; tcp and udp have" % (where, entry["protocol"]))
        if entry["placement"] not in (HOST, PUBLISHED):
            errors.append("%s: placement %r is neither host nor published" % (where, entry["placement"]))
        if not entry["ports"]:
            errors.append("%s: no ports; a rule without ports would open all of them" % where)
        errors.extend("%s: %r is no port" % (where, port) for port in entry["ports"] if not is_port_range(port))
        rules.append(
            Rule(
                entry["id"],
                entry["direction"],
                entry["protocol"],
                tuple(entry["ports"]),
                tuple(peers),
                entry["placement"],
                bool(entry.get("closed_to_others", entry["direction"] == INGRESS)),
            )
        )
    if errors:
        raise PolicyRefused(*errors)
    return Policy(
        data["host"],
        tuple(rules),
        data["defaults"][INGRESS] == "deny",
        data["defaults"][EGRESS] == "deny",
        management,
    )


def is_port_range(text: str) -> bool:
    """Whether ``text`` is a port or an ascending range of ports, 1 to 65535 (RFC 6335: 0 is reserved)."""
    low, dash, high = text.partition("-")
    bounds = (low, high) if dash else (low,)
    if not all(bound.isascii() and bound.isdigit() and len(bound) <= 5 and 1 <= int(bound) <= 65535 for bound in bounds):
        return False
    return not dash or int(low) < int(high)


def _address_set(name: str, cidrs: t.Iterable[str], errors: t.List[str]) -> AddressSet:
    networks: t.Dict[int, t.List[t.Any]] = {4: [], 6: []}
    for cidr in cidrs:
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as error:
            errors.append("address set %s: %s" % (name, error))
            continue
        networks[network.version].append(network)
    ipv4, ipv6 = (tuple(str(network) for network in sorted(ipaddress.collapse_addresses(networks[family]))) for family in FAMILIES)
    return AddressSet(name, ipv4, ipv6)
