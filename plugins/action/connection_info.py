# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the plan, its matrices, and where the inventory has addresses, and has the question answered. The meaning is in plugin_utils."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import pathlib
import typing as t
from collections.abc import Iterable, Mapping

from ansible.utils.path import unfrackpath

from ..module_utils._plan.words import PROTOCOLS, TCP
from ..plugin_utils._common.problems import PlanRefused
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._explain.answer import Known, Places, answer
from ..plugin_utils._explain.parties import NotUnderstood, Question, find_party, read_port
from ..plugin_utils._inventory.hosts import ADDRESSES, MEMBERSHIPS
from ..plugin_utils._inventory.names import parts_of
from ..plugin_utils._inventory.source_location import locate
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._live.ends import ends_of
from ..plugin_utils._matrix.catalogue import Catalogue, MatrixNotFound
from ..plugin_utils._matrix.model import Matrix
from ..plugin_utils._operator.results import record_result
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable
from ..plugin_utils._plan.reader import Plan, PlanUnreadable, read_plan


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "from": {"type": "str", "default": ""},
        "to": {"type": "str", "default": ""},
        "port": {"type": "str"},
        "protocol": {"type": "str", "choices": list(PROTOCOLS), "default": TCP},
        "live": {"type": "bool", "default": False},
    }
    MISTAKES = (LibrariesMissing, PlanUnreadable, NotUnderstood)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        asked = (options["port"] or "").strip()
        port = read_port(asked, options["protocol"]) if asked else None
        directory = pathlib.Path(unfrackpath(options["plan"], follow=False))
        plan = read_plan(directory)
        said = OperatorVariables(variables, self._task, self._loader)
        known = Known(plan, _matrices(plan, said, variables), _places(said))
        question = Question(options["from"].strip(), options["to"].strip(), options["protocol"], port)
        found = answer(question, known)
        result = {"changed": False, **found._asdict(), "plan": str(directory)}
        if options["live"]:
            named = {host for text in (question.initiator, question.responder) if text for host in find_party(text, plan).hosts}
            result["ends"] = ends_of(found.connections, sorted(named), plan, variables["ansible_play_hosts_all"])._asdict()
        return record_result(result)


def _matrices(plan: Plan, said: OperatorVariables, variables: Mapping[str, t.Any]) -> dict[str, Matrix]:
    """The matrices that the plan names: those of the catalogue, and the user's own as far as the inventory leads to them."""
    directories = [str(pathlib.Path(source).absolute()) for source in variables.get("ansible_inventory_sources") or ()]
    directories += [str(pathlib.Path(directory).parent) for directory in directories]
    catalogue = Catalogue([*directories, variables["playbook_dir"]])
    names = {rule.matrix for host in plan.hosts.values() for rule in host.part.rules}
    found: dict[str, Matrix] = {}
    for reference in (*sorted(names), *sorted(_references(plan, said))):
        with contextlib.suppress(MatrixNotFound, PlanRefused):
            matrix = catalogue.matrix(reference)
            found.setdefault(matrix.name, matrix)
    return found


def _references(plan: Plan, said: OperatorVariables) -> Iterable[str]:
    """The paths of matrices in the memberships of the inventory."""
    for host in set(said) & set(plan.hosts):
        own = said[host]
        with contextlib.suppress(ValueUnreadable):
            for part in parts_of(MEMBERSHIPS, own):
                for membership in own[part] if isinstance(own[part], list) else ():
                    reference = membership.get("matrix") if isinstance(membership, Mapping) else None
                    if isinstance(reference, str) and ("/" in reference or reference.endswith((".yml", ".yaml"))):
                        yield reference


def _places(said: OperatorVariables) -> Places:
    """Where the inventory has the addresses of its hosts, each host read when it is asked for."""
    hosts = set(said)

    @functools.cache
    def of(host: str) -> dict[str, str | None]:
        if host not in hosts:
            return {}
        raw = said.raw(host)
        values = raw.get(ADDRESSES, raw.get("ansible_host"))
        listed = values if isinstance(values, list) else [values]
        return {_canonical(value): locate(value) or locate(values) for value in listed if value is not None}

    return lambda host, address: of(host).get(_canonical(address))


def _canonical(address: object) -> str:
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_network(str(address)))
    return str(address)
