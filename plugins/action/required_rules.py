# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the inventory and the options of the task, asks for the plan, and writes it. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import re
import tempfile
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible import constants
from ansible.errors import AnsibleActionFail

from ..plugin_utils._common.days import utc_today
from ..plugin_utils._common.problems import PlanRefused, shown_path
from ..plugin_utils._common.texts import one_line
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.hosts import FORWARD_PROXY, VARIABLES, may_be_ours
from ..plugin_utils._inventory.names import in_collection, is_collection
from ..plugin_utils._inventory.replaced import COMPARED, Replaced
from ..plugin_utils._inventory.source_location import locate
from ..plugin_utils._inventory.value import Unreadable
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._matrix.catalogue import Catalogue
from ..plugin_utils._operator.layers import Layer, Layers
from ..plugin_utils._operator.results import record_result
from ..plugin_utils._operator.undecryptable import without_secrets
from ..plugin_utils._operator.unread_files import unread_files
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable, chosen, differing
from ..plugin_utils._plan.compute import compute_plan
from ..plugin_utils._plan.exceptions import ending
from ..plugin_utils._plan.previous import refuse_shrinking
from ..plugin_utils._plan.writer import write_plan

WARNINGS_SHOWN = 20
WAYS = ("ansible_host", "ansible_port", "ansible_ssh_port", "ansible_connection")
"""How Ansible reaches a host: what a plan compares with what the host admits."""
_NOT_INVENTORIES = (r"^\.", "^host_vars$", "^group_vars$", "^vars_plugins$")
"""What Ansible does not read as an inventory."""
RUN_OPTIONS = ("connectivity_plan", "connectivity_select", "connectivity_reviewed_plan", "connectivity_native", "connectivity_allow_shrink")


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "wanted": {"type": "bool", "default": True},
        "plan": {"type": "path"},
        "select": {"type": "str"},
        "allow_shrink": {"type": "bool", "default": False},
        "native": {"type": "str", "choices": ["sets", "full"], "default": "sets"},
    }
    MISTAKES = (LibrariesMissing,)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        said = OperatorVariables(variables, self._task, self._loader)
        layers = said.layers(lambda name: in_collection(name) or name in VARIABLES)
        unread = _unread(variables, layers)
        try:
            inventory: dict[str, dict[str, t.Any]] = {}
            replaced: dict[str, list[Replaced]] = {}
            for host in said:
                raw = said.raw(host)
                inventory[host] = _own(said, host, raw)
                found = layers.of(host) if layers else []
                replaced[host] = [*_replaced(said, host, raw, found), *_by_alphabet(raw, found)]
            contradictions = differing(RUN_OPTIONS, inventory)
            if contradictions:
                raise PlanRefused(contradictions)
            catalogue = Catalogue(_directories(variables))
            plan = compute_plan(inventory, catalogue, locate, options["select"] or None, options["native"] == "full", replaced)
            wanted = pathlib.Path(os.path.abspath(options["plan"])) if options["plan"] else None
            compared = refuse_shrinking(wanted, plan.index) if wanted and not options["allow_shrink"] else []
            changes = write_plan(plan, wanted, dry=self._task.check_mode) if wanted else None
            directory = wanted
            if directory is None or self._task.check_mode:
                directory = pathlib.Path(tempfile.mkdtemp(prefix="plan_", dir=t.cast(t.Any, constants).DEFAULT_LOCAL_TMP))
                write_plan(plan, directory)
        except PlanRefused as refused:
            raise AnsibleActionFail(_refusal(refused.messages, unread)) from None
        warnings = plan.warnings
        ends = ending(plan.index["findings"], utc_today())
        *federations, count = plan.summary()
        ignored = said.all_set_aside()
        result = record_result(
            {
                "changed": bool(changes and changes.changed),
                "plan": str(directory),
                "managed": plan.count(True),
                "unmanaged": plan.count(False),
                "summary": [*federations, count + ends.sum],
                **ends._asdict(),
            }
        )
        result["warnings"] = [
            *(f"{one}; its own value in the inventory counts" for one in ignored[:WARNINGS_SHOWN]),
            *_more(len(ignored) - WARNINGS_SHOWN, "variables that hosts may have written"),
            *compared,
            *_misplaced(catalogue, variables),
            *unread[:WARNINGS_SHOWN],
            *_more(len(unread) - WARNINGS_SHOWN, "files without effect"),
            *ends.warnings[:WARNINGS_SHOWN],
            *_more(len(ends.warnings) - WARNINGS_SHOWN, "exceptions with a date in plan.json"),
            *warnings[:WARNINGS_SHOWN],
            *_more(len(warnings) - WARNINGS_SHOWN, "warnings in plan.json"),
        ]
        if changes and self._task.diff:
            result["diff"] = [
                {"before_header": name, "after_header": name, "before": before, "after": after} for name, before, after in changes.diffs
            ]
            result["diff"] += [{"prepared": line + "\n"} for line in _more(len(changes.changed) - len(changes.diffs), "files")]
        return result


