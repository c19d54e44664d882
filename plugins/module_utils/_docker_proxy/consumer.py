# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The kinds of places that have proxies. Each proposes a change; nothing is touched before the change is applied."""

from __future__ import annotations

import abc
import os
import pwd
import typing as t

from .._errors import PolicyRefused
from .._host.host import STATE, Host
from . import change, proposal, state
from . import client as docker_proxy_client
from .daemon import Daemon, NoDocker, Places, places_of
from .file import Deviation, deviations
from .outcome import Outcome, outcome_of_files
from .proxies import Proxies

USERS = STATE + "/docker_proxy_users.json"
_ELSEWHERE = {
    "/opt/docker-desktop": "Docker Desktop ignores `proxies` in daemon.json: set its proxies in Settings > Resources > Proxies",
    "/var/snap/docker": "the snap of Docker has a unit and a daemon.json of its own: set its proxies there",
}


class ConsumerChange:
    """What has to happen in one place; by itself, that files which runs remember something in get their fixed kind, mode and owner.

    Attributes:
        outcome: What is said of it, before and after.
    """

    def __init__(self, outcome: Outcome, odd: t.Sequence[Deviation] = ()) -> None:
        self.outcome = outcome
        self._odd = odd

    def apply(self, host: Host) -> None:
        """Make it so."""
        for each in self._odd:
            each.settle(host)


class Consumer(abc.ABC):
    """One place that has proxies."""

    @abc.abstractmethod
    def propose(self, host: Host) -> ConsumerChange:
        """Compare what is there with what is wanted; nothing is touched. Raises PolicyError where that cannot be had."""


class Remembered(Consumer):
    """The files in which runs remember something of the system's daemon."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def propose(self, host: Host) -> ConsumerChange:
        odd = _deviating(self._places, host)
        return ConsumerChange(outcome_of_files(odd), odd)


class DaemonConsumer(Consumer):
    """A Docker daemon; ``restart``: whether it may be restarted."""

    def __init__(self, places: Places, wanted: Proxies, restart: bool) -> None:
        self._places = places
        self._wanted = wanted
        self._restart = restart

    def propose(self, host: Host) -> ConsumerChange:
        try:
            daemon = Daemon(self._places, host)
        except NoDocker as error:
            return ConsumerChange(_without_docker(self._places, self._wanted, error))
        proposed = proposal.propose(daemon, self._wanted, host)
        odd = _deviating(daemon.places, host) if self._places.whose else []
        outcome = outcome_of_files([*proposed.files, *odd])._replace(warnings=list(proposed.warnings))
        if proposed.restart:
            outcome = self._with_restart(outcome, daemon, proposed)
        return _DaemonChange(outcome, odd, daemon, self._wanted, proposed, self._restart)

    def _with_restart(self, outcome: Outcome, daemon: Daemon, proposed: proposal.Proposal) -> Outcome:
        if not self._restart:
            words = "%s must be restarted before it uses this; until then it goes on as it was. If it were restarted now: %s"
            return outcome._replace(said=[words % (daemon.name, proposed.survival.words)])
        return outcome._replace(changes=[*outcome.changes, daemon.name], restarts=["%s: %s" % (daemon.name, proposed.survival.words)])


class _DaemonChange(ConsumerChange):
    def __init__(
        self, outcome: Outcome, odd: t.Sequence[Deviation], daemon: Daemon, wanted: Proxies, proposed: proposal.Proposal, restart: bool
    ) -> None:
        super().__init__(outcome, odd)
        self._daemon = daemon
        self._wanted = wanted
        self._proposed = proposed
        self._restart = restart

    def apply(self, host: Host) -> None:
        super().apply(host)
        change.apply(self._daemon, self._wanted, self._proposed, self._restart, host)


class RootlessConsumer(Consumer):
    """A user's own daemon."""

    def __init__(self, user: pwd.struct_passwd, wanted: Proxies, restart: bool) -> None:
        self._user = user
        self._wanted = wanted
        self._restart = restart

    def propose(self, host: Host) -> ConsumerChange:
        if not os.path.isdir("/run/user/%d/systemd" % self._user.pw_uid):
            raise PolicyRefused(
                "user %s: no systemd of this user runs, and hence no rootless Docker; `loginctl enable-linger %s` starts it with the host"
                % (self._user.pw_name, self._user.pw_name)
            )
        return DaemonConsumer(places_of(self._user), self._wanted, self._restart).propose(host)


class ClientConsumer(Consumer):
    """A user's Docker client."""

    def __init__(self, user: pwd.struct_passwd, wanted: Proxies) -> None:
        self._user = user
        self._wanted = wanted

    def propose(self, host: Host) -> ConsumerChange:
        client = docker_proxy_client.propose(self._user, self._wanted, host)
        odd = deviations({client.memory_path: state.MODE}, host)
        return _ClientChange(outcome_of_files([*([client.config] if client.config.changed else []), *odd]), odd, client)


class _ClientChange(ConsumerChange):
    def __init__(self, outcome: Outcome, odd: t.Sequence[Deviation], client: docker_proxy_client.Client) -> None:
        super().__init__(outcome, odd)
        self._client = client

    def apply(self, host: Host) -> None:
        super().apply(host)
        docker_proxy_client.apply(self._client, host)


def _deviating(places: Places, host: Host) -> t.List[Deviation]:
    """What deviates of the files that runs remember something in."""
    remembered = [*state.files(places), *(() if places.whose else (USERS,))]
    return deviations(dict.fromkeys(remembered, state.MODE), host, beside=places.environment_file)


def _without_docker(places: Places, wanted: Proxies, error: NoDocker) -> Outcome:
    if wanted == Proxies():
        return Outcome()
    for directory, words in _ELSEWHERE.items():
        if not places.whose and os.path.isdir(directory):
            raise PolicyRefused("%s. Then leave it out here: docker_proxy_system: false" % words)
    if places.whose:
        raise PolicyRefused("%s: set rootless Docker up first, or take the user out of docker_proxy_rootless_users" % error)
    return Outcome(said=["no Docker daemon on this host: nothing to do"])
