# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written and removed is on the disk at once: names as well as contents, links, directories, and the mark of a change on trial.

A copy of an ext4 image, made while it is mounted, is what the disk holds at a loss of power (test_power_loss.py).
"""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import watchdog
from ansible_collections.federated.connectivity.plugins.module_utils._apply.trial import CONFIRMED, Trial
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host


class Disk:
    """A mounted file system, and what would be left of it."""

    def __init__(self, place: pathlib.Path) -> None:
        self._image, self._copy, self.root, self._left = (place / name for name in ("image", "copy", "root", "left"))
        for directory in (self.root, self._left):
            directory.mkdir()
        subprocess.run(["truncate", "-s", "16M", self._image], check=True)
        subprocess.run(["mkfs.ext4", "-q", self._image], check=True)
        subprocess.run(["mount", "-o", "loop,commit=300", self._image, self.root], check=True)

    def left(self) -> dict[str, bytes]:
        """Files and links after a loss of power now: path -> content or target."""
        subprocess.run(["cp", "--sparse=always", self._image, self._copy], check=True)
        subprocess.run(["mount", "-o", "loop", self._copy, self._left], check=True)
        try:
            return {str(path.relative_to(self._left)): self._content(path) for path in self._left.rglob("*") if not self._is_plain(path)}
        finally:
            subprocess.run(["umount", self._left], check=True)

    @staticmethod
    def _is_plain(path: pathlib.Path) -> bool:
        """Directories say nothing; what was being written may be left."""
        return (path.is_dir() and not path.is_symlink()) or "/.federated_connectivity." in str(path)

    @staticmethod
    def _content(path: pathlib.Path) -> bytes:
        return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()


@pytest.fixture
def disk(tmp_path: pathlib.Path) -> t.Iterator[Disk]:
    made = Disk(tmp_path)
    yield made
    subprocess.run(["umount", made.root], check=True)


def test_files_links_directories_and_their_removal(disk: Disk) -> None:
    host = Host()
    file, link = str(disk.root / "new" / "deep" / "file"), str(disk.root / "wants" / "link")
    host.write(file, b"one")
    assert disk.left() == {"new/deep/file": b"one"}
    snapshot = host.snapshot([file, link])
    host.link(link, "../unit")
    assert disk.left() == {"new/deep/file": b"one", "wants/link": b"../unit"}
    host.write(file, b"two")
    assert disk.left()["new/deep/file"] == b"two"
    snapshot.restore()
    assert disk.left() == {"new/deep/file": b"one"}
    host.remove(file)
    assert disk.left() == {}


def test_a_trial_and_its_confirmation(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIRECTORY", "ARMED", "PROGRAM", "BOOT_UNIT", "BOOT_WANTS", "DEADLINE", "RECORD", "DECISION"):
        monkeypatch.setattr(watchdog, name, f"{disk.root}{getattr(watchdog, name)}")
    monkeypatch.setattr(watchdog, "_start", lambda command, trial, host: None)
    monkeypatch.setattr(Host, "has_systemd", lambda host: True)
    host, trial = Host(), Trial("token", "", 60, (), ())
    watchdog.arm(trial, host)
    needed = {path[len(str(disk.root)) + 1 :] for path in (watchdog.ARMED, watchdog.PROGRAM, watchdog.BOOT_UNIT, watchdog.BOOT_WANTS)}
    assert needed <= disk.left().keys()
    assert watchdog.end(trial, CONFIRMED, (), host).outcome == CONFIRMED
    assert needed & disk.left().keys() == set()
