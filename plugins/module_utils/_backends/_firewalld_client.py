# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""firewalld's own Python client: how to reach the daemon, when not to work with it, and its errors."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    BindingMissing,
    PolicyError,
    PolicyRefused,
    ToolFailed,
)

OLDEST = (1, 0)  # rich rules have destinations in ipsets since then


def connect() -> t.Any:
    """A FirewallClient of a daemon that can carry a policy.

    Raises:
        BindingMissing: this Python has no firewalld.
        PolicyRefused: it is too old, or its settings let others overrule policies.
        ToolFailed: it cannot be reached, or is in no state to be changed.
    """
    try:
        from firewall.client import FirewallClient  # type: ignore[import-not-found]
    except ImportError:
        raise BindingMissing("firewall") from None
    with errors("cannot be reached over D-Bus"):
        client = FirewallClient()
        _refuse(client)
    return client


@contextlib.contextmanager
def errors(what: str) -> t.Iterator[None]:
    """Turn firewalld's errors, its own and those of D-Bus, into ToolFailed: "firewalld <what>: <its words>"."""
    try:
        yield
    except PolicyError:
        raise
    except Exception as error:
        words = error.get_dbus_message() if hasattr(error, "get_dbus_message") else str(error)
        raise ToolFailed("firewalld %s: %s" % (what, words)) from error


def _refuse(client: t.Any) -> None:
    version = client.get_property("version")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise PolicyRefused("firewalld %s cannot match destinations by ipset, %d.%d can; choose another backend" % (version, *OLDEST))
    state = client.get_property("state")
    if state != "RUNNING":
        raise ToolFailed(
            "firewalld is in state %s: something in its configuration keeps it from working, which "
            "'firewall-cmd --check-config' or 'journalctl -u firewalld' tells; mend it and run 'systemctl restart firewalld'" % state
        )
    if client.queryPanicMode():
        raise ToolFailed("firewalld is in panic mode and drops everything; 'firewall-cmd --panic-off' ends it")
    backend = client.config().get_property("FirewallBackend")
    if backend != "nftables":
        raise PolicyRefused(
            "FirewallBackend=%s in /etc/firewalld/firewalld.conf lets direct rules overrule policies; "
            "set it to nftables and run 'systemctl restart firewalld', or choose another backend" % backend
        )
