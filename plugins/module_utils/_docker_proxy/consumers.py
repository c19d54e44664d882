# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Everything on a host that speaks to the world through Docker: the system's daemon, users' rootless ones, users' clients."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pwd
import socket
import typing as t

from .._errors import PolicyError, PolicyRefused
from .._host.as_user import UserHost, as_user, find
from .._host.host import STATE, Host
from .._proxy_url import parse_proxy_url
from . import change, state
from . import client as docker_proxy_client
from . import proposal as proposing
from .daemon import SYSTEM, Daemon, NoDocker, Places, places_of
from .file import Deviation, File, deviations
from .member import damaged, recorded
from .proxies import Proxies

USERS = STATE + "/docker_proxy_users.json"
_ANSWER_SECONDS = 5.0
_CHANGE_SECONDS = 300.0  # for a user's daemon to start again
_ELSEWHERE = {
    "/opt/docker-desktop": "Docker Desktop ignores `proxies` in daemon.json: set its proxies in Settings > Resources > Proxies",
    "/var/snap/docker": "the snap of Docker has a unit and a daemon.json of its own: set its proxies there",
}


class Wanted(t.NamedTuple):
    """What shall be on a host.

    Attributes:
        daemon: The proxies of daemons.
        client: The proxies that clients give to containers and builds.
        system: Whether the system's daemon is to have them.
        rootless: Users whose daemons are to have them.
        clients: Users whose clients are to have them.
        restart: Whether daemons may be started anew.
    """

    daemon: Proxies
    client: Proxies
    system: bool
    rootless: t.Sequence[str]
    clients: t.Sequence[str]
    restart: bool


class Outcome(t.NamedTuple):
    """What changed in one place, or would; everything in it may be shown.

    Attributes:
        changes: Files, and units that are started anew.
        restarts: What is said of restarts, before they happen.
        said: What else the administrator should hear.
        warnings: What should be mended.
        diffs: As Ansible shows them.
        errors: Why a user has not got what is wanted; others have.
    """

    changes: t.Sequence[str] = ()
    restarts: t.Sequence[str] = ()
    said: t.Sequence[str] = ()
    warnings: t.Sequence[str] = ()
    diffs: t.Sequence[t.Dict[str, str]] = ()
    errors: t.Sequence[str] = ()


class _Step(t.NamedTuple):
    """One place that is looked at, and then changed; ``dry`` tells which. Users' places are not ours to wait for under the lock."""

    run: t.Callable[[bool], Outcome]
    user: str = ""


def configure(wanted: Wanted, check_mode: bool, must_answer: bool, host: Host) -> t.List[Outcome]:
    """Bring everything to its proxies. All of it is looked at before anything is touched.

    Users that an earlier run configured and that are not named any more get back what they had. What is wrong with one user's files
    is an error of this user's outcome, and keeps nobody else from anything. The collection's lock is held only while no user's file
    or program is waited for.

    Args:
        wanted: What shall be.
        check_mode: Look, and touch nothing.
        must_answer: Whether a proxy that does not answer is an error.
        host: The host, as the superuser sees it.

    Raises:
        PolicyError: all that is wrong with the system's daemon, or with the list of users.
    """
    with host.lock():
        steps = list(_steps(wanted, host))
    seen = _all(steps, True, host)
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
    done = [*_all(good, False, host), *bad]
    done[0] = seen[0]  # the list of users has been written meanwhile, and is as it should be
    if changes:
        with host.lock():
            _remember(wanted, host, keep=any(outcome.errors for outcome in done))
    return done if changes else seen


def _steps(wanted: Wanted, host: Host) -> t.Iterator[_Step]:
    system = wanted.daemon if wanted.system else Proxies()
    yield _Step(lambda dry: _outcome(_settled(SYSTEM, dry, host)))
    yield _Step(lambda dry: _daemon(SYSTEM, system, wanted.restart, dry, host))
    earlier = _remembered(host)
    for kind, named, proxies, place in (
        ("rootless", wanted.rootless, wanted.daemon, _rootless),
        ("clients", wanted.clients, wanted.client, _client),
    ):
        for name in sorted({*named, *earlier[kind]}):
            if name in named or _exists(name):
                own = proxies if name in named else Proxies()
                yield _Step(functools.partial(_of_user, name, functools.partial(place, own, wanted.restart)), name)


