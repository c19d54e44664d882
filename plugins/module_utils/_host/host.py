# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The managed host as the backends see it: its commands and its files, both exact enough to be undone."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import glob
import os
import shutil
import stat
import subprocess
import typing as t

from .._errors import ToolFailed
from .durable import synchronize
from .locks import holders, wait
from .own_files import DIRECTORY_MODE, is_ours, made_here, make_directories, told, told_link
from .regular_file import LARGE, Unreadable, read_regular
from .replacement import beside, new_file, replace, sweep, write
from .snapshot import Snapshot, node_at, parents

CONFIGURATION = "/etc/federated_connectivity"
STATE = "/var/lib/federated_connectivity"
LOCK = "/run/federated_connectivity.lock"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMMAND_SECONDS = 120.0
BYTES = "surrogateescape"  # others' comments are in any encoding: their bytes are kept
LOCK_SECONDS = 120.0
# Where this collection writes, as patterns; and the directories that it makes where they are missing, and then takes away.
_PLACES = (
    CONFIGURATION,
    os.path.dirname(STATE),
    STATE,
    STATE + "/*",
    "/etc/ufw",
    "/etc/firewalld/*",
    "/etc/systemd/system",
    "/etc/systemd/system/*",
)
_MADE = (CONFIGURATION, "/etc/systemd/system/nftables.service.d", "/etc/systemd/system/sysinit.target.wants")


def in_words(error: OSError) -> str:
    """An error of the system, with the way to fix it where it needs root."""
    return "%s; this needs root: become: true" % error if isinstance(error, PermissionError) and os.geteuid() else str(error)


class Result(t.NamedTuple):
    """What a command left behind; bytes that are not UTF-8 stand in its text as lone surrogates, and are bytes again in an input."""

    rc: int
    stdout: str
    stderr: str


class File(t.NamedTuple):
    """What a file should hold; with a mode it is one of ours, without one somebody else's, as in :meth:`Host.write`."""

    content: bytes
    mode: t.Optional[int] = None


