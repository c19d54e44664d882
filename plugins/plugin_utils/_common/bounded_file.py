# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Opens files that others may have put in place: regular files alone, up to a size; without following links where that is asked for."""

from __future__ import annotations

import errno
import os
import stat
import typing as t

MEBIBYTE = 1024 * 1024
_FLAGS = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # a FIFO must not make its reader wait, a terminal must not become ours


class NotAPlainFile(Exception):
    """What stands there is not a file that may be read or replaced; the message says what it is, without its name."""


class Opened(t.NamedTuple):
    """A regular file's content and its mode."""

    data: bytes
    mode: int


def read_named(path: str | os.PathLike[str], limit: int) -> bytes:
    """The content of a file that the user named; the name may be a link.

    Raises:
        NotAPlainFile: it is not a regular file, or it is larger than ``limit`` bytes.
        OSError: it cannot be read.
    """
    return _read(os.open(path, os.O_RDONLY | _FLAGS), limit).data


def read_unlinked(name: str, directory: int, limit: int) -> Opened | None:
    """The content of a file in an open directory, or None if there is no file; neither links nor further hard links are accepted.

    Raises:
        NotAPlainFile: it is not a regular file with a single name, or it is larger than ``limit`` bytes.
        OSError: it cannot be read.
    """
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        refuse_unusual(found)
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | _FLAGS, dir_fd=directory)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # exchanged since
            raise NotAPlainFile("is a symbolic link") from error
        raise
    return _read(descriptor, limit, single=True)


def refuse_unusual(found: os.stat_result) -> None:
    """Raise NotAPlainFile unless it is a regular file with a single name."""
    if not stat.S_ISREG(found.st_mode):
        raise NotAPlainFile(f"is {kind_of(found.st_mode)}")
    if found.st_nlink > 1:
        raise NotAPlainFile("has another name elsewhere (a hard link), so it may be somebody else's file")


def kind_of(mode: int) -> str:
    """What a file is, in words."""
    kinds = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((kind for is_kind, kind in kinds if is_kind(mode)), "a regular file" if stat.S_ISREG(mode) else "not a regular file")


def _read(descriptor: int, limit: int, single: bool = False) -> Opened:
    with open(descriptor, "rb", buffering=0) as file:
        found = os.fstat(descriptor)
        if single:
            refuse_unusual(found)
        elif not stat.S_ISREG(found.st_mode):
            raise NotAPlainFile(f"is {kind_of(found.st_mode)}, not a regular file")
        data = b""
        while len(data) <= limit and found.st_size <= limit:
            piece = file.read(max(found.st_size, 4096) + 1)
            if not piece:
                return Opened(data, stat.S_IMODE(found.st_mode))
            data += piece
    raise NotAPlainFile(f"is larger than {size(limit)}")


def size(count: int) -> str:
    """A number of bytes in words."""
    return f"{count // MEBIBYTE} MiB" if count >= MEBIBYTE else f"{count} bytes"
