# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A change that waits to be confirmed, and how such a change ended, as the host keeps them between processes.

Another version of this collection may have written them: what it meant is understood, or refused in words.
"""

from __future__ import annotations

import json
import typing as t

from .._change.restore_point import RestorePoint
from .._errors import ToolFailed
from .._host.snapshot import Snapshot
from .reachability import Target
from .ways import WAYS

CONFIRMED = "confirmed"
RESTORED = "restored"
FAILED = "failed"

# Ways back were stored under the path of a Python module once.
_OF_MODULE = {"_nftables": "nftables", "_ufw": "ufw", "_firewalld": "firewalld", "_names_timer": "names"}


class TrialUnreadable(ToolFailed):
    """A change waits to be confirmed that this version of the collection does not understand."""


class Trial(t.NamedTuple):
    """A change that waits to be confirmed.

    ``token`` names it; ``session`` is the SSH_CONNECTION that made it, empty in a local session; ``seconds`` is the window to confirm;
    ``reachable`` are the egress targets to prove, as JSON can hold them; ``ways`` lead back, in the order of the changes;
    ``reasons`` say why it is to be taken back although its window is open.
    """

    token: str
    session: str
    seconds: int
    reachable: t.Sequence[t.Any]
    ways: t.Sequence[RestorePoint]
    reasons: t.Sequence[str] = ()

    def text(self) -> bytes:
        return json.dumps({**self._asdict(), "ways": [way.to_data() for way in self.ways]}).encode()


class Record(t.NamedTuple):
    """How a trial ended: ``outcome`` is CONFIRMED, RESTORED or FAILED; ``messages`` say why and what became of each place."""

    token: str
    outcome: str
    messages: t.Sequence[str]

    def text(self) -> bytes:
        return json.dumps(self._asdict()).encode()


def parse_trial(content: bytes) -> Trial:
    """The trial that :meth:`Trial.text` wrote down, in this version or an earlier one. Raises TrialUnreadable."""
    try:
        data = _mapping(json.loads(content), "a change that waits to be confirmed")
        _only(data, Trial._fields, ("reasons",))
        return Trial(
            _text(data, "token"),
            _text(data, "session"),
            _number(data, "seconds"),
            [_target(item) for item in _list(data, "reachable")],
            [_way(item) for item in _list(data, "ways")],
            [str(reason) for reason in _list({"reasons": [], **data}, "reasons")],
        )
    except ValueError as error:
        raise TrialUnreadable(str(error)) from error


def parse_record(content: bytes) -> Record:
    """The record that :meth:`Record.text` wrote down; what cannot be understood of it says so."""
    try:
        data = _mapping(json.loads(content), "the record of an earlier change")
        outcome = _text(data, "outcome")
        if outcome not in (CONFIRMED, RESTORED, FAILED):
            raise ValueError("its outcome is %r" % outcome)
        return Record(_text(data, "token"), outcome, [str(message) for message in _list(data, "messages")])
    except ValueError as error:
        return Record("", FAILED, ["what became of it was written by another version of this collection (%s)" % error])


def _way(data: t.Any) -> RestorePoint:
    data = dict(_mapping(data, "a way back"))
    if "backend" not in data and "module" in data:
        data["backend"] = _OF_MODULE.get(_text(data, "module").rpartition(".")[2], data["module"])
        del data["module"]
    _only(data, RestorePoint._fields)
    backend = _text(data, "backend")
    if backend not in WAYS:
        raise ValueError("backend %r is not known here" % backend)
    try:
        files = Snapshot.from_data(_mapping(data["files"], "files"))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("files are not as this version stores them: %r" % error) from error
    return RestorePoint(_text(data, "name"), backend, files, dict(_mapping(data["runtime"], "runtime")))


def _target(item: t.Any) -> t.List[t.Any]:
    if not isinstance(item, list) or len(item) != len(Target._fields):
        raise ValueError("an egress target is %r" % (item,))
    return item


def _only(data: t.Mapping[str, t.Any], known: t.Sequence[str], optional: t.Sequence[str] = ()) -> None:
    unknown, missing = sorted({*data} - {*known}), sorted({*known} - {*data} - {*optional})
    words = ["%s: %s" % (what, ", ".join(keys)) for what, keys in (("unknown", unknown), ("missing", missing)) if keys]
    if words:
        raise ValueError("; ".join(words))


def _mapping(value: t.Any, what: str) -> t.Mapping[str, t.Any]:
    if not isinstance(value, dict):
        raise ValueError("%s must be a dictionary, not %.100r" % (what, value))
    return value


def _text(data: t.Mapping[str, t.Any], key: str) -> str:
    if not isinstance(data.get(key), str):
        raise ValueError("%s must be a string, not %.100r" % (key, data.get(key)))
    return str(data[key])


def _number(data: t.Mapping[str, t.Any], key: str) -> int:
    if not isinstance(data.get(key), int):
        raise ValueError("%s must be a number, not %.100r" % (key, data.get(key)))
    return int(data[key])


def _list(data: t.Mapping[str, t.Any], key: str) -> t.List[t.Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise ValueError("%s must be a list, not %.100r" % (key, value))
    return value