class Host:
    """Commands, files and the lock of the host this code runs on.

    Attributes:
        surroundings: What commands find in their environment besides PATH and the locale.
        own_directories: Directories that belong to this collection, with all below them.
        directory_mode: The mode of these, and of others that a run has to make.
    """

    surroundings: t.Mapping[str, str] = {"HOME": "/root"}
    own_directories: t.Sequence[str] = (CONFIGURATION, STATE)
    directory_mode = DIRECTORY_MODE
    _prepared: t.Mapping[t.Tuple[str, t.Any], t.Callable[[], None]] = {}  # path and what is to be there -> what moves it there

    def run(self, argv: t.Sequence[str], input: t.Optional[str] = None, check: bool = True) -> Result:
        """Run a command without a shell, in the C locale and with the system's own PATH.

        Args:
            argv: The command; its first word is looked up in PATH.
            input: Its standard input; none means an empty one.
            check: Whether an exit status other than 0 is an error.

        Raises:
            ToolFailed: it does not exist, took longer than two minutes, or failed although ``check`` is set.
        """
        environment = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", **self.surroundings}
        command = " ".join(argv)
        try:
            done = self._run([self.which(argv[0]) or argv[0], *argv[1:]], input or "", environment)
        except FileNotFoundError:
            raise ToolFailed("%s is not installed on this host; install it, or choose another backend" % argv[0]) from None
        except subprocess.TimeoutExpired:
            raise ToolFailed("%s did not end within %d seconds" % (command, COMMAND_SECONDS)) from None
        if check and done.rc != 0:
            raise ToolFailed("%s failed with status %d: %s" % (command, done.rc, (done.stderr or done.stdout).strip()))
        return done

    def _run(self, argv: t.Sequence[str], input: str, environment: t.Mapping[str, str]) -> Result:
        done = subprocess.run(
            argv,
            input=input.encode("utf-8", BYTES),
            capture_output=True,
            env=environment,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode("utf-8", BYTES), done.stderr.decode("utf-8", BYTES))

    def which(self, command: str) -> t.Optional[str]:
        """The path of a command in the system's own PATH (an unprivileged login's PATH lacks sbin), or None."""
        return shutil.which(command, path=SYSTEM_PATH)

    def read(self, path: str, limit: int = LARGE) -> t.Optional[bytes]:
        """The bytes of a file, or None where there is none. Raises Unreadable where it is no regular file, or has more bytes."""
        return read_regular(path, limit)

    def read_own(self, path: str) -> t.Optional[bytes]:
        """The bytes of a file of ours; None where there is none, or something else in its place, which is not looked into."""
        try:
            return read_regular(path, follow=False)
        except Unreadable:
            return None

    def write(self, path: str, content: bytes, mode: t.Optional[int] = None) -> None:
        """Replace a file in one step; directories that are missing are made.

        Args:
            path: The file.
            content: Its bytes.
            mode: The mode of a file of ours, which also gets its fixed owner, whatever was there. None: the file is somebody else's;
                it keeps mode and owner, and a new one has 0600.
        """
        self.make_directories(os.path.dirname(path))
        move = self._prepared.get((path, File(content, mode)))
        if move:
            move()
        else:
            write(path, content, *self._permissions(path, mode))

    @contextlib.contextmanager
    def prepared(self, files: t.Mapping[str, File], links: t.Mapping[str, str]) -> t.Iterator[None]:
        """Write files and symbolic links beside the places where :meth:`write` and :meth:`link` will put them, so that a full disk is
        noticed before anything is replaced.

        Args:
            files: By path.
            links: Targets by path.

        Raises:
            OSError: a file cannot be written, for example because the disk is full.
        """
        before = self._prepared
        makes = {path: new_file(content, *self._permissions(path, mode)) for path, (content, mode) in files.items()}
        makes.update((path, functools.partial(os.symlink, target)) for path, target in links.items())
        with contextlib.ExitStack() as stack:
            moves: t.Dict[t.Tuple[str, t.Any], t.Callable[[], None]] = {}
            for path, make in makes.items():
                self.make_directories(os.path.dirname(path))
                moves[path, files.get(path) or links[path]] = stack.enter_context(beside(path, make))
            self._prepared = {**before, **moves}
            try:
                yield
            finally:
                self._prepared = before

    def _permissions(self, path: str, mode: t.Optional[int]) -> t.Tuple[int, int, int]:
        """Mode, owner and group of a file of ours with its fixed mode; of somebody else's, as it has them, or a new one gets them."""
        node = node_at(path) if mode is None else None
        if node is None or not stat.S_ISREG(node.mode):
            return 0o600 if mode is None else mode, os.geteuid(), os.getegid()
        return stat.S_IMODE(node.mode), node.owner, node.group

    def mode(self, path: str) -> t.Optional[int]:
        """The permissions of a file, or None where there is none."""
        try:
            return stat.S_IMODE(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, path: str, content: t.Optional[bytes], mode: int) -> None:
        """Make a file what it should be, permissions included, at no time readable by more than before or after. It keeps its owner.

        Args:
            path: The file.
            content: Its bytes; None: there should be none, nor directories that were made for it.
            mode: Its permissions.
        """
        if content is None:
            self.remove(path)
            for directory in parents(path):
                self.remove_directory(directory)
            return
        self.make_directories(os.path.dirname(path))
        node = node_at(path)
        owner, group = (node.owner, node.group) if node and stat.S_ISREG(node.mode) else (os.geteuid(), os.getegid())
        write(path, content, mode, owner, group)

    def attributes(self, path: str) -> t.Optional[str]:
        """Kind, mode and owner of what is at a path, in words; None: there is nothing."""
        return told(path)

    def link_attributes(self, path: str, target: str) -> t.Optional[str]:
        """The same of what should be a symbolic link."""
        return told_link(path, target)

    def names(self, path: str) -> t.List[str]:
        """What a directory holds, sorted; nothing where there is none."""
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def make_directories(self, path: str) -> None:
        """See that a directory is there, with its fixed mode and owner where it is ours or new."""
        make_directories(path, self.own_directories, self.directory_mode)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link, replacing what is there, in one step."""
        self.make_directories(os.path.dirname(path))
        move = self._prepared.get((path, target))
        if move:
            move()
        else:
            replace(path, lambda name: os.symlink(target, name))

    def remove(self, path: str) -> None:
        """Remove a file or link if it is there; a directory in its place is not ours, and stays."""
        sweep(os.path.dirname(path))
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(path)
            synchronize(os.path.dirname(path))

    def remove_directory(self, path: str) -> None:
        """Remove a directory if it is there and empty, and this collection made it: an administrator's own stays."""
        if not (is_ours(path, self.own_directories) or made_here(path)):
            return
        with contextlib.suppress(OSError):
            os.rmdir(path)
            synchronize(os.path.dirname(path))

    def sweep(self) -> None:
        """Remove what runs that were killed have left: files that they were writing, directories that they had emptied."""
        for place in _PLACES:
            for directory in glob.glob(place):
                sweep(directory)
        for directory in _MADE:
            self.remove_directory(directory)

    def snapshot(self, paths: t.Iterable[str]) -> Snapshot:
        """Remember files and links, so that an undo can restore them byte for byte."""
        return Snapshot(paths)

    def has_systemd(self) -> bool:
        """Whether systemd runs this host (sd_booted(3)); a chroot or a plain container has files only."""
        return os.path.isdir("/run/systemd/system")

    @contextlib.contextmanager
    def lock(self, seconds: t.Optional[float] = None, insist: bool = False) -> t.Iterator[t.List[str]]:
        """Hold the host against other runs of this collection.

        Args:
            seconds: How long to wait for others; two minutes unless told.
            insist: Whether to go on without the lock where another run still holds it then.

        Yields:
            Who held it, in words, where this goes on without it.

        Raises:
            ToolFailed: another run still holds it.
        """
        seconds = LOCK_SECONDS if seconds is None else seconds
        descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(descriptor, 0o600)  # whoever may read it could hold it
            notes = []
            if not wait(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), seconds):
                if not insist:
                    raise ToolFailed(
                        "another run has held %s for %d seconds: %s; wait for it to end, or end it" % (LOCK, seconds, holders(LOCK))
                    )
                notes.append("%s was held by %s" % (LOCK, holders(LOCK)))
            yield notes
        finally:
            os.close(descriptor)
