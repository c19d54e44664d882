"""The watchdog where systemd runs it: there while a change waits, though its controller is dead, and gone afterwards with the change."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, FAMILIES, Probe, Probes, host

ROOT = pathlib.Path(__file__).parents[2]
SECONDS = 300  # until something has happened, on a busy machine
DEADLINE = "/run/federated_connectivity.deadline"
BOOT_UNIT = "/etc/systemd/system/federated-connectivity-unconfirmed.service"
UNITS = "systemctl list-units --all --plain --no-legend 'federated-connectivity-watchdog-*'"
TABLE = "nft -s list table inet federated_connectivity"
ARMED = "/var/lib/federated_connectivity/unconfirmed/way_back.json"

# Ansible resets its connection before it confirms. From then on this ssh stays where it is: the controller hangs in the middle.
SSH = """#!/bin/sh
case " $* " in
*" -O stop "*) : >{marker} ;;
esac
[ ! -e {marker} ] || exec sleep 600
exec ssh "$@"
"""
# What services.yml has started on gamma: transient units, which a soft reboot ends.
SERVICES = {"vpn": "udp 51820", "other": "tcp 8444"}


def until(reached: t.Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture
def controller(tmp_path: pathlib.Path) -> t.Iterator[subprocess.Popen[bytes]]:
    """A run that opens gamma's egress and cannot confirm it; it has changed gamma and waits."""
    inventory, marker, ssh = (tmp_path / name for name in ("other.yml", "marker", "ssh"))
    variables = {"connectivity_defaults": {"ingress": "deny"}, "ansible_ssh_executable": str(ssh), "firewall_confirm_timeout": 600}
    inventory.write_text(yaml.safe_dump({"fedbiomed": {"hosts": {"gamma": variables}}}), encoding="utf-8")
    ssh.write_text(SSH.format(marker=marker), encoding="ascii")
    ssh.chmod(0o755)
    inventories = (ROOT / "build/lab/inventory.yml", pathlib.Path(__file__).with_name("inventory.yml"), inventory)
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), *(f"--inventory={path}" for path in inventories)]
    run = subprocess.Popen(
        [*command, ROOT / "playbooks/site.yml", "--tags=firewall", "--limit=gamma"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        until(lambda: marker.exists() or run.poll() is not None, "the run does not come to its confirmation")
        yield run
    finally:
        kill(run)


def kill(run: subprocess.Popen[bytes]) -> None:
    """End the controller and everything that it has started, without a chance to say good-bye."""
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def test_nothing_is_left_of_a_confirmed_change() -> None:
    gamma = host("gamma")
    assert (gamma.check_output(UNITS), gamma.file(BOOT_UNIT).exists) == ("", False)
    assert "Started" in gamma.check_output("journalctl --quiet --no-pager --unit='federated-connectivity-watchdog-*'")


@pytest.fixture
def before() -> str:
    """gamma's table before the run."""
    return str(host("gamma").check_output(TABLE))


def test_the_watchdog_outlives_the_controller_and_takes_the_change_back(before: str, controller: subprocess.Popen[bytes]) -> None:
    gamma = host("gamma")
    assert controller.poll() is None, "the run ended, instead of waiting for its connection"
    assert gamma.check_output(TABLE) != before
    unit = gamma.check_output(UNITS).split()[0]
    kill(controller)
    shown = gamma.check_output(f"systemctl show --property=ActiveState,ControlGroup,Restart {unit}")
    assert shown.splitlines() == ["Restart=on-failure", f"ControlGroup=/system.slice/{unit}", "ActiveState=active"]
    assert gamma.service(BOOT_UNIT.rpartition("/")[2]).is_enabled
    assert Probe("gamma", "stranger", "tcp", 443).outcome() == "open"
    gamma.check_output(f"kill -KILL $(systemctl show --value --property=MainPID {unit})")
    gamma.check_output(f"echo 1 >{DEADLINE}")
    until(lambda: gamma.check_output(UNITS) == "", "the watchdog does not end the trial")
    assert gamma.check_output(TABLE) == before
    assert not gamma.file(BOOT_UNIT).exists
    _the_vpn_alone_is_open()


def test_a_soft_reboot_in_the_window_takes_the_change_back(before: str, controller: subprocess.Popen[bytes]) -> None:
    """It keeps /run and the kernel's rules, and ends the watchdog (systemd-soft-reboot.service(8))."""
    gamma = host("gamma")
    assert gamma.check_output(TABLE) != before
    started = gamma.check_output("systemctl show --value --property=ExecMainStartTimestampMonotonic ssh.service")
    kill(controller)
    with contextlib.suppress(RuntimeError):  # ssh ends with the connection
        gamma.run("systemctl soft-reboot")
    until(lambda: _started(gamma) not in ("", started), "the host does not come back")
    until(lambda: gamma.run(f"test -e {ARMED}").rc == 1, "the change is not taken back")
    assert gamma.file(DEADLINE).exists is False
    assert gamma.check_output(TABLE) == before
    assert (gamma.check_output(UNITS), gamma.file(BOOT_UNIT).exists) == ("", False)
    assert gamma.service("federated-connectivity.service").is_running
    for name, what in SERVICES.items():
        gamma.check_output(f"systemd-run --quiet --unit=service-{name} --property=Restart=always lab-listen {what}")
    until(lambda: Probe("partner", "gamma", "udp", 51820).outcome() == "open", "the service does not come back")
    _the_vpn_alone_is_open()


def _started(gamma: t.Any) -> str:
    """When its sshd was started; empty while it cannot be reached."""
    with contextlib.suppress(RuntimeError):  # what testinfra raises where ssh itself fails
        shown = gamma.run("systemctl show --value --property=ExecMainStartTimestampMonotonic ssh.service")
        return str(shown.stdout.strip()) if shown.rc == 0 else ""
    return ""


def _the_vpn_alone_is_open() -> None:
    vpn = ("partner", "gamma", "udp", 51820)
    found = Probes(vpn, ("stranger", "gamma", "udp", 51820), ("gamma", "stranger", "tcp", 443)).outcomes
    assert {probe for probe, outcome in found.items() if outcome == "open"} == {Probe(*vpn, family) for family in FAMILIES}
    assert set(found.values()) <= {"open", *BLOCKED}