def _of_user(name: str, place: t.Callable[[pwd.struct_passwd, bool, Host], Outcome], dry: bool) -> Outcome:
    user = find(name)

    def look_or_change(host: UserHost) -> t.Dict[str, t.Any]:
        with contextlib.nullcontext() if dry else host.alone():
            return place(user, dry, host)._asdict()

    try:
        said = as_user(user, look_or_change, None if dry else _CHANGE_SECONDS)
    except (PolicyError, OSError) as error:
        messages = error.messages if isinstance(error, PolicyError) else (str(error),)
        return Outcome(errors=[_named(name, message) for message in messages])
    return _outcome_of(name, said)


def _named(user: str, message: str) -> str:
    return message if "user %s" % user in message else "user %s: %s" % (user, message)


def _outcome_of(user: str, said: t.Mapping[str, t.Any]) -> Outcome:
    """What a user's process says, provided that it is an outcome."""
    texts: t.List[t.Any]
    try:
        outcome = Outcome(**said)
        texts = [*outcome.changes, *outcome.restarts, *outcome.said, *outcome.warnings, *outcome.errors]
        texts += [text for diff in outcome.diffs for pair in diff.items() for text in pair]
    except (TypeError, AttributeError):
        outcome, texts = Outcome(), [None]
    if not all(isinstance(text, str) for text in texts):
        return Outcome(errors=["user %s: the user's process answered what it should not" % user])
    return outcome


def _rootless(wanted: Proxies, restart: bool, user: pwd.struct_passwd, dry: bool, host: Host) -> Outcome:
    if not os.path.isdir("/run/user/%d/systemd" % user.pw_uid):
        raise PolicyRefused(
            "user %s: no systemd of this user runs, and hence no rootless Docker; `loginctl enable-linger %s` starts it with the host"
            % (user.pw_name, user.pw_name)
        )
    return _daemon(places_of(user), wanted, restart, dry, host)


def _daemon(places: Places, wanted: Proxies, restart: bool, dry: bool, host: Host) -> Outcome:
    try:
        daemon = Daemon(places, host)
    except NoDocker as error:
        return _without_docker(places, wanted, error)
    proposal = proposing.propose(daemon, wanted, host)
    odd = _settled(daemon.places, dry, host) if places.whose else []
    if not dry:
        change.apply(daemon, wanted, proposal, restart, host)
    outcome = _outcome([*proposal.files, *odd])._replace(warnings=list(proposal.warnings))
    if not proposal.restart:
        return outcome
    if not restart:
        words = "%s must be restarted before it uses this; until then it goes on as it was. If it were restarted now: %s"
        return outcome._replace(said=[words % (daemon.name, proposal.survival.words)])
    return outcome._replace(changes=[*outcome.changes, daemon.name], restarts=["%s: %s" % (daemon.name, proposal.survival.words)])


def _without_docker(places: Places, wanted: Proxies, error: NoDocker) -> Outcome:
    if wanted == Proxies():
        return Outcome()
    for directory, words in _ELSEWHERE.items():
        if not places.whose and os.path.isdir(directory):
            raise PolicyRefused("%s. Then leave it out here: docker_proxy_system: false" % words)
    if places.whose:
        raise PolicyRefused("%s: set rootless Docker up first, or take the user out of docker_proxy_rootless_users" % error)
    return Outcome(said=["no Docker daemon on this host: nothing to do"])


def _client(wanted: Proxies, _restart: bool, user: pwd.struct_passwd, dry: bool, host: Host) -> Outcome:
    client = docker_proxy_client.propose(user, wanted, host)
    odd = deviations({client.memory_path: state.MODE}, host)
    for each in () if dry else odd:
        each.settle(host)
    if not dry:
        docker_proxy_client.apply(client, host)
    return _outcome([*([client.config] if client.config.changed else []), *odd])


def _settled(places: Places, dry: bool, host: Host) -> t.List[Deviation]:
    """What deviates of the files that runs remember something in; it is put right unless ``dry``."""
    remembered = [*state.files(places), *(() if places.whose else (USERS,))]
    odd = deviations(dict.fromkeys(remembered, state.MODE), host, beside=places.environment_file)
    for each in () if dry else odd:
        each.settle(host)
    return odd


def _outcome(files: t.Sequence[t.Union[File, Deviation]]) -> Outcome:
    return Outcome([file.path for file in files], diffs=[file.as_diff() for file in files])


def _all(steps: t.Sequence[_Step], dry: bool, host: Host) -> t.List[Outcome]:
    outcomes: t.List[Outcome] = []
    messages: t.List[str] = []
    for step in steps:
        try:
            with contextlib.nullcontext() if step.user else host.lock():
                outcomes.append(step.run(dry))
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
