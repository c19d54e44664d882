# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trials: data that outlives the process, records, and what cannot be armed."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import watchdog
from ansible_collections.federated.connectivity.plugins.module_utils._apply import ways as apply_ways
from ansible_collections.federated.connectivity.plugins.module_utils._apply.confirmation import confirm
from ansible_collections.federated.connectivity.plugins.module_utils._apply.trial import parse_trial
from ansible_collections.federated.connectivity.plugins.module_utils._change.restore_point import RestorePoint
from ansible_collections.federated.connectivity.plugins.module_utils._errors import BindingMissing, ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host import host as host_module
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot

FIRST, SECOND = "198.51.100.66 40000 198.51.100.10 22", "198.51.100.66 40001 198.51.100.10 22"


def put_back(files: Snapshot, runtime: dict[str, str], host: Host) -> None:
    """What a trial's way back calls."""
    if runtime["mood"] == "broken":
        raise ToolFailed("the tool is broken")
    files.restore()


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(host_module, "LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(host_module, "_PLACES", (str(tmp_path / "swept*"),))
    monkeypatch.setattr(host_module, "_MADE", tuple(str(tmp_path / name) for name in ("emptied", "full", "administrators")))
    monkeypatch.setattr(Host, "own_directories", (str(tmp_path / "trial"), str(tmp_path / "unconfirmed")))
    for name in ("ARMED", "PROGRAM", "DEADLINE", "RECORD", "BOOT_UNIT", "BOOT_WANTS"):
        monkeypatch.setattr(watchdog, name, str(tmp_path / "trial" / name))
    for name in ("STATE", "DIRECTORY"):
        monkeypatch.setattr(watchdog, name, str(tmp_path / "trial"))
    monkeypatch.setattr(watchdog, "DECISION", str(tmp_path / "trial" / "DECISION.%s"))
    monkeypatch.setitem(apply_ways.WAYS, "test", put_back)
    monkeypatch.setattr(watchdog, "_start", lambda command, trial, host, *options: None)
    monkeypatch.setattr(Host, "has_systemd", lambda self: True)
    (tmp_path / "trial").mkdir()
    (tmp_path / "kept").touch()
    (tmp_path / "file").write_bytes(b"\0old\xff")
    return Host()


def trial_of(host: Host, tmp_path: pathlib.Path, mood: str = "", session: str = FIRST) -> watchdog.Trial:
    ways = [RestorePoint("the place", "test", host.snapshot([str(tmp_path / "file"), str(tmp_path / "new" / "file")]), {"mood": mood})]
    trial = watchdog.Trial("token", session, 60, [], ways)
    watchdog.arm(trial, host)
    host.write(str(tmp_path / "file"), b"new")
    host.write(str(tmp_path / "new" / "file"), b"new")
    return trial


def test_what_was_armed_leads_back_from_its_data_alone(host: Host, tmp_path: pathlib.Path) -> None:
    trial_of(host, tmp_path)
    trial = watchdog.read_trial(host)
    assert trial is not None
    record = watchdog.restore(trial, ["because"], host)
    assert record == watchdog.read_record(host)
    assert (record.outcome, record.messages) == (watchdog.RESTORED, ["because", "the place is as it was before"])
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"
    assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "trial").iterdir()] == ["RECORD"]


def test_what_cannot_be_restored_stays_armed_and_is_said(host: Host, tmp_path: pathlib.Path) -> None:
    record = watchdog.restore(trial_of(host, tmp_path, mood="broken"), ["because"], host)
    assert record.outcome == watchdog.FAILED
    assert record.messages == ["because", "the place could not be restored: the tool is broken"]
    assert watchdog.read_trial(host) is not None


