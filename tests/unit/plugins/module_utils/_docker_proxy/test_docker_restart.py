# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of containers when dockerd is started anew: foretold before, and so it is."""

from __future__ import annotations

import json
import pathlib
import threading

import pytest
from docker_machine import DockerMachine, Socket
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy import api
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.change import apply
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.daemon import Daemon
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.json_text import JsonText
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proposal import propose
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.restart import (
    LIVE_RESTORE,
    Survival,
    lent,
    returned,
    switch,
)
from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed

PROXIES = Proxies("http://proxy.example.org:3128", None, "localhost")
STOP = "2 running containers will stop, and start again where their restart policy says so: "


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.3)


@pytest.mark.parametrize(
    ("text", "flags", "attributes", "lend", "words", "go_on"),
    [
        ("{}", "", {"running": 0}, False, "no container runs", True),
        ("{}", "", {"running": 1}, True, "1 running container will go on: live-restore is turned on", True),
        ("{}", "", {}, True, "2 running containers will go on: live-restore is turned on for as long as the restart takes", True),
        ('{"live-restore": true}', "", {}, False, "2 running containers will go on: live-restore is on", True),
        ('{"live-restore": false}', "", {}, False, STOP + "{directory}/etc/docker/daemon.json says that live-restore is false", False),
        ("{}", " --live-restore=false", {}, False, STOP + "the unit starts dockerd with --live-restore=false", False),
        ("{}", "", {"swarm": True}, False, STOP + "the daemon is part of a swarm, which knows no live-restore", False),
        ("{}", "", {"kill_mode": "mixed"}, False, STOP + "the unit ends them together with the daemon (KillMode)", False),
        ('{"live-restore": true}', "", {"kill_mode": "mixed"}, False, STOP + "the unit ends them together with the daemon", False),
    ],
)
def test_what_is_foretold_comes_true(
    tmp_path: pathlib.Path, text: str, flags: str, attributes: dict[str, object], lend: bool, words: str, go_on: bool
) -> None:
    machine = DockerMachine(tmp_path, flags=flags)
    machine.daemon_json(text)
    machine.start()
    vars(machine).update({"running": 2, **attributes})
    count, live_restore = machine.running, machine.live_restore
    with Socket(machine):
        daemon = Daemon(machine.places, machine)
        proposal = propose(daemon, PROXIES, machine)
        assert proposal.survival.lend is lend
        assert proposal.survival.words.startswith(words.format(directory=tmp_path))
        apply(daemon, PROXIES, proposal, True, machine)
    assert machine.in_force()[0] == PROXIES.http
    assert (machine.running, machine.live_restore) == (count if go_on else 0, live_restore)


def test_a_daemon_that_does_not_say_what_runs_is_lent_nothing(tmp_path: pathlib.Path) -> None:
    machine = DockerMachine(tmp_path).start()
    machine.running = 2
    assert propose(Daemon(machine.places, machine), PROXIES, machine).survival == Survival(False, "no container runs")


@pytest.mark.parametrize("on", [True, False])
def test_a_daemon_that_does_not_take_live_restore_is_an_error(tmp_path: pathlib.Path, on: bool) -> None:
    machine = DockerMachine(tmp_path)
    machine.daemon_json("{}" if on else '{"live-restore": true}')
    machine.start()
    daemon = Daemon(machine.places, machine)
    with Socket(machine), pytest.raises(ToolFailed, match=f"docker.service does not turn live-restore {'on' if on else 'off'}"):
        switch(daemon, on)
    with pytest.raises(ToolFailed, match="does not turn live-restore"):
        switch(daemon, not on)  # nobody answers


def test_a_daemon_may_take_a_moment_to_take_live_restore(tmp_path: pathlib.Path) -> None:
    machine = DockerMachine(tmp_path).start()
    daemon = Daemon(machine.places, machine)
    later = threading.Timer(0.1, setattr, (machine, "live_restore", True))
    with Socket(machine):
        later.start()
        switch(daemon, True)
    later.join()
    assert machine.live_restore


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
CONFIGURATIONS = st.dictionaries(st.sampled_from(["debug", "hosts", "proxies", LIVE_RESTORE, "ä"]), VALUES, max_size=4)


@given(st.none() | CONFIGURATIONS.map(lambda value: json.dumps(value).encode()))
def test_what_is_lent_and_returned_is_live_restore_alone(content: bytes | None) -> None:
    own = JsonText.from_bytes(content or b"").value
    for changed, on in ((lent(content), True), (returned(content), False)):
        value = JsonText.from_bytes(changed).value
        assert value[LIVE_RESTORE] is on
        assert {key: each for key, each in value.items() if key != LIVE_RESTORE} == {key: own[key] for key in own if key != LIVE_RESTORE}
