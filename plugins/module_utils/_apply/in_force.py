# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the policy in force opens, kept on the host, so that the host itself notices when a run would take much of it away."""

from __future__ import annotations

import json
import os
import typing as t

from .._change.change import Change
from .._change.restore_point import RestorePoint
from .._host.host import STATE, File, Host
from .._host.own_files import fixed
from .._host.snapshot import Snapshot
from .._policy.shrink import Holding, too_much

NAME = "in_force"
FILE = STATE + ".in_force"
"""Beside the directory of our state, which is there only while a change is on trial or something is remembered."""
MODE = 0o600


class Limits(t.NamedTuple):
    """How much a run may take away: more than ``share`` and at least ``least`` is too much, and so is everything. ``allow``: no limit."""

    allow: bool
    share: float
    least: int


class RecordDamaged(Exception):
    """The record is there and cannot be used."""

    def __init__(self) -> None:
        super().__init__(
            "%s, this host's record of the policy in force, is damaged. So the guard cannot tell whether the new policy takes much away: "
            "look at the changes with --check --diff. The next run that enforces a policy writes the record again" % FILE
        )


class Comparison(t.NamedTuple):
    """A policy beside the one in force: what would go, where that is too much, and what there is to say of the comparison."""

    losses: t.List[str]
    warnings: t.List[str]


def compare(wanted: t.Optional[Holding], limits: Limits, host: Host) -> Comparison:
    """What a policy that opens ``wanted`` would take away. A removal, or a policy where none was in force, is not compared."""
    if wanted is None:
        return Comparison([], [])
    try:
        before = _read(host)
    except RecordDamaged as damaged:
        return Comparison([], [str(damaged)])
    if before is None or limits.allow:
        return Comparison([], [])
    return Comparison(too_much(before, wanted, limits.share, limits.least), [])


def propose(wanted: t.Optional[Holding], host: Host) -> Change:
    """The way to the record of what a policy opens; to none where nothing of ours is left."""
    return RecordChange(host, _text(wanted) if wanted else None)


class RecordChange(Change):
    """The record, which goes with the policy that it is about: it is taken back with it."""

    name = "the record of the policy in force"

    def __init__(self, host: Host, content: t.Optional[bytes]) -> None:
        self._host = host
        self._content = content
        self._snapshot = host.snapshot([FILE])
        found = host.attributes(FILE)
        there = found and (content is not None or not os.path.isdir(FILE))
        self.before = "%s\n%s" % (found, (host.read_own(FILE) or b"").decode("utf-8", "replace")) if there else ""
        self.after = "%s\n%s" % (fixed(MODE), content.decode()) if content is not None else ""

    def check(self) -> None:
        """There is no tool to ask: the file is ours alone."""

    def prepared(self) -> t.ContextManager[None]:
        return self._host.prepared({FILE: File(self._content, MODE)} if self._content is not None else {}, {})

    def apply(self) -> None:
        if self._content is not None:
            self._host.write(FILE, self._content, mode=MODE)
        else:
            self._host.remove(FILE)

    def restore_point(self) -> RestorePoint:
        return RestorePoint(self.name, NAME, self._snapshot, {})

    def undo(self) -> None:
        self._snapshot.restore()


def put_back(files: Snapshot, runtime: t.Mapping[str, t.Any], host: Host) -> None:
    """Restore the record as a change found it."""
    files.restore()


def _read(host: Host) -> t.Optional[Holding]:
    """The record; None where there is none: then there is nothing to compare with. Raises RecordDamaged."""
    content = host.read_own(FILE)
    if content is None and host.attributes(FILE) is None:
        return None
    try:
        return Holding.from_data(json.loads(content or b""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RecordDamaged from None


def _text(held: Holding) -> bytes:
    return (json.dumps(held.to_data(), indent=1, sort_keys=True) + "\n").encode()
