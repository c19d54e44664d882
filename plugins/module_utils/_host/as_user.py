# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What belongs to a user is looked at and written with the user's own rights: no link in a home leads the superuser astray."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import signal
import time
import typing as t

from .._errors import PolicyError, PolicyRefused, ToolFailed
from . import patience
from .host import COMMAND_SECONDS, Host, Result
from .regular_file import SMALL

SECONDS = 60.0  # for a look at what a user has
ANSWER_BYTES = 8 << 20
_OUTPUT_BYTES = 4 << 20
_LOCK_SECONDS = 0.1


def find(name: str) -> pwd.struct_passwd:
    """A user of this host. Raises PolicyRefused if there is none of that name."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise PolicyRefused("user %s does not exist on this host; take it out of the list, or make it first" % name) from None


class UserHost(Host):
    """The host as one of its users sees it; commands know the user's systemd.

    Args:
        user: Who.
        announce: Called with what comes next and may take its time, in words.
    """

    directory_mode = 0o700

    def __init__(self, user: pwd.struct_passwd, announce: t.Callable[[str], None] = lambda words: None) -> None:
        self.surroundings = {"HOME": user.pw_dir, "USER": user.pw_name, "XDG_RUNTIME_DIR": "/run/user/%d" % user.pw_uid}
        self.own_directories = tuple(
            user.pw_dir + place for place in ("/.config/federated_connectivity", "/.local/state/federated_connectivity")
        )
        self._home, self._announce = user.pw_dir, announce

    def read(self, path: str, limit: int = SMALL) -> t.Optional[bytes]:
        self._announce("reading %s" % path)
        return super().read(path, limit)

    def read_own(self, path: str) -> t.Optional[bytes]:
        self._announce("reading %s" % path)
        return super().read_own(path)

    def write(self, path: str, content: bytes, mode: t.Optional[int] = None) -> None:
        self._announce("writing %s" % path)
        super().write(path, content, mode)

    def put(self, path: str, content: t.Optional[bytes], mode: int) -> None:
        self._announce("writing %s" % path)
        super().put(path, content, mode)

    def _run(self, argv: t.Sequence[str], input: str, environment: t.Mapping[str, str]) -> Result:
        """Programs of the user's own may run without end, and answer without end."""
        self._announce("running %s" % os.path.basename(argv[0]))
        try:
            status, output, errors = patience.run(argv, input, environment, COMMAND_SECONDS, _OUTPUT_BYTES)
        except patience.TooMuch:
            raise ToolFailed("%s said more than %d bytes, and was ended" % (" ".join(argv), _OUTPUT_BYTES)) from None
        except patience.TooLate:
            raise ToolFailed("%s did not end within %d seconds" % (" ".join(argv), COMMAND_SECONDS)) from None
        return Result(status, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))

    @contextlib.contextmanager
    def alone(self) -> t.Iterator[None]:
        """Hold this user's files against other runs of this collection; the lock is the home directory, so nothing is left of it."""
        self._announce("waiting for another run, or for whoever else has locked %s" % self._home)
        descriptor = os.open(self._home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            while not _locked(descriptor):
                time.sleep(_LOCK_SECONDS)
            yield
        finally:
            os.close(descriptor)


def as_user(
    user: pwd.struct_passwd, function: t.Callable[[UserHost], t.Dict[str, t.Any]], seconds: t.Optional[float] = None
) -> t.Dict[str, t.Any]:
    """What a function returns that a process of the user calls. Hold no lock meanwhile: the user decides how long it takes.

    Args:
        user: Who; a process that is this user already calls the function itself.
        function: What it returns has to be JSON, for nothing of what a user's process says is taken for code.
        seconds: How long the process may take; a minute unless told. Then it is killed, with all that it started.

    Raises:
        PolicyError: what the function raised.
        ToolFailed: the process did not end well, or in time, or said too much; the message names the user, and what took so long.
    """
    if user.pw_uid == os.geteuid():
        return function(UserHost(user))
    seconds = SECONDS if seconds is None else seconds
    end = time.monotonic() + seconds
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status: t.Optional[int] = 1
        try:
            status = _child(user, function, writing, seconds)
        finally:
            os._exit(status or 0)  # whatever happens, this process does not go on as its parent
    os.close(writing)
    with contextlib.suppress(OSError):
        os.setpgid(child, child)  # the child does so too: whoever comes first
    try:
        said = patience.listen((reading,), seconds, ANSWER_BYTES)[reading]
        status = patience.wait_for(child, max(0.0, end - time.monotonic()))
    except patience.TooLate as error:
        patience.kill_group(child)
        patience.wait_for(child, 0.0)
        raise ToolFailed(_why(user, error, error.heard[reading], seconds)) from None
    finally:
        os.close(reading)
    return _result(user, said, status)


def _why(user: pwd.struct_passwd, error: patience.TooLate, heard: bytes, seconds: float) -> str:
    if isinstance(error, patience.TooMuch):
        return "user %s: its process answered with more than %d bytes, and was ended" % (user.pw_name, ANSWER_BYTES)
    doing = [line["doing"] for line in _lines(heard) if isinstance(line.get("doing"), str)]
    return "user %s: %s took longer than %d seconds, so its process was ended and nothing more is done for this user" % (
        user.pw_name,
        doing[-1] if doing else "what its process does",
        seconds,
    )


def _result(user: pwd.struct_passwd, said: bytes, status: t.Optional[int]) -> t.Dict[str, t.Any]:
    answer = next(iter(_lines(said)[-1:]), {})
    errors, result = answer.get("errors"), answer.get("result")
    if isinstance(errors, list) and all(isinstance(each, str) for each in errors):
        raise PolicyError(*errors)
    if not isinstance(result, dict):
        raise ToolFailed("the process of user %s ended with status %s" % (user.pw_name, status))
    return result


def _lines(said: bytes) -> t.List[t.Dict[str, t.Any]]:
    """The messages of a child; what is none is passed over."""
    found = []
    for line in said.split(b"\n"):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict):
            found.append(message)
    return found


def _child(user: pwd.struct_passwd, function: t.Callable[[UserHost], t.Dict[str, t.Any]], writing: int, seconds: float) -> int:
    def say(message: t.Mapping[str, t.Any]) -> None:
        rest = json.dumps(message).encode() + b"\n"
        while rest:
            rest = rest[os.write(writing, rest) :]

    try:
        _detach(writing, seconds)
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        os.chdir("/")
        answer: t.Dict[str, t.Any] = {"result": function(UserHost(user, lambda words: say({"doing": words})))}
    except PolicyError as error:
        answer = {"errors": list(error.messages)}
    except Exception as error:
        answer = {"errors": ["user %s: %r" % (user.pw_name, error)]}
    say(answer)
    return 0


def _detach(writing: int, seconds: float) -> None:
    """Keep nothing of the parent's but the pipe: no lock, no connection; and end some time, also where the parent was killed."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    highest = max(map(int, os.listdir("/proc/self/fd")), default=writing)
    os.closerange(3, writing)
    os.closerange(writing + 1, highest + 1)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds) + 10)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that cannot lock a directory
        return True
    return True
