# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The window of a trial stays open while its run is at work, and no longer."""

from __future__ import annotations

import pathlib
import threading

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import watchdog, window
from ansible_collections.federated.connectivity.plugins.module_utils._host import host as host_module
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host

PATIENCE = 60.0


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(host_module, "_PLACES", ())
    monkeypatch.setattr(host_module, "_MADE", ())
    for name in ("ARMED", "PROGRAM", "DEADLINE", "RECORD", "BOOT_UNIT", "BOOT_WANTS"):
        monkeypatch.setattr(watchdog, name, str(tmp_path / name))
    for name in ("STATE", "DIRECTORY"):
        monkeypatch.setattr(watchdog, name, str(tmp_path))
    monkeypatch.setattr(watchdog, "DECISION", str(tmp_path / "DECISION.%s"))
    monkeypatch.setattr(watchdog, "_start", lambda command, trial, host, *options: None)
    return Host()


def armed(host: Host) -> watchdog.Trial:
    trial = watchdog.Trial("token", "", 1, [], [])
    watchdog.arm(trial, host)
    return trial


def test_a_run_that_is_at_work_extends_its_window_and_then_no_longer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, extended, calls = armed(host), threading.Event(), list[str]()
    extend = watchdog.extend

    def noticed(of: watchdog.Trial, on: Host) -> None:
        extend(of, on)
        calls.append(of.token)
        if len(calls) > 2:
            extended.set()

    monkeypatch.setattr(watchdog, "extend", noticed)
    before = threading.active_count()
    with window.kept_open(trial, host):
        assert extended.wait(PATIENCE)
        assert watchdog._remaining(host) > 0
    assert threading.active_count() == before
    count = len(calls)
    assert not threading.Event().wait(trial.seconds)
    assert len(calls) == count


def test_a_way_back_that_has_begun_is_not_delayed(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = armed(host)
    assert watchdog.decide(trial, watchdog.RESTORED)
    monkeypatch.setattr(watchdog, "extend", lambda of, on: pytest.fail("the window was extended"))
    window._extend(trial, host, threading.Event())
    watchdog.disarm(host)
    window._extend(trial, host, threading.Event())
    assert watchdog.read_trial(host) is None


def test_a_run_that_never_ends_is_given_up(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = armed(host)
    monkeypatch.setattr(window, "MOST_SECONDS", 0)
    monkeypatch.setattr(watchdog, "extend", lambda of, on: pytest.fail("the window was extended"))
    window._extend(trial, host, threading.Event())
    assert watchdog.is_armed(host)


def test_an_error_of_the_run_ends_the_extensions(host: Host) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="disk"), window.kept_open(armed(host), host):
        raise OSError("disk")
    assert threading.active_count() == before


def test_a_full_disk_is_tried_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, tries, done = armed(host), list[str](), threading.Event()

    def full(_trial: watchdog.Trial, _host: Host) -> None:
        tries.append("try")
        if len(tries) > 1:
            done.set()
        raise OSError("no space left")

    monkeypatch.setattr(watchdog, "extend", full)
    window._extend(trial, host, done)
    assert tries == ["try", "try"]
