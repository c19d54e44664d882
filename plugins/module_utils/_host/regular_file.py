# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Files are read only if they are regular files, up to a size: whatever else has their name neither stops a run nor fills the memory."""

from __future__ import annotations

import errno
import os
import stat
import typing as t

from .._errors import ToolFailed
from .printable import printable

SMALL = 1 << 20  # of what people write: Docker's files, units, settings
LARGE = 64 << 20  # of what programs write: rules, the way back of a change
_CHUNK = 1 << 16
_KINDS = (
    (stat.S_ISREG, "a regular file"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
)


class Unreadable(ToolFailed):
    """A file that is not read; the message names it and says why."""


def read_regular(path: str, limit: int = LARGE, follow: bool = True) -> t.Optional[bytes]:
    """The bytes of a file, or None where there is none; /dev/null is an empty one.

    Args:
        path: The file.
        limit: How many bytes it may have.
        follow: Whether it may be a symbolic link.

    Raises:
        Unreadable: it is something else than a regular file, or larger.
        OSError: the system refuses.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = _reason(error, follow)
        if reason is None:
            raise
        raise Unreadable("%s %s" % (printable(path), reason)) from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISCHR(status.st_mode) and status.st_rdev == os.makedev(1, 3):
            return b""
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("%s is %s; only a regular file is read" % (printable(path), kind(status.st_mode)))
        content = _read(descriptor, limit)
    finally:
        os.close(descriptor)
    if content is None:
        raise Unreadable("%s is larger than %d bytes; a file of this size is not read" % (printable(path), limit))
    return content


def kind(mode: int) -> str:
    """What a mode is the mode of, in words."""
    return next((words for applies, words in _KINDS if applies(mode)), "a device")


def _read(descriptor: int, limit: int) -> t.Optional[bytes]:
    """Everything, or None where it is more than that; what a file says of its size does not count (/proc says 0)."""
    chunks: t.List[bytes] = []
    length = 0
    while True:
        chunk = os.read(descriptor, min(_CHUNK, limit + 1 - length))
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        length += len(chunk)
        if length > limit:
            return None


def _reason(error: OSError, follow: bool) -> t.Optional[str]:
    if error.errno == errno.ELOOP:
        return "leads through too many symbolic links" if follow else "is a symbolic link; only a regular file is read"
    if error.errno == errno.ENXIO:
        return "is a socket, or a device that is not there; only a regular file is read"
    if error.errno == errno.EAGAIN:
        return "is held by another program (a lease, see fcntl(2)); end that program first"
    return None
