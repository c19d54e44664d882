# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld's own Python client: how to reach the daemon, when not to work with it, and its errors."""

from __future__ import annotations

import contextlib
import functools
import re
import time
import typing as t

from ..._errors import BindingMissing, PolicyError, PolicyRefused, ToolFailed
from ..._host.host import Host

OLDEST = (1, 0)  # rich rules have destinations in ipsets since then
IPSET_COMMAND = (2, 0)  # beside direct rules ipsets are made with ipset(8) too; firewalld 2 fails where it is not installed
_SILENT = "does not answer ('systemctl enable --now firewalld' starts it)"
_NO_REPLY = "NoReply"  # within libdbus' 25 seconds, or because the service left the bus before it replied
_GONE = (_NO_REPLY, "ServiceUnknown", "NameHasNoOwner", "Disconnected", "NoServer")
_PATIENCE = 12  # how often to wait these 25 seconds, on a busy host
PATIENT_SECONDS = 300.0  # how long one call may take: a reload with a large blocklist takes minutes, and all other calls wait for it
_INTROSPECTION_SECONDS = 20.0  # a client that waits longer for it gives it up, and sends wrong types later
_SERVICE = "org.fedoraproject.FirewallD1"
_FAILED = "FAILED"
_RUNNING, _RUNNING_BUT_FAILED, _UNKNOWN = 0, 251, 254  # firewall-cmd(1), exit codes
_BUSY = (
    "firewalld has not answered for %d seconds; it may be loading a large configuration. Nothing more was asked of it. Wait until "
    "'firewall-cmd --state' answers and run again; if it never does, run 'systemctl restart firewalld'"
)


class DaemonLeft(ToolFailed):
    """firewalld stopped or restarted during a conversation. D-Bus binds a client to one process: make a new client afterwards."""


def connect(host: Host, carries: bool) -> t.Any:
    """A FirewallClient of the running daemon.

    Args:
        host: The host it runs on.
        carries: Whether the daemon is to carry a policy.

    Raises:
        BindingMissing: this Python has no firewalld.
        PolicyRefused: it cannot carry a policy.
        ToolFailed: it cannot be reached, or is in no state to be changed.
    """
    client = reach()
    with errors(_SILENT):
        _be_changeable(client)
        if carries:
            _be_capable(client, host)
    return client


def has_failed(client: t.Any) -> bool:
    """Whether something in its configuration keeps the daemon from working. Raises ToolFailed where it does not answer."""
    with errors(_SILENT):
        return str(client.get_property("state")) == _FAILED


def is_running(host: Host) -> bool:
    """Whether the daemon runs, even if its configuration is broken. One that is busy, such as with a reload, is asked again.

    Raises:
        ToolFailed: it is busy for too long.
    """
    start = time.monotonic()
    for _attempt in range(_PATIENCE):
        try:
            status = host.run(["firewall-cmd", "--state"], check=False).rc
        except ToolFailed:  # it did not end in time
            status = _UNKNOWN
        if status != _UNKNOWN:
            return status in (_RUNNING, _RUNNING_BUT_FAILED)
        if time.monotonic() > start + PATIENT_SECONDS:
            raise ToolFailed(_BUSY % PATIENT_SECONDS)
    return False


def reach() -> t.Any:
    """A FirewallClient of the running daemon, whatever its state, as soon as it has ended what it is doing, such as a reload.

    Each call of this client may take PATIENT_SECONDS.

    Raises:
        BindingMissing: this Python has no firewalld.
        DaemonLeft: it does not run. ToolFailed: it is busy for too long.
    """
    try:
        from firewall.client import FirewallClient  # type: ignore[import-not-found]
    except ImportError:
        raise BindingMissing("firewall") from None
    start = time.monotonic()
    try:
        client = FirewallClient()
        _wait_until_free(patient(client.bus))
        if time.monotonic() > start + _INTROSPECTION_SECONDS:
            client = FirewallClient(client.bus)
    except PolicyError:
        raise
    except Exception as error:  # the bus itself does not answer
        raise DaemonLeft("firewalld %s: %s" % (_SILENT, error)) from error
    if not client.connected:  # which the client says in no other way
        raise DaemonLeft("firewalld %s" % _SILENT)
    return client


