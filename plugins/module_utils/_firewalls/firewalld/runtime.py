# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld's whole runtime configuration, ours and others', kept over a reload.

A reload replaces it by the permanent one. Up to firewalld 1.3, and later where there are direct rules, it also empties every
table of iptables, ip6tables and ebtables, whoever wrote them. What others have only at runtime is put back, as it was.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from ..._errors import ToolFailed
from ..._host.host import Host
from ..iptables import loader
from .client import errors
from .journal import Journal, repeat
from .live import MOST_ENTRIES

_XTABLES = ("iptables", "ip6tables", "ebtables")
# Lists of the direct interface and of the lockdown whitelist (gone in firewalld 2): how to read each, and what an item is called.
_LISTS = (
    ("getAllChains", "Chain"),
    ("getAllRules", "Rule"),
    ("getAllPassthroughs", "Passthrough"),
    ("getLockdownWhitelistCommands", "LockdownWhitelistCommand"),
    ("getLockdownWhitelistContexts", "LockdownWhitelistContext"),
    ("getLockdownWhitelistUids", "LockdownWhitelistUid"),
    ("getLockdownWhitelistUsers", "LockdownWhitelistUser"),
)
# Settings of zones and policies that firewalld changes by a reload alone.
_FIXED = ("target", "priority", "ingress_priority", "egress_priority")


class RuntimeSnapshot:
    """What is in force now. What firewalld would have taken back after a while (``--timeout``) has no end any more once it is put
    back; firewalld does not tell which settings those are.

    Args:
        host: For iptables.
        data: What :meth:`take` read, as JSON can hold it: ``zones``, ``policies`` and ``ipsets`` by name, ``lists``, ``xtables``.
    """

    def __init__(self, host: Host, data: t.Mapping[str, t.Any]) -> None:
        self._host = host
        self.data = data

    @classmethod
    def take(cls, client: t.Any, host: Host) -> RuntimeSnapshot:
        """Read the running daemon. Raises ToolFailed."""
        with errors("cannot be read"):
            ipsets = {name: client.getIPSetSettings(name) for name in client.getIPSets()}
            data = {
                "zones": {name: client.getZoneSettings(name).getSettingsDict() for name in client.getZones()},
                "policies": {name: client.getPolicySettings(name).getSettingsDict() for name in client.getPolicies()},
                "ipsets": {name: {"entries": each.getEntries(), "options": each.getOptions()} for name, each in ipsets.items()},
                "lists": {read: _read(client, read) for read, _kind in _LISTS},
                "xtables": {tool: _save(host, tool) for tool in _XTABLES},
            }
        return cls(host, json.loads(json.dumps(data)))

    def restore(self, client: t.Any, journal: Journal) -> None:
        """Put back what a reload or a change replaced, and what others have changed since.

        Args:
            client: firewalld's own client.
            journal: What others have changed; what it calls ours stays as it is now.

        Raises:
            ToolFailed: naming everything that could not be put back.
        """
        problems: t.List[str] = []
        for steps in (self._daemon_steps(client, journal), self._xtables_steps()):
            try:
                for what, step in steps:
                    try:
                        with errors("could not put back %s" % what):
                            step()
                    except ToolFailed as error:
                        problems.extend(error.messages)
            except ToolFailed as error:  # what is to be put back cannot be read
                problems.extend(error.messages)
        if problems:
            raise ToolFailed(*problems)

    def losses(self, client: t.Any, is_ours: t.Callable[[str], bool]) -> t.List[str]:
        """What of others a reload would change and nobody could put back, as messages; a reload is safe where there are none."""
        with errors("cannot be read"):
            config = client.config()
            zones = {name: config.getZoneByName(name).getSettings().getSettingsDict() for name in config.getZoneNames()}
            policies = {name: config.getPolicyByName(name).getSettings().getSettingsDict() for name in config.getPolicyNames()}
            ipsets = config.getIPSetNames()
        unknown = {  # zones without interface or source do nothing
            "zone": [name for name in zones.keys() - self.data["zones"].keys() if zones[name]["interfaces"] or zones[name]["sources"]],
            "policy": policies.keys() - self.data["policies"].keys(),
        }
        found = [
            *_changed("zone", self.data["zones"], zones, is_ours),
            *_changed("policy", self.data["policies"], policies, is_ours),
            *(
                "%s %s has a file, but is not in force; a reload would activate it" % (kind, name)
                for kind, names in unknown.items()
                for name in sorted(names)
                if not is_ours(name)
            ),
            *(
                "ipset %s is in force, but has no file; a reload would drop it" % name
                for name in self.data["ipsets"]
                if name not in ipsets and not is_ours(name)
            ),
            *("ipset %s holds entries that expire; a reload would drop them" % name for name in self._expiring()),
        ]
        return ["firewalld: %s; run 'firewall-cmd --reload' when that is as it should be, then run again" % words for words in found]

    def _expiring(self) -> t.List[str]:
        expire = [name for name, ipset in self.data["ipsets"].items() if ipset["options"].get("timeout", "0") != "0"]
        return [name for name in expire if self._has_elements(name)]

    def _has_elements(self, ipset: str) -> bool:
        return "elements = " in self._host.run(["nft", "list", "set", "inet", "firewalld", ipset], check=False).stdout

    def _daemon_steps(self, client: t.Any, journal: Journal) -> t.Iterator[t.Tuple[str, t.Callable[[], t.Any]]]:
        """Names of what firewalld and those who used it may have changed, each with what puts it back. Raises ToolFailed."""
        overtaken = journal.overtaken()
        if not overtaken:
            yield from self._own_steps(client, journal)
        if journal.overtaken():
            if not overtaken:
                yield "what somebody else reloaded", functools.partial(journal.reload, self._host)
            yield "what others changed", journal.redo_since_reload

    def _xtables_steps(self) -> t.Iterator[t.Tuple[str, t.Callable[[], t.Any]]]:
        """The same of what the tools of iptables hold."""
        for tool, saved in self.data["xtables"].items():
            if _lines(saved) - _lines(_save(self._host, tool)):
                load = loader.put_back if tool in loader.IPTABLES.values() else _restore
                yield tool + " rules", functools.partial(load, self._host, tool + "-restore", saved)

    def _own_steps(self, client: t.Any, journal: Journal) -> t.Iterator[t.Tuple[str, t.Callable[[], t.Any]]]:
        """Those of what firewalld itself holds. Raises ToolFailed."""
        with errors("cannot be read"):
            zones, policies, ipsets = client.getZones(), client.getPolicies(), client.getIPSets()
        for name, zone in self.data["zones"].items():
            if name in zones and not journal.is_ours(name):
                yield "zone " + name, functools.partial(_set_zone, client, name, zone, journal)
        for name, ipset in self.data["ipsets"].items():
            if name in ipsets and not journal.is_ours(name):
                yield "ipset " + name, functools.partial(_set_entries, client, name, ipset["entries"], journal)
        for name, policy in self.data["policies"].items():
            if name in policies and not journal.is_ours(name):
                yield "policy " + name, functools.partial(_set_policy, client, name, policy)
        for read, kind in _LISTS:
            if hasattr(client, read):
                yield kind, functools.partial(_add, client, read, kind, self.data["lists"][read], journal)


