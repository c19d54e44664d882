# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker daemon gets its proxies, by its version's own way, or everything is as before: files, the daemon, its containers."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from docker_machine import DockerMachine, Socket

from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy import api
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.change import apply
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.daemon import Daemon
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proposal import Proposal, propose
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.proxies import Proxies
from ansible_collections.federated.connectivity.plugins.module_utils._docker_proxy.state import State, load
from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyError, PolicyRefused, ToolFailed

PLAIN = Proxies("http://proxy.example.org:3128", "http://proxy.example.org:3128", "localhost,.example.org")
SECRET = Proxies("http://user:p%40ss@proxy.example.org:3128", None, "localhost")
OWN = '{\n    "debug": true\n}\n'
ours = pytest.mark.parametrize("wanted", [PLAIN, SECRET], ids=["plain", "secret"])
ways = pytest.mark.parametrize("version", [20, 26], ids=["by the unit", "by daemon.json"])


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.3)


@pytest.fixture
def make(tmp_path: pathlib.Path) -> t.Iterator[t.Callable[..., DockerMachine]]:
    sockets: list[Socket] = []

    def made(version: int = 26, flags: str = "", text: str | None = OWN) -> DockerMachine:
        machine = DockerMachine(tmp_path, version, flags)
        if text is not None:
            machine.daemon_json(text)
        sockets.append(Socket(machine))
        sockets[-1].__enter__()
        return machine.start()

    yield made
    for socket in sockets:
        socket.__exit__()


def configure(machine: DockerMachine, wanted: Proxies, restart: bool = True) -> Proposal:
    """What a run of the module does with one daemon."""
    daemon = Daemon(machine.places, machine)
    proposal = propose(daemon, wanted, machine)
    apply(daemon, wanted, proposal, restart, machine)
    return proposal


def attempt(machine: DockerMachine, wanted: Proxies) -> PolicyError | None:
    """What such a run fails with."""
    try:
        configure(machine, wanted)
    except PolicyError as error:
        return error
    return None


def used(machine: DockerMachine) -> Proxies:
    """The proxies in force."""
    return Proxies(*(value or None for value in machine.in_force()))


@ways
@ours
@pytest.mark.parametrize("text", [OWN, None], ids=["own", "none"])
def test_a_daemon_uses_them_a_second_run_changes_nothing_and_all_of_it_goes(
    make: t.Callable[..., DockerMachine], version: int, wanted: Proxies, text: str | None
) -> None:
    machine = make(version, text=text)
    before = machine.files()
    first = configure(machine, wanted)
    assert (first.restart, bool(first.files), used(machine)) == (True, True, wanted)
    machine.log.clear()
    second = configure(machine, wanted)
    assert (second.restart, second.files, second.warnings, machine.log) == (False, [], [], [])
    last = configure(machine, Proxies())
    assert (last.restart, used(machine)) == (version < 23 or wanted != Proxies(), Proxies())
    assert machine.files() == before
    assert load(machine.places, machine) == State()


@ways
def test_credentials_are_for_the_owner_alone(make: t.Callable[..., DockerMachine], version: int) -> None:
    machine = make(version)
    configure(machine, SECRET)
    readable = {name for name, (content, mode) in machine.files().items() if b"p%40ss" in content and mode & 0o077}
    holding = {name for name, (content, _mode) in machine.files().items() if b"p%40ss" in content}
    assert readable == set()
    assert any(name.endswith("daemon.json" if version > 22 else "docker_proxy.env") for name in holding)
    for file in configure(machine, PLAIN).files:
        assert "p%40ss" not in file.before + file.after