def patient(bus: t.Any) -> t.Any:
    """The connection to the bus, on which each call that names no time limit of its own has PATIENT_SECONDS instead of 25."""
    if not isinstance(bus.call_blocking, functools.partial):
        bus.call_blocking = functools.partial(bus.call_blocking, timeout=PATIENT_SECONDS)
    return bus


def _wait_until_free(bus: t.Any) -> None:
    """Wait for firewalld's answer to a first question. It serves calls in their order, so it then has ended a reload of anybody."""
    if not bus.name_has_owner(_SERVICE):
        return
    try:
        path = "/" + _SERVICE.replace(".", "/")
        bus.call_blocking(_SERVICE, path, "org.freedesktop.DBus.Properties", "Get", "ss", (_SERVICE, "state"))
    except Exception as error:
        if _name(error) == _NO_REPLY and bus.name_has_owner(_SERVICE):
            raise ToolFailed(_BUSY % PATIENT_SECONDS) from error
        raise


@contextlib.contextmanager
def errors(what: str) -> t.Iterator[None]:
    """Turn firewalld's errors, its own and those of D-Bus, into ToolFailed, or DaemonLeft: "firewalld <what>: <its words>"."""
    try:
        yield
    except PolicyError:
        raise
    except Exception as error:
        words = error.get_dbus_message() if hasattr(error, "get_dbus_message") else str(error)
        raise (DaemonLeft if _name(error) in _GONE else ToolFailed)("firewalld %s: %s" % (what, words)) from error


def reload(client: t.Any) -> None:
    """Let firewalld load its files again, and wait for the end of it, which may take minutes.

    Raises the errors of firewalld and of D-Bus as they are; ToolFailed where the end came late and firewalld then does not work.
    """
    try:
        client.reload()
    except Exception as error:
        if _name(error) != _NO_REPLY:
            raise
        _wait_for_reply(client)


def _wait_for_reply(client: t.Any) -> None:
    """firewalld serves calls in their order. Its reply to this one shows that it has finished the earlier one."""
    end = time.monotonic() + PATIENT_SECONDS
    for attempt in range(_PATIENCE):
        try:
            state = client.get_property("state")
        except Exception as error:
            if _name(error) != _NO_REPLY or attempt == _PATIENCE - 1 or time.monotonic() > end:
                raise
        else:
            if state != "RUNNING":
                raise ToolFailed("firewalld failed to reload: it is in state %s; 'journalctl -u firewalld' shows why" % state)
            return


def _name(error: Exception) -> str:
    """The name of an error of D-Bus itself, without its prefix (D-Bus specification, "Error names"); empty for other errors."""
    prefix, _dot, name = error.get_dbus_name().rpartition(".") if hasattr(error, "get_dbus_name") else ("", "", "")
    return name if prefix == "org.freedesktop.DBus.Error" else ""


def _be_changeable(client: t.Any) -> None:
    state = client.get_property("state")
    if state != "RUNNING":
        raise ToolFailed(
            "firewalld is in state %s: something in its configuration keeps it from working, which "
            "'firewall-cmd --check-config' or 'journalctl -u firewalld' shows why; fix it and run 'systemctl restart firewalld'" % state
        )
    if client.queryPanicMode():
        raise ToolFailed("firewalld is in panic mode and drops everything; 'firewall-cmd --panic-off' ends it")


def _be_capable(client: t.Any, host: Host) -> None:
    version = client.get_property("version")
    number = tuple(int(part) for part in re.findall(r"\d+", str(version))[:2])
    if number < OLDEST:
        raise PolicyRefused("firewalld %s cannot match destinations by ipset, %d.%d can; choose another backend" % (version, *OLDEST))
    backend = client.config().get_property("FirewallBackend")
    if backend != "nftables":
        raise PolicyRefused(
            "FirewallBackend=%s in /etc/firewalld/firewalld.conf lets direct rules overrule policies; "
            "set it to nftables and run 'systemctl restart firewalld', or choose another backend" % backend
        )
    if number >= IPSET_COMMAND and host.which("ipset") is None and _has_direct_rules(client):
        raise PolicyRefused(
            "firewalld %s has direct rules and then needs the ipset command for its ipsets; apt-get install ipset" % version
        )


def _has_direct_rules(client: t.Any) -> bool:
    sources = (client, client.config().direct())
    return any(source.getAllChains() or source.getAllRules() or source.getAllPassthroughs() for source in sources)
