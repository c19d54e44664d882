# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Ansible over SSH on two hosts with real PowerShell, whose Windows commands are the stand-in.

It runs site.yml, verify.yml, audit.yml and remove.yml. The hosts' sockets are real. The stand-in blocks nothing, so that ports are closed
is proven by the tests of the other firewalls alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.federated.connectivity.tests.tls_servers import Authority

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
WORK = ROOT / "build" / "windows-host"
STATE = WORK / "root/srv/station/state.json"
SERVICE = 8443
OURS = "federated.connectivity "
BOTH = ("--limit", "station,clinic,institute")
STATION = ("--limit", "station,institute")
REFUSED = {
    "shrink_share=2": "shrink_share is 2; give a share from 0 to 1, such as 0.5",
    "shrink_least=0": "shrink_least is 0; give 1 or more",
    "confirm_timeout=-5": "confirm_timeout is -5; give seconds, or 0 to turn it off",
}
"""Numbers beyond their limits, which the module on Windows refuses as the one on Linux does."""


def powershell_home() -> str:
    """The folder of PowerShell with its ``run``, or with pwsh itself."""
    shell = shutil.which(os.environ.get("PWSH") or "pwsh")
    assert shell, "There is no PowerShell: name one with PWSH"
    command = [shell, "-NoProfile", "-Command", "$PSHOME"]
    home = pathlib.Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    return str(home.parent if (home.parent / "run").exists() else home)


@pytest.fixture(scope="module", autouse=True)
def host() -> Iterator[None]:
    subprocess.run([HERE / "host.sh", "start", WORK, powershell_home()], check=True)
    yield
    subprocess.run([HERE / "host.sh", "stop", WORK], check=True)


