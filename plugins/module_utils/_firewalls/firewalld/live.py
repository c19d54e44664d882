# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Our objects in the running firewalld: read, and changed in place as far as firewalld can do that."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._host.host import Host
from . import client as firewalld_client
from .client import errors
from .objects import Key, Objects, Settings, sorted_lines
from .rules import POLICY_PRIORITY

CHANGEABLE = ("rich_rules", "entries")
"""The settings that firewalld changes without a reload."""
MOST_ENTRIES = 256
"""An entry is one call of 2 ms; beyond this number a reload is quicker."""

TABLE = ("inet", "firewalld")

Runtime = t.Dict[Key, Settings]


def read(client: t.Any, host: Host, is_ours: t.Callable[[str], bool]) -> Runtime:
    """Our objects in force; none where the kernel has lost firewalld's table, as after 'nft flush ruleset'."""
    with errors("cannot be read"):
        names = {"policy": client.getPolicies(), "service": client.listServices(), "ipset": client.getIPSets()}
        found = {(kind, name): _settings(client, kind, name) for kind in names for name in names[kind] if is_ours(name)}
    table = _table(host) if found else ""
    return found if all("_policy_%s " % name in table for kind, name in found if kind == "policy") else {}


def reload(client: t.Any, host: Host) -> None:
    """Let firewalld begin again from its files. It fails to remove a table that the kernel has lost, so that gets an empty one."""
    if not _table(host):
        host.run(["nft", "add", "table", *TABLE])
    with errors("failed to reload"):
        firewalld_client.reload(client)


def rivals(client: t.Any, is_ours: t.Callable[[str], bool]) -> t.List[str]:
    """Warnings about policies of others that may come before ours."""
    with errors("cannot be read"):
        lowest = [
            name for name in client.getPolicies() if not is_ours(name) and client.getPolicySettings(name).getPriority() == POLICY_PRIORITY
        ]
    return ["firewalld: your policy %s has the priority %d too and may decide before ours" % (name, POLICY_PRIORITY) for name in lowest]


def is_changeable(present: Runtime, wanted: Objects) -> bool:
    """Whether firewalld gets there without a reload: all objects are there and no others, they differ in rich rules or entries
    alone, and not in too many."""
    if present.keys() != wanted.keys():
        return False
    if any(sorted_lines(present[key], CHANGEABLE) != sorted_lines(wanted[key].settings, CHANGEABLE) for key in wanted):
        return False
    return sum(len(leaving) + len(joining) for leaving, joining in _entries(present, wanted).values()) <= MOST_ENTRIES


def change(client: t.Any, present: Runtime, wanted: Objects) -> None:
    """Bring rich rules and entries in force to what is wanted; :func:`is_changeable` said that this can be done.

    firewalld applies the parts of a change one by one and in no order. So there are steps, in which whoever is accepted before and
    after is accepted all the time, and whoever is refused before and after is refused all the time: more is accepted, then refused;
    less is refused, then accepted. A network that changes its prefix is accepted by its address meanwhile.
    """
    entries = _entries(present, wanted)
    policies = [
        _steps(name, set(present[kind, name]["rich_rules"]), set(map(str, wanted[kind, name].settings["rich_rules"])), entries)
        for kind, name in wanted
        if kind == "policy"
    ]

    with errors("refused a change"):
        for policy in policies:
            _set_rules(client, policy.name, policy.accepting)
        for ipset, (leaving, joining) in entries.items():
            for entry in overlapping(leaving, joining):
                client.removeEntry(ipset, entry)
            for entry in sorted(joining):
                client.addEntry(ipset, entry)
        for policy in policies:
            _set_rules(client, policy.name, policy.refusing)
        for policy in policies:
            _set_rules(client, policy.name, policy.refusing_less)
        for ipset, (leaving, joining) in entries.items():
            for entry in sorted(leaving.difference(overlapping(leaving, joining))):
                client.removeEntry(ipset, entry)
        for policy in policies:
            _set_rules(client, policy.name, policy.wanted)


class _Steps(t.NamedTuple):
    """The rich rules of one policy on their way from what is in force to what is wanted, in the order of its steps."""

    name: str
    accepting: t.Set[str]
    refusing: t.Set[str]
    refusing_less: t.Set[str]
    wanted: t.Set[str]


def _steps(name: str, present: t.Set[str], wanted: t.Set[str], entries: t.Mapping[str, t.Sequence[t.Set[str]]]) -> _Steps:
    bridges = {
        rule.replace('ipset="%s"' % ipset, 'address="%s"' % entry)
        for ipset, (leaving, joining) in entries.items()
        for entry in overlapping(leaving, joining)
        for rule in wanted
        if 'ipset="%s"' % ipset in rule
    }
    accepting = present | bridges | set(filter(_accepts, wanted))
    return _Steps(name, accepting, accepting | wanted, wanted | set(filter(_accepts, accepting)), wanted)


def overlapping(networks: t.Iterable[str], others: t.Iterable[str]) -> t.List[str]:
    """Those of the networks that overlap with one of the others."""
    parsed = [ipaddress.ip_network(other) for other in others]
    return [network for network in networks if any(ipaddress.ip_network(network).overlaps(other) for other in parsed)]


def _entries(present: Runtime, wanted: Objects) -> t.Dict[str, t.Tuple[t.Set[str], t.Set[str]]]:
    """Entries that leave and that join each ipset."""
    entries = {}
    for kind, name in wanted:
        if kind == "ipset":
            old, new = set(present[kind, name]["entries"]), set(wanted[kind, name].settings["entries"])
            entries[name] = old - new, new - old
    return entries


def _table(host: Host) -> str:
    return host.run(["nft", "-s", "list", "table", *TABLE], check=False).stdout


def _accepts(rule: str) -> bool:
    return rule.endswith(" accept")


def _set_rules(client: t.Any, policy: str, rules: t.Set[str]) -> None:
    settings = client.getPolicySettings(policy)
    if set(settings.getRichRules()) != rules:
        settings.setRichRules(sorted(rules))
        client.setPolicySettings(policy, settings)


def _settings(client: t.Any, kind: str, name: str) -> Settings:
    if kind == "policy":
        return dict(client.getPolicySettings(name).getSettingsDict())
    if kind == "service":
        return dict(client.getServiceSettings(name).getSettingsDict())
    ipset = client.getIPSetSettings(name)
    return {"type": ipset.getType(), "options": ipset.getOptions(), "entries": ipset.getEntries()}
