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
import re
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._backends._firewalld_client import (
    errors,
)
from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    ToolFailed,
)
from ansible_collections.federated.connectivity.plugins.module_utils._host import (
    Host,
)

_XTABLES = ("iptables", "ip6tables", "ebtables")
# Lists of the direct interface and of the lockdown whitelist (gone in firewalld 2): how to read each and how to add to it.
_LISTS = (
    ("getAllChains", "addChain"),
    ("getAllRules", "addRule"),
    ("getAllPassthroughs", "addPassthrough"),
    ("getLockdownWhitelistCommands", "addLockdownWhitelistCommand"),
    ("getLockdownWhitelistContexts", "addLockdownWhitelistContext"),
    ("getLockdownWhitelistUids", "addLockdownWhitelistUid"),
    ("getLockdownWhitelistUsers", "addLockdownWhitelistUser"),
)
# Settings of zones and policies that firewalld changes by a reload alone.
_FIXED = ("target", "priority", "ingress_priority", "egress_priority")


class RuntimeSnapshot:
    """What is in force now. What firewalld would have taken back after a while (``--timeout``) has no end any more once it is put
    back; firewalld does not tell which settings those are.

    Args:
        client: firewalld's own client.
        host: For iptables.
        is_ours: Whether a name is that of an object of ours.
    """

    def __init__(self, client: t.Any, host: Host, is_ours: t.Callable[[str], bool]) -> None:
        self._client = client
        self._host = host
        self._is_ours = is_ours
        with errors("cannot be read"):
            self._take()

    def _take(self) -> None:
        client = self._client
        self._zones = {name: client.getZoneSettings(name) for name in client.getZones()}
        self._policies = {name: client.getPolicySettings(name) for name in client.getPolicies()}
        self._ipsets = {name: client.getIPSetSettings(name) for name in client.getIPSets()}
        self._lists = {read: self._read(read) for read, _restore in _LISTS}
        self._xtables = {tool: self._save(tool) for tool in _XTABLES}

    def restore(self, ours: bool) -> None:
        """Put back what a reload replaced.

        Args:
            ours: Whether our own objects are to be as they were, too.

        Raises:
            ToolFailed: naming everything that could not be put back.
        """
        problems: t.List[str] = []
        for what, step in self._steps(ours):
            try:
                with errors("could not put back %s after its reload" % what):
                    step()
            except ToolFailed as error:
                problems.extend(error.messages)
        if problems:
            raise ToolFailed(*problems)

    def losses(self) -> t.List[str]:
        """What of others a reload would change and nobody could put back, as messages; a reload is safe where there are none."""
        config = self._client.config()
        with errors("cannot be read"):
            zones = {name: config.getZoneByName(name).getSettings() for name in config.getZoneNames()}
            policies = {name: config.getPolicyByName(name).getSettings() for name in config.getPolicyNames()}
            ipsets = config.getIPSetNames()
        found = [
            *self._changed("zone", self._zones, zones),
            *self._changed("policy", self._policies, policies),
            *("zone %s has a file, but is not in force; a reload would activate it" % name for name in self._new_zones(zones)),
            *(
                "policy %s has a file, but is not in force; a reload would activate it" % name
                for name in self._unknown(policies, self._policies)
            ),
            *("ipset %s is in force, but has no file; a reload would drop it" % name for name in self._unknown(self._ipsets, ipsets)),
            *("ipset %s holds entries that expire; a reload would drop them" % name for name in self._expiring()),
        ]
        return ["firewalld: %s; run 'firewall-cmd --reload' when that is as it should be, then run again" % words for words in found]

    def _unknown(self, names: t.Iterable[str], known: t.Container[str]) -> t.List[str]:
        return [name for name in names if name not in known and not self._is_ours(name)]

    def _changed(self, kind: str, objects: t.Mapping[str, t.Any], files: t.Mapping[str, t.Any]) -> t.Iterator[str]:
        for name in self._unknown(objects, files):
            yield "%s %s is in force, but has no file; a reload would drop it" % (kind, name)
        for name, settings in objects.items():
            if name in files and not self._is_ours(name):
                now, then = settings.getSettingsDict(), files[name].getSettingsDict()
                for key in _FIXED:
                    if now.get(key) != then.get(key):
                        values = (kind, name, key, now.get(key), then.get(key))
                        yield "%s %s has %s %s in force, but %s in its file; a reload would change it" % values

    def _new_zones(self, files: t.Mapping[str, t.Any]) -> t.List[str]:
        """Zones without interface or source do nothing."""
        return [name for name in self._unknown(files, self._zones) if files[name].getInterfaces() or files[name].getSources()]

    def _expiring(self) -> t.List[str]:
        return [name for name, ipset in self._ipsets.items() if ipset.getOptions().get("timeout", "0") != "0" and self._has_elements(name)]

    def _has_elements(self, ipset: str) -> bool:
        return "elements = " in self._host.run(["nft", "list", "set", "inet", "firewalld", ipset], check=False).stdout

    def _steps(self, ours: bool) -> t.Iterator[t.Tuple[str, t.Callable[[], t.Any]]]:
        """Names of what differs from the snapshot, each with what puts it back."""
        client = self._client
        policies, ipsets = self._present(self._policies, client.getPolicies(), ours), self._present(self._ipsets, client.getIPSets(), ours)
        for name, zone in self._present(self._zones, client.getZones(), ours).items():
            if _settings(client.getZoneSettings(name)) != _settings(zone):
                yield "zone " + name, functools.partial(client.setZoneSettings, name, zone)
        for name, ipset in ipsets.items():
            if sorted(client.getIPSetSettings(name).getEntries()) != sorted(ipset.getEntries()):
                yield "ipset " + name, functools.partial(client.setEntries, name, ipset.getEntries())
        for name, policy in policies.items():
            if _settings(client.getPolicySettings(name)) != _settings(policy):
                yield "policy " + name, functools.partial(client.setPolicySettings, name, policy)
        for read, add in _LISTS:
            for item in self._missing(read):
                yield (
                    "%s %s" % (add, item),
                    functools.partial(getattr(client, add), *(item if isinstance(item, (list, tuple)) else (item,))),
                )
        for tool in _XTABLES:
            if _lines(self._xtables[tool]) - _lines(self._save(tool)):
                yield tool + " rules", functools.partial(self._host.run, [tool + "-restore"], input=self._xtables[tool])

    def _present(self, before: t.Mapping[str, t.Any], names: t.Container[str], ours: bool) -> t.Dict[str, t.Any]:
        return {name: value for name, value in before.items() if name in names and (ours or not self._is_ours(name))}

    def _missing(self, read: str) -> t.List[t.Any]:
        present = self._read(read)
        return [item for item in self._lists[read] if item not in present]

    def _read(self, method: str) -> t.List[t.Any]:
        return list(getattr(self._client, method)()) if hasattr(self._client, method) else []

    def _save(self, tool: str) -> str:
        """All tables of a tool with what they hold; empty where it is not installed."""
        return self._host.run([tool + "-save"], check=False).stdout if self._host.which(tool + "-save") else ""


def _settings(settings: t.Any) -> t.Dict[str, t.Any]:
    """Settings as D-Bus has them, comparable: lists in order."""
    return {name: sorted(value) if isinstance(value, list) else value for name, value in settings.getSettingsDict().items()}


def _lines(saved: str) -> t.Set[t.Tuple[str, str]]:
    """Chains, policies and rules, each with its table, without counters."""
    table, lines = "", set()
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line
        elif line.startswith((":", "-A")):
            lines.add((table, re.sub(r" \[\d+:\d+\]$| -c \d+ \d+", "", line)))
    return lines
