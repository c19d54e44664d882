# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action confirms, and what becomes of a host that does not answer any more."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.action import firewall_policy
from ansible_collections.federated.connectivity.plugins.action.firewall_policy import ActionModule
from ansible_collections.federated.connectivity.plugins.plugin_utils._host_answers.action import HostAction

CONFIRMED = {"changed": False, "outcome": "confirmed"}
RESTORED = {"failed": True, "outcome": "restored", "msg": "the change was not confirmed: nobody confirmed it within 60 seconds"}


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Controller(ActionModule):
    """The action on a host that answers each attempt to confirm with the next of ``answers``, the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, applied: dict[str, t.Any], *answers: t.Any) -> None:
        self._applied, self._answers = applied, list(answers)
        self.log: list[str] = []
        self._task = t.cast(t.Any, types.SimpleNamespace(args={"policy": {}}, check_mode=False))
        self._loader = t.cast(t.Any, DataLoader)()
        self._connection = t.cast(t.Any, type("Connection", (), {"reset": lambda _self: self.log.append("reset")})())
        self.clock = Clock()
        monkeypatch.setattr(firewall_policy, "time", self.clock)
        monkeypatch.setattr(HostAction, "ask", lambda _self, *asked: self._answer(*asked))
        monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})

    def _answer(self, module: str, arguments: dict[str, t.Any], _variables: t.Any) -> dict[str, t.Any]:
        self._name, self._running = "station", module
        if module == "firewall_policy":
            return dict(self._applied)
        assert arguments == {"token": "secret"}
        self.log.append("confirm")
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


ON_TRIAL = {"changed": True, "changes": ["ufw"], "on_trial": {"token": "secret", "seconds": 60}}
UNREACHABLE = AnsibleConnectionFailure("timed out")


def test_a_change_is_confirmed_over_a_new_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(monkeypatch, ON_TRIAL, CONFIRMED)
    assert controller.run(task_vars={}) == {"changed": True, "changes": ["ufw"]}
    assert controller.log == ["reset", "confirm"]


def test_where_nothing_is_on_trial_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(monkeypatch, {"changed": False, "changes": []})
    assert controller.run(task_vars={}) == {"changed": False, "changes": []}
    assert controller.log == []


def test_a_host_that_was_cut_off_is_asked_again_until_it_tells_what_it_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    garbled = {"failed": True, "msg": "MODULE FAILURE"}
    controller = Controller(monkeypatch, ON_TRIAL, UNREACHABLE, garbled, UNREACHABLE, RESTORED)
    assert controller.run(task_vars={}) == {**RESTORED, "changed": False, "changes": []}
    assert controller.log == ["reset", "confirm"] * 4


def test_what_could_not_be_restored_stays_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Controller(monkeypatch, ON_TRIAL, {**RESTORED, "outcome": "failed"}).run(task_vars={})
    assert (result["failed"], result["changed"], result["changes"]) == (True, True, ["ufw"])


def test_a_host_that_never_comes_back_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(monkeypatch, ON_TRIAL, UNREACHABLE)
    with pytest.raises(AnsibleConnectionFailure, match="no new connection came about, nor one when the host should have taken it back"):
        controller.run(task_vars={})
    assert controller.clock.now > 60


@pytest.mark.parametrize(("asked", "seconds", "checks"), [(60, 10**6, False), (0, 60, False), ("no number", 60, False), (60, 60, True)])
def test_a_host_cannot_have_the_controller_wait_longer_than_it_was_asked_to(
    monkeypatch: pytest.MonkeyPatch, asked: t.Any, seconds: int, checks: bool
) -> None:
    applied = {**ON_TRIAL, "on_trial": {"token": "secret", "seconds": seconds}}
    controller = Controller(monkeypatch, applied, UNREACHABLE)
    controller._task = t.cast(t.Any, types.SimpleNamespace(args={"policy": {}, "confirm_timeout": asked}, check_mode=checks))
    result = controller.run(task_vars={})
    assert (result["failed"], result["changed"], controller.log, controller.clock.now) == (True, False, [], 0)
    assert f"its answer to firewall_policy is not usable: it waits {seconds} s to be confirmed" in result["msg"]


@pytest.mark.parametrize("arguments", [{}, {"plan": "plan", "policy": {}}])
def test_the_policy_comes_from_one_place(monkeypatch: pytest.MonkeyPatch, arguments: dict[str, t.Any]) -> None:
    controller = Controller(monkeypatch, ON_TRIAL, CONFIRMED)
    controller._task.args = arguments
    with pytest.raises(AnsibleError, match="takes either plan, the directory of a plan, or policy"):
        controller.run(task_vars={"inventory_hostname": "station"})
    assert controller.log == []


def test_what_is_no_plan_is_refused_before_the_host_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    controller = Controller(monkeypatch, ON_TRIAL, CONFIRMED)
    controller._task.args = {"plan": str(tmp_path)}
    with pytest.raises(AnsibleError, match=r"holds no plan\.json"):
        controller.run(task_vars={"inventory_hostname": "station"})
    assert controller.log == []
