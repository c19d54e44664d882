# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._containers.processes import may_run
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld import backend, client
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host


@pytest.mark.parametrize(
    ("comm", "cmdline", "found"),
    [
        ("firewalld", "/usr/bin/python3\0/usr/sbin/firewalld\0--nofork\0", True),
        ("python3", "python3\0/usr/sbin/firewalld\0--debug\0", True),
        ("(firewalld)", "", True),
        (".firewalld-wrap", "x\0", True),
        ("python3", "python3\0AnsiballZ_firewall_policy.py\0", False),
        ("ufw", "ufw\0status\0", False),
        ("\udcff", "\udcff\0", False),
    ],
)
def test_a_process_is_known_by_a_word_of_its_name_or_arguments(tmp_path: pathlib.Path, comm: str, cmdline: str, found: bool) -> None:
    for pid, words in (("1", ("systemd", "/sbin/init\0")), ("20", (comm, cmdline))):
        (tmp_path / pid).mkdir()
        for name, word in zip(("comm", "cmdline"), words, strict=True):
            (tmp_path / pid / name).write_text(word, encoding="utf-8", errors="surrogateescape")
    (tmp_path / "30").mkdir()  # it has ended meanwhile
    (tmp_path / "self").mkdir()
    assert may_run("firewalld", str(tmp_path)) is found


@pytest.mark.parametrize(("process", "answers", "expected"), [(False, True, False), (True, True, True), (True, False, False)])
def test_firewalld_is_asked_only_where_a_process_may_be_it(
    monkeypatch: pytest.MonkeyPatch, process: bool, answers: bool, expected: bool
) -> None:
    asked: list[Host] = []
    monkeypatch.setattr(backend, "is_installed", lambda _host: True)
    monkeypatch.setattr(backend, "may_run", lambda _word: process)
    monkeypatch.setattr(client, "is_running", lambda host: (asked.append(host), answers)[1])
    assert backend.is_running(Host()) is expected
    assert bool(asked) is process
