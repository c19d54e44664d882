# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Replaces files and links in one step: what is new is written beside its place, and moved there."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
import typing as t

from .._errors import ToolFailed
from .durable import synchronize
from .own_files import UNFINISHED, make_directories


def sweep(directory: str) -> None:
    """Remove what a run that was killed has left behind."""
    for path in glob.glob(os.path.join(glob.escape(directory), UNFINISHED + "*.*")):
        if not os.path.isdir("/proc/" + path.rpartition(UNFINISHED)[2].partition(".")[0]):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def beside(path: str, make: t.Callable[[str], None]) -> t.Iterator[t.Callable[[], None]]:
    """Let ``make`` create a neighbour of ``path``; yields what moves it into place."""
    make_directories(os.path.dirname(path), ())
    sweep(os.path.dirname(path))
    directory = tempfile.mkdtemp(prefix="%s%d." % (UNFINISHED, os.getpid()), dir=os.path.dirname(path))
    name = os.path.join(directory, "new")

    def move() -> None:
        try:
            os.replace(name, path)
        except IsADirectoryError:
            raise ToolFailed("%s is a directory, and a file belongs there; remove or rename it" % path) from None
        synchronize(os.path.dirname(path))

    try:
        make(name)
        yield move
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def replace(path: str, make: t.Callable[[str], None]) -> None:
    with beside(path, make) as move:
        move()


def new_file(content: bytes, mode: int, owner: int, group: int) -> t.Callable[[str], None]:
    def make(name: str) -> None:
        with open(name, "xb") as file:
            file.write(content)
            os.fchown(file.fileno(), owner, group)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())

    return make


def write(path: str, content: bytes, mode: int, owner: int, group: int) -> None:
    replace(path, new_file(content, mode, owner, group))
