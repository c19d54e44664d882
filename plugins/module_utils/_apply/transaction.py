# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""From a policy to changes, and from changes to a host where all of them hold, or none."""

from __future__ import annotations

import contextlib
import signal
import typing as t

from .._change.change import Change
from .._errors import BindingMissing, HalfDone, PolicyError, PolicyRefused, ToolFailed
from .._firewalls.backends import BACKENDS, STOP_FOR_GOOD, Backend
from .._firewalls.firewalld import backend as firewalld
from .._firewalls.nftables import backend as nftables
from .._host.host import Host
from .._policy.model import Policy
from .._policy.surroundings import admit
from .own_containers import own_containers

AUTO = "auto"
_PATIENT = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def choose(name: str, host: Host, declared: t.Optional[str] = None) -> str:
    """The backend that carries the policy: the wanted one, or for ``auto`` the firewall that is running; where none is, nftables.

    Args:
        name: The wanted one, or ``auto``.
        host: The host.
        declared: The firewall that the inventory declares, which ``auto`` has to find.

    Raises:
        PolicyRefused: two firewalls run at once, the wanted one does not run, or none does although firewalld should: it comes
            back with rules of its own, which would then hold beside ours.
    """
    running = [manager for manager in STOP_FOR_GOOD if manager in BACKENDS and BACKENDS[manager].is_running(host)]
    if len(running) > 1:
        raise PolicyRefused(
            "%s run on this host at once, and a packet that either drops is lost; stop one of them for good: %s"
            % (" and ".join(running), " or ".join("`%s`" % STOP_FOR_GOOD[manager] for manager in running))
        )
    if name == AUTO and not running and firewalld.is_enabled(host):
        raise PolicyRefused(
            "firewalld starts at boot on this host, but does not run now; start it, or stop it for good: `%s`"
            % STOP_FOR_GOOD[firewalld.NAME]
        )
    if name == AUTO and declared and declared != (running[0] if running else nftables.NAME):
        raise PolicyRefused(_not_as_declared(declared, running))
    if name == AUTO:
        return running[0] if running else nftables.NAME
    if name in STOP_FOR_GOOD and name not in running:
        raise PolicyRefused("backend %s is asked for, but it does not run on this host; start it, or choose another backend" % name)
    return name


def _not_as_declared(declared: str, running: t.Sequence[str]) -> str:
    if not running:
        return "connectivity_firewall is %s, but it does not run on this host; start it, or correct the variable" % declared
    return "connectivity_firewall is %s, but %s runs on this host; correct the variable, or stop %s for good: `%s`" % (
        declared,
        running[0],
        running[0],
        STOP_FOR_GOOD[running[0]],
    )


def propose(policy: t.Optional[Policy], backend: str, host: Host) -> t.List[Change]:
    """What has to change for the policy to hold by this backend and no other; None: for nothing of ours to be left.

    The new backend comes first, the forward guard next, what other backends still hold of ours goes last.

    Raises:
        PolicyError: all that the backends have to say against it.
    """
    steps: t.List[t.Callable[[], Change]] = []
    if policy:
        carried = policy if backend == nftables.NAME else admit(policy, own_containers(policy, host))
        steps.append(lambda: BACKENDS[backend].propose(carried, host))
    if not policy or backend != nftables.NAME:
        steps.append(lambda: nftables.propose_guard(policy, host, redirected_pass=backend == firewalld.NAME))
    others = [other for name, other in BACKENDS.items() if name not in (backend, nftables.NAME)]
    steps.extend(_removal(other, host) for other in others if other.is_installed(host))
    return _all(steps)


def planned(policy: t.Optional[Policy], backend: str, timer: Change, host: Host) -> t.List[Change]:
    """All changes of :func:`propose` with the one of the timer of host names, looked at by the real tools. Raises PolicyError."""
    changes = [*propose(policy, backend, host), timer]
    check(changes)
    return changes


def commit(changes: t.Sequence[Change], go_on: t.Callable[[], None] = lambda: None) -> None:
    """Make all changes, or none: an interruption waits, a failure takes back what was done.

    Args:
        changes: What to make.
        go_on: Asked before each change and behind the last one; raises PolicyError where nothing more may be changed.

    Raises:
        ToolFailed: nothing is changed; the messages say what failed.
        HalfDone: they also say what could not be restored.
    """
    done: t.List[Change] = []
    wanted = [change for change in changes if change.changed]
    name = ""
    with _patience(), contextlib.ExitStack() as stack:
        try:
            for change in wanted:
                name = change.name
                stack.enter_context(change.prepared())
            for change in wanted:
                go_on()
                name = change.name
                done.append(change)
                change.apply()
            go_on()
        except Exception as error:
            reasons = error.messages if isinstance(error, PolicyError) else ("%s: %s" % (name, _in_words(error)),)
            if not done:
                raise ToolFailed(*reasons, *("%s is as it was before" % change.name for change in wanted)) from error
            restored, words = _undo(done)
            raise (ToolFailed if restored else HalfDone)(*reasons, *words) from error


def check(changes: t.Sequence[Change]) -> None:
    """Let the real tools look at all changes. Raises PolicyError with all that they say."""
    _all([change.check for change in changes])


def _removal(backend: Backend, host: Host) -> t.Callable[[], Change]:
    return lambda: backend.propose(None, host)


_T = t.TypeVar("_T")


def _all(steps: t.Iterable[t.Callable[[], _T]]) -> t.List[_T]:
    """The results of all steps, or the errors of all steps."""
    results, errors = [], []
    for step in steps:
        try:
            results.append(step())
        except BindingMissing:
            raise
        except PolicyError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise PolicyRefused(*(message for error in errors for message in error.messages))
    return results


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else repr(error)


def _undo(done: t.Sequence[Change]) -> t.Tuple[bool, t.List[str]]:
    """Whether everything is as it was before, and what became of each change, the last one first."""
    restored, words = True, []
    for change in reversed(done):
        try:
            change.undo()
        except Exception as error:
            restored = False
            words.append("%s could not be restored: %s" % (change.name, error))
        else:
            words.append("%s is as it was before" % change.name)
    return restored, words


@contextlib.contextmanager
def _patience() -> t.Iterator[None]:
    """Finish what has begun, also when the session that asked for it ends."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _PATIENT}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
