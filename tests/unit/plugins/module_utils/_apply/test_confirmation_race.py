# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watchdog that has begun to restore is never disarmed, and the change is not reported as made."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import confirmation, watchdog
from ansible_collections.federated.connectivity.plugins.module_utils._apply import ways as apply_ways
from ansible_collections.federated.connectivity.plugins.module_utils._change.change import Change
from ansible_collections.federated.connectivity.plugins.module_utils._change.restore_point import RestorePoint
from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host import host as host_module
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host


class Rewrite(Change):
    """Writes a file, and calls what a test wants to happen at that moment."""

    name, before, after = "the place", "old", "new"

    def __init__(self, host: Host, path: pathlib.Path, meanwhile: t.Callable[[], None]) -> None:
        self._host, self._path, self._meanwhile = host, str(path), meanwhile
        self._snapshot = host.snapshot([self._path])

    def check(self) -> None:
        """Nothing to ask."""

    def prepared(self) -> t.ContextManager[None]:
        return contextlib.nullcontext()

    def apply(self) -> None:
        self._host.write(self._path, b"new")
        self._meanwhile()

    def restore_point(self) -> RestorePoint:
        return RestorePoint(self.name, "test", self._snapshot, {})

    def undo(self) -> None:
        self._snapshot.restore()


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(host_module, "_PLACES", ())
    monkeypatch.setattr(host_module, "_MADE", ())
    for name in ("ARMED", "PROGRAM", "DEADLINE", "RECORD", "BOOT_UNIT", "BOOT_WANTS"):
        monkeypatch.setattr(watchdog, name, str(tmp_path / "trial" / name))
    for name in ("STATE", "DIRECTORY"):
        monkeypatch.setattr(watchdog, name, str(tmp_path / "trial"))
    monkeypatch.setattr(watchdog, "DECISION", str(tmp_path / "trial" / "DECISION.%s"))
    monkeypatch.setitem(apply_ways.WAYS, "test", lambda files, runtime, host: files.restore())
    monkeypatch.setattr(watchdog, "_start", lambda command, trial, host, *options: None)
    monkeypatch.setattr(confirmation, "live_session", lambda: "")
    (tmp_path / "file").write_bytes(b"old")
    return Host()


def begin_to_restore(host: Host) -> None:
    """What the watchdog does first when its window is over."""
    trial = watchdog.read_trial(host)
    assert trial
    assert watchdog.decide(trial, watchdog.RESTORED)


def test_a_restore_that_begins_while_the_change_is_made_keeps_its_mark(host: Host, tmp_path: pathlib.Path) -> None:
    change = Rewrite(host, tmp_path / "file", lambda: begin_to_restore(host))
    with pytest.raises(ToolFailed, match="the host has begun to take it back"):
        confirmation.commit_on_trial([change], None, confirmation.NONE, 60, host)
    trial = watchdog.read_trial(host)
    assert trial, "the watchdog needs it to go on after an interruption"
    assert (tmp_path / "file").read_bytes() == b"old"
    assert watchdog.restore(trial, ["because"], host).outcome == watchdog.RESTORED
    assert watchdog.read_trial(host) is None


def test_a_restore_that_begins_behind_the_last_change_is_no_success(
    host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend = watchdog.extend

    def late(trial: watchdog.Trial, host: Host) -> None:
        if watchdog.is_armed(host):
            begin_to_restore(host)
        extend(trial, host)

    monkeypatch.setattr(watchdog, "extend", late)
    change = Rewrite(host, tmp_path / "file", lambda: None)
    with pytest.raises(ToolFailed, match="the host has begun to take it back"):
        confirmation.commit_on_trial([change], None, confirmation.NONE, 60, host)
    trial = watchdog.read_trial(host)
    assert trial
    assert watchdog.restore(trial, ["because"], host).outcome == watchdog.RESTORED
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_change_that_fails_and_is_taken_back_disarms_its_watchdog(host: Host, tmp_path: pathlib.Path) -> None:
    def fail() -> None:
        raise ToolFailed("the tool failed")

    with pytest.raises(ToolFailed, match="the tool failed"):
        confirmation.commit_on_trial([Rewrite(host, tmp_path / "file", fail)], None, confirmation.NONE, 60, host)
    assert watchdog.read_trial(host) is None
    assert (tmp_path / "file").read_bytes() == b"old"