def test_what_is_restored_is_over_also_where_nothing_can_be_written(
    host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = trial_of(host, tmp_path)
    monkeypatch.setattr(watchdog, "RECORD", str(tmp_path / "kept" / "no directory"))
    assert watchdog.restore(trial, ["because"], host).outcome == watchdog.RESTORED
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"
    assert watchdog.read_trial(host) is None


def test_a_new_session_confirms_and_may_do_so_again(host: Host, tmp_path: pathlib.Path) -> None:
    trial_of(host, tmp_path)
    assert [confirm("token", SECOND, host).outcome for _again in range(2)] == ["confirmed", "confirmed"]
    assert watchdog.read_trial(host) is None
    assert (tmp_path / "file").read_bytes() == b"new"
    with pytest.raises(ToolFailed, match="no change of this host waits to be confirmed by another"):
        confirm("another", SECOND, host)


@pytest.mark.parametrize("session", [FIRST, ""])
def test_no_other_session_confirms(host: Host, tmp_path: pathlib.Path, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.federated.connectivity.plugins.module_utils._apply.confirmation.COMMAND_SECONDS", 0)
    trial_of(host, tmp_path)
    with pytest.raises(ToolFailed, match="its watchdog has not taken it back"):
        confirm("token", session, host)
    trial = watchdog.read_trial(host)
    assert trial is not None
    assert len(trial.reasons) == 1
    with watchdog.settled(host, check_mode=False) as warnings:
        assert trial.reasons[0] in warnings[0]
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"


def test_a_local_session_confirms_a_local_change(host: Host, tmp_path: pathlib.Path) -> None:
    trial_of(host, tmp_path, session="")
    assert confirm("token", "", host).outcome == "confirmed"


def test_what_cannot_be_armed_leaves_nothing(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: object, trial: object, host: object) -> None:
        raise ToolFailed("systemd-run failed")

    monkeypatch.setattr(watchdog, "_start", fail)
    with pytest.raises(ToolFailed, match="cannot be armed, so nothing was changed: systemd-run failed"):
        trial_of(host, tmp_path)
    assert not (tmp_path / "trial").exists()
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"


def test_what_a_run_left_that_was_killed_while_it_armed_goes(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unit, directory = tmp_path / "system" / "BOOT_UNIT", tmp_path / "unconfirmed"
    monkeypatch.setattr(watchdog, "BOOT_UNIT", str(unit))
    monkeypatch.setattr(watchdog, "DIRECTORY", str(directory))
    monkeypatch.setattr(watchdog, "ARMED", str(directory / "ARMED"))
    half_written = directory / ".federated_connectivity.4194305.x"  # no process has this number
    for path in (unit, half_written / "new"):
        path.parent.mkdir(parents=True)
        path.touch()
    with watchdog.settled(host, check_mode=True):
        assert half_written.exists()
        assert unit.exists()
    with watchdog.settled(host, check_mode=False):
        assert not directory.exists()
        assert not unit.exists()


def test_what_killed_runs_left_goes_and_what_runs_write_stays(host: Host, tmp_path: pathlib.Path) -> None:
    dead, alive = (
        tmp_path / "swept1" / ".federated_connectivity.4194305.x",
        tmp_path / "swept2" / f".federated_connectivity.{os.getpid()}.x",
    )
    for directory in (dead, alive, tmp_path / "administrators"):
        directory.mkdir(parents=True)
    for directory in (tmp_path / "emptied", tmp_path / "full" / "of"):
        host.make_directories(str(directory))
    with watchdog.settled(host, check_mode=True):
        assert dead.exists()
    with watchdog.settled(host, check_mode=False):
        assert [path.exists() for path in (dead, alive, tmp_path / "emptied", tmp_path / "full")] == [False, True, False, True]
        assert (tmp_path / "administrators").is_dir()  # empty, but nobody of ours made it


def test_a_bad_end_is_told_once(host: Host, tmp_path: pathlib.Path) -> None:
    watchdog.restore(trial_of(host, tmp_path), ["because"], host)
    told = []
    for _again in range(2):
        with watchdog.settled(host, check_mode=False) as warnings:
            told.append(warnings)
    assert told == [["an earlier change was not confirmed: because; the place is as it was before"], []]


def test_a_confirmation_is_on_the_disk_before_anybody_is_told(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial_of(host, tmp_path)
    events: list[str] = []
    real_unlink, real_fsync, real_replace = os.unlink, os.fsync, os.replace

    def note(what: str, path: object) -> None:
        name = os.path.basename(str(path))
        events.append(f"{what} {name}")

    def unlink(path: t.Any, **options: t.Any) -> None:
        note("unlink", path)
        real_unlink(path, **options)

    def replace(source: t.Any, target: t.Any) -> None:
        note("replace", target)
        real_replace(source, target)

    def fsync(descriptor: int) -> None:
        note("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        real_fsync(descriptor)

    monkeypatch.setattr(os, "unlink", unlink)
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(os, "fsync", fsync)
    assert confirm("token", SECOND, host).outcome == "confirmed"
    assert events[:2] == ["unlink ARMED", "fsync trial"]
    assert events.index("fsync trial") < events.index("replace RECORD")


def test_who_decides_first_decides(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where both go on without the lock."""
    monkeypatch.setattr("ansible_collections.federated.connectivity.plugins.module_utils._apply.confirmation.COMMAND_SECONDS", 0)
    trial = trial_of(host, tmp_path)
    assert watchdog.decide(trial, watchdog.RESTORED)
    with pytest.raises(ToolFailed, match="its watchdog has not taken it back"):
        confirm("token", SECOND, host)
    with pytest.raises(ToolFailed, match="the host has begun to take it back"):
        watchdog.be_on_trial(trial, host)
    assert watchdog.restore(trial, [], host).outcome == watchdog.RESTORED
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"
    confirmed = trial_of(host, tmp_path)
    watchdog.be_on_trial(confirmed, host)
    assert watchdog.decide(confirmed, watchdog.CONFIRMED)
    assert watchdog.restore(confirmed, ["because"], host).outcome == watchdog.CONFIRMED
    assert (tmp_path / "file").read_bytes() == b"new"
    with pytest.raises(ToolFailed, match="the host has begun to take it back"):
        watchdog.be_on_trial(confirmed, host)


def test_the_watchdog_tries_again_until_it_succeeds_and_repeats_nothing(
    host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mood = iter(["broken", "broken", "unreadable", ""])

    def try_again(files: Snapshot, runtime: dict[str, str], host: Host) -> None:
        now = next(mood)
        if now == "unreadable":
            raise BindingMissing("firewall")
        put_back(files, {"mood": now}, host)

    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setitem(apply_ways.WAYS, "test", try_again)
    trial_of(host, tmp_path)
    host.write(watchdog.DEADLINE, b"not a number")
    watchdog._watch("token", host)
    assert watchdog.read_trial(host) is None
    assert (tmp_path / "file").read_bytes() == b"\0old\xff"
    assert slept == [10.0, 10.0, 10.0]
    said = capsys.readouterr().out
    assert said.count("the place could not be restored: the tool is broken") == 1
    assert "no Python on this host can import 'firewall'" in said


def test_a_boot_that_cannot_restore_everything_leaves_a_watchdog_that_goes_on(
    host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial_of(host, tmp_path, mood="broken")
    started: list[str] = []
    monkeypatch.setattr(watchdog, "_start", lambda command, trial, host, *options: started.extend([*command[-2:], *options]))
    monkeypatch.setattr(watchdog, "_is_watched", lambda trial, host: False)
    with pytest.raises(SystemExit):
        watchdog._restore_at_boot(host)
    assert started == ["watch", "token", "--no-block"]
    assert not os.path.exists(watchdog.DEADLINE)


def test_a_trial_of_another_version_is_taken_back_by_the_program_that_it_left(host: Host, tmp_path: pathlib.Path) -> None:
    trial = trial_of(host, tmp_path)
    (tmp_path / "trial" / "ARMED").write_text('{"of": "the future"}')
    host.write(watchdog.DEADLINE, b"0")
    program = "import os; os.remove(%r); open(%r, 'wb').write(b'old')"
    (tmp_path / "trial" / "PROGRAM").write_text(program % (watchdog.ARMED, str(tmp_path / "file")))
    with pytest.raises(ToolFailed, match="unknown: of; missing: reachable"), watchdog.settled(host, check_mode=True):
        raise AssertionError("check mode goes on")
    with pytest.raises(ToolFailed, match=r"another version of federated\.connectivity has made"):
        confirm(trial.token, SECOND, host)
    with watchdog.settled(host, check_mode=False):
        assert (tmp_path / "file").read_bytes() == b"old"
    trial_of(host, tmp_path)
    (tmp_path / "trial" / "ARMED").write_text("{}")
    (tmp_path / "trial" / "PROGRAM").write_text("raise SystemExit('cannot either')")
    host.write(watchdog.DEADLINE, b"0")
    with pytest.raises(ToolFailed, match="cannot either"), watchdog.settled(host, check_mode=False):
        raise AssertionError("goes on")


@pytest.mark.parametrize("stored", ["before_rooms", "rooms"])
def test_a_trial_that_either_state_of_the_code_armed_is_taken_back(
    host: Host, stored: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are as the code wrote them before its modules moved into rooms, and as it writes them since; only paths were changed."""
    content = pathlib.Path(__file__).with_name("trials").joinpath(f"{stored}.json").read_text(encoding="utf-8")
    taken: list[tuple[str, list[str]]] = []

    def take(name: str) -> t.Callable[..., None]:
        def restore(files: Snapshot, runtime: t.Mapping[str, t.Any], _host: Host) -> None:
            files.restore()
            taken.append((name, sorted(runtime)))

        return restore

    for name in ("nftables", "ufw", "firewalld", "names"):
        assert name in apply_ways.WAYS
        monkeypatch.setitem(apply_ways.WAYS, name, take(name))
    etc = tmp_path / "etc"
    (etc / "federated_connectivity").mkdir(parents=True)
    (etc / "federated_connectivity" / "ruleset.nft").touch()
    record = watchdog.restore(parse_trial(content.replace("/srv/host", str(tmp_path)).encode()), ["why"], host)
    assert record.outcome == "restored", record.messages
    runtime = {"nftables": ["active", "had_nft", "not_loaded", "table"], "ufw": ["4"], "firewalld": ["in_force", "reload"]}
    assert taken == [("names", ["active"]), *((name, runtime[name]) for name in ("firewalld", "ufw", "nftables"))]
    assert not (etc / "federated_connectivity").exists()
    assert (etc / "wants" / "unit").readlink() == pathlib.Path("../unit")
    rules = etc / "ufw" / "user.rules"
    assert (rules.stat().st_mode & 0o777, rules.read_text().splitlines()[1]) == (0o640, "### RULES ###")
