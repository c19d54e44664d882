# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Our files below /etc/firewalld: what is there, what should be there, and firewalld's own check of the result."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t

from ..._errors import PolicyRefused, ToolFailed
from ..._host.host import File, Host
from ..._host.own_files import fixed, told
from ..._host.regular_file import SMALL, Unreadable, read_regular
from .objects import DIRECTORIES, MARK, Object
from .rules import PREFIX

CONFIGURATION = "/etc/firewalld"
MODE = 0o644


class Files:
    """Our files as they are and as they should be.

    Attributes:
        before: Content of those that are not as they should be, by path.
        after: What those become; a path that is missing here goes.
        present: Content of all of them as they are, by path.
        deviations: Kind, mode and owner of those that have not the fixed ones, by path.
        snapshot: All of these files as they were.

    Raises:
        PolicyRefused: a file of somebody else has the name of one of ours.
    """

    def __init__(self, host: Host, objects: t.Iterable[Object]) -> None:
        self._host = host
        wanted = {os.path.join(CONFIGURATION, each.file): each.xml() for each in objects}
        present, foreign = _present(host)
        self.present = present
        taken = sorted(foreign & wanted.keys())
        if taken:
            raise PolicyRefused(*("%s is not ours, but a file of ours needs this name; rename it" % path for path in taken))
        self._foreign = {_name(path) for path in foreign}
        found = {path: told(path) or "" for path in present}
        self.deviations = {path: words for path, words in found.items() if path in wanted and words != fixed(MODE)}
        self.before = {path: text for path, text in present.items() if wanted.get(path) != text or path in self.deviations}
        self.after = {path: text for path, text in wanted.items() if present.get(path) != text or path in self.deviations}
        self.snapshot = host.snapshot({**self.before, **self.after})

    def is_ours(self, name: str) -> bool:
        """Whether an object's name in firewalld is one of ours."""
        return name.startswith(PREFIX) and name not in self._foreign

    def check(self) -> None:
        """Let firewalld check a copy of its configuration with our files in it.

        Raises:
            ToolFailed: with its words; it is told apart whether our files are at fault.
        """
        with tempfile.TemporaryDirectory() as directory:
            copy = os.path.join(directory, "firewalld")
            shutil.copytree(CONFIGURATION, copy, ignore=_irregular, ignore_dangling_symlinks=True, copy_function=_copy)
            self._write(copy)
            refusal = self._refusal("--system-config", copy)
        if refusal:
            theirs = self._refusal()
            if theirs:
                raise ToolFailed("firewalld: %s is broken, our files aside; fix it first: %s" % (CONFIGURATION, theirs))
            raise ToolFailed("firewalld refuses our files: %s" % refusal)

    def _refusal(self, *options: str) -> str:
        """What firewalld has against a configuration; empty where it takes it."""
        checked = self._host.run(["firewall-offline-cmd", *options, "--check-config"], check=False)
        words = checked.stderr.strip() or checked.stdout.strip() or "exit status %d" % checked.rc
        return words if checked.rc else ""

    def prepared(self) -> t.ContextManager[None]:
        """Write our files beside their places, as :meth:`Change.prepared`."""
        return self._host.prepared({path: File(content, MODE) for path, content in self.after.items()}, {})

    def apply(self) -> None:
        self._write(CONFIGURATION)

    def _write(self, root: str) -> None:
        for path, content in self.after.items():
            self._host.write(root + path[len(CONFIGURATION) :], content, mode=MODE)
        for path in sorted(self.before.keys() - self.after.keys(), key=_is_referred_to):
            self._host.remove(root + path[len(CONFIGURATION) :])


def describe_files(files: t.Mapping[str, bytes], deviations: t.Optional[t.Mapping[str, str]] = None) -> str:
    """The files as text; ``deviations`` say what is unusual about some of them."""
    remarks = {path: ", " + words for path, words in (deviations or {}).items()}
    return "".join(
        "file %s%s\n%s" % (path, remarks.get(path, ""), content.decode(errors="replace")) for path, content in sorted(files.items())
    )


def _copy(source: str, target: str) -> str:
    content = read_regular(source)
    with open(target, "wb") as file:
        file.write(content or b"")
    return target


def _irregular(directory: str, names: t.Sequence[str]) -> t.Set[str]:
    """What firewalld does not read either: neither files nor directories."""
    paths = {name: os.path.join(directory, name) for name in names}
    return {name for name, path in paths.items() if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))}


def _present(host: Host) -> t.Tuple[t.Dict[str, bytes], t.Set[str]]:
    """The content of our files by path, and the paths of others' files whose names begin like ours."""
    ours: t.Dict[str, bytes] = {}
    foreign: t.Set[str] = set()
    for directory in DIRECTORIES.values():
        parent = os.path.join(CONFIGURATION, directory)
        for name in os.listdir(parent) if os.path.isdir(parent) else ():
            if name.startswith(PREFIX) and name.endswith(".xml"):
                path = os.path.join(parent, name)
                content = _content(path, host)
                if MARK.encode() in content:
                    ours[path] = content
                else:
                    foreign.add(path)
    return ours, foreign


def _content(path: str, host: Host) -> bytes:
    try:
        return host.read(path, SMALL * 16) or b""
    except Unreadable:  # then it is somebody else's
        return b""


def _is_referred_to(path: str) -> bool:
    """Policies go first and come last: firewalld fails where one of them names a service or an ipset that is not there."""
    return os.path.dirname(path) != os.path.join(CONFIGURATION, DIRECTORIES["policy"])


def _name(path: str) -> str:
    return os.path.basename(path)[: -len(".xml")]
