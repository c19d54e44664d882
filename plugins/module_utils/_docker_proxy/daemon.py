# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A Docker daemon under systemd, the system's or a user's own: where its files are, what runs, how to restart it."""

from __future__ import annotations

import glob
import os
import pwd
import re
import typing as t

from .._errors import PolicyRefused, ToolFailed
from .._host.host import BYTES, CONFIGURATION, STATE, Host
from .._host.printable import printable_lines
from .._host.regular_file import SMALL
from . import api, unit, unit_words
from .secrets import hide_output
from .specifiers import specifiers_of

UNIT = "docker.service"
DROP_IN = UNIT + ".d/zz-federated-connectivity.conf"  # drop-ins count in the order of their names, the last one wins
ENVIRONMENT = "docker_proxy.env"
FILE_SINCE = 23  # Docker Engine 23.0: `proxies` in daemon.json, dockerd --validate
_JOURNAL_LINES = "5"
_MAJOR = re.compile(r"version (\d+)\.")


class Places(t.NamedTuple):
    """Where the things of one daemon are.

    Attributes:
        whose: "" for the system's daemon, otherwise the user's name.
        daemon_json: Its configuration file.
        drop_in: Our drop-in of its unit.
        environment_file: Where the drop-in takes credentials from.
        socket: Its API.
        memory: The directory in which we remember what was there before.
        user: Whose it is; None: the system's.
    """

    whose: str
    daemon_json: str
    drop_in: str
    environment_file: str
    socket: str
    memory: str
    user: t.Optional[pwd.struct_passwd] = None


SYSTEM = Places(
    "", "/etc/docker/daemon.json", "/etc/systemd/system/" + DROP_IN, CONFIGURATION + "/" + ENVIRONMENT, "/run/docker.sock",
    STATE + "/docker_proxy",
)  # fmt: skip


def places_of(user: pwd.struct_passwd) -> Places:
    """Where a user's rootless daemon is (docs.docker.com/engine/security/rootless)."""
    configuration = user.pw_dir + "/.config/"
    return Places(
        user.pw_name,
        configuration + "docker/daemon.json",
        configuration + "systemd/user/" + DROP_IN,
        configuration + "federated_connectivity/" + ENVIRONMENT,
        "/run/user/%d/docker.sock" % user.pw_uid,
        user.pw_dir + "/.local/state/federated_connectivity/docker_proxy",
        user,
    )


