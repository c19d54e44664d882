# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The note on a host that tells which of its flows TLS inspection has to leave alone: three files in a directory of ours."""

from __future__ import annotations

import os
import stat
import typing as t

from .._errors import ToolFailed
from .._host.host import Host
from .._host.regular_file import SMALL, Unreadable, read_regular

DIRECTORY = "/usr/local/share/federated_connectivity"
FORMS = ("txt", "md", "json")
FILE_MODE = 0o644
_FILE = "file, "
DIRECTORY_MODE = 0o755


class Place(t.NamedTuple):
    """A file, or the directory itself: what is there, and what should be; empty text is nothing."""

    path: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def as_diff(self) -> t.Dict[str, str]:
        """As Ansible shows it."""
        return {"before_header": self.path, "after_header": self.path, "before": self.before, "after": self.after}


def file_of(form: str, directory: str = DIRECTORY) -> str:
    """The path of one form of the note."""
    return os.path.join(directory, "tls_inspection." + form)


def propose(note: t.Optional[t.Mapping[str, str]], directory: str = DIRECTORY) -> t.List[Place]:
    """What would change.

    Args:
        note: The text of each form; None: there should be no note.
        directory: Where it stands.
    """
    place = Place(directory, _described(directory), _fixed(stat.S_IFDIR | DIRECTORY_MODE) if note is not None else "")
    return [place, *(_proposed_file(file_of(form, directory), None if note is None else note[form]) for form in FORMS)]


def apply(places: t.Sequence[Place], host: Host) -> t.List[str]:
    """Make it so.

    Returns:
        What an administrator should know.

    Raises:
        ToolFailed: something else stands in the place of the note.
    """
    directory, *files = places
    if directory.after:
        _make_directory(directory.path)
        for file in files:
            if file.changed:
                if not file.before.startswith(_FILE):
                    host.remove(file.path)
                host.put(file.path, file.after.partition("\n")[2].encode(), FILE_MODE)
                os.chown(file.path, os.geteuid(), os.getegid())
        return []
    if not directory.before:
        return []
    if os.path.islink(directory.path):
        os.unlink(directory.path)
        return []
    for file in files:
        host.remove(file.path)
    try:
        os.rmdir(directory.path)
    except OSError as error:
        return ["%s is not empty, and stays: %s" % (directory.path, error.strerror)]
    return []


def _proposed_file(path: str, wanted: t.Optional[str]) -> Place:
    before = "" if os.path.islink(os.path.dirname(path)) else _described(path)
    if before.startswith(_FILE):
        try:
            content = read_regular(path, SMALL + 4 * len(wanted or ""), follow=False) or b""
        except Unreadable as error:  # too large, or replaced meanwhile by something that is not read
            content = str(error).encode(errors="surrogateescape")
        before += content.decode(errors="surrogateescape")
    return Place(path, before, "" if wanted is None else _fixed(stat.S_IFREG | FILE_MODE) + wanted)


def _make_directory(path: str) -> None:
    if os.path.islink(path):
        os.unlink(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):
            raise ToolFailed("%s is not a directory, and the note's directory belongs there; remove it" % path) from None
    os.chown(path, os.geteuid(), os.getegid())
    os.chmod(path, DIRECTORY_MODE)


def _described(path: str) -> str:
    """Kind, mode and owner of what is at a path, as one line; empty where there is nothing."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return _words(status.st_mode, status.st_uid, status.st_gid)


def _fixed(mode: int) -> str:
    return _words(mode, os.geteuid(), os.getegid())


def _words(mode: int, owner: int, group: int) -> str:
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symbolic link"}
    return "%s, mode %04o, owner %d:%d\n" % (kinds.get(stat.S_IFMT(mode), "special file"), stat.S_IMODE(mode), owner, group)
