# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the operator says: inventory, play, role and extra variables, and nothing that a managed host returned.

In Ansible the facts of a host outrank inventory variables and role defaults, and any module result may hold facts. A host that somebody
else controls could so set our variables, for itself and for tasks that run once. Therefore everything that this collection reads comes from
this view. It is Ansible's own variables manager with empty stores for facts, ``set_fact``, ``register`` and ``include_vars``.
Beside ``_controller_action`` this is the one place in pass 1 that knows Ansible.
"""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from ansible.errors import AnsibleError
from ansible.template import Templar
from ansible.vars.hostvars import HostVars

from .layers import Layers
from .results import recorded_result
from .role_options import is_ours
from .undecryptable import without_secrets

_PLAY_HOSTS = ("ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch")
_CONTROLLER = "localhost"
_VALUE = "a_replaced_value"
_NAME = re.compile(r"[A-Za-z_]\w*")


class NotTheOperators(t.NamedTuple):
    """A variable of ours that stands where a managed host may have written it.

    Attributes:
        host: The host that has it.
        variable: Its name.
        place: Where it stands, in Ansible's words.
    """

    host: str
    variable: str
    place: str

    def __str__(self) -> str:
        return f"host {self.host}: {self.variable} stands in {self.place} and is ignored"


class ValueUnreadable(Exception):
    """A value of the operator's cannot be computed. The text names the variable and the reason."""


class OperatorVariables(Mapping[str, Mapping[str, t.Any]]):
    """Host name -> its variables as the operator set them, each computed when it is asked for."""

    def __init__(self, task_vars: Mapping[str, t.Any], task: t.Any, loader: t.Any) -> None:
        """Take the view of the operator.

        Args:
            task_vars: The variables of a task of any host.
            task: The task, whose play and role take part.
            loader: Ansible's loader of files.
        """
        self._live = task_vars["hostvars"]
        self._manager: t.Any = getattr(self._live, "_variable_manager", None)
        self._task = task if hasattr(task, "get_play") else None
        self._loader = loader
        self._play_hosts = {name: task_vars[name] for name in _PLAY_HOSTS if name in task_vars}
        if self._manager is not None:
            self._clean = _without_what_hosts_returned(self._manager)
            HostVars(self._manager._inventory, self._clean, loader)

    def __iter__(self) -> Iterator[str]:
        return map(str, self._live if self._manager is None else self._manager._inventory.hosts)

    def __len__(self) -> int:
        return len(self._live if self._manager is None else self._manager._inventory.hosts)

    def __getitem__(self, host: str) -> OperatorsHost:
        return OperatorsHost(self, host)

    def raw(self, host: str) -> dict[str, t.Any]:
        """A host's variables as they were written, with their templates."""
        if self._manager is None:  # plain variables, which no host has touched
            return dict(self._live[host])
        found = self._manager._inventory.get_host(host)
        if found is None:
            raise KeyError(host)
        for name in (host, _CONTROLLER):
            self._clean._nonpersistent_fact_cache[name] = self._recorded(name)
        play = self._task.get_play() if self._task else None
        # Ansible would copy the lists of the play's hosts for each host.
        variables: dict[str, t.Any] = self._clean.get_vars(play=play, host=found, task=self._task, _hosts=[host], _hosts_all=[host])
        return {"ansible_facts": {}, **variables, **self._play_hosts}

    def _recorded(self, host: str) -> dict[str, t.Any]:
        """The results of our own steps that a host's variables hold."""
        own = self._manager._nonpersistent_fact_cache.get(host) or {}
        results = ((name, recorded_result(value)) for name, value in own.items())
        return {name: result for name, result in results if result is not None}

    def layers(self, wanted: Callable[[str], bool]) -> Layers | None:
        """The places of the inventory that set wanted variables; None where there is no inventory, only variables."""
        return Layers(self._manager, self._loader, wanted) if self._manager is not None else None

    def computed(self, host: str, raw: dict[str, t.Any], value: t.Any) -> t.Any:
        """A value that does not prevail, as it would be for a host; None if its template fails."""
        try:
            return self.template(host, {**raw, _VALUE: value}, _VALUE)
        except ValueUnreadable:
            return None

    def template(self, host: str, raw: dict[str, t.Any], name: str) -> t.Any:
        """The value of one of a host's variables.

        Args:
            raw: What :meth:`raw` returned for the host.

        Raises:
            ValueUnreadable: its template cannot be computed.
        """
        if is_plain(raw[name]):
            return raw[name]
        try:
            return Templar(loader=self._loader, variables=raw).template(raw[name])
        except AnsibleError as error:
            raise ValueUnreadable(f"cannot be templated: {error}{self._not_seen(host, raw, raw[name])}") from error

    def template_without_secrets(self, host: str, raw: dict[str, t.Any], name: str) -> t.Any:
        """The same as :meth:`template`, with a placeholder where an encrypted value cannot be decrypted."""
        try:
            return without_secrets(self.template(host, raw, name))
        except ValueUnreadable:
            hidden = without_secrets(raw)
            if hidden is raw:
                raise
        return without_secrets(self.template(host, hidden, name))

    def _not_seen(self, host: str, raw: Mapping[str, t.Any], value: object) -> str:
        """What a template asks for that only hosts return, as the end of a message."""
        stores = () if self._manager is None else (_facts(self._manager, host), self._manager._nonpersistent_fact_cache.get(host, ()))
        names = {name for name in _NAME.findall(str(without_secrets(value))) if name not in raw}
        asked = {name for name in names if name.startswith("ansible_") or any(name in store for store in stores)}
        if not asked:
            return ""
        return (
            f"; it asks for {', '.join(sorted(asked))}, but what a host returns (facts, set_fact, register) is never configuration: "
            "write the value into the inventory"
        )

    def all_set_aside(self) -> list[NotTheOperators]:
        """What :meth:`set_aside` finds on any host."""
        return [found for name in sorted(self) for found in self.set_aside(name)]

    def set_aside(self, host: str) -> list[NotTheOperators]:
        """The variables of ours that stand where a managed host may have written them, sorted by name."""
        if self._manager is None:
            return []
        own = self._manager._nonpersistent_fact_cache.get(host) or {}
        stores = {
            "its facts": _facts(self._manager, host),
            "a set_fact or register": {name for name, value in own.items() if recorded_result(value) is None},
            "an include_vars": self._manager._vars_cache.get(host) or (),
        }
        return sorted(NotTheOperators(host, name, place) for place, names in stores.items() for name in map(str, names) if is_ours(name))