class Daemon:
    """A daemon that is installed.

    Attributes:
        places: Where its things are; ``daemon_json`` is the file that it reads, also where a flag or a link leads elsewhere.
        unresolved: The flag that names the file, where nobody can tell here which file that is.
        unit: Its unit.
        major: The first number of the version of Docker Engine that would start now.
    """

    def __init__(self, places: Places, host: Host) -> None:
        """Look at it. Raises PolicyRefused if there is none whose unit is loaded, ToolFailed if systemd does not answer."""
        self._host = host
        self._systemctl = ("systemctl", "--user") if places.whose else ("systemctl",)
        if self._property("LoadState") != "loaded":
            raise NoDocker("%s does not exist" % self.named(places))
        files = list(self._unit_files())
        specifiers = specifiers_of(UNIT, files[0][0] if files else "", places.user)
        self.unit = unit.parse_files(files, lambda path: host.read(path, SMALL), glob.glob, specifiers)
        given = self.unit.value_of("--config-file")
        self.unresolved = given if given and given.word and not (given.resolved and os.path.isabs(given.word)) else None
        file = given.word if given and given.word and not self.unresolved else places.daemon_json
        self.places = places._replace(daemon_json=os.path.realpath(file))
        self._program = self._find_program()
        said = host.run([self._program, "--version"]).stdout
        version = _MAJOR.search(said)
        if not version:
            raise PolicyRefused(
                "%s: %s --version says %r, which is not a version of Docker Engine" % (self.name, self._program, _said(said))
            )
        self.major = int(version.group(1))

    @staticmethod
    def named(places: Places) -> str:
        return "%s of user %s" % (UNIT, places.whose) if places.whose else UNIT

    @property
    def name(self) -> str:
        """The daemon in an administrator's words."""
        return self.named(self.places)

    def invocation(self) -> str:
        """What tells this run of the daemon from any other; "" while it does not run. (Asking its socket would start it.)"""
        return self._property("InvocationID") if self._property("ActiveState") == "active" else ""

    def has_failed(self) -> bool:
        """Whether systemd has given up on starting it."""
        return self._property("ActiveState") == "failed"

    def info(self) -> t.Optional[api.Info]:
        """What it says of itself, if it runs."""
        return api.info(self.places.socket) if self.invocation() else None

    def leaves_containers_alone(self) -> bool:
        """Whether stopping the unit stops dockerd alone; rootless units end everything."""
        return self._property("KillMode") == "process"

    def validate(self, content: bytes) -> None:
        """Let dockerd look at a configuration file, where it can. Raises PolicyRefused with its words."""
        if self.major < FILE_SINCE:
            return
        trial = self.places.memory + "/trial.json"
        try:
            self._host.write(trial, content, 0o600)
            done = self._host.run([self._program, *self._flags(), "--validate", "--config-file", trial], check=False)
        finally:
            self._host.remove(trial)
        if done.rc:
            words = _said(done.stderr or done.stdout).replace(trial, self.places.daemon_json)
            raise PolicyRefused("%s would not start: %s" % (self.name, words))

    def reload_units(self) -> None:
        """Let systemd read unit files again."""
        self._run("daemon-reload")

    def reload(self) -> None:
        """Let dockerd read daemon.json again, as far as it does that without a restart."""
        self._run("reload", UNIT)

    def restart(self) -> None:
        """Restart it. Raises ToolFailed with the end of its journal."""
        self._host.run([*self._systemctl, "reset-failed", UNIT], check=False)  # earlier starts do not count against this one
        done = self._host.run([*self._systemctl, "restart", UNIT], check=False)
        if done.rc:
            raise ToolFailed("%s does not start: %s" % (self.name, _said(self._journal() or done.stderr)))

    def _journal(self) -> str:
        field = "--user-unit=" if self.places.whose else "--unit="
        return self._host.run(
            ["journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=" + _JOURNAL_LINES, field + UNIT], check=False
        ).stdout.strip()

    def _flags(self) -> t.List[str]:
        """What the unit gives dockerd, since a flag and a file must not say the same; what it gives a script is the script's."""
        program = self.unit.program
        words = [setting.word for setting in program]
        judged = all(setting.resolved for setting in program) and self.unit.flag("--config-file") is None
        return words[1:] if judged and os.path.basename(words[0]) == "dockerd" else []

    def _find_program(self) -> str:
        """The dockerd of the unit: what it starts, or the neighbour of the script that starts it."""
        words = [setting.word for setting in self.unit.program[:1]]
        if not words:
            raise PolicyRefused("%s starts nothing: it has no ExecStart" % self.name)
        beside = os.path.join(os.path.dirname(words[0]), "dockerd")
        found = beside if os.access(beside, os.X_OK) else self._host.which("dockerd")
        if not found:
            raise PolicyRefused("%s: no dockerd beside %s, nor in the system's PATH" % (self.name, words[0]))
        return found

    def _unit_files(self) -> t.Iterator[t.Tuple[str, str]]:
        """The files that systemd reads for the unit, in its order; in `systemctl cat`, a comment may look like a path."""
        drop_ins, fragment = self._property("DropInPaths"), self._property("FragmentPath")
        if not fragment:  # a unit that systemd has made, or a systemd that does not say
            yield from unit.files_of(self._run("cat", UNIT))
            return
        for path in [fragment, *unit_words.split(drop_ins)]:
            yield path, (self._host.read(path, SMALL) or b"").decode("utf-8", BYTES)

    def _property(self, name: str) -> str:
        return self._run("show", "--value", "--property=" + name, UNIT).strip()

    def _run(self, *words: str) -> str:
        return self._host.run([*self._systemctl, *words]).stdout


def _said(text: str) -> str:
    """What a program said, fit to be shown."""
    return printable_lines(hide_output(text.strip()))


class NoDocker(PolicyRefused):
    """The unit of the daemon does not exist."""
