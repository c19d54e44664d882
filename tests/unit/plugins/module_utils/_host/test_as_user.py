# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user owns is touched with the user's own rights, and what the user's process says is data."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import pwd
import signal
import subprocess
import tempfile
import time
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError, PolicyRefused, ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host import as_user as as_user_module
from ansible_collections.federated.connectivity.plugins.module_utils._host.as_user import UserHost, as_user, find
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> pwd.struct_passwd:
    """A user, as somebody else: without root the rights stay, the process is another all the same."""
    if os.geteuid() != 0:
        monkeypatch.setattr(os, "initgroups", lambda name, group: None)
        monkeypatch.setattr(os, "setgid", lambda group: None)
        monkeypatch.setattr(os, "setuid", lambda user: None)
    return pwd.getpwnam("nobody")


@pytest.fixture
def theirs() -> t.Iterator[pathlib.Path]:
    """A directory that the other user reaches."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        yield pathlib.Path(directory)


def test_commands_find_the_users_home_and_systemd(other: pwd.struct_passwd) -> None:
    said = as_user(other, lambda host: {"said": host.run(["sh", "-c", "echo $HOME $XDG_RUNTIME_DIR"]).stdout, "pid": os.getpid()})
    assert said["said"] == f"{other.pw_dir} /run/user/{other.pw_uid}\n"
    assert said["pid"] != os.getpid()


def test_a_link_does_not_lead_to_what_the_user_may_not_read(other: pwd.struct_passwd, tmp_path: pathlib.Path) -> None:
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0)
    link.symlink_to(secret)
    with pytest.raises(PolicyError, match="PermissionError"):
        as_user(other, lambda host: {"content": str(host.read(str(link)))})


def test_refusals_come_back_and_a_process_that_ends_badly_is_told(other: pwd.struct_passwd) -> None:
    def refuse(host: Host) -> dict[str, object]:
        raise PolicyRefused("one", "two")

    with pytest.raises(PolicyError) as refused:
        as_user(other, refuse)
    assert refused.value.messages == ("one", "two")
    with pytest.raises(ToolFailed, match="the process of user nobody ended with status"):
        as_user(other, lambda host: os._exit(7))


def test_a_user_need_not_become_itself() -> None:
    assert as_user(pwd.getpwuid(os.geteuid()), lambda host: {"own": isinstance(host, UserHost), "pid": os.getpid()}) == {
        "own": True,
        "pid": os.getpid(),
    }


def test_unknown_users_are_refused_by_name() -> None:
    with pytest.raises(PolicyRefused, match="user nobody-knows does not exist"):
        find("nobody-knows")


def alive(pid: int) -> bool:
    """Whether a process runs, or could; one that waits to be collected does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def _hang(host: UserHost) -> dict[str, object]:
    signal.pause()
    return {}


def _stop(host: UserHost) -> dict[str, object]:
    os.kill(os.getpid(), signal.SIGSTOP)
    return {}


def _read_what_never_comes(host: UserHost) -> dict[str, object]:
    host._announce("reading /home/nobody/slow")
    return _hang(host)


def _close_the_pipe_and_stay(host: UserHost) -> dict[str, object]:
    os.closerange(3, 1000)
    return _hang(host)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_hang, "what its process does took longer than 1 seconds"),
        (_stop, "what its process does took longer than 1 seconds"),
        (_read_what_never_comes, "reading /home/nobody/slow took longer than 1 seconds"),
    ],
)
def test_a_process_that_does_not_end_is_ended_and_what_it_did_is_told(
    function: t.Callable[[UserHost], dict[str, object]], words: str, other: pwd.struct_passwd, theirs: pathlib.Path
) -> None:
    pids = theirs / "pids"

    def start_another_and_hang(host: UserHost) -> dict[str, object]:
        with subprocess.Popen(["sleep", "1000"]) as sleeper:
            pids.write_text(f"{os.getpid()} {sleeper.pid}")
            return function(host)

    with pytest.raises(ToolFailed, match=f"^user nobody: {words}"):
        as_user(other, start_another_and_hang, 1.0)
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    assert [pid for pid in started if alive(pid) and not _ends(pid)] == []


def _ends(pid: int) -> bool:
    """Whether a killed process ends; a busy machine may need some time for that."""
    for _ in range(1000):
        if not alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_a_process_that_says_nothing_any_more_is_ended(other: pwd.struct_passwd) -> None:
    with pytest.raises(ToolFailed, match="the process of user nobody ended with status 9"):
        as_user(other, _close_the_pipe_and_stay, 1.0)


def test_an_endless_answer_is_cut(other: pwd.struct_passwd) -> None:
    def talk(host: UserHost) -> dict[str, object]:
        while True:
            host._announce("x" * 100000)

    with pytest.raises(ToolFailed, match="user nobody: its process answered with more than 8388608 bytes"):
        as_user(other, talk)


def test_a_program_of_the_user_that_does_not_stop_talking_is_ended(other: pwd.struct_passwd) -> None:
    with pytest.raises(PolicyError, match="yes said more than 4194304 bytes, and was ended"):
        as_user(other, lambda host: {"said": host.run(["yes"])})


@pytest.mark.parametrize(
    "said", [b"", b"[]", b'{"result": []}', b'{"errors": [1]}', b"[" * 100000, b"\xff", b'{"result": {"x": 1}}\n{}'], ids=repr
)
def test_what_is_no_answer_is_told(said: bytes, other: pwd.struct_passwd) -> None:
    with pytest.raises(ToolFailed, match="the process of user nobody ended with status"):
        as_user_module._result(other, said[:100], 0)


def test_the_process_holds_nothing_of_its_parent(other: pwd.struct_passwd, tmp_path: pathlib.Path) -> None:
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = as_user(other, lambda host: {"open": [os.readlink(f"/proc/self/fd/{each}") for each in (0, 1, 2)], "more": _open_files()})
    assert held["open"] == [os.devnull] * 3
    assert [name for name in held["more"] if not name.startswith(("pipe:", "/proc/", os.devnull))] == []


def _open_files() -> list[str]:
    found = []
    for each in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{each}"))
    return found


def test_two_runs_do_not_change_one_users_files_at_once(other: pwd.struct_passwd, theirs: pathlib.Path) -> None:
    home = pwd.struct_passwd((*other[:5], str(theirs), other[6]))

    def enter(host: UserHost) -> dict[str, object]:
        with host.alone():
            return {"in": True}

    descriptor = os.open(theirs, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(ToolFailed, match=r"user nobody: waiting for another run, or for whoever else has locked .* took longer"):
        as_user(home, enter, 1.0)
    os.close(descriptor)
    assert as_user(home, enter) == {"in": True}
