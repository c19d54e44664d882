# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands where a file is expected, reading it comes to an end, and the message names it."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import re
import signal
import socket
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._host.regular_file import Unreadable, read_regular


def _fifo(path: pathlib.Path) -> None:
    os.mkfifo(path)


def _socket(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def _endless(path: pathlib.Path) -> None:
    path.symlink_to("/dev/zero")


def _terminal(path: pathlib.Path) -> None:
    path.symlink_to("/dev/ptmx")


def _sparse(path: pathlib.Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)


def _loop(path: pathlib.Path) -> None:
    path.symlink_to(path)


def _growing(path: pathlib.Path) -> None:
    path.symlink_to("/proc/kallsyms")  # says that it has no bytes, and has millions


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_fifo, "is a FIFO; only a regular file is read"),
        (_socket, "is a socket"),
        (pathlib.Path.mkdir, "is a directory; only a regular file is read"),
        (_endless, "is a device; only a regular file is read"),
        (_terminal, "is a device; only a regular file is read"),
        (_sparse, "is larger than 1000 bytes"),
        (_growing, "is larger than 1000 bytes"),
        (_loop, "leads through too many symbolic links"),
    ],
)
def test_what_is_no_small_file_is_named_and_not_read(make: t.Callable[[pathlib.Path], None], words: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "odd"
    make(path)
    with pytest.raises(Unreadable, match="^" + re.escape(f"{path} {words}")):
        read_regular(str(path), 1000)


def test_a_file_that_another_program_holds_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "held"
    path.write_bytes(b"x")
    with open(path, "r+b") as file:
        fcntl.fcntl(file, fcntl.F_SETSIG, 0)
        previous = signal.signal(signal.SIGIO, signal.SIG_IGN)
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            with pytest.raises(Unreadable, match="held is held by another program"):
                read_regular(str(path))
        finally:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            signal.signal(signal.SIGIO, previous)


def test_a_name_in_a_message_does_not_act_on_a_terminal(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "\x1b[31m\u202e"
    path.mkdir()
    with pytest.raises(Unreadable) as refused:
        read_regular(str(path))
    assert str(refused.value).startswith(f"{tmp_path}/\\x1b[31m\\u202e is a directory")


def test_regular_files_are_read_up_to_the_limit(tmp_path: pathlib.Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"x" * 1000)
    link.symlink_to(path)
    assert read_regular(str(link), 1000) == path.read_bytes()
    assert read_regular(str(path), follow=False) == path.read_bytes()
    assert read_regular("/proc/self/stat")
    assert read_regular(os.devnull) == b""
    assert [read_regular(str(path)) for path in (tmp_path / "absent", path / "below")] == [None, None]
    with pytest.raises(Unreadable, match="link is a symbolic link; only a regular file is read"):
        read_regular(str(link), follow=False)
    with pytest.raises(OSError, match=os.strerror(errno.ENAMETOOLONG)):
        read_regular(str(tmp_path / ("x" * 300)))
