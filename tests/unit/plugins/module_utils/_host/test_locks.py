# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks are waited for, and named with those who hold them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.iptables import loader
from ansible_collections.federated.connectivity.plugins.module_utils._host import host as host_module
from ansible_collections.federated.connectivity.plugins.module_utils._host import locks
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result

OFD = "import struct; fcntl.fcntl(file, 37, struct.pack('hhllhxxxxxx', fcntl.F_WRLCK, 0, 0, 0, 0))"  # F_OFD_SETLK
CALLS = {"flock": "fcntl.flock(file, fcntl.LOCK_EX)", "POSIX": "fcntl.lockf(file, fcntl.LOCK_EX)", "open file description": OFD}
RENAME = "import ctypes; ctypes.CDLL(None).prctl(15, b'\\x1b[31m\\nroot')"


@contextlib.contextmanager
def held(path: pathlib.Path, call: str, first: str = "pass") -> t.Iterator[int]:
    code = f"import fcntl, sys; {first}; file = open(sys.argv[1], 'a'); {call}; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.kill()


@pytest.mark.parametrize("kind", CALLS)
def test_the_holder_is_named(tmp_path: pathlib.Path, kind: str) -> None:
    with held(tmp_path / "lock", CALLS[kind]) as pid:
        assert locks.holders(str(tmp_path / "lock")).startswith(f"process {pid} (python")
    assert locks.holders(str(tmp_path / "lock")) == "a process that cannot be seen from here"


def test_a_name_that_a_process_gave_itself_is_escaped(tmp_path: pathlib.Path) -> None:
    with held(tmp_path / "lock", CALLS["flock"], RENAME) as pid:
        assert locks.holders(str(tmp_path / "lock")).startswith(f"process {pid} (\\x1b[31m\\nroot) of the user ")


def test_our_own_lock_is_waited_for_and_then_named_or_left_aside(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "LOCK", str(tmp_path / "lock"))
    with held(tmp_path / "lock", CALLS["flock"]) as pid:
        with pytest.raises(ToolFailed, match=rf"for 0 seconds: process {pid} .*; wait for it to end, or end it"), Host().lock(0):
            raise AssertionError("two runs hold the host")
        with Host().lock(0, insist=True) as notes:
            assert [note.partition(" (")[0] for note in notes] == [f"{tmp_path / 'lock'} was held by process {pid}"]
    with Host().lock(0, insist=True) as notes:
        assert notes == []


class Tables(Host):
    """Tables whose lock somebody holds, or whose rules are wrong."""

    def __init__(self, *results: Result) -> None:
        self.results, self.locks = list(results), []  # type: tuple[list[Result], list[str | None]]

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        self.locks.append(self.surroundings.get("XTABLES_LOCKFILE"))
        return self.results.pop(0)


LOCKED = Result(4, "", "Another app is currently holding the xtables lock. Stopped waiting after 5s.")
WRONG = Result(4, "", "iptables-restore: line 3 failed")
DONE = Result(0, "", "")


def test_iptables_goes_on_with_another_lock_on_the_way_back_alone() -> None:
    host = Tables(LOCKED, DONE)
    assert loader.put_back(host, "iptables-restore", "") == ["/run/xtables.lock was held by a process that cannot be seen from here"]
    assert (host.locks, dict(host.surroundings)) == ([None, "/run/federated_connectivity.xtables.lock"], {"HOME": "/root"})
    with pytest.raises(ToolFailed, match=r"xtables\.lock has been held for 10 seconds by"):
        loader.restore(Tables(LOCKED), "iptables-restore", "")
    for load in (loader.restore, loader.put_back):
        with pytest.raises(ToolFailed, match="line 3 failed"):
            load(Tables(WRONG), "iptables-restore", "")


def test_this_process_does_not_name_itself(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert str(os.getpid()) not in locks.holders(str(tmp_path / "lock"))
