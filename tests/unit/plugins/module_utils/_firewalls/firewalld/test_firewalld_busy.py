# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A firewalld that is busy, such as with somebody's reload, is waited for; nothing is asked of one that does not come to an end."""

from __future__ import annotations

import sys
import types
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import client
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result


class BusError(Exception):
    """As dbus-python raises it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._name = name

    def get_dbus_name(self) -> str:
        return "org.freedesktop.DBus.Error." + self._name

    def get_dbus_message(self) -> str:
        return "the bus says why"


class Bus:
    """A connection to the bus; it keeps the time limit of each call."""

    def __init__(self, error: str = "", owned: bool = True, advance: t.Callable[[], None] = lambda: None) -> None:
        self.error, self.owned, self.limits, self._advance = error, owned, list[float](), advance

    def name_has_owner(self, _name: str) -> bool:
        return self.owned

    def call_blocking(self, *_arguments: t.Any, timeout: float = -1.0) -> str:
        self.limits.append(timeout)
        self._advance()
        if self.error:
            raise BusError(self.error)
        return "RUNNING"


class Clock:
    """The time of a test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self) -> None:
        self.now += 120


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("time.monotonic", found)
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[Bus], list[Bus | None]]:
    """Let FirewallClient use a bus; the buses that its makers named."""

    def prepare(bus: Bus) -> list[Bus | None]:
        given: list[Bus | None] = []

        class FirewallClient:
            connected = bus.owned

            def __init__(self, named: Bus | None = None) -> None:
                given.append(named)
                self.bus = bus

        module = types.ModuleType("firewall.client")
        module.FirewallClient = FirewallClient  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "firewall", types.ModuleType("firewall"))
        monkeypatch.setitem(sys.modules, "firewall.client", module)
        return given

    return prepare


def test_every_call_may_take_minutes(made: t.Callable[[Bus], list[Bus | None]]) -> None:
    bus = Bus()
    made(bus)
    found = client.reach()
    found.bus.call_blocking("a", "call")
    found.bus.call_blocking("a", "call", timeout=3)
    client.patient(found.bus)
    found.bus.call_blocking("a", "call")
    assert bus.limits == [client.PATIENT_SECONDS, client.PATIENT_SECONDS, 3, client.PATIENT_SECONDS]


def test_who_was_busy_gets_a_client_that_knows_its_types(made: t.Callable[[Bus], list[Bus | None]], clock: Clock) -> None:
    quick = made(Bus())
    client.reach()
    assert quick == [None]
    bus = Bus(advance=clock.advance)
    slow = made(bus)
    client.reach()
    assert slow == [None, bus]


@pytest.mark.parametrize(
    ("error", "owned", "kind", "words"),
    [
        ("NoReply", True, ToolFailed, "has not answered for 300 seconds"),
        ("ServiceUnknown", True, client.DaemonLeft, "does not answer"),
        ("", False, client.DaemonLeft, "does not answer"),
    ],
)
def test_who_does_not_answer_is_an_error_in_words(
    made: t.Callable[[Bus], list[Bus | None]], error: str, owned: bool, kind: type[ToolFailed], words: str
) -> None:
    made(Bus(error, owned))
    with pytest.raises(ToolFailed, match=words) as failure:
        client.reach()
    assert type(failure.value) is kind


class Asked(Host):
    """A host on which ``firewall-cmd --state`` ends so, one time after another; None: it does not end in time."""

    def __init__(self, *statuses: int | None, clock: Clock | None = None) -> None:
        self.left, self._clock = list(statuses), clock

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        status = self.left.pop(0)
        if self._clock:
            self._clock.advance()
        if status is None:
            raise ToolFailed("firewall-cmd --state did not end within 120 seconds")
        return Result(status, "", "")


@pytest.mark.parametrize(
    ("statuses", "running"),
    [((0,), True), ((251,), True), ((252,), False), ((1,), False), ((254, None, 0), True), ((None, 252), False), ((254,) * 12, False)],
)
def test_a_busy_daemon_is_asked_again_whether_it_runs(statuses: tuple[int | None, ...], running: bool) -> None:
    host = Asked(*statuses)
    assert client.is_running(host) == running
    assert host.left == []


def test_a_daemon_that_stays_busy_is_no_daemon_that_does_not_run(clock: Clock) -> None:
    with pytest.raises(ToolFailed, match="firewalld has not answered for 300 seconds"):
        client.is_running(Asked(*[None] * 12, clock=clock))


class Late:
    """A firewalld that has come to an end of its reload when the bus no longer waited."""

    def __init__(self, state: str) -> None:
        self._state = state

    def reload(self) -> None:
        raise BusError("NoReply")

    def get_property(self, _name: str) -> str:
        return self._state


def test_a_late_end_of_a_reload_is_looked_at() -> None:
    client.reload(Late("RUNNING"))
    with pytest.raises(ToolFailed, match="failed to reload: it is in state FAILED"):
        client.reload(Late("FAILED"))