@ways
def test_an_upgrade_replaces_one_way_by_the_other(make: t.Callable[..., DockerMachine], version: int) -> None:
    machine = make(version)
    configure(machine, PLAIN)
    machine.version = 46 - version
    daemon = Daemon(machine.places, machine)
    proposal = propose(daemon, PLAIN, machine)
    assert len(proposal.files) == 2
    apply(daemon, PLAIN, proposal, True, machine)
    assert ("proxies" in json.loads(machine.daemon_json() or "{}"), pathlib.Path(machine.places.drop_in).exists()) == (
        (True, False) if version == 20 else (False, True)
    )
    assert used(machine) == PLAIN
    configure(machine, Proxies())
    assert machine.daemon_json() == OWN


@pytest.mark.parametrize("failed", [True, False])
def test_an_engine_that_its_downgrade_made_fail_is_started(make: t.Callable[..., DockerMachine], failed: bool) -> None:
    machine = make(26)
    configure(machine, PLAIN)
    machine.version, machine.active = 20, False
    if failed:
        assert machine.run(["systemctl", "restart", "docker.service"], check=False).rc == 1
    proposal = configure(machine, PLAIN)
    assert (proposal.restart, machine.active) == (failed, failed), "who stopped it may start it"
    assert used(machine.start()) == PLAIN