class OperatorsHost(Mapping[str, t.Any]):
    """Variables of one host as the operator set them; a template is computed when its variable is asked for."""

    def __init__(self, said: OperatorVariables, host: str) -> None:
        self._said = said
        self._host = host
        self._raw = said.raw(host)

    def __getitem__(self, name: str) -> t.Any:
        try:
            return self._said.template(self._host, self._raw, name)
        except ValueUnreadable as error:
            raise ValueUnreadable(f"host {self._host}: {name} {error}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, name: object) -> bool:
        return name in self._raw


def chosen(raw: Mapping[str, t.Any], wanted: Callable[[str], bool]) -> dict[str, t.Any]:
    """The variables with wanted names, without the results of our own steps, whose names playbooks choose."""
    return {name: value for name, value in raw.items() if wanted(name) and recorded_result(value) is None}


def differing(names: Iterable[str], values: Mapping[str, Mapping[str, t.Any]]) -> list[str]:
    """Which variables do not have the same value for all hosts, in words.

    Args:
        names: The variables that must have.
        values: Host name -> variable -> value.
    """
    found = []
    for name in names:
        hosts = {host: own.get(name) for host, own in values.items()}
        first = next(iter(hosts), "")
        other = next((host for host, value in hosts.items() if value != hosts[first]), None)
        if other is not None:
            found.append(
                f"{name} must be the same for all hosts of a run, but it is {hosts[first]!r} on host {first} and {hosts[other]!r} on host "
                f"{other}; set it once, in the group all or as an extra variable"
            )
    return found


def is_plain(value: object) -> bool:
    """Whether a value is what it looks like: no template, nothing encrypted."""
    if isinstance(value, str):
        return not any(mark in value for mark in ("{{", "{%", "{#"))
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (bool, int, float))


class _NoFacts(dict[str, t.Any]):
    """A store of facts without any."""

    def get(self, key: str, default: t.Any = None) -> t.Any:
        return _UnknownFacts()


class _UnknownFacts(dict[str, t.Any]):
    """The facts of a host that its store does not know: Ansible goes on when it looks at them.

    With an empty dictionary it would clean nothing, with one regular expression for each connection plugin: a sixth of the time of a plan.
    """

    def __iter__(self) -> t.NoReturn:
        raise KeyError("no facts")


def _without_what_hosts_returned(manager: t.Any) -> t.Any:
    """A variables manager with the same inventory and extra variables, and nothing from hosts."""
    clean = object.__new__(type(manager))
    clean.__dict__.update(
        manager.__dict__,
        _fact_cache=_NoFacts(),
        _vars_cache=defaultdict(dict),
        _nonpersistent_fact_cache=defaultdict(dict),
    )
    return clean


def _facts(manager: t.Any, host: str) -> Mapping[str, t.Any]:
    try:
        return manager._fact_cache.get(host) or {}
    except KeyError:
        return {}
