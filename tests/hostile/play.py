# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play in one process: actions run as its tasks would run them, on hosts that are nothing but answers."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible.utils.display import Display
from hostile_hosts import Answer, Network, honest, speak

from ansible_collections.federated.connectivity.plugins.action import (
    connection_info,
    connection_state,
    docker_proxy,
    firewall_packages,
    firewall_policy,
    flow_listener,
    flow_probe,
    inspection_note,
    listening_info,
    observation_info,
    refused_info,
    tls_audit_judge,
    tls_audit_plan,
    tls_handshake_info,
    verify_judge,
    verify_plan,
)
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import write_plan

STEPS = ("in_force", "loopback", "listening", "stopped", "probed")
HOSTS = {
    "alpha": ("198.51.100.1", "north"),
    "beta": ("198.51.100.2", "north"),
    "evil": ("198.51.100.3", "north"),
    "gamma": ("198.51.100.4", "south"),
    "mallory": ("198.51.100.5", "south"),
}
Character = t.Mapping[str, t.Mapping[str, t.Any]]
Results = dict[str, dict[str, Answer]]


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


class Play:
    """Two federations that are strangers to each other: alpha, beta and evil, and gamma and mallory.

    Attributes:
        plan: The plan's directory.
        displayed: What was shown on the terminal.
    """

    def __init__(self, directory: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plan = directory / "plan"
        write_plan(compute_plan({name: _inventory(name) for name in HOSTS}, Catalogue()), self.plan)
        self.network = Network(dict(HOSTS.values()))
        self.displayed: list[str] = []
        self._asked: tuple[str, t.Mapping[str, t.Any]] = ("", {})
        self._host, self._character = "", t.cast(Character, {})
        bits = types.SimpleNamespace(module_style="new", shebang="#!/usr/bin/python3", b_module_data=b"", serialization_profile="legacy")
        monkeypatch.setattr(ActionBase, "_configure_module", lambda _self, **asked: (bits, self.remember(**asked)))
        monkeypatch.setattr(firewall_policy, "time", Clock())
        monkeypatch.setattr(ActionBase, "_update_module_args", _update_module_args)
        monkeypatch.setattr(ActionBase, "_is_pipelining_enabled", lambda *_arguments: True)
        monkeypatch.setattr(ActionBase, "_compute_environment_string", lambda *_arguments: "")
        monkeypatch.setattr(ActionBase, "_low_level_execute_command", lambda *_arguments, **_options: self._answer())
        monkeypatch.setattr(Display, "display", lambda _self, text, *_more, **_options: self.displayed.append(str(text)))
        self.chosen = self.run(verify_plan, "alpha", {}, plan=str(self.plan))
        self.looks = self.run(tls_audit_plan, "alpha", {}, plan=str(self.plan))
        question = {"plan": str(self.plan), "from": "evil", "to": "alpha", "port": 8443, "live": True}
        self.answered = self.run(connection_info, "alpha", {}, **question)

    def ask(self, host: str, character: Character) -> dict[str, Answer]:
        """Ask one host everything that a run asks it; what its tasks registered."""
        self._character = character
        chosen, token = self.chosen["hosts"][host], self.chosen["token"]
        asked: dict[str, tuple[types.ModuleType, dict[str, t.Any]]] = {
            "enforced": (firewall_policy, {"plan": str(self.plan)}),
            "packages": (firewall_packages, {"packages": ["nftables"]}),
            "docker": (docker_proxy, {"plan": str(self.plan)}),
            "note": (inspection_note, {"plan": str(self.plan)}),
            "in_force": (firewall_policy, {"plan": str(self.plan), "check": True}),
            "loopback": (listening_info, {"ports": chosen["loopback"]}),
            "observed": (observation_info, {"ports": ["8443"], "seconds": 1}),
            "refused": (refused_info, {"plan": str(self.plan)}),
            "listening": (flow_listener, {"ports": chosen["listen"], "name": host, "token": token}),
            "probed": (flow_probe, {"probes": chosen["probes"], "token": token}),
            "stopped": (flow_listener, {"state": "stopped"}),
            "seen": (tls_handshake_info, {"endpoints": self.looks["hosts"][host]["endpoints"], "token": self.looks["token"]}),
        }
        return {step: self._task(action, host, **options) for step, (action, options) in asked.items()}

    def judge(self, registered: Results, reports: pathlib.Path) -> tuple[Answer, Answer]:
        """The verdicts of verification and audit."""
        verify = self.run(
            verify_judge, "alpha", registered, chosen=self.chosen, registered={step: step for step in STEPS}, report=str(reports / "v.json")
        )
        audit = self.run(tls_audit_judge, "alpha", registered, chosen=self.looks, registered="seen", report=str(reports / "a.json"))
        return verify, audit

    def tell(self, registered: Results) -> Answer:
        """The answer to a question about a hostile and an honest host, with what both have in force."""
        return self.run(connection_state, "alpha", registered, answered=self.answered, registered="in_force")

    def run(self, action: types.ModuleType, host: str, told: Results, check: bool = False, **options: t.Any) -> Answer:
        """Run an action."""
        loader = t.cast(t.Any, DataLoader)()
        task = types.SimpleNamespace(
            args=options, check_mode=check, diff=True, async_val=0, action=_name(action), timeout=0, environment=[]
        )
        shell = types.SimpleNamespace(tmpdir="/nowhere", build_module_command=lambda *_arguments, **_options: "")
        connection = types.SimpleNamespace(
            _shell=shell, always_pipeline_modules=True, reset=lambda: None, module_implementation_preferences=("",)
        )
        play = {
            "ansible_play_hosts_all": [*HOSTS],
            "ansible_play_hosts": [*HOSTS],
            "ansible_play_batch": [*HOSTS],
            "groups": {"all": [*HOSTS]},
            "playbook_dir": "/nowhere",
        }
        hostvars = {name: {**_inventory(name), **told.get(name, {})} for name in HOSTS}
        variables = {**play, "hostvars": hostvars, "inventory_hostname": host}
        self._host = host
        result: Answer = action.ActionModule(task, connection, None, loader, Templar(loader), None).run(task_vars=variables)
        return result

    def _task(self, action: types.ModuleType, host: str, **options: t.Any) -> Answer:
        """The result of a task, failed where the action says so."""
        check = options.pop("check", False)
        try:
            return self.run(action, host, {}, check, **options)
        except AnsibleError as error:
            return {"failed": True, "msg": str(error)}

    def remember(self, module_name: str, module_args: t.Mapping[str, t.Any], **_more: t.Any) -> str:
        self._asked = (module_name.rpartition(".")[2], dict(module_args))
        return "module"

    def _answer(self) -> dict[str, t.Any]:
        module, arguments = self._asked
        answer = honest(module, arguments, HOSTS[self._host][0], self.network)
        output, errors = speak(self._character[module], answer) if module in self._character else speak(_HONEST, answer)
        return {"rc": 0, "stdout": output, "stderr": errors}


_HONEST = {"raw": None, "changes": [], "more": {}, "before": "", "after": "", "errors": ""}


def _update_module_args(action: ActionBase, _module: str, arguments: dict[str, t.Any], *_more: t.Any, **_options: t.Any) -> None:
    arguments["_ansible_check_mode"] = action._task.check_mode


def _name(action: types.ModuleType) -> str:
    return action.__name__.rpartition(".")[2]


def _inventory(name: str) -> dict[str, t.Any]:
    address, federation = HOSTS[name]
    membership = {"matrix": "linksight", "federation": federation, "roles": ["data_station"]}
    return {"connectivity_memberships": [membership], "connectivity_addresses": [address], "connectivity_log_refused": True}
