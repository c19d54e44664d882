# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""D-Bus may fail at every call. The error is then in words, and what does not need D-Bus is still put back."""

from __future__ import annotations

import sys
import types
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.client import DaemonLeft
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.journal import Journal
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.runtime import _LISTS, RuntimeSnapshot
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result


class BusError(Exception):
    """As dbus-python raises it."""

    def get_dbus_name(self) -> str:
        return "org.freedesktop.DBus.Error.NoReply"

    def get_dbus_message(self) -> str:
        return "no reply within 25 seconds"


class Settings(dict[str, t.Any]):
    """Of a zone, a policy or an ipset."""

    def getSettingsDict(self) -> dict[str, t.Any]:
        return dict(self)

    def setSettingsDict(self, data: dict[str, t.Any]) -> None:
        self.update(data)

    def getEntries(self) -> list[str]:
        return ["192.0.2.1"]

    def getSettings(self) -> Settings:
        return self


class Client:
    """A client of which the call with one number fails; the other calls answer."""

    def __init__(self, failing: int) -> None:
        self._left = failing

    @property
    def bus(self) -> Client:
        return self

    def __getattr__(self, method: str) -> t.Callable[..., t.Any]:
        if method.startswith("__"):
            raise AttributeError(method)

        def call(*_arguments: object, **_options: object) -> t.Any:
            self._left -= 1
            if self._left == 0:
                raise BusError
            if method == "config":
                return self
            if method in ("getZones", "getZoneNames"):
                return ["public"]
            if method in ("getPolicies", "getPolicyNames"):
                return ["of-others"]
            if method in ("getIPSets", "getIPSetNames"):
                return ["partners"]
            if method.startswith(("getAll", "getLockdown")):
                return []
            return self if method.endswith("ByName") else Settings(forward=True, interfaces=[])

        return call

    def getSettings(self) -> Settings:
        return Settings(forward=True, interfaces=[])


class Recorder(Host):
    """A host with iptables, whose rules went."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        self.ran.append(argv[0])
        return Result(0, "", "")


@pytest.fixture(autouse=True)
def _glib(monkeypatch: pytest.MonkeyPatch) -> None:
    context = types.SimpleNamespace(pending=lambda: False)
    glib = types.SimpleNamespace(MainContext=types.SimpleNamespace(default=lambda: context))
    monkeypatch.setitem(sys.modules, "gi", types.ModuleType("gi"))
    repository = types.ModuleType("gi.repository")
    repository.GLib = glib  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gi.repository", repository)


DATA = {
    "zones": {"public": {"forward": False, "interfaces": ["eth0"]}},
    "policies": {"of-others": {"forward": False}},
    "ipsets": {"partners": {"entries": ["192.0.2.2"], "options": {}}},
    "lists": {read: [["x"]] for read, _kind in _LISTS},
    "xtables": {"iptables": "*filter\n-A INPUT -j DROP\nCOMMIT\n"},
}


def _calls(use: t.Callable[[Client], object]) -> int:
    """How many calls a use makes that none of fails."""
    client = Client(0)
    use(client)
    return -client._left


def _restore(client: Client, host: Recorder) -> None:
    journal = Journal(client, lambda name: False)
    RuntimeSnapshot(host, DATA).restore(client, journal)


def _losses(client: Client) -> list[str]:
    return RuntimeSnapshot(Recorder(), DATA).losses(client, lambda name: False)


def test_no_failure_of_the_bus_is_a_traceback_when_what_was_in_force_is_put_back() -> None:
    number = _calls(lambda client: _restore(client, Recorder()))
    assert number > 20
    for failing in range(1, number + 1):
        host = Recorder()
        with pytest.raises(ToolFailed, match="no reply within 25 seconds"):
            _restore(Client(failing), host)
        if failing > 6:  # the calls before are those of the journal, which is there before anything is put back
            assert "iptables-restore" in host.ran, failing


def test_no_failure_of_the_bus_is_a_traceback_when_files_are_compared() -> None:
    for failing in range(1, _calls(_losses) + 1):
        with pytest.raises(DaemonLeft, match="firewalld cannot be read: no reply"):
            _losses(Client(failing))
