# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld: two policies of our own, in front of every zone, with a service for each rule and an ipset for each address set.

The files are written first, then the running daemon follows: in place where only rich rules or entries differ, by a reload where
objects come or go, which firewalld can do in no other way.
"""

from __future__ import annotations

import os
import time
import typing as t

from ..._change.change import Change
from ..._change.presence import Presence, presences
from ..._change.restore_point import RestorePoint, attempt
from ..._containers.processes import may_run
from ..._errors import PolicyRefused, ToolFailed
from ..._host.host import Host
from ..._host.own_files import fixed
from ..._host.snapshot import Snapshot
from ..._policy.contradictions import contradictions
from ..._policy.model import Policy
from ..iptables.unread import Unread
from . import client as firewalld_client
from . import fail2ban, live
from . import others as firewalld_others
from .docker_versions import warnings_before_reload
from .files import CONFIGURATION, MODE, Files, describe_files
from .journal import Journal
from .objects import Objects, describe
from .pieces import of_files, of_settings, pieces
from .rules import translate
from .runtime import RuntimeSnapshot

NAME = "firewalld"
ATTEMPTS = 3
SECONDS_TO_RETURN = 30.0  # for a daemon that somebody restarts while it is read
_ON_ITS_WAY = ("activating", "deactivating", "reloading")  # systemd(1), states of a unit between active and inactive


def is_installed(host: Host) -> bool:
    return host.which("firewall-cmd") is not None


def is_running(host: Host) -> bool:
    """Whether the daemon runs, even if its configuration is broken. Raises ToolFailed where it is busy for too long.

    The command of firewalld takes half a second to answer, so it runs only if a process has that name.
    """
    return is_installed(host) and may_run(NAME) and firewalld_client.is_running(host)


def is_enabled(host: Host) -> bool:
    """Whether systemd starts it at boot."""
    return is_installed(host) and host.run(["systemctl", "is-enabled", "firewalld.service"], check=False).stdout.strip() == "enabled"


def propose(policy: t.Optional[Policy], host: Host) -> Change:
    """The way from our files and objects to those that carry the policy; where firewalld does not run, from our files to none.

    If somebody restarts firewalld meanwhile, everything is read again, up to ATTEMPTS times.

    Raises:
        PolicyRefused: as :func:`firewalld_client.connect`.
        ToolFailed: as there; also if firewalld stopped and did not start again.
    """
    words: t.Sequence[str] = ()
    for _attempt in range(ATTEMPTS):
        try:
            return _propose(policy, host)
        except firewalld_client.DaemonLeft as left:
            words = left.messages
            if not _returns(host) and policy:
                break
    raise ToolFailed(*words, "firewalld stopped while its state was being read; see 'journalctl -u firewalld', start it and run again")


def _returns(host: Host) -> bool:
    """Whether the daemon runs within some seconds."""
    end = time.monotonic() + SECONDS_TO_RETURN
    while not is_running(host):
        if time.monotonic() > end:
            return False
        time.sleep(0.5)
    return True


def _is_starting(host: Host) -> bool:
    """Whether systemd is about to have the daemon run: it may have read files that were not yet put back."""
    return host.has_systemd() and host.run(["systemctl", "is-active", "firewalld.service"], check=False).stdout.strip() in _ON_ITS_WAY


def _propose(policy: t.Optional[Policy], host: Host) -> Change:
    if not policy and not is_running(host):
        return FilesChange(Files(host, ()))
    if not policy and _has_failed_without_ours(host):
        return FilesChange(Files(host, ()))
    client = firewalld_client.connect(host, carries=policy is not None)
    objects = translate(policy) if policy else []
    files = Files(host, objects)
    runtime = live.read(client, host, files.is_ours)
    wanted = {each.key: each for each in objects}
    differs = _text(runtime) != _text({each.key: each.settings for each in objects})
    needs_reload = differs and not live.is_changeable(runtime, wanted)
    warnings = [
        *(live.rivals(client, files.is_ours) if objects else ()),
        *(warnings_before_reload(host) if needs_reload else ()),
    ]
    if policy:
        unread = Unread()
        warnings += contradictions(policy, firewalld_others.places(client, files.is_ours, unread))
        warnings += unread.warnings()
        warnings += fail2ban.warnings(host)
    return FirewalldChange(host, client, files, runtime, wanted, needs_reload, warnings)


def _has_failed_without_ours(host: Host) -> bool:
    """Whether a file of others keeps the daemon from working, so that it has loaded nothing of ours: then our files can go."""
    client = firewalld_client.reach()
    return firewalld_client.has_failed(client) and not live.read(client, host, Files(host, ()).is_ours)


class FilesChange(Change):
    """The removal of our files while firewalld does not run, or has not loaded them."""

    name = NAME

    def __init__(self, files: Files) -> None:
        self._files = files
        self.before, self.after = describe_files(self._files.before), ""

    def check(self) -> None:
        """Nothing that is checked would be loaded."""

    def prepared(self) -> t.ContextManager[None]:
        return self._files.prepared()

    def apply(self) -> None:
        self._files.apply()

    def restore_point(self) -> RestorePoint:
        return RestorePoint(self.name, NAME, self._files.snapshot, {})

    def undo(self) -> None:
        self._files.snapshot.restore()


class FirewalldChange(Change):
    """Our files and our objects in the running daemon."""

    name = NAME

    def __init__(
        self,
        host: Host,
        client: t.Any,
        files: Files,
        runtime: live.Runtime,
        wanted: Objects,
        needs_reload: bool,
        warnings: t.Sequence[str],
    ) -> None:
        """``runtime`` is in force now, ``wanted`` should be; ``needs_reload``: the daemon gets from one to the other by a reload alone."""
        self._host = host
        self._client = client
        self._files = files
        self._runtime = runtime
        self._wanted = wanted
        self._needs_reload = needs_reload
        self._snapshot: t.Optional[RuntimeSnapshot] = None
        self._target = _text({key: each.settings for key, each in wanted.items()})
        self.before = _text(runtime) + describe_files(files.before, files.deviations)
        self.after = self._target + describe_files(files.after, dict.fromkeys(files.deviations, fixed(MODE)))
        self.warnings = warnings

    def presence(self, rules: t.Sequence[str]) -> t.List[Presence]:
        present = {key: self._files.present.get(os.path.join(CONFIGURATION, each.file), b"") for key, each in self._wanted.items()}
        files = [of_files({key: each.xml() for key, each in self._wanted.items()}), of_files(present)]
        settings = [of_settings({key: each.settings for key, each in self._wanted.items()}), of_settings(self._runtime)]
        disk, kernel = (tuple(pieces(texts, rules) for texts in both) for both in (files, settings))
        return presences(self.name, (disk[0], disk[1]), (kernel[0], kernel[1]))

    def check(self) -> None:
        if self.changed:
            self._files.check()
        if self._needs_reload:
            losses = self._take_snapshot().losses(self._client, self._files.is_ours)
            if losses:
                raise PolicyRefused(*losses)

    def prepared(self) -> t.ContextManager[None]:
        return self._files.prepared()

    def apply(self) -> None:
        if not self.changed:
            return
        journal = Journal(self._client, self._files.is_ours)
        snapshot = self._snapshot = self._take_snapshot()
        self._files.apply()
        if self._needs_reload:
            journal.reload(self._host)
            snapshot.restore(self._client, journal)
        elif _text(self._runtime) != self._target:
            live.change(self._client, self._runtime, self._wanted)
        in_force = _text(live.read(self._client, self._host, self._files.is_ours))
        if in_force != self._target:
            raise ToolFailed("firewalld did not put in force what its files say; it has now:\n" + in_force)

    def restore_point(self) -> RestorePoint:
        return self._restore_point(self._take_snapshot())

    def undo(self) -> None:
        if self._snapshot:
            way = self._restore_point(self._snapshot)
            put_back(way.files, way.runtime, self._host)

    def _restore_point(self, snapshot: RuntimeSnapshot) -> RestorePoint:
        return RestorePoint(self.name, NAME, self._files.snapshot, {"reload": self._needs_reload, "in_force": snapshot.data})

    def _take_snapshot(self) -> RuntimeSnapshot:
        return RuntimeSnapshot.take(self._client, self._host)


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> None:
    """Restore our files and everything that was in force; a daemon that has stopped meanwhile begins with the files."""
    attempt(files.restore, lambda: _put_back_runtime(runtime, host))


def _put_back_runtime(runtime: t.Mapping[str, t.Any], host: Host) -> None:
    if runtime and (is_running(host) or (_is_starting(host) and _returns(host))):
        client = firewalld_client.reach()
        journal = Journal(client, lambda name: False)
        if runtime["reload"]:
            journal.reload(host)
        RuntimeSnapshot(host, runtime["in_force"]).restore(client, journal)


def _text(runtime: live.Runtime) -> str:
    return "".join(describe(kind, name, settings) for (kind, name), settings in sorted(runtime.items()))
