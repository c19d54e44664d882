# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours has the same kind, mode and owner under every umask; what is not ours stays as it is."""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.own_files import fixed, make_directories, told, told_link


class OwnHost(Host):
    """A host on which one directory is ours."""

    def __init__(self, own: pathlib.Path) -> None:
        self.own_directories = (str(own),)


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077], ids="{:03o}".format)
def umask(request: pytest.FixtureRequest) -> t.Iterator[int]:
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def modes(root: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(root)): f"{stat.S_IMODE(path.lstat().st_mode):04o}" for path in sorted(root.rglob("*"))}


def test_files_and_every_directory_above_them(umask: int, tmp_path: pathlib.Path) -> None:
    host = OwnHost(tmp_path / "var" / "own")
    host.write(str(tmp_path / "var/own/deep/state"), b"x", mode=0o600)
    host.write(str(tmp_path / "etc/units/unit.d/drop-in"), b"x", mode=0o644)
    host.link(str(tmp_path / "etc/wants/unit"), "../unit")
    host.put(str(tmp_path / "etc/docker/daemon.json"), b"x", 0o640)
    found = modes(tmp_path)
    found.pop("etc/wants/unit")
    assert found == {
        **dict.fromkeys(("etc", "etc/docker", "etc/units", "etc/units/unit.d", "etc/wants", "var", "var/own", "var/own/deep"), "0755"),
        "etc/docker/daemon.json": "0640",
        "etc/units/unit.d/drop-in": "0644",
        "var/own/deep/state": "0600",
    }


def test_directories_of_others_stay_and_ours_are_put_right(tmp_path: pathlib.Path) -> None:
    host = OwnHost(tmp_path / "theirs" / "own")
    (tmp_path / "theirs" / "own" / "below").mkdir(parents=True)
    for name, mode in (("theirs", 0o2777), ("theirs/own", 0o777), ("theirs/own/below", 0o2770)):
        (tmp_path / name).chmod(mode)
    host.write(str(tmp_path / "theirs/own/below/file"), b"x", mode=0o600)
    assert modes(tmp_path) == {"theirs": "2777", "theirs/own": "0755", "theirs/own/below": "0755", "theirs/own/below/file": "0600"}


def test_the_owner_comes_before_the_mode(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    own = tmp_path / "own"
    own.mkdir()
    own.chmod(0o777)
    monkeypatch.setattr(os, "geteuid", lambda: own.stat().st_uid + 1)
    monkeypatch.setattr(os, "fchown", lambda _descriptor, owner, _group: calls.append(f"owner {owner - own.stat().st_uid:+}"))
    monkeypatch.setattr(os, "fchmod", lambda _descriptor, mode: calls.append(f"mode {mode:o}"))
    make_directories(str(own), (str(own),))
    assert calls == ["owner +1", "mode 755"]


@pytest.mark.parametrize(("mode", "kept"), [(0o755, True), (0o777, False), (0o775, False)])
def test_a_link_in_the_place_of_our_directory_is_not_followed(mode: int, kept: bool, tmp_path: pathlib.Path) -> None:
    elsewhere, own = tmp_path / "elsewhere", tmp_path / "own"
    (elsewhere / "docker").mkdir(parents=True)
    (elsewhere / "docker" / "state").write_text("what was there before")
    elsewhere.chmod(mode)
    own.symlink_to(elsewhere)
    before = modes(elsewhere)
    OwnHost(own).write(str(own / "new" / "file"), b"x", mode=0o600)
    assert not own.is_symlink()
    assert modes(elsewhere) == before
    assert (own / "docker" / "state").exists() == kept
    assert stat.S_IMODE(own.stat().st_mode) == 0o755


def test_a_link_in_the_place_of_our_file_is_not_followed(tmp_path: pathlib.Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    for write in (
        lambda: Host().write(str(link), b"ours", mode=0o600),
        lambda: Host().put(str(link), b"ours", 0o600),
        lambda: Host().write(str(link), b"ours"),
    ):
        victim.write_text("theirs")
        victim.chmod(0o644)
        link.unlink(missing_ok=True)
        link.symlink_to(victim)
        assert Host().read_own(str(link)) is None
        write()
        assert (victim.read_text(), stat.S_IMODE(victim.stat().st_mode)) == ("theirs", 0o644)
        assert (link.is_symlink(), link.read_text()) == (False, "ours")


def test_a_file_in_the_place_of_our_directory_is_refused_by_name(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "own")
    with pytest.raises(ToolFailed, match="own is a FIFO, and a directory of ours belongs there; remove it"):
        OwnHost(tmp_path / "own").write(str(tmp_path / "own" / "file"), b"x", mode=0o600)


def test_what_is_there_is_told_in_the_words_of_what_should_be(tmp_path: pathlib.Path) -> None:
    path, link = str(tmp_path / "file"), str(tmp_path / "link")
    assert (told(path), told_link(link, path)) == (None, None)
    Host().write(path, b"x", mode=0o644)
    assert told(path) == fixed(0o644)
    for wrong in (0o666, 0o4644, 0o600):
        os.chmod(path, wrong)
        assert told(path) == fixed(wrong) != fixed(0o644)
    assert told(str(tmp_path)) == "a directory, " + fixed(stat.S_IMODE(tmp_path.stat().st_mode))
    for target in ("file", path, "../" + tmp_path.name + "/file"):
        Host().link(link, target)
        assert told_link(link, path) == f"a symbolic link to {path}"
    Host().link(link, "/else\x1bwhere")
    assert told_link(link, path) == r"a symbolic link to /else\x1bwhere"


def test_only_a_directory_that_was_made_here_goes_when_it_is_empty(tmp_path: pathlib.Path) -> None:
    machine = Host()
    administrators, ours = tmp_path / "administrators.d", tmp_path / "ours.d"
    administrators.mkdir()
    for directory in (administrators, ours):
        machine.write(str(directory / "file"), b"", mode=0o600)
        machine.remove(str(directory / "file"))
        machine.remove_directory(str(directory))
    assert (administrators.exists(), ours.exists()) == (True, False)
    for directory in (administrators, ours):
        machine.put(str(directory / "file"), b"", 0o600)
        machine.put(str(directory / "file"), None, 0o600)
    assert (administrators.exists(), ours.exists()) == (True, False)
    assert [path.name for path in tmp_path.iterdir()] == ["administrators.d"]
