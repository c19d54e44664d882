# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Files and links as they were, so that they can be put back byte for byte."""

from __future__ import annotations

import base64
import contextlib
import os
import stat
import typing as t

from .._errors import PolicyError, ToolFailed
from .durable import synchronize
from .regular_file import read_regular
from .replacement import replace, write


class Node(t.NamedTuple):
    """A file, symbolic link, FIFO, socket or device; ``content`` is the file's bytes, the link's target, or the device's number."""

    content: bytes
    mode: int
    owner: int
    group: int


class Snapshot:
    """Files and symbolic links as they were, whether they existed or not."""

    def __init__(self, paths: t.Iterable[str]) -> None:
        self._nodes = {path: node_at(path) for path in paths}
        self._absent_directories = {parent for path in self._nodes for parent in parents(path) if not os.path.isdir(parent)}

    def to_data(self) -> t.Dict[str, t.Any]:
        """The snapshot as JSON can hold it."""
        nodes = {path: node and [base64.b64encode(node.content).decode(), *node[1:]] for path, node in self._nodes.items()}
        return {"nodes": nodes, "absent_directories": sorted(self._absent_directories)}

    @classmethod
    def from_data(cls, data: t.Mapping[str, t.Any]) -> Snapshot:
        """The snapshot that :meth:`to_data` wrote down."""
        snapshot = cls(())
        snapshot._nodes = {path: node and Node(base64.b64decode(node[0]), *node[1:]) for path, node in data["nodes"].items()}
        snapshot._absent_directories = set(data["absent_directories"])
        return snapshot

    def restore(self) -> None:
        """Put bytes, modes, owners and link targets back; what did not exist goes, with the directories that held it alone.

        Files are removed last, and only if all others are back: one that is still new may refer to them.

        Raises:
            ToolFailed: naming each file that could not be put back; the others were, but for those that would have been removed.
        """
        failed = [words for path, node in self._nodes.items() if node for words in _attempt(path, node)]
        if not failed:
            failed = [words for path, node in self._nodes.items() if not node for words in _attempt(path, node)]
        if failed:
            raise ToolFailed(*failed)
        for directory in sorted(self._absent_directories, key=len, reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(directory)
                synchronize(os.path.dirname(directory))


def node_at(path: str) -> t.Optional[Node]:
    """What is at a path; a directory in the place of a file is nothing that could be put back."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(status.st_mode):
        return None
    if stat.S_ISLNK(status.st_mode):
        content = os.fsencode(os.readlink(path))
    elif stat.S_ISREG(status.st_mode):
        content = read_regular(path, follow=False) or b""
    else:
        content = b"%d" % status.st_rdev
    return Node(content, status.st_mode, status.st_uid, status.st_gid)


def _attempt(path: str, node: t.Optional[Node]) -> t.Iterator[str]:
    """Restore one path; what keeps it from being restored, in words."""
    try:
        _restore(path, node)
    except (PolicyError, OSError) as error:
        yield "%s was not put back: %s" % (path, error)


def _restore(path: str, node: t.Optional[Node]) -> None:
    if node == node_at(path):
        return
    if node is None:
        os.unlink(path)
        synchronize(os.path.dirname(path))
    elif stat.S_ISLNK(node.mode):
        replace(path, lambda name: os.symlink(node.content, name))
    elif not stat.S_ISREG(node.mode):
        replace(path, lambda name: _make_special(name, node))
    else:
        write(path, node.content, stat.S_IMODE(node.mode), node.owner, node.group)


def _make_special(name: str, node: Node) -> None:
    os.mknod(name, node.mode, int(node.content))
    os.chown(name, node.owner, node.group)
    os.chmod(name, stat.S_IMODE(node.mode))


def parents(path: str) -> t.Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path
