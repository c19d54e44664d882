# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing a backend, and changes that hold all together or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import transaction
from ansible_collections.federated.connectivity.plugins.module_utils._apply.transaction import check, choose, commit, propose
from ansible_collections.federated.connectivity.plugins.module_utils._change.change import Change
from ansible_collections.federated.connectivity.plugins.module_utils._change.restore_point import RestorePoint
from ansible_collections.federated.connectivity.plugins.module_utils._errors import BindingMissing, PolicyError, PolicyRefused, ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy

POLICY = Policy("station", (), False, False)


class Step(Change):
    """A change that writes down what happens to it."""

    def __init__(self, name: str, log: list[str], changed: bool = True, **errors: Exception) -> None:
        self.name, self._log, self._errors = name, log, errors
        self.before, self.after = "old", "new" if changed else "old"

    def _do(self, what: str) -> None:
        self._log.append(f"{what} {self.name}")
        if what in self._errors:
            raise self._errors[what]

    def check(self) -> None:
        self._do("check")

    @contextlib.contextmanager
    def prepared(self) -> t.Iterator[None]:
        self._do("prepare")
        yield

    def apply(self) -> None:
        self._do("apply")

    def restore_point(self) -> RestorePoint:
        return RestorePoint(self.name, "", Snapshot(()), {})

    def undo(self) -> None:
        self._do("undo")


class Firewall:
    """A backend whose changes are steps."""

    def __init__(self, name: str, running: bool, error: Exception | None = None) -> None:
        self.NAME, self._running, self._error = name, running, error

    def is_installed(self, host: Host) -> bool:
        return True

    def is_running(self, host: Host) -> bool:
        return self._running

    def propose(self, policy: Policy | None, host: Host) -> Change:
        if self._error:
            raise self._error
        return Step(f"{self.NAME} {'policy' if policy else 'none'}", [])


@pytest.fixture
def firewalls(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., None]:
    def install(**running: bool | Exception) -> None:
        nftables = Firewall("nftables", True)
        monkeypatch.setattr(
            transaction.nftables,
            "propose_guard",
            lambda policy, host, redirected_pass: Step(f"guard {'policy' if policy else 'none'}", []),
        )
        table = {name: Firewall(name, bool(state), state if isinstance(state, Exception) else None) for name, state in running.items()}
        monkeypatch.setattr(transaction, "BACKENDS", {"nftables": nftables, **table})

    return install


@pytest.mark.parametrize(
    ("wanted", "ufw", "firewalld", "chosen"),
    [
        ("auto", False, False, "nftables"),
        ("auto", True, False, "ufw"),
        ("auto", False, True, "firewalld"),
        ("ufw", True, False, "ufw"),
        ("nftables", True, False, "nftables"),
    ],
)
def test_the_backend_is_the_firewall_that_runs(
    firewalls: t.Callable[..., None], wanted: str, ufw: bool, firewalld: bool, chosen: str
) -> None:
    firewalls(ufw=ufw, firewalld=firewalld)
    assert choose(wanted, Host()) == chosen


@pytest.mark.parametrize(("declared", "ufw"), [("ufw", True), ("nftables", False), (None, True)])
def test_auto_takes_the_firewall_that_is_declared_where_it_runs(firewalls: t.Callable[..., None], declared: str | None, ufw: bool) -> None:
    firewalls(ufw=ufw, firewalld=False)
    assert choose("auto", Host(), declared) == (declared or "ufw")


@pytest.mark.parametrize(
    ("declared", "ufw", "said"),
    [
        (
            "nftables",
            True,
            "connectivity_firewall is nftables, but ufw runs on this host; correct the variable, or stop ufw for good: `",
        ),
        ("firewalld", True, "connectivity_firewall is firewalld, but ufw runs on this host"),
        ("ufw", False, "connectivity_firewall is ufw, but it does not run on this host; start it, or correct the variable"),
    ],
)
def test_auto_refuses_another_firewall_than_the_declared_one(firewalls: t.Callable[..., None], declared: str, ufw: bool, said: str) -> None:
    firewalls(ufw=ufw, firewalld=False)
    with pytest.raises(PolicyRefused) as refused:
        choose("auto", Host(), declared)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("wanted", ["auto", "ufw", "nftables"])
def test_two_firewalls_at_once_are_refused_with_the_mend(firewalls: t.Callable[..., None], wanted: str) -> None:
    firewalls(ufw=True, firewalld=True)
    with pytest.raises(
        PolicyRefused, match=r"ufw and firewalld run on this host at once.*`ufw disable` or `systemctl disable --now firewalld`"
    ):
        choose(wanted, Host())


