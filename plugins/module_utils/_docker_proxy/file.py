# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A file as it is and as it should be, and what of it may be shown."""

from __future__ import annotations

import os
import typing as t

from .._host.host import Host
from .._host.own_files import fixed, is_ours
from .._host.printable import printable, printable_lines
from .member import Found, Memory, Reader, merge, shown
from .proxies import Proxies
from .secrets import hide_settings


class File(t.NamedTuple):
    """One file.

    Attributes:
        path: Where it is.
        old, new: Its content now and then; None: there is no file.
        old_mode, mode: Its permissions.
        before, after: What a difference may show.
        deviation: Kind, mode and owner of a file of ours that has not the fixed ones, in words.
        ours: Whether the whole file is ours.
    """

    path: str
    old: t.Optional[bytes]
    new: t.Optional[bytes]
    old_mode: t.Optional[int]
    mode: int
    before: str
    after: str
    deviation: str = ""
    ours: bool = False

    @property
    def changed(self) -> bool:
        return self.old != self.new or (self.new is not None and (self.old_mode != self.mode or bool(self.deviation)))

    def write(self, host: Host) -> None:
        """Make it so."""
        if self.ours and self.new is not None:
            host.write(self.path, self.new, self.mode)
        else:
            host.put(self.path, self.new, self.mode)

    def as_diff(self) -> t.Dict[str, str]:
        """The difference as Ansible shows it; it passes over headers where the texts are the same."""
        old = "absent" if self.old is None else "%04o" % (self.old_mode or 0)
        new = "absent" if self.new is None else "%04o" % self.mode
        lines = ["", ""]
        if self.deviation and self.new is not None:
            lines = ["# %s\n" % self.deviation, "# %s\n" % fixed(self.mode)]
        elif old != new and "absent" not in (old, new):
            lines = ["# mode %s\n" % old, "# mode %s\n" % new]
        return {
            "before_header": "%s (%s)" % (printable(self.path), old),
            "after_header": "%s (%s)" % (printable(self.path), new),
            "before": lines[0] + self.before,
            "after": lines[1] + self.after,
        }


def text_file(path: str, text: t.Optional[str], mode: int, host: Host) -> File:
    """A file that is ours as a whole; None: it should not be there."""
    found = host.attributes(path)
    old = host.read_own(path)
    if found is not None and old is None and not (text is None and os.path.isdir(path)):
        old = b""  # something else is in its place
    new = None if text is None else text.encode()
    before = printable_lines(hide_settings((old or b"").decode("utf-8", "replace")))
    deviation = found if found and found != fixed(mode) else ""
    return File(path, old, new, host.mode(path), mode, before, hide_settings(text or ""), deviation, ours=True)


class Deviation(t.NamedTuple):
    """A file or a directory of ours without its fixed kind, mode and owner; in words, as it is and as it should be."""

    path: str
    found: str
    wanted: str
    mode: t.Optional[int]

    def settle(self, host: Host) -> None:
        """Give them back."""
        if self.mode is None:
            host.make_directories(self.path)
        else:
            host.write(self.path, host.read_own(self.path) or b"", self.mode)

    def as_diff(self) -> t.Dict[str, str]:
        """The difference as Ansible shows it."""
        before, after = ("%s: %s\n" % (self.path, words) for words in (self.found, self.wanted))
        return {"before_header": self.path, "after_header": self.path, "before": before, "after": after}


def deviations(files: t.Mapping[str, int], host: Host, beside: str = "") -> t.List[Deviation]:
    """What deviates of files that runs remember something in, and of our directories above them.

    Args:
        files: The files and their modes.
        host: The host.
        beside: One more file, which is looked at elsewhere; only its directories are looked at here, if it is there.
    """
    places = [*files, *([beside] if beside and host.attributes(beside) else [])]
    directories = {parent for path in places for parent in _parents(path) if is_ours(parent, host.own_directories)}
    wanted: t.Dict[str, t.Optional[int]] = {**dict.fromkeys(sorted(directories)), **files}
    found = []
    for path, mode in wanted.items():
        words = host.attributes(path)
        right = fixed(host.directory_mode, directory=True) if mode is None else fixed(mode)
        if words and words != right:
            found.append(Deviation(path, words, right, mode))
    return found


def _parents(path: str) -> t.Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path


def json_file(found: Found, reader: Reader, wanted: Proxies, memory: t.Optional[Memory]) -> t.Tuple[File, t.Optional[Memory]]:
    """A JSON file of Docker's in which we have a member, and what to remember of it; see :func:`merge`."""
    merged = merge(found, reader, wanted, memory)
    file = File(found.path, found.content, merged.content, found.mode, merged.mode, shown(found.content), shown(merged.content))
    return file, merged.memory
