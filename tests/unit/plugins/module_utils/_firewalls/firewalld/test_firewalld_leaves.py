# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""firewalld stops, restarts or is slow while somebody speaks with it: waited for within bounds, then an error in words."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import backend as firewalld
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import client
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy

POLICY = Policy("h", (), False, False, None)
LATE, GONE = "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.ServiceUnknown"


class BusError(Exception):
    """As dbus-python has them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._name = name

    def get_dbus_name(self) -> str:
        return self._name

    def get_dbus_message(self) -> str:
        return "the bus says why"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., list[str]]:
    """Lets each reading of firewalld come to the next outcome; what was read, in order."""

    def prepare(*outcomes: object, returns: bool = True) -> list[str]:
        left, done = list(outcomes), []

        def propose(_policy: object, _host: object) -> object:
            done.append("read")
            outcome = left.pop(0)
            if isinstance(outcome, BusError):
                with client.errors("cannot be read"):
                    raise outcome
            return outcome

        monkeypatch.setattr(firewalld, "_propose", propose)
        monkeypatch.setattr(firewalld, "is_running", lambda _host: returns)
        monkeypatch.setattr(firewalld, "SECONDS_TO_RETURN", 0)
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        return done

    return prepare


@pytest.mark.parametrize("name", [LATE, GONE, "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.Disconnected"])
def test_who_is_back_is_read_again_from_the_beginning(read: t.Callable[..., list[str]], name: str) -> None:
    done = read(BusError(name), "change")
    assert firewalld.propose(POLICY, Host()) == "change"
    assert done == ["read", "read"]


def test_who_does_not_come_back_is_an_error_in_words(read: t.Callable[..., list[str]]) -> None:
    done = read(BusError(GONE), returns=False)
    with pytest.raises(ToolFailed) as failure:
        firewalld.propose(POLICY, Host())
    assert failure.value.messages == (
        "firewalld cannot be read: the bus says why",
        "firewalld stopped while its state was being read; see 'journalctl -u firewalld', start it and run again",
    )
    assert done == ["read"]


def test_a_removal_goes_on_with_the_files_of_a_daemon_that_has_stopped(read: t.Callable[..., list[str]]) -> None:
    read(BusError(GONE), "files", returns=False)
    assert firewalld.propose(None, Host()) == "files"


def test_who_leaves_again_and_again_is_given_up(read: t.Callable[..., list[str]]) -> None:
    done = read(*[BusError(GONE)] * 9)
    with pytest.raises(ToolFailed, match="firewalld stopped while its state was being read"):
        firewalld.propose(POLICY, Host())
    assert len(done) == firewalld.ATTEMPTS


def test_errors_of_firewalld_itself_are_not_repeated(read: t.Callable[..., list[str]]) -> None:
    done = read(BusError("org.fedoraproject.FirewallD1.Exception"))
    with pytest.raises(ToolFailed, match="firewalld cannot be read: the bus says why"):
        firewalld.propose(POLICY, Host())
    assert done == ["read"]


class Slow:
    """A firewalld that replies after so many questions; None: never."""

    def __init__(self, questions: int | None, error: str = LATE) -> None:
        self.questions, self.error, self.asked = questions, error, 0

    def reload(self) -> None:
        raise BusError(self.error)

    def get_property(self, _name: str) -> str:
        self.asked += 1
        if self.questions is None or self.asked < self.questions:
            raise BusError(self.error)
        return "RUNNING"


def test_a_reload_may_take_longer_than_the_bus_waits() -> None:
    slow = Slow(4)
    client.reload(slow)
    assert slow.asked == 4


@pytest.mark.parametrize(("error", "asked"), [(LATE, 12), (GONE, 0)])
def test_a_reload_that_never_ends_is_an_error(error: str, asked: int) -> None:
    slow = Slow(None, error)
    with pytest.raises(client.DaemonLeft, match="failed to reload"), client.errors("failed to reload"):
        client.reload(slow)
    assert slow.asked == asked
