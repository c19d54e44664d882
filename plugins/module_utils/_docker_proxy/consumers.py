# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Everything on a host that speaks to the world through Docker: the system's daemon, users' rootless ones, users' clients."""

from __future__ import annotations

import functools
import json
import pwd
import socket
import typing as t

from .._errors import PolicyError, PolicyRefused
from .._host.as_user import UserHost, as_user, find
from .._host.host import Host
from .._proxy_url import parse_proxy_url
from . import state
from .consumer import USERS, ClientConsumer, Consumer, DaemonConsumer, Remembered, RootlessConsumer
from .daemon import SYSTEM
from .member import damaged, recorded
from .outcome import Outcome, outcome_of_user
from .proxies import Proxies

_ANSWER_SECONDS = 5.0
_CHANGE_SECONDS = 300.0  # for a user's daemon to start again


class Wanted(t.NamedTuple):
    """What should be on a host.

    Attributes:
        daemon: The proxies of daemons.
        client: The proxies that clients give to containers and builds.
        system: Whether the system's daemon is to have them.
        rootless: Users whose daemons are to have them.
        clients: Users whose clients are to have them.
        restart: Whether daemons may be restarted.
    """

    daemon: Proxies
    client: Proxies
    system: bool
    rootless: t.Sequence[str]
    clients: t.Sequence[str]
    restart: bool


class _Step(t.Protocol):
    """One place, as whoever it belongs to: the superuser, or a user, whose process does it."""

    def propose(self) -> Outcome:
        """What would change."""

    def apply(self) -> Outcome:
        """What has changed: propose again, and make it so."""


class _OfSystem(t.NamedTuple):
    """The superuser's own; the collection's lock is held meanwhile."""

    consumer: Consumer
    host: Host

    def propose(self) -> Outcome:
        with self.host.lock():
            return self.consumer.propose(self.host).outcome

    def apply(self) -> Outcome:
        with self.host.lock():
            return _applied(self.consumer, self.host)


class _OfUser(t.NamedTuple):
    """A user's own, which is not waited for under the lock. What is wrong with it is an error of its outcome."""

    name: str
    consumer_of: t.Callable[[pwd.struct_passwd], Consumer]

    def propose(self) -> Outcome:
        user = find(self.name)
        return self._said(user, lambda host: self.consumer_of(user).propose(host).outcome, None)

    def apply(self) -> Outcome:
        user = find(self.name)

        def alone(host: UserHost) -> Outcome:
            with host.alone():
                return _applied(self.consumer_of(user), host)

        return self._said(user, alone, _CHANGE_SECONDS)

    def _said(self, user: pwd.struct_passwd, work: t.Callable[[UserHost], Outcome], seconds: t.Optional[float]) -> Outcome:
        try:
            return outcome_of_user(self.name, as_user(user, lambda host: work(host)._asdict(), seconds))
        except (PolicyError, OSError) as error:
            messages = error.messages if isinstance(error, PolicyError) else (str(error),)
            return Outcome(errors=[_named(self.name, message) for message in messages])


def _applied(consumer: Consumer, host: Host) -> Outcome:
    change = consumer.propose(host)
    change.apply(host)
    return change.outcome


def configure(wanted: Wanted, check_mode: bool, must_answer: bool, host: Host) -> t.List[Outcome]:
    """Bring everything to its proxies. All of it is looked at before anything is touched.

    Users that an earlier run configured and that are not named any more get back what they had. What is wrong with one user's files
    is an error of this user's outcome, and keeps nobody else from anything. The collection's lock is held only while no user's file
    or program is waited for.

    Args:
        wanted: What should be.
        check_mode: Look, and touch nothing.
        must_answer: Whether a proxy that does not answer is an error.
        host: The host, as the superuser sees it.

    Raises:
        PolicyError: all that is wrong with the system's daemon, or with the list of users.
    """
    with host.lock():
        steps = list(_steps(wanted, host))
    seen = _all(step.propose for step in steps)
    changes = any(outcome.changes for outcome in seen)
    if check_mode:
        return seen
    if changes and must_answer:
        _see_answers({url for proxies in (wanted.daemon, wanted.client) for url in (proxies.http, proxies.https) if url})
    if changes:
        with host.lock():
            _remember(wanted, host, keep=True)
    good = [step for step, outcome in zip(steps, seen) if not outcome.errors]
    bad = [outcome for outcome in seen if outcome.errors]
    done = [*_all(step.apply for step in good), *bad]
    done[0] = seen[0]  # the list of users has been written meanwhile, and is as it should be
    if changes:
        with host.lock():
            _remember(wanted, host, keep=any(outcome.errors for outcome in done))
    return done if changes else seen