def _changed(kind: str, objects: t.Mapping[str, t.Any], files: t.Mapping[str, t.Any], is_ours: t.Callable[[str], bool]) -> t.Iterator[str]:
    for name, now in objects.items():
        if is_ours(name):
            continue
        if name not in files:
            yield "%s %s is in force, but has no file; a reload would drop it" % (kind, name)
            continue
        for key in _FIXED:
            if now.get(key) != files[name].get(key):
                values = (kind, name, key, now.get(key), files[name].get(key))
                yield "%s %s has %s %s in force, but %s in its file; a reload would change it" % values


def _read(client: t.Any, method: str) -> t.List[t.Any]:
    return list(getattr(client, method)()) if hasattr(client, method) else []


def _set_zone(client: t.Any, zone: str, data: t.Mapping[str, t.Any], journal: Journal) -> None:
    settings = client.getZoneSettings(zone)
    if journal.mentions(zone) or _differ(settings, data):
        client.setZoneSettings(zone, _settings(settings, data))
        journal.redo(zone)


def _set_policy(client: t.Any, policy: str, data: t.Mapping[str, t.Any]) -> None:
    settings = client.getPolicySettings(policy)
    if _differ(settings, data):
        client.setPolicySettings(policy, _settings(settings, data))


def _set_entries(client: t.Any, ipset: str, entries: t.Iterable[str], journal: Journal) -> None:
    """Bring an ipset to entries as others had changed them: one by one, which nobody else's come between, unless there are many."""
    present = set(client.getIPSetSettings(ipset).getEntries())
    before, since = journal.outcome("Entry", [[ipset, entry] for entry in entries])
    wanted = {entry for name, entry in before if name == ipset}
    settled = {entry for name, entry in since if name == ipset}
    if len(wanted ^ present) > MOST_ENTRIES:
        client.setEntries(ipset, sorted(wanted - settled | present & settled))
        return
    for entry in sorted(present - wanted - settled):
        repeat(client.removeEntry, ipset, entry)
    for entry in sorted(wanted - present - settled):
        repeat(client.addEntry, ipset, entry)


def _add(client: t.Any, read: str, kind: str, items: t.Iterable[t.Any], journal: Journal) -> None:
    """Add the items of a list that are missing, but for those that others have removed."""
    present = _as_arguments(json.loads(json.dumps(_read(client, read))))
    wanted, since = journal.outcome(kind, _as_arguments(items))
    for item in wanted:
        if item not in present and item not in since:
            repeat(getattr(client, "add" + kind), *item)


def _as_arguments(items: t.Iterable[t.Any]) -> t.List[t.List[t.Any]]:
    return [item if isinstance(item, list) else [item] for item in items]


def _save(host: Host, tool: str) -> str:
    """All tables of a tool with what they hold; empty where it is not installed."""
    return host.run([tool + "-save"], check=False).stdout if host.which(tool + "-save") else ""


def _restore(host: Host, tool: str, saved: str) -> t.List[str]:
    host.run([tool], input=saved)
    return []


def _differ(present: t.Any, wanted: t.Mapping[str, t.Any]) -> bool:
    """Whether settings in force are not those of the data, lists in whatever order."""
    return _ordered(json.loads(json.dumps(present.getSettingsDict()))) != _ordered(wanted)


def _ordered(settings: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in settings.items()}


def _settings(settings: t.Any, data: t.Mapping[str, t.Any]) -> t.Any:
    """firewalld's settings object with other content; D-Bus has structures where JSON has lists in lists."""
    plain = {name: [tuple(i) if isinstance(i, list) else i for i in v] if isinstance(v, list) else v for name, v in data.items()}
    settings.setSettingsDict(plain)
    return settings


def _lines(saved: str) -> t.Set[t.Tuple[str, str]]:
    """Chains, policies and rules, each with its table, without counters."""
    table, lines = "", set()
    for line in saved.split("\n"):
        if line.startswith("*"):
            table = line
        elif line.startswith((":", "-A")):
            lines.add((table, re.sub(r" \[\d+:\d+\]$| -c \d+ \d+", "", line)))
    return lines
