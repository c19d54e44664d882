# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files come back exactly, commands fail with words, one run holds the host."""

from __future__ import annotations

import errno
import os
import pathlib
import socket
import stat
import tempfile
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host import host as host_module
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import File, Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot


@pytest.fixture
def host(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(host_module, "LOCK", str(tmp_path / "lock"))
    return Host()


def _tree(directory: pathlib.Path) -> dict[str, tuple[int, bytes]]:
    """Every path below: its mode, and its content or link target."""
    found = {}
    for path in sorted(directory.rglob("*")):
        content = os.readlink(path).encode() if path.is_symlink() else b"" if path.is_dir() else path.read_bytes()
        found[str(path)] = (path.lstat().st_mode, content)
    return found


def test_a_snapshot_restores_bytes_modes_links_and_absence(host: Host, tmp_path: pathlib.Path) -> None:
    kept, link, absent, deep = (str(tmp_path / name) for name in ("kept", "link", "absent", "new/deep/file"))
    (tmp_path / "kept").write_bytes(b"\0\xff old\r\n")
    (tmp_path / "kept").chmod(0o604)
    (tmp_path / "link").symlink_to("kept")
    before = _tree(tmp_path)
    snapshot = host.snapshot([kept, link, absent, deep])
    host.write(kept, b"new")
    host.write(link, b"no link any more")
    host.link(absent, "kept")
    host.write(deep, b"x")
    assert _tree(tmp_path) != before
    snapshot.restore()
    assert _tree(tmp_path) == before
    host.remove(kept)
    host.remove(link)
    snapshot.restore()
    assert _tree(tmp_path) == before


def test_nothing_is_removed_where_a_file_could_not_be_put_back(host: Host, tmp_path: pathlib.Path) -> None:
    refers, referred = tmp_path / "refers", tmp_path / "referred"
    refers.write_text("to nothing")
    snapshot = host.snapshot([str(referred), str(refers)])
    referred.touch()
    refers.unlink()
    refers.mkdir()
    with pytest.raises(ToolFailed, match="refers was not put back"):
        snapshot.restore()
    assert referred.exists()
    refers.rmdir()
    snapshot.restore()
    assert not referred.exists()
    assert refers.read_text() == "to nothing"


def test_what_is_prepared_needs_no_room_any_more(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(**_words: object) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file, link, other = str(tmp_path / "file"), str(tmp_path / "link"), str(tmp_path / "other")
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o604)
    with host.prepared({file: File(b"new"), other: File(b"ours", 0o600)}, {link: "file"}):
        assert (tmp_path / "file").read_bytes() == b"old"
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "mkdtemp", no_room)
            host.write(file, b"new")
            host.link(link, "file")
            with pytest.raises(OSError, match="No space left"):
                host.write(other, b"something else", mode=0o600)
    assert _tree(tmp_path) == {file: (0o100604, b"new"), link: (0o120777, b"file")}
    host.write(file, b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_snapshot_restores_owners(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _descriptor, owner, group: given.append((owner, group)))
    (tmp_path / "file").write_bytes(b"old")
    data = host.snapshot([str(tmp_path / "file")]).to_data()
    data["nodes"][str(tmp_path / "file")][2:] = [7, 8]
    Snapshot.from_data(data).restore()
    assert given == [(7, 8)]


def test_a_file_of_somebody_else_keeps_its_mode_and_one_of_ours_gets_the_fixed_one(host: Host, tmp_path: pathlib.Path) -> None:
    for name in ("theirs", "ours"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o646)
    host.write(str(tmp_path / "theirs"), b"x")
    host.write(str(tmp_path / "ours"), b"x", mode=0o600)
    host.write(str(tmp_path / "new"), b"x", mode=0o644)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"theirs": 0o646, "ours": 0o600, "new": 0o644}


def test_a_directory_in_the_place_of_a_file_is_named_and_stays(host: Host, tmp_path: pathlib.Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(ToolFailed, match="taken is a directory, and a file belongs there"):
        host.write(str(taken), b"x", mode=0o600)
    host.remove(str(taken))
    assert list(tmp_path.iterdir()) == [taken]


def test_a_snapshot_brings_back_a_fifo_and_a_socket(host: Host, tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o640)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
    before = {path.name: path.lstat().st_mode for path in tmp_path.iterdir()}
    snapshot = Snapshot.from_data(host.snapshot([str(tmp_path / name) for name in before]).to_data())
    for name in before:
        host.write(str(tmp_path / name), b"x", mode=0o600)
    snapshot.restore()
    assert {path.name: path.lstat().st_mode for path in tmp_path.iterdir()} == before


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(host: Host, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"old")
    before = _tree(tmp_path)

    def fail(_descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        host.write(str(tmp_path / "file"), b"new")
    assert _tree(tmp_path) == before


def test_reading_and_removing_what_is_not_there(host: Host, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    for path in (str(tmp_path / "absent"), str(tmp_path / "file" / "below")):
        assert host.read(path) is None
        host.remove(path)
    host.remove_directory(str(tmp_path))
    assert tmp_path.is_dir()


def test_commands(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("PATH", "/nowhere")
    assert host.run(["cat"], input="text").stdout == "text"
    assert host.run(["false"], check=False).rc == 1
    with pytest.raises(ToolFailed, match="sh -c echo broken >&2; exit 3 failed with status 3: broken"):
        host.run(["sh", "-c", "echo broken >&2; exit 3"])
    with pytest.raises(ToolFailed, match="no-such-tool is not installed on this host"):
        host.run(["no-such-tool"])
    monkeypatch.setattr(host_module, "COMMAND_SECONDS", 0.05)
    with pytest.raises(ToolFailed, match="sleep 5 did not end"):
        host.run(["sleep", "5"])


def test_one_run_at_a_time(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "LOCK_SECONDS", 0.05)
    with host.lock(), pytest.raises(ToolFailed, match="another run has held"), Host().lock():
        raise AssertionError("two runs hold the host")
    with host.lock():
        assert os.path.exists(host_module.LOCK)


@pytest.mark.parametrize(
    ("user", "code", "said"),
    [
        (1000, errno.EACCES, "[Errno 13] Permission denied: '/run/lock'; this needs root: become: true"),
        (0, errno.EACCES, "[Errno 13] Permission denied: '/run/lock'"),
        (1000, errno.ENOSPC, "[Errno 28] No space left on device: '/run/lock'"),
    ],
)
def test_an_ordinary_user_is_told_to_become_root(monkeypatch: pytest.MonkeyPatch, user: int, code: int, said: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert host_module.in_words(OSError(code, os.strerror(code), "/run/lock")) == said


def test_a_snapshot_restores_all_that_it_can_and_names_the_rest(host: Host, tmp_path: pathlib.Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for file in (first, second):
        file.write_text("old")
    snapshot = host.snapshot([str(first), str(second)])
    first.unlink()
    first.mkdir()
    second.write_text("new")
    with pytest.raises(ToolFailed, match=f"{first} was not put back"):
        snapshot.restore()
    assert second.read_text() == "old"