def test_containers_go_on_and_live_restore_is_given_back(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    machine.running = 3
    proposal = configure(machine, PLAIN)
    assert proposal.survival.words == "3 running containers will go on: live-restore is turned on for as long as the restart takes"
    assert (machine.running, machine.live_restore, used(machine)) == (3, False, PLAIN)
    assert machine.log == ["reload", "reset-failed", "restart", "reload"]
    assert "live-restore" not in json.loads(machine.daemon_json() or "{}")
    assert load(machine.places, machine).lending is False


def test_an_interrupted_loan_is_no_wish_of_the_administrator(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    machine.running = 1
    daemon = Daemon(machine.places, machine)
    proposal = propose(daemon, PLAIN, machine)

    def killed(_self: Daemon) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Daemon, "restart", killed)
        with pytest.raises(KeyboardInterrupt):
            apply(daemon, PLAIN, proposal, True, machine)
    assert json.loads(machine.daemon_json() or "{}")["live-restore"] is True
    assert load(machine.places, machine).lending is True
    configure(machine, PLAIN)
    assert (used(machine), "live-restore" in json.loads(machine.daemon_json() or "{}")) == (PLAIN, False)
    configure(machine, Proxies())
    assert machine.daemon_json() == OWN


@ways
@ours
@pytest.mark.parametrize("containers", [0, 2])
@pytest.mark.parametrize(("verb", "which"), [("validate", 1), ("reload", 1), ("reload", 2), ("daemon-reload", 1), ("restart", 1)])
def test_where_a_step_fails_everything_is_as_before(
    make: t.Callable[..., DockerMachine], version: int, wanted: Proxies, containers: int, verb: str, which: int
) -> None:
    machine = make(version)
    machine.running = containers
    before = machine.files()
    machine.broken = {verb: which}
    failure = attempt(machine, wanted)
    needed = {"validate": version == 26, "daemon-reload": version == 20, "reload": containers > 0, "restart": True}
    if not needed[verb]:
        assert (failure, used(machine), machine.broken[verb]) == (None, wanted, which)
        return
    assert isinstance(failure, (PolicyRefused, ToolFailed))
    assert "p%40ss" not in str(failure)
    assert machine.files() == before
    assert (used(machine), machine.active, machine.live_restore) == (Proxies(), True, False)
    assert machine.running == containers


def test_a_change_of_ours_that_fails_leaves_the_last_one_in_force(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    configure(machine, SECRET)
    before = machine.files()
    machine.broken = {"restart": 1}
    with pytest.raises(ToolFailed, match=r"does not start: .*\nits files are as they were before, and it runs with them"):
        configure(machine, PLAIN)
    assert (machine.files(), used(machine)) == (before, SECRET)
    configure(machine, Proxies())
    assert machine.daemon_json() == OWN


def test_a_daemon_that_does_not_come_back_is_told_of(make: t.Callable[..., DockerMachine], monkeypatch: pytest.MonkeyPatch) -> None:
    machine = make()
    before = machine.files()
    monkeypatch.setattr(DockerMachine, "_fails", lambda _self, verb: verb == "restart")
    with pytest.raises(ToolFailed, match="its files are as they were before, but it could not be brought back to them"):
        configure(machine, PLAIN)
    assert machine.files() == before


@ways
def test_a_daemon_that_starts_without_its_proxies_is_taken_back(make: t.Callable[..., DockerMachine], version: int) -> None:
    machine = make(version)
    before = machine.files()
    machine.deaf = True
    with pytest.raises(ToolFailed, match="started, but does not use the proxies that it was given"):
        configure(machine, PLAIN)
    assert machine.files() == before


def test_without_leave_to_restart_it_stays_due_until_somebody_else_does_it(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    assert configure(machine, PLAIN, restart=False).restart
    assert (used(machine), machine.log) == (Proxies(), [])
    assert load(machine.places, machine).due == "run1"
    assert configure(machine, PLAIN, restart=False).restart
    machine.start()
    assert (used(machine), configure(machine, PLAIN).restart) == (PLAIN, False)
    assert load(machine.places, machine).due == ""


def test_a_change_of_credentials_alone_is_due_although_the_daemon_cannot_show_it(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    configure(machine, SECRET)
    other = SECRET._replace(http="http://user:other@proxy.example.org:3128")
    assert configure(machine, other, restart=False).restart
    assert configure(machine, other).restart
    assert used(machine) == other


def test_a_daemon_that_is_stopped_stays_so(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    machine.active = False
    proposal = configure(machine, PLAIN)
    assert (proposal.restart, bool(proposal.files), machine.active, machine.log) == (False, True, False, [])
    assert used(machine.start()) == PLAIN


def test_flags_of_the_unit_are_refused_with_their_place(make: t.Callable[..., DockerMachine]) -> None:
    machine = make(flags=" --http-proxy http://user:secret@old:1 --no-proxy=x")
    daemon = Daemon(machine.places, machine)
    with pytest.raises(PolicyRefused) as refused:
        propose(daemon, PLAIN, machine)
    assert [
        f"{machine.directory}/docker.service:2 gives dockerd the flag {flag}." in message
        for flag, message in zip(("--http-proxy", "--no-proxy"), refused.value.messages, strict=True)
    ] == [True, True]
    assert "secret" not in str(refused.value)
    assert propose(daemon, Proxies(), machine).files == []


def test_a_broken_daemon_json_is_refused_with_its_line(make: t.Callable[..., DockerMachine]) -> None:
    machine = make()
    machine.daemon_json('{\n  "debug": tru\n}')
    with pytest.raises(PolicyRefused, match=r"daemon\.json:2"):
        propose(Daemon(machine.places, machine), PLAIN, machine)


def test_variables_of_others_are_overridden_and_told(make: t.Callable[..., DockerMachine]) -> None:
    machine = make(20)
    machine.drop_in("proxy.conf", '[Service]\nEnvironment="HTTP_PROXY=http://old:1" "NO_PROXY=localhost,.example.org"\n')
    machine.start()
    proposal = configure(machine, PLAIN)
    (warning,) = proposal.warnings
    assert "proxy.conf:2 sets HTTP_PROXY to something else than the plan" in warning
    assert used(machine) == PLAIN


def test_what_files_of_others_set_is_overridden_by_a_file(make: t.Callable[..., DockerMachine]) -> None:
    machine = make(20)
    file = machine.directory / "etc" / "default"
    file.write_text('HTTPS_PROXY="http://old:1"\n', encoding="utf-8")
    machine.drop_in("env.conf", f"[Service]\nEnvironmentFile={file}\n")
    machine.start()
    assert machine.in_force()[1] == "http://old:1"
    configure(machine, PLAIN)
    assert used(machine) == PLAIN
    configure(machine, Proxies())
    assert machine.in_force() == ("", "http://old:1", "")
