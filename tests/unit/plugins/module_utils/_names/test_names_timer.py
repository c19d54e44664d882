# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The refresher's files and its timer: there as long as a policy has names, gone without a trace afterwards."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._host.snapshot import Snapshot
from ansible_collections.federated.connectivity.plugins.module_utils._names import timer
from ansible_collections.federated.connectivity.plugins.module_utils._names.stored_policy import StoredPolicy
from ansible_collections.federated.connectivity.plugins.module_utils._names.timer import FILES, SERVICE, TIMER, propose

PEERS = {"address_sets": [], "names": ["registry.example.org"]}
STORED = StoredPolicy({"rules": [{"peers": PEERS}]}, "nftables", None, [], [], {})
NAMELESS = STORED._replace(declared={"rules": []})
PROGRAM = b"program"


class Systemd(Host):
    """A host whose files are below a directory, and whose systemd only writes down what it is told."""

    def __init__(self, root: str, booted: bool) -> None:
        self._root, self._booted = root, booted
        self.active = False
        self.told: list[str] = []

    def read(self, path: str) -> bytes | None:
        return super().read(self._root + path)

    def read_own(self, path: str) -> bytes | None:
        return super().read_own(self._root + path)

    def attributes(self, path: str) -> str | None:
        return super().attributes(self._root + path)

    def link_attributes(self, path: str, target: str) -> str | None:
        found = super().link_attributes(self._root + path, self._root + target)
        return found and found.replace(self._root, "")

    def names(self, path: str) -> list[str]:
        return super().names(self._root + path)

    def write(self, path: str, content: bytes, mode: int | None = None) -> None:
        super().write(self._root + path, content, mode)

    def link(self, path: str, target: str) -> None:
        super().link(self._root + path, target)

    def remove(self, path: str) -> None:
        super().remove(self._root + path)

    def remove_directory(self, path: str) -> None:
        super().remove_directory(self._root + path)

    def snapshot(self, paths: t.Iterable[str]) -> Snapshot:
        return super().snapshot(self._root + path for path in paths)

    def has_systemd(self) -> bool:
        return self._booted

    def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True) -> Result:
        assert argv[0] == "systemctl"
        if argv[1] == "is-active":
            return Result(0 if self.active else 3, "", "")
        self.told.append(" ".join(argv[1:]))
        if argv[1] in ("start", "stop"):
            self.active = argv[1] == "start"
        return Result(0, "", "")

    def files(self) -> dict[str, bytes | None]:
        return {path: self.read(path) for path in (*FILES, timer.MEMORY) if self.read(path) is not None}


@pytest.fixture(params=[True, False])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Systemd:
    return Systemd(str(tmp_path_factory.mktemp("root")), request.param)


def test_it_is_there_while_there_are_names(host: Systemd) -> None:
    change = propose(STORED, host, PROGRAM)
    assert change.changed
    change.check()
    change.apply()
    assert set(host.files()) == set(FILES)
    assert host.read(timer.WANTS) == host.read(timer.TIMER_FILE)
    assert host.told == (["daemon-reload", f"start {TIMER}"] if host.has_systemd() else [])
    assert not propose(STORED, host, PROGRAM).changed
    assert not propose(STORED, host).changed
    assert propose(STORED, host, b"newer program").changed
    assert propose(STORED._replace(backend="ufw"), host).changed


def test_a_stopped_timer_is_drift(host: Systemd) -> None:
    propose(STORED, host, PROGRAM).apply()
    host.active = False
    assert propose(STORED, host, PROGRAM).changed == host.has_systemd()


@pytest.mark.parametrize("stored", [None, NAMELESS])
def test_nothing_is_left_without_names(host: Systemd, stored: StoredPolicy | None) -> None:
    assert not propose(stored, host).changed
    propose(STORED, host, PROGRAM).apply()
    host.write(timer.MEMORY, b"{}")
    host.told.clear()
    change = propose(stored, host, PROGRAM)
    assert (change.changed, change.after) == (True, "")
    change.apply()
    assert host.files() == {}
    assert host.told == ([f"stop {TIMER}", f"reset-failed {SERVICE}", "daemon-reload"] if host.has_systemd() else [])
    assert not propose(stored, host).changed


@pytest.mark.parametrize("stored", [None, STORED._replace(backend="ufw")])
def test_undo_restores_files_and_timer(host: Systemd, stored: StoredPolicy | None) -> None:
    change = propose(STORED, host, PROGRAM)
    change.apply()
    change.undo()
    assert (host.files(), host.active) == ({}, False)
    change.apply()
    host.write(timer.MEMORY, b"{}")
    before = host.files()
    change = propose(stored, host, b"newer program")
    change.apply()
    host.write(timer.MEMORY, b"newer")
    change.undo()
    assert (host.files(), host.active) == (before, host.has_systemd())