def _own(said: OperatorVariables, host: str, raw: dict[str, t.Any]) -> dict[str, t.Any]:
    """What the operator says about one host, templated with that host's own variables."""
    own = chosen(raw, lambda name: name.startswith("connectivity_") or name in WAYS or may_be_ours(name))
    for name in (*WAYS, *VARIABLES, *RUN_OPTIONS, *filter(is_collection, own)):
        if name in own:
            try:
                read = said.template_without_secrets if name == FORWARD_PROXY else said.template
                own[name] = read(host, raw, name)
            except ValueUnreadable as error:
                own[name] = Unreadable(str(error), own[name])
    return own


def _replaced(said: OperatorVariables, host: str, raw: dict[str, t.Any], layers: Sequence[Layer]) -> list[Replaced]:
    """The values of collections that another value replaces for this host."""
    found = []
    for name in sorted({name for layer in layers for name in layer.variables if name.startswith(COMPARED)}):
        saying = [layer for layer in layers if name in layer.variables]
        prevailing = [layer.owner for layer in saying if layer.variables[name] == raw.get(name)]
        by = prevailing[-1] if prevailing else "the play or extra variables"
        for layer in saying:
            value = layer.variables[name]
            if value != raw.get(name):
                found.append(Replaced(name, layer.owner, said.computed(host, raw, value), by, value, raw.get(name)))
    return found


def _by_alphabet(raw: Mapping[str, t.Any], layers: Sequence[Layer]) -> list[Replaced]:
    """Single values of groups that another group of the same rank replaces: Ansible takes the last one by name."""
    found = []
    for name in sorted({name for layer in layers for name in layer.variables if not name.startswith(COMPARED)}):
        *others, prevailing = [layer for layer in layers if name in layer.variables]
        value = without_secrets(prevailing.variables[name])
        if value != without_secrets(raw.get(name)):
            continue  # the play or extra variables say it
        for layer in others:
            other = layer.variables[name]
            if not prevailing.outranks(layer) and without_secrets(other) != value:
                found.append(Replaced(name, layer.owner, None, prevailing.owner, other, prevailing.variables[name]))
    return found


def _directories(variables: Mapping[str, t.Any]) -> list[str]:
    """Where paths of the user's own matrices start: in inventories that are directories, beside the inventories, beside the playbook."""
    sources = _sources(variables)
    inside = [source for source in sources if os.path.isdir(source)]
    return [*inside, *map(os.path.dirname, sources), variables["playbook_dir"]]


def _sources(variables: Mapping[str, t.Any]) -> list[str]:
    return [os.path.abspath(source) for source in variables.get("ansible_inventory_sources") or ()]


def _misplaced(catalogue: Catalogue, variables: Mapping[str, t.Any]) -> list[str]:
    """Matrices in a directory whose files Ansible reads as inventories, and then warns of each of their keys."""
    ignored = [re.compile(pattern) for pattern in (*_NOT_INVENTORIES, *(t.cast(t.Any, constants).INVENTORY_IGNORE_PATTERNS or ()))]
    found = []
    for source in map(pathlib.Path, _sources(variables)):
        for path in catalogue.own_files():
            if source.is_dir() and path.is_relative_to(source.resolve()):
                parts = path.relative_to(source.resolve()).parts
                if not any(pattern.search(part) for pattern in ignored for part in parts):
                    found.append(
                        f"{shown_path(path)} is a matrix, but it lies in the inventory directory {shown_path(source)}. Ansible reads each "
                        "file there as an inventory, and makes groups and warnings of its keys. "
                        f"Move {parts[0]} to {shown_path(source.parent)}; the memberships may stay as they are"
                    )
    return found


def _unread(variables: Mapping[str, t.Any], layers: Layers | None) -> list[str]:
    """Files of variables, and variables of groups without hosts, that have no effect."""
    groups = variables.get("groups", {})
    files = unread_files(_sources(variables), variables["playbook_dir"], groups, groups.get("all", ()))
    return [one_line(one) for one in (*files, *_without_hosts(layers.without_hosts() if layers else ()))]


def _without_hosts(layers: Iterable[Layer]) -> Iterator[str]:
    for layer in layers:
        for name, value in sorted(layer.variables.items()):
            place = locate(value)
            yield f"{f'{place}: ' if place else ''}{name} of {layer.owner} has no effect, because the group has no hosts"


def _refusal(messages: tuple[str, ...], unread: list[str]) -> str:
    count = "1 error" if len(messages) == 1 else f"{len(messages)} errors"
    lines = [*messages, *(f"perhaps the cause: {one}" for one in unread[:WARNINGS_SHOWN])]
    return "\n".join((f"{count}; nothing was planned:", *(f"- {line}" for line in lines)))


def _more(count: int, what: str) -> list[str]:
    return [f"... and {count} more {what}"] if count > 0 else []
