# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The forward proxy of a Docker daemon, in the way that its version wants it: what is there, and what has to happen."""

from __future__ import annotations

import typing as t

from .._errors import PolicyRefused
from .._host.host import Host
from .._host.printable import printable
from . import unit
from .api import Info
from .daemon import FILE_SINCE, Daemon
from .file import File, json_file, text_file
from .member import DAEMON, read
from .proxies import Proxies
from .restart import LIVE_RESTORE, Survival, survival
from .secrets import hide_value
from .state import State, load


class Proposal(t.NamedTuple):
    """What has to happen for a daemon to use the wanted proxies.

    Attributes:
        daemon_json: Its configuration.
        unit_files: Our files for its unit.
        state: What to remember then.
        running: The run of the daemon that goes on until a restart; "" if it does not run.
        restart: Whether it has to be restarted; so has an engine that failed because it was downgraded and knows no `proxies`.
        survival: What becomes of its containers then.
        warnings: What its administrator should know.
    """

    daemon_json: File
    unit_files: t.Sequence[File]
    state: State
    running: str
    restart: bool
    survival: Survival
    warnings: t.Sequence[str]

    @property
    def files(self) -> t.List[File]:
        """Those that change."""
        return [file for file in (self.daemon_json, *self.unit_files) if file.changed]


def propose(daemon: Daemon, wanted: Proxies, host: Host) -> Proposal:
    """Compare what is there with what is wanted; nothing is touched.

    Raises:
        PolicyRefused: daemon.json is broken, or a flag of the unit says what daemon.json would have to say.
    """
    by_file = daemon.major >= FILE_SINCE
    if by_file and wanted != Proxies():
        _refuse_flags(daemon)
    state = load(daemon.places, host)
    if by_file and daemon.unresolved and (wanted != Proxies() or state.memory):
        raise PolicyRefused(_unresolved(daemon, daemon.unresolved))
    found = read(daemon.places.daemon_json, host)
    if state.lending:
        found = found._replace(text=found.text.without(LIVE_RESTORE))
    daemon_json, memory = json_file(found, DAEMON, wanted if by_file else Proxies(), state.memory)
    units = _unit_files(daemon, Proxies() if by_file else wanted, host)
    running, info = daemon.invocation(), daemon.info()
    changed = any(file.changed for file in (daemon_json, *units))
    downgraded = not by_file and daemon_json.changed and daemon.has_failed()
    restart = downgraded or (bool(running) and (state.due == running or _counts(wanted, info, changed)))
    return Proposal(
        daemon_json,
        units,
        State(memory, state.due if state.due == running else ""),
        running,
        restart,
        survival(daemon, info, found.text),
        _warnings(daemon, wanted),
    )


def in_force(wanted: Proxies, info: Info) -> bool:
    """Whether a daemon says that it uses the proxies; credentials are masked on both sides, and do not count."""
    said = (info.http, info.https, info.exceptions)
    return all(value is None or hide_value(value) == hide_value(now) for value, now in zip(wanted, said))


def _refuse_flags(daemon: Daemon) -> None:
    flags = daemon.unit.proxy_flags()
    if flags:
        raise PolicyRefused(
            *(
                "%s: %s gives dockerd the flag %s. With `proxies` in %s as well it would not start, so nothing was changed. Remove "
                "the flag there, run `systemctl%s daemon-reload`, and run this again"
                % (daemon.name, flag.place, flag.name, daemon.places.daemon_json, " --user" if daemon.places.whose else "")
                for flag in flags
            )
        )


def _unresolved(daemon: Daemon, flag: unit.Setting) -> str:
    return (
        "%s: %s gives dockerd --config-file=%s, and which file that is cannot be told here, so nothing was changed. "
        "Write the whole path there, run `systemctl%s daemon-reload`, and run this again"
        % (daemon.name, flag.place, printable(flag.word), " --user" if daemon.places.whose else "")
    )


def _unit_files(daemon: Daemon, wanted: Proxies, host: Host) -> t.List[File]:
    """The drop-in, and the file for what nobody else may see or what files of others would override."""
    places = daemon.places
    values = wanted.spelled(unit.PROXY_VARIABLES)
    overridden = any(setting.file in daemon.unit.environment_files for setting in _of_others(daemon))
    in_file = {name: value for name, value in values.items() if overridden or hide_value(value) != value}
    in_unit = {name: value for name, value in values.items() if name not in in_file}
    drop_in = unit.drop_in(in_unit, places.environment_file if in_file else None) if values else None
    environment = unit.environment_file(in_file) if in_file else None
    return [text_file(places.environment_file, environment, 0o600, host), text_file(places.drop_in, drop_in, 0o644, host)]


def _of_others(daemon: Daemon) -> t.List[unit.Setting]:
    ours = (daemon.places.drop_in, daemon.places.environment_file)
    return [setting for setting in daemon.unit.proxy_variables() if setting.file not in ours]


def _warnings(daemon: Daemon, wanted: Proxies) -> t.List[str]:
    values = wanted.spelled(unit.PROXY_VARIABLES)
    return [
        *("%s: %s, so what it sets is not known here" % (daemon.name, words) for words in daemon.unit.unread),
        *_overridden(daemon, values),
    ]


def _overridden(daemon: Daemon, values: t.Mapping[str, str]) -> t.List[str]:
    return [
        "%s: %s sets %s to something else than the plan, and the plan's value overrides it. Remove it there, so that nobody has to wonder"
        % (daemon.name, setting.place, setting.name)
        for setting in _of_others(daemon)
        if setting.word.partition("=")[2] != values.get(setting.name.upper(), setting.word.partition("=")[2])
    ]


def _counts(wanted: Proxies, info: t.Optional[Info], changed: bool) -> bool:
    """Whether the running daemon has to be restarted: what it says differs from what is wanted, or may differ unseen."""
    if info is None:
        return changed
    if not in_force(wanted, info):
        return True
    return changed and (wanted.secret or None in wanted)
