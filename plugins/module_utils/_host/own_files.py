# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What is this collection's own on a host has a fixed kind, mode and owner, whatever the umask of a run; what deviates is shown."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
import shutil
import stat
import tempfile
import typing as t

from .._errors import ToolFailed
from .durable import synchronize
from .printable import printable
from .regular_file import kind

DIRECTORY_MODE = 0o755
_MARKS = ("trusted.federated_connectivity.made", "user.federated_connectivity.made")  # extended attributes: xattr(7)
UNFINISHED = ".federated_connectivity."  # in names of what is not finished yet; then the process that writes there


def told(path: str) -> t.Optional[str]:
    """Kind, mode and owner of what is at a path, in words that :func:`fixed` uses too; None: there is nothing."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return "a symbolic link to %s" % printable(os.readlink(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _words(status.st_mode, status.st_uid, status.st_gid)


def fixed(mode: int, directory: bool = False) -> str:
    """What :func:`told` says of a file, or a directory, of ours that is as it should be."""
    return _words(mode | (stat.S_IFDIR if directory else stat.S_IFREG), os.geteuid(), os.getegid())


def told_link(path: str, target: str) -> t.Optional[str]:
    """The same of what should be a symbolic link; whether it spells its target relative or absolute does not matter."""
    try:
        leads_to = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
    except OSError:
        return told(path)
    return fixed_link(target) if leads_to == target else told(path)


def fixed_link(target: str) -> str:
    """What :func:`told_link` says of a link that is as it should be."""
    return "a symbolic link to %s" % target


def make_directories(path: str, ours: t.Sequence[str], mode: int = DIRECTORY_MODE) -> None:
    """See that a directory is there, and on the disk. Missing ones are made; ours get their kind, mode and owner back.

    Args:
        path: The directory.
        ours: Directories that belong to us, with all below them. The others stay as they are.
        mode: The mode of ours, and of new ones.

    Raises:
        ToolFailed: something else is in the place of one of ours.
    """
    parent = os.path.dirname(path)
    if parent not in ("", path):
        make_directories(parent, ours, mode)
    own = is_ours(path, ours)
    if own and os.path.islink(path):
        _replace_link(path)
    if not os.path.isdir(path):
        if own and os.path.lexists(path):
            raise ToolFailed("%s is %s, and a directory of ours belongs there; remove it" % (path, kind(os.lstat(path).st_mode)))
        own = _make(path) or own
    if own:
        _settle(path, mode)


def is_ours(path: str, ours: t.Sequence[str]) -> bool:
    """Whether a directory is one of ours, or below one."""
    return any(path == each or path.startswith(each + "/") for each in ours)


def made_here(path: str) -> bool:
    """Whether :func:`make_directories` made a directory. Where the file system cannot remember that, nobody did."""
    for name in _MARKS:
        with contextlib.suppress(OSError):
            os.getxattr(path, name, follow_symlinks=False)
            return True
    return False


def _make(path: str) -> bool:
    """Make a directory that is marked from the first moment on; False: somebody else has just made one."""
    directory = tempfile.mkdtemp(prefix="%s%d." % (UNFINISHED, os.getpid()), dir=os.path.dirname(path) or ".")
    try:
        for name in _MARKS:
            try:
                os.setxattr(directory, name, b"1")
                break
            except OSError:  # a container may not set the first, some file systems know neither
                continue
        if os.path.lexists(path) and not os.path.isdir(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        if os.path.isdir(path):
            return False
        os.rename(directory, path)
    except OSError:
        if not os.path.isdir(path):
            raise
        return False
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(directory)
    synchronize(os.path.dirname(path))
    return True


def _replace_link(path: str) -> None:
    """Put a directory in the place of a link; what the link leads to is copied, where nobody else could have written it."""
    directory = tempfile.mkdtemp(prefix="%s%d." % (UNFINISHED, os.getpid()), dir=os.path.dirname(path))
    try:
        copy = os.path.join(directory, "new")
        if _is_private(path):
            shutil.copytree(path, copy, symlinks=True)
        else:
            os.mkdir(copy, 0o700)
        os.unlink(path)
        os.rename(copy, path)
        synchronize(os.path.dirname(path))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _is_private(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _settle(path: str, mode: int) -> None:
    """Give a directory its owner, then its mode: nobody else can put anything into it in between."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, os.geteuid(), os.getegid())
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _words(mode: int, owner: int, group: int) -> str:
    what = "" if stat.S_ISREG(mode) else kind(mode) + ", "
    return "%smode %04o, owner %s:%s" % (what, stat.S_IMODE(mode), _user(owner), _group(group))


def _user(number: int) -> str:
    try:
        return printable(pwd.getpwuid(number).pw_name)
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return printable(grp.getgrgid(number).gr_name)
    except KeyError:
        return str(number)
