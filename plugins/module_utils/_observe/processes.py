# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The processes that were chosen: by name, by unit of systemd, or by container, with all that they started."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import typing as t

_INTERPRETER = re.compile(r"(python|perl|ruby|node|java|bash|dash|sh)[\d.]*")
_COMM = 15  # characters that the kernel keeps of a name
_ODD = re.compile(r"[^A-Za-z0-9_.+:@-]")
_PROGRAM = 64
_START = 4096  # bytes of a command line that are read


class Process(t.NamedTuple):
    """A process of this host. ``names`` are what it can be called; ``groups`` the parts of its control group's path."""

    pid: int
    parent: int
    names: t.FrozenSet[str]
    groups: t.FrozenSet[str]

    @property
    def program(self) -> str:
        """Its name for people, in letters that everything can hold."""
        return _ODD.sub("_", min(self.names, key=lambda name: (-len(name), name), default=""))[:_PROGRAM]


def all_processes(proc: str) -> t.Dict[int, Process]:
    """The processes of this host, but for this one and those that it runs under."""
    found: t.Dict[int, Process] = {}
    for name in os.listdir(proc):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                found[int(name)] = _read(proc, int(name))
    own = os.getpid()
    while own in found:
        own = found.pop(own).parent
        if own <= 1:
            break
    return found


def _read(proc: str, pid: int) -> Process:
    directory = "%s/%d" % (proc, pid)
    stat = _text(directory + "/stat")
    comm = stat[stat.index("(") + 1 : stat.rindex(")")]
    parent = int(stat[stat.rindex(")") + 1 :].split()[1])
    groups: t.Set[str] = set()
    with contextlib.suppress(OSError):
        for line in _text(directory + "/cgroup").splitlines():
            groups.update(filter(None, line.split(":", 2)[2].split("/")))
    return Process(pid, parent, frozenset({comm, *_names(_text(directory + "/cmdline").split("\0"))}), frozenset(groups))


def _names(argv: t.Sequence[str]) -> t.Iterator[str]:
    """The name of a program; of an interpreter's the name of the script or module that it runs, too."""
    first = os.path.basename(argv[0].split(" ")[0]) if argv else ""
    if not first:
        return
    yield first
    if not _INTERPRETER.fullmatch(first):
        return
    rest = list(argv[1:])
    while rest:
        word = rest.pop(0)
        if word == "-m" and rest:
            yield rest[0]
            return
        if not word.startswith("-"):
            if word:
                yield os.path.basename(word)
            return


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(_START)


def matches(process: Process, wanted: str) -> bool:
    """Whether a process has a name; a pattern such as ``flower-*`` is one, too."""
    return any(fnmatch.fnmatchcase(name, wanted) or (len(name) == _COMM and wanted.startswith(name)) for name in process.names)


def in_unit(process: Process, unit: str) -> bool:
    """Whether a process belongs to a unit of systemd, such as ``node.service``, ``node`` or ``node@*``."""
    whole = unit if "." in unit else unit + ".service"
    return any(fnmatch.fnmatchcase(group, whole) for group in process.groups)


def with_children(first: t.Iterable[int], processes: t.Mapping[int, Process]) -> t.Set[int]:
    """Processes and everything that they started, as far as it still runs under them."""
    children: t.Dict[int, t.List[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: t.Set[int] = set()
    left = [pid for pid in first if pid in processes]
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left.extend(children.get(pid, ()))
    return found


def inodes(pids: t.Iterable[int], proc: str) -> t.Dict[str, int]:
    """The sockets that processes hold: inode -> process."""
    found: t.Dict[str, int] = {}
    for pid in sorted(pids):
        directory = "%s/%d/fd" % (proc, pid)
        with contextlib.suppress(OSError):
            for name in os.listdir(directory):
                with contextlib.suppress(OSError):
                    match = re.match(r"socket:\[(\d+)\]$", os.readlink("%s/%s" % (directory, name)))
                    if match:
                        found.setdefault(match.group(1), pid)
    return found


def network_of(process: t.Union[int, str], proc: str) -> str:
    """The network namespace of a process, or of ``self``, by its name in /proc; empty if the process has ended."""
    try:
        return os.readlink("%s/%s/ns/net" % (proc, process))
    except OSError:
        return ""
