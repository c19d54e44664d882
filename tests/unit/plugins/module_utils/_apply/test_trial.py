# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trials and records that another version of the collection wrote: understood, or refused in words."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import watchdog
from ansible_collections.federated.connectivity.plugins.module_utils._apply.trial import (
    FAILED,
    Record,
    Trial,
    TrialUnreadable,
    parse_record,
    parse_trial,
)
from ansible_collections.federated.connectivity.plugins.module_utils._apply.ways import WAYS
from ansible_collections.federated.connectivity.plugins.module_utils._change.restore_point import RestorePoint
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot

OLD_PACKAGE = "ansible_collections.federated.connectivity.plugins.module_utils."


def trial(tmp_path: pathlib.Path) -> Trial:
    (tmp_path / "file").write_bytes(b"\0\xff")
    snapshot = Snapshot([str(tmp_path / "file"), str(tmp_path / "absent" / "file")])
    ways = [RestorePoint("the place " + name, name, snapshot, {"active": True}) for name in WAYS]
    return Trial("token", "", 60, [["linksight.north.peer_http.egress", "tcp", "198.51.100.20", 8443]], ways, ["because"])


def data(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(trial(tmp_path).text()))


def test_what_is_written_is_read(tmp_path: pathlib.Path) -> None:
    written = trial(tmp_path)
    assert parse_trial(written.text()).text() == written.text()
    record = Record("token", "restored", ["because"])
    assert parse_record(record.text()) == record
    assert [way.backend for way in written.ways] == ["nftables", "ufw", "firewalld", "names", "in_force"]


def test_a_way_back_that_names_a_python_module_is_understood(tmp_path: pathlib.Path) -> None:
    old = data(tmp_path)
    modules = ["_backends._nftables", "_backends._ufw", "_backends._firewalld", "_names_timer"]
    for way, module in zip(old["ways"], modules):
        way["module"] = OLD_PACKAGE + module
        del way["backend"]
    assert parse_trial(json.dumps(old).encode()).text() == trial(tmp_path).text()


def test_a_trial_without_reasons_is_understood(tmp_path: pathlib.Path) -> None:
    old = data(tmp_path)
    del old["reasons"]
    assert parse_trial(json.dumps(old).encode()).reasons == []


def _change(path: str, value: t.Any) -> t.Callable[[dict[str, t.Any]], None]:
    def change(found: t.Any) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            found = found[int(parent) if parent.isdigit() else parent]
        if value is KeyError:
            del found[last]
        else:
            found[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_change("boot", "x"), "unknown: boot"),
        (_change("token", KeyError), "missing: token"),
        (_change("token", None), "token must be a string, not None"),
        (_change("seconds", "sixty"), "seconds must be a number"),
        (_change("reachable", [["tcp"]]), r"an egress target is \['tcp'\]"),
        (_change("reachable", {}), "reachable must be a list"),
        (_change("ways", None), "ways must be a list"),
        (_change("ways", ["x"]), "a way back must be a dictionary"),
        (_change("ways.0.backend", "pf"), "backend 'pf' is not known here"),
        (_change("ways.0.backend", KeyError), "missing: backend"),
        (_change("ways.0.module", "x.y"), "unknown: module"),
        (_change("ways.0.owner", "x"), "unknown: owner"),
        (_change("ways.0.files", {"nodes": {"/a": ["eA=="]}}), "files are not as this version stores them"),
        (_change("ways.0.files", {"nodes": {"/a": 1}, "absent_directories": []}), "files are not as this version stores them"),
        (_change("ways.0.runtime", []), "runtime must be a dictionary"),
    ],
)
def test_what_is_not_understood_is_refused_in_words(
    tmp_path: pathlib.Path, change: t.Callable[[dict[str, t.Any]], None], words: str
) -> None:
    other = data(tmp_path)
    change(other)
    with pytest.raises(TrialUnreadable, match=words):
        parse_trial(json.dumps(other).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b"{"])
def test_what_is_no_trial_is_refused_in_words(tmp_path: pathlib.Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "ARMED", str(tmp_path / "ARMED"))
    (tmp_path / "ARMED").write_bytes(content)
    with pytest.raises(TrialUnreadable, match=r"another version of federated\.connectivity has made.*python3 -I .* at-boot` does so now"):
        watchdog.read_trial(Host())


@pytest.mark.parametrize("content", [b"\xff", b"[]", b'{"token": "a"}', b'{"token": "a", "outcome": "lost", "messages": []}'])
def test_a_record_that_is_not_understood_says_so(content: bytes) -> None:
    record = parse_record(content)
    assert record.outcome == FAILED
    assert "written by another version" in record.messages[0]
