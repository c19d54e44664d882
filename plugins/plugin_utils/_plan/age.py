# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""When a plan was made: by the git commit that holds its index, or else by the date of the file."""

from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess
import time
import typing as t

from .._common.directory_files import PlanFiles, UnsafePlace
from .reader import INDEX_FILE

DAY = 24 * 60 * 60
_SECONDS = 30
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}


class Made(t.NamedTuple):
    """When a plan was made, in seconds since 1970, and whether a commit says so."""

    seconds: int
    committed: bool

    def days(self, now: float) -> int:
        """Whole days from then to now; 0 where it is in the future."""
        return max(0, int((now - self.seconds) // DAY))

    def __str__(self) -> str:
        day = time.strftime("%Y-%m-%d", time.gmtime(self.seconds))
        return f"committed on {day}" if self.committed else f"written on {day}, as the date of its {INDEX_FILE} says"


def made(directory: pathlib.Path) -> Made | None:
    """When the plan in a directory was made; None if nothing tells.

    The commit counts where it holds the index as it is. The date of a file in a fresh checkout is the date of the checkout.
    """
    try:
        with PlanFiles(directory) as files:
            data, status = files.read(INDEX_FILE), files.status(INDEX_FILE)
    except (OSError, UnsafePlace):
        return None
    if data is None or status is None:
        return None
    held = _git(directory, "rev-parse", "--verify", f"HEAD:./{INDEX_FILE}")
    if held in {_blob(text, len(held)) for text in (data, data.replace(b"\r\n", b"\n"))}:
        said = _git(directory, "-c", "log.showSignature=false", "log", "-1", "--format=%ct", "HEAD", "--", INDEX_FILE)
        if said.isdecimal():
            return Made(int(said), True)
    return Made(int(status.st_mtime), False)


def old(made_then: Made, now: float, days: int) -> str:
    """The warning about a plan that is older than a number of days; empty if it is not. 0 days: never."""
    age = made_then.days(now)
    if not days or age <= days:
        return ""
    return (
        f"the reviewed plan is {age} days old: it was {made_then}. Addresses and partners may have changed since; make the plan again and "
        f"review it, or set connectivity_reviewed_plan_days, which is {days}, to the age that you accept"
    )


def _blob(data: bytes, digits: int) -> str:
    """The name that git gives to a file's content, in repositories of either kind."""
    digest = hashlib.sha256() if digits == hashlib.sha256().digest_size * 2 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


def _git(directory: pathlib.Path, *arguments: str) -> str:
    """What git says; nothing where there is no git, no repository, or one that git does not trust."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK} | _QUIET
    command = ["git", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=_SECONDS, check=False)
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("ascii", "replace").strip() if done.returncode == 0 else ""