def play(playbook: str, *arguments: str, fails: bool = False) -> tuple[str, int]:
    """Run a playbook. Returns its output, and how many tasks changed the station."""
    command = [
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        "-i",
        str(WORK / "inventory.yml"),
        str(ROOT / "playbooks" / playbook),
        *arguments,
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert (run.returncode != 0) is fails, run.stdout + run.stderr
    (count,) = re.findall(r"^station +:.* changed=(\d+) ", run.stdout, re.MULTILINE)
    return run.stdout + run.stderr, int(count)


def module(arguments: str) -> str:
    """What the module says that runs alone on the station, and fails."""
    command = [sys.executable, "-m", "ansible", "adhoc", "-i", str(WORK / "inventory.yml"), "station"]
    command += ["-m", "federated.connectivity.firewall_policy", "-a", arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert run.returncode != 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def rules() -> dict[str, t.Any]:
    """Display name -> rule, of all rules that are on."""
    return {rule["DisplayName"]: rule for rule in json.loads(STATE.read_text())["rules"] if rule["Enabled"] == "True"}


def profiles(switch: str) -> list[dict[str, t.Any]]:
    """The host's profiles with Public turned on or off."""
    found: list[dict[str, t.Any]] = json.loads(STATE.read_text())["profiles"]
    for profile in found:
        if profile["Name"] == "Public":
            profile["configured"]["Enabled"] = "True" if switch == "on" else "False"
    return found


def module_runs() -> int:
    """How often a module looked at the firewall since the last time."""
    calls = STATE.with_name("calls")
    count = calls.read_text().count("Get-NetFirewallRule ActiveStore") if calls.exists() else 0
    calls.unlink(missing_ok=True)
    return count


def test_check_apply_second_run_change_trial_that_is_not_confirmed_and_removal() -> None:
    before = rules()
    seen, count = play("site.yml", "--check", "--diff", *STATION)
    assert count == 1
    assert "+federated.connectivity linksight.north.peer_http.ingress: Inbound Allow TCP 8443" in seen
    assert rules() == before

    seen, _count = play("site.yml")
    assert "Verified: 2 flows proven by 8 connections, 0 refusals proven, 2 policies in force" in " ".join(seen.split())
    applied = rules()
    assert sorted(applied.keys() - before.keys()) == [
        f"{OURS}linksight.north.{flow}.{direction}" for flow in ("peer_grpc", "peer_http") for direction in ("egress", "ingress")
    ]
    assert json.loads(STATE.read_text())["tasks"] == []
    module_runs()

    _output, count = play("site.yml", "--tags", "firewall", *STATION)
    assert (count, rules(), module_runs()) == (0, applied, 1)

    for option, words in REFUSED.items():
        assert words in module(f"state=absent {option}")
    assert rules() == applied

    inventory = WORK / "inventory.yml"
    inventory.write_text(inventory.read_text().replace("203.0.113.200", "203.0.113.201"))
    output, _count = play("site.yml", "--tags", "firewall", "-e", "firewall_confirm_egress=all", *STATION, fails=True)
    assert "which must be reachable" in output
    assert rules() == applied

    output, _count = play("drift.yml", *STATION, fails=True)
    assert "linksight.north.peer_http.ingress" in output
    assert "differs" in output

    STATE.write_text(json.dumps({**json.loads(STATE.read_text()), "profiles": profiles("off")}))
    output, _count = play("verify.yml", "--tags", "in_force", *STATION, fails=True)
    assert "profile Public is off" in output
    STATE.write_text(json.dumps({**json.loads(STATE.read_text()), "profiles": profiles("on")}))

    play("site.yml", "--tags", "firewall", *STATION)
    changed = rules()
    assert changed.keys() == applied.keys()
    assert "203.0.113.201" in changed[f"{OURS}linksight.north.peer_http.ingress"]["RemoteAddress"]

    play("remove.yml")
    assert rules() == before
    assert list((WORK / "root/srv/station/ProgramFiles").iterdir()) == []


@pytest.fixture
def named() -> Iterator[pathlib.Path]:
    """The hosts file of the hosts, which is their name service."""
    path = WORK / "root/etc/hosts"
    before = path.read_text() if path.exists() else ""
    yield path
    path.write_text(before)


def test_names_are_looked_up_by_the_module_and_by_the_program_of_its_task(named: pathlib.Path) -> None:
    before, hosts_file = rules(), named.read_text() if named.exists() else ""
    policy = {
        "host": "station",
        "defaults": {"ingress": "unchanged", "egress": "deny"},
        "address_sets": {},
        "rules": [
            {
                "id": "own.x.api.egress",
                "direction": "egress",
                "protocol": "tcp",
                "ports": ["443"],
                "placement": "host",
                "peers": {"address_sets": [], "names": ["api.example.org"]},
            }
        ],
    }
    command = [sys.executable, "-m", "ansible", "adhoc", "-i", str(WORK / "inventory.yml"), "station", "-m"]
    command += ["federated.connectivity.firewall_policy", "-a"]

    def enforce(**options: t.Any) -> str:
        given = json.dumps({"confirm_timeout": 900, "confirm_egress": "none", "allow_shrink": True, **options})
        run = subprocess.run([*command, given], capture_output=True, text=True, check=True, cwd=ROOT)
        return " ".join((run.stdout + run.stderr).split())

    def peers() -> list[str]:
        return sorted(rules()[f"{OURS}own.x.api.egress"]["RemoteAddress"])

    named.write_text(hosts_file + "203.0.113.9 api.example.org\n")
    assert "CHANGED" in enforce(policy=policy)
    assert peers() == ["203.0.113.9"]
    assert [task["TaskName"] for task in json.loads(STATE.read_text())["tasks"]] == ["federated.connectivity names"]
    assert "SUCCESS" in enforce(policy=policy)

    named.write_text(hosts_file + "203.0.113.10 api.example.org\n10.0.0.5 api.example.org\n")
    environment = {"STAND_IN": "/srv/station/state.json", "ProgramFiles": "/srv/station/ProgramFiles", "SystemRoot": "/srv/station"}
    program = "/srv/station/ProgramFiles/federated.connectivity/names.ps1"
    settings = [f"{name}={value}" for name, value in environment.items()]
    in_host("station", "env", *settings, "chroot", str(WORK / "root"), "/usr/local/bin/powershell", "-NoProfile", "-File", program)
    assert peers() == ["203.0.113.10", "203.0.113.9"]
    output = enforce(policy=policy)
    assert "new address 203.0.113.10 since" in output

    enforce(state="absent")
    assert rules() == before
    assert json.loads(STATE.read_text())["tasks"] == []


def test_docker_gets_its_proxy_from_the_module() -> None:
    daemon = WORK / "root/srv/station/ProgramData/docker/config/daemon.json"
    daemon.parent.mkdir(parents=True, exist_ok=True)
    daemon.write_text('{"debug": true}')
    STATE.write_text(json.dumps({**json.loads(STATE.read_text()), "services": {"docker": "Running"}}))
    command = [sys.executable, "-m", "ansible", "adhoc", "-i", str(WORK / "inventory.yml"), "station", "-m"]
    command += ["federated.connectivity.docker_proxy", "-a"]

    def configure(**options: t.Any) -> str:
        run = subprocess.run([*command, json.dumps(options)], capture_output=True, text=True, check=True, cwd=ROOT)
        return run.stdout

    proxy = {"http_proxy": "http://proxy.example.org:3128", "no_proxy": ["localhost"]}
    assert "CHANGED" in configure(daemon=proxy, must_answer=False)
    assert json.loads(daemon.read_text()) == {"debug": True, "proxies": {"http-proxy": proxy["http_proxy"], "no-proxy": "localhost"}}
    assert "SUCCESS" in configure(daemon=proxy, must_answer=False)
    assert "Restart-Service docker" in STATE.with_name("calls").read_text()
    assert "CHANGED" in configure(state="absent")
    assert json.loads(daemon.read_text()) == {"debug": True}


def test_flows_between_the_hosts_are_tried_and_inspection_is_seen_from_there(tmp_path: pathlib.Path) -> None:
    """Services of the hosts answer on one port, and a middlebox signs their certificates again. On the other port nobody listens."""
    hosts = {"station": "10.77.21.20", "clinic": "10.77.21.30"}
    with contextlib.ExitStack() as running:
        for host in hosts:
            Authority(f"{host} CA").issue(tmp_path / f"{host}.pem", f"{host}.example.org")
            running.enter_context(service(host, tmp_path / f"{host}.pem", SERVICE))
        output, _count = play("audit.yml", *BOTH)
        seen = " ".join(output.split())
        assert "clinic shows the same on its own host" in seen
        assert "station shows the same on its own host" in seen
        assert re.search(r"Audited: .*4 direct, 0 inspected", seen), seen

        Authority("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc.").issue(tmp_path / "box.pem", "clinic.example.org")
        running.enter_context(service("station", tmp_path / "box.pem", 3129))
        in_host("station", "nft", f"add table ip box; add chain ip box out {{ type nat hook output priority -100; }}; {REDIRECTED}")
        output, _count = play("audit.yml", *BOTH, fails=True)
        assert "station -> clinic 10.77.21.30:8443 by Zscaler" in " ".join(output.split())
        in_host("station", "nft", "delete table ip box")

        output, _count = play("verify.yml", "--tags", "probes", *BOTH)
        seen = " ".join(output.split())
        assert "Verified: 2 flows proven by 8 connections" in seen


REDIRECTED = f"add rule ip box out ip daddr 10.77.21.30 tcp dport {SERVICE} redirect to :3129"


def in_host(host: str, *command: str) -> None:
    subprocess.run(["ip", "netns", "exec", f"fcwin-{host}", *command], check=True)


@contextlib.contextmanager
def service(host: str, certificate: pathlib.Path, port: int) -> Iterator[None]:
    """A TLS server in a host, on both families, that asks for a client certificate."""
    command = ["ip", "netns", "exec", f"fcwin-{host}", sys.executable, str(HERE / "tls_service.py"), str(certificate), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            running.kill()
