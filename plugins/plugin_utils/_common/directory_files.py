# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The files of one directory that the user named, which somebody else may have filled: no link below it is followed.

The directory itself may be a link, since the user named it. Below it every step goes from one open directory to the next, so
that nothing can be exchanged on the way.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import stat
import types
import typing as t
from collections.abc import Iterator

from .bounded_file import MEBIBYTE, NotAPlainFile, kind_of, read_unlinked, refuse_unusual

LARGEST = 64 * MEBIBYTE
"""The most that a file of a plan may have."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class UnsafePlace(Exception):
    """Something below the directory may not be read or replaced; the message names it and says how to fix it."""


class PlanFiles:
    """An open directory; use it in a ``with`` statement. Names are paths inside of it, with ``/``."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self._root: int | None = None
        self._parent: tuple[str, int] | None = None  # the directory of the last file, as files of a directory come one after another

    def __enter__(self) -> t.Self:
        self._open_root()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        self._forget_parent()
        if self._root is not None:
            os.close(self._root)
            self._root = None

    def make(self) -> None:
        """Make the directory if it is not there."""
        if self._root is None:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._open_root()

    def read(self, name: str, limit: int = LARGEST) -> bytes | None:
        """A file's bytes, or None if it is not there.

        Raises:
            UnsafePlace: it, or a directory on the way to it, is a link or a special file, or it is too large.
            OSError: it cannot be read.
        """
        parent = self._open_parent(name)
        if parent is None:
            return None
        try:
            opened = read_unlinked(os.path.basename(name), parent, limit)
        except NotAPlainFile as error:
            raise self._unsafe(name, str(error)) from None
        return opened and opened.data

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place, whole or not at all; missing directories are made, an earlier file's permissions are kept.

        Raises:
            UnsafePlace: it, or a directory on the way to it, is a link or a special file.
            OSError: it cannot be written.
        """
        parent = t.cast(int, self._open_parent(name, make=True))
        try:
            replace_file(os.path.basename(name), parent, data, 0o666)
        except NotAPlainFile as error:
            raise self._unsafe(name, str(error)) from None

    def remove(self, name: str) -> None:
        """Remove a file, and its directory if it was the last one there."""
        parent = t.cast(int, self._open_parent(name))
        os.unlink(os.path.basename(name), dir_fd=parent)
        directory = os.path.dirname(name)
        above = self._open_parent(directory)
        with contextlib.suppress(OSError):  # other files are there, too
            os.rmdir(os.path.basename(directory), dir_fd=above)

    def below(self, place: str) -> Iterator[tuple[str, os.stat_result]]:
        """Everything below a place, with what it is; links to directories are not followed, and what is not a directory has nothing."""
        descriptor = self._open_directory(place) if self._is_directory(place) else None
        if descriptor is None:
            return
        try:
            with os.scandir(descriptor) as entries:
                found = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
        finally:
            os.close(descriptor)
        for name, status in found:
            yield f"{place}/{name}", status
            if stat.S_ISDIR(status.st_mode):
                yield from self.below(f"{place}/{name}")

    def refuse_unusual(self, name: str, status: os.stat_result) -> None:
        """Raise UnsafePlace unless it is a directory, or a regular file with a single name."""
        try:
            if not stat.S_ISDIR(status.st_mode):
                refuse_unusual(status)
        except NotAPlainFile as error:
            raise self._unsafe(name, str(error)) from None

    def status(self, name: str) -> os.stat_result | None:
        """What stands directly in the directory under a name; None if nothing does."""
        try:
            return None if self._root is None else os.stat(name, dir_fd=self._root, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _open_root(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._root = os.open(self._directory, _DIRECTORY)

    def _open_parent(self, name: str, make: bool = False) -> int | None:
        """The open directory of a file; None if it is not there."""
        directory = os.path.dirname(name)
        if not directory:
            return self._root
        if self._parent and self._parent[0] == directory:
            return self._parent[1]
        self._forget_parent()
        descriptor = self._open_directory(directory, make)
        if descriptor is not None:
            self._parent = (directory, descriptor)
        return descriptor

    def _open_directory(self, directory: str, make: bool = False) -> int | None:
        if self._root is None:
            return None
        descriptor = os.dup(self._root)
        walked = ""
        for part in directory.split("/"):
            walked = f"{walked}/{part}".lstrip("/")
            try:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=descriptor)
                below = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                kind = kind_of(os.stat(part, dir_fd=descriptor, follow_symlinks=False).st_mode)
                raise self._unsafe(walked, f"is {kind}, not a directory") from None
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _is_directory(self, place: str) -> bool:
        parent = self._open_parent(place)
        try:
            return parent is not None and stat.S_ISDIR(os.stat(os.path.basename(place), dir_fd=parent, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return False

    def _forget_parent(self) -> None:
        if self._parent:
            os.close(self._parent[1])
            self._parent = None

    def _unsafe(self, name: str, why: str) -> UnsafePlace:
        return UnsafePlace(
            f"{self._directory}/{name} {why}; in a plan's directory only regular files are read and replaced, and no link is followed: "
            "remove it, or name another directory"
        )


def replace_file(name: str, directory: int, data: bytes, mode: int) -> None:
    """Put a file into an open directory in one step; what is there must be a regular file, whose permissions stay.

    Raises:
        NotAPlainFile: a link or a special file has the name.
        OSError: it cannot be written.
    """
    kept = None
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        refuse_unusual(found)
        kept = stat.S_IMODE(found.st_mode) & 0o777
    part = f".{name}.part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part, dir_fd=directory)  # of a run that was interrupted
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=directory)
    try:
        with open(descriptor, "wb") as file:
            if kept is not None:
                os.fchmod(descriptor, kept)
            file.write(data)
        os.rename(part, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=directory)
        raise
