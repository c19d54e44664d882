# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The firewalls that can carry a policy: one module each, one row in the table."""

from __future__ import annotations

import typing as t

from .._change.change import Change
from .._host.host import Host
from .._host.snapshot import Snapshot
from .._policy.model import Policy
from .firewalld import backend as firewalld
from .nftables import backend as nftables
from .ufw import backend as ufw


class Backend(t.Protocol):
    """What a backend's module offers. A host may have several installed; one carries the policy."""

    NAME: str

    def is_installed(self, host: Host) -> bool:
        """Whether the host has this firewall at all, running or not."""

    def is_running(self, host: Host) -> bool:
        """Whether it filters packets now."""

    def propose(self, policy: t.Optional[Policy], host: Host) -> Change:
        """The way to the policy; None: to nothing of ours, also where the firewall is installed but not running.

        Raises:
            PolicyRefused: it cannot express a rule, which the message names.
            BindingMissing: this Python lacks the firewall's binding.
            ToolFailed: the firewall cannot be read.
        """

    def put_back(self, files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> t.Optional[t.Sequence[str]]:
        """Go the way back that a change of this backend has stored, in another process; who held a lock, in words.

        Raises:
            ToolFailed: what could not be restored; all else is.
            BindingMissing: this Python lacks the firewall's binding.
        """


BACKENDS: t.Dict[str, Backend] = {backend.NAME: backend for backend in (nftables, ufw, firewalld)}
STOP_FOR_GOOD = {"ufw": "ufw disable", "firewalld": "systemctl disable --now firewalld"}
"""The firewalls that administrators start and stop, each with the command that stops it for good."""