def _steps(wanted: Wanted, host: Host) -> t.Iterator[_Step]:
    yield _OfSystem(Remembered(SYSTEM), host)
    yield _OfSystem(DaemonConsumer(SYSTEM, wanted.daemon if wanted.system else Proxies(), wanted.restart), host)
    earlier = _remembered(host)
    for name in _users(wanted.rootless, earlier["rootless"]):
        own = wanted.daemon if name in wanted.rootless else Proxies()
        yield _OfUser(name, functools.partial(RootlessConsumer, wanted=own, restart=wanted.restart))
    for name in _users(wanted.clients, earlier["clients"]):
        own = wanted.client if name in wanted.clients else Proxies()
        yield _OfUser(name, functools.partial(ClientConsumer, wanted=own))


def _users(named: t.Sequence[str], earlier: t.Sequence[str]) -> t.List[str]:
    """Those that are named, and those of earlier runs that still exist."""
    return [name for name in sorted({*named, *earlier}) if name in named or _exists(name)]


def _named(user: str, message: str) -> str:
    return message if "user %s" % user in message else "user %s: %s" % (user, message)


def _all(steps: t.Iterable[t.Callable[[], Outcome]]) -> t.List[Outcome]:
    """Run all of them, and raise what is wrong with any of them at once."""
    outcomes: t.List[Outcome] = []
    messages: t.List[str] = []
    for step in steps:
        try:
            outcomes.append(step())
        except PolicyError as error:
            messages += error.messages
    if messages:
        raise PolicyError(*messages, *(message for outcome in outcomes for message in outcome.errors))
    return outcomes


def _see_answers(urls: t.Iterable[str]) -> None:
    """Raises PolicyRefused if a proxy does not take connections."""
    wrong = []
    for url in sorted(urls):
        proxy = parse_proxy_url(url)
        try:
            socket.create_connection((proxy.host, proxy.port), _ANSWER_SECONDS).close()
        except OSError as error:
            wrong.append("the forward proxy %s does not answer this host: %s; nothing was changed" % (proxy.shown, error))
    if wrong:
        raise PolicyRefused(*wrong)


def _exists(name: str) -> bool:
    try:
        return bool(find(name))
    except PolicyRefused:
        return False


def _remembered(host: Host) -> t.Dict[str, t.List[str]]:
    users: t.Dict[str, t.List[str]] = recorded(USERS, host) or {"rootless": [], "clients": []}
    if not isinstance(users, dict) or set(users) != {"rootless", "clients"} or not all(isinstance(each, list) for each in users.values()):
        raise damaged(USERS)
    return users


def _remember(wanted: Wanted, host: Host, keep: bool) -> None:
    """Write down whose files hold something of ours; with ``keep`` also whose did before."""
    earlier = _remembered(host) if keep else {"rootless": [], "clients": []}
    users = {
        "rootless": sorted({*earlier["rootless"], *(wanted.rootless if wanted.daemon != Proxies() else ())}),
        "clients": sorted({*earlier["clients"], *(wanted.clients if wanted.client != Proxies() else ())}),
    }
    if any(users.values()):
        host.write(USERS, json.dumps(users).encode(), state.MODE)
    else:
        host.put(USERS, None, 0)
