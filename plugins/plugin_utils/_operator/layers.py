# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which groups and files of the inventory set a variable of a host, the replaced ones too.

Ansible keeps only the value that prevails. So this reads the inventory's own group objects, and asks the plugins that Ansible asks for
``group_vars`` and ``host_vars``.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Callable, Iterator

from ansible.errors import AnsibleError
from ansible.vars.plugins import get_vars_from_inventory_sources, get_vars_from_path


class Layer(t.NamedTuple):
    """One place that sets variables of a host.

    Attributes:
        owner: Whose variables they are, in words: "group linksight_north" or "host hospital".
        variables: The wanted ones, as they were written.
        group: Ansible's group; None: the host itself.
    """

    owner: str
    variables: dict[str, t.Any]
    group: t.Any = None

    def outranks(self, other: Layer) -> bool:
        """Whether it is more special than another place by the inventory's own order, and not by the alphabet alone."""
        if self.group is None or other.group is None or self.group is other.group or self.group.priority != other.group.priority:
            return True
        return other.group in self.group.get_ancestors()


class Layers:
    """Reads the places that set a host's variables; those of a group are read once for all of its hosts."""

    def __init__(self, manager: t.Any, loader: t.Any, wanted: Callable[[str], bool]) -> None:
        """Read from Ansible's own variables manager.

        Args:
            manager: The variables manager.
            loader: Ansible's loader of files.
            wanted: Which names matter.
        """
        self._manager = manager
        self._loader = loader
        self._wanted = wanted
        self._groups: dict[str, list[Layer]] = {}

    def of(self, host: str) -> list[Layer]:
        """All places that set a wanted variable of a host: groups from the outermost to the innermost, then the host itself."""
        found = self._manager._inventory.get_host(host)
        groups = sorted(found.get_groups(), key=lambda group: (group.depth, group.priority, group.name))
        layers = []
        for group in groups:
            if group.name not in self._groups:
                self._groups[group.name] = list(self._read(f"group {group.name}", group, group.vars))
            layers += self._groups[group.name]
        return [*layers, *self._read(f"host {host}", found, found.vars)]

    def without_hosts(self) -> list[Layer]:
        """The places that set a wanted variable of a group without hosts, where it has no effect. What cannot be read is passed over."""
        layers: list[Layer] = []
        for name, group in sorted(self._manager._inventory.groups.items()):
            if not group.get_hosts():
                with contextlib.suppress(AnsibleError):  # Ansible has not read it
                    layers += self._read(f"group {name}", group, group.vars)
        return layers

    def _read(self, owner: str, entity: t.Any, inline: dict[str, t.Any]) -> Iterator[Layer]:
        sources = self._manager._inventory._sources
        yield from self._layer(owner, inline, entity)
        yield from self._layer(owner, get_vars_from_inventory_sources(self._loader, sources, [entity], "task"), entity)
        if getattr(self._manager, "safe_basedir", False):
            yield from self._layer(owner, get_vars_from_path(self._loader, self._loader.get_basedir(), [entity], "task"), entity)

    def _layer(self, owner: str, variables: dict[str, t.Any], entity: t.Any) -> Iterator[Layer]:
        own = {name: value for name, value in variables.items() if self._wanted(name)}
        if own:
            yield Layer(owner, own, entity if hasattr(entity, "get_ancestors") else None)
