# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The places of a host that a change may have touched, each with what puts it back, by the names that ways back are stored under."""

from __future__ import annotations

import typing as t

from .._firewalls.backends import BACKENDS
from .._host.host import Host
from .._host.snapshot import Snapshot
from .._names import timer
from . import in_force

PutBack = t.Callable[[Snapshot, t.Mapping[str, t.Any], Host], t.Optional[t.Sequence[str]]]
"""Restores files and what was in force; returns what the administrator should know about it, such as who held a lock."""

WAYS: t.Dict[str, PutBack] = {
    **{name: backend.put_back for name, backend in BACKENDS.items()},
    timer.NAME: timer.put_back,
    in_force.NAME: in_force.put_back,
}