def test_a_firewalld_that_only_just_died_is_not_replaced(firewalls: t.Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    firewalls(ufw=False, firewalld=False)
    monkeypatch.setattr(transaction.firewalld, "is_enabled", lambda host: True)
    with pytest.raises(PolicyRefused, match=r"does not run now; start it, or stop it for good: `systemctl disable --now firewalld`"):
        choose("auto", Host())
    assert choose("nftables", Host()) == "nftables"


def test_a_backend_that_does_not_run_is_refused(firewalls: t.Callable[..., None]) -> None:
    firewalls(ufw=False, firewalld=True)
    with pytest.raises(PolicyRefused, match="backend ufw is asked for, but it does not run"):
        choose("ufw", Host())


@pytest.mark.parametrize(
    ("policy", "backend", "places"),
    [
        (POLICY, "ufw", ["ufw policy", "guard policy", "firewalld none"]),
        (POLICY, "firewalld", ["firewalld policy", "guard policy", "ufw none"]),
        (POLICY, "nftables", ["nftables policy", "ufw none", "firewalld none"]),
        (None, "", ["guard none", "ufw none", "firewalld none"]),
    ],
)
def test_the_new_backend_comes_first_and_the_former_goes_last(
    firewalls: t.Callable[..., None], policy: Policy | None, backend: str, places: list[str]
) -> None:
    firewalls(ufw=True, firewalld=True)
    assert [change.name for change in propose(policy, backend, Host())] == places


def test_all_refusals_are_said_at_once(firewalls: t.Callable[..., None]) -> None:
    firewalls(ufw=PolicyRefused("rule a: too many ports"), firewalld=ToolFailed("no D-Bus"))
    with pytest.raises(PolicyRefused) as refusal:
        propose(POLICY, "ufw", Host())
    assert refusal.value.messages == ("rule a: too many ports", "no D-Bus")


def test_a_missing_binding_stays_distinguishable(firewalls: t.Callable[..., None]) -> None:
    firewalls(ufw=PolicyRefused("rule a: too many ports"), firewalld=BindingMissing("firewall"))
    with pytest.raises(BindingMissing) as missing:
        propose(POLICY, "ufw", Host())
    assert missing.value.binding == "firewall"


def test_what_is_in_force_is_not_touched() -> None:
    log: list[str] = []
    commit([Step("a", log, changed=False), Step("b", log), Step("c", log, changed=False)])
    assert log == ["prepare b", "apply b"]


@pytest.mark.parametrize("error", [ToolFailed("the tool's words"), RuntimeError("the tool's words")])
def test_a_failure_takes_back_what_was_done_in_reverse(error: Exception) -> None:
    log: list[str] = []
    with pytest.raises(ToolFailed) as failure:
        commit([Step("a", log), Step("b", log, apply=error), Step("c", log)])
    assert log[3:] == ["apply a", "apply b", "undo b", "undo a"]
    assert "the tool's words" in failure.value.messages[0]
    assert failure.value.messages[1:] == ("b is as it was before", "a is as it was before")


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_what_may_not_go_on_is_taken_back(allowed: int) -> None:
    log: list[str] = []
    asked = iter(range(9))

    def go_on() -> None:
        if next(asked) >= allowed:
            raise ToolFailed("the host has begun to take it back")

    with pytest.raises(ToolFailed, match="has begun to take it back"):
        commit([Step("a", log), Step("b", log)], go_on)
    assert log[2:] == [*("apply a", "apply b")[:allowed], *("undo a", "undo b")[:allowed][::-1]]


def test_what_could_not_be_restored_is_said_and_the_rest_is_restored() -> None:
    log: list[str] = []
    with pytest.raises(ToolFailed) as failure:
        commit([Step("a", log), Step("b", log, apply=ToolFailed("full"), undo=OSError("disk full"))])
    assert log[-2:] == ["undo b", "undo a"]
    assert failure.value.messages == ("full", "b could not be restored: disk full", "a is as it was before")


def test_where_one_change_finds_no_room_none_begins() -> None:
    log: list[str] = []
    with pytest.raises(ToolFailed, match="No space left"):
        commit([Step("a", log), Step("b", log, prepare=OSError(errno.ENOSPC, "No space left on device"))])
    assert log == ["prepare a", "prepare b"]


def test_a_session_that_ends_interrupts_nothing() -> None:
    class HangUp(Step):
        def apply(self) -> None:
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                os.kill(os.getpid(), number)
            super().apply()

    log: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    commit([HangUp("a", log), Step("b", log)])
    assert log == ["prepare a", "prepare b", "apply a", "apply b"]
    assert signal.getsignal(signal.SIGINT) is before


def test_every_change_is_checked_even_after_a_refusal() -> None:
    log: list[str] = []
    with pytest.raises(PolicyError) as refusal:
        check([Step("a", log, check=ToolFailed("a is wrong")), Step("b", log, check=PolicyRefused("b is wrong")), Step("c", log)])
    assert log == ["check a", "check b", "check c"]
    assert refusal.value.messages == ("a is wrong", "b is wrong")
