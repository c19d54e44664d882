"""Each cause is named by the command that it belongs to, and the others do not accuse anybody else of it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import ADDRESSES, host

ROOT = pathlib.Path(__file__).parents[2]
FLOW = "fedbiomed.open.grpc"
PORT = 50051
MOVED = ("203.0.113.21", "2001:db8:3::21")


class Run(t.NamedTuple):
    """What a playbook said, and how it ended."""

    status: int
    lines: list[str]

    def about(self, *words: str) -> list[str]:
        """The lines with all of these words."""
        return [line for line in self.lines if all(word in line for word in words)]


def run(playbook: str, *inventories: pathlib.Path, **question: str | int) -> Run:
    """Run a playbook of ours over the scenario's hosts."""
    places = [ROOT / "build" / "lab" / "inventory.yml", ROOT / "molecule" / "causes" / "inventory.yml", *inventories]
    command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), ROOT / "playbooks" / f"{playbook}.yml"]
    options = [f"--extra-vars=connectivity_{name}={value}" for name, value in question.items()]
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "federated.connectivity.brief", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [*command, *(f"--inventory={place}" for place in places), *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    return Run(done.returncode, done.stdout.splitlines())


@contextlib.contextmanager
def changed(name: str, change: str, undo: str) -> Iterator[None]:
    """A host that somebody has changed, as long as the block lasts."""
    host(name).check_output(change)
    try:
        yield
    finally:
        host(name).check_output(undo)


def test_nothing_is_wrong() -> None:
    assert run("verify").status == 0
    assert run("drift").status == 0


def test_a_router_that_drops_the_port_is_found_by_verify_and_located_by_trace() -> None:
    chain = "add table inet cause; add chain inet cause way { type filter hook forward priority 0; }"
    drop = f"nft '{chain}; add rule inet cause way tcp dport {PORT} drop'"
    with changed("router", drop, "nft delete table inet cause"):
        verified = run("verify")
        traced = run("trace", **{"from": "alpha", "to": "beta", "port": PORT})
        drift = run("drift")
    assert verified.status != 0
    assert len(verified.about("failed", FLOW, "alpha -> beta")) >= 2  # IPv4 and IPv6
    assert not verified.about("failed", "alpha -> partner")
    assert len(traced.about("own site's perimeter", "alpha -> beta")) == 2
    assert drift.status == 0


def test_a_rule_that_an_administrator_deletes_is_named_by_drift_and_why() -> None:
    numbered = host("alpha").check_output("ufw status numbered")
    ours = next(line for line in numbered.splitlines() if f"{FLOW}.egress" in line)
    number = ours.split("]")[0].strip("[ ")
    with changed("alpha", f"ufw --force delete {number}", "true"):
        drift = run("drift")
        planned = run("why", **{"from": "alpha", "to": "beta", "port": PORT})
        live = run("why", **{"from": "alpha", "to": "beta", "port": PORT, "live": "true"})
        traced = run("trace", **{"from": "alpha", "to": "beta", "port": PORT})
        again = run("site")
    assert drift.status != 0
    assert drift.about("differs", "alpha", "ufw")
    assert drift.about("missing", f"{FLOW}.egress")
    assert drift.about("in force", "beta")
    assert planned.about("yes: alpha -> beta")
    assert not planned.about("live: ")
    assert live.status == 0
    assert live.about("yes: alpha -> beta")
    assert live.about("live: alpha (ufw): differs from the plan")
    assert live.about(f"{FLOW}.egress: in the plan; on disk: ", "(ufw)", "in the kernel: ")
    assert live.about("missing: allow out", f"{FLOW}.egress")
    assert live.about("live: beta (firewalld): as planned")
    assert live.about(f"{FLOW}.ingress: in the plan, on disk and in the kernel")
    assert len(traced.about("passes", "alpha -> beta")) == 2
    assert again.status == 0
    assert run("drift").status == 0


def test_a_service_that_serves_more_than_its_host_is_named_by_verify() -> None:
    serve = "systemd-run --unit={} --property=Restart=always python3 -m http.server --bind {} 8484"
    change = f"systemctl stop service-gui; {serve.format('service-gui-wide', '0.0.0.0')}"
    undo = f"systemctl stop service-gui-wide; {serve.format('service-gui', '127.0.0.1')}"
    with changed("alpha", change, undo):
        verified = run("verify")
        drift = run("drift")
    assert verified.about("node_gui", "alpha 0.0.0.0:8484/tcp", "would serve more than this host, but the plan closes its port")
    assert verified.status == 0  # since it is closed
    assert not verified.about("failed", FLOW)
    assert drift.status == 0


def test_a_partner_that_moved_is_explained_by_why_and_what_to_renew_by_drift(tmp_path: pathlib.Path) -> None:
    before = run("why", **{"from": MOVED[0], "to": "beta", "port": PORT})
    assert before.about("no: ", MOVED[0], "beta")
    assert before.about("nearest", FLOW) or before.about(FLOW)
    renewed = tmp_path / "renewed.yml"
    renewed.write_text(f"all: {{hosts: {{partner: {{connectivity_addresses: {list(MOVED)}}}}}}}\n")
    after = run("why", renewed, **{"from": "partner", "to": "beta", "port": PORT})
    assert after.about("yes: partner -> beta")
    assert after.about(MOVED[0], "renewed.yml")
    drift = run("drift", renewed)
    assert drift.status != 0
    assert drift.about("differs", "beta")
    assert drift.about("in force", "alpha")
    assert drift.about("missing", MOVED[0])
    assert drift.about("not of the plan", ADDRESSES["partner"]["IPv4"])


def test_a_service_that_is_down_is_located_by_trace_alone() -> None:
    undo = "systemd-run --unit=service-researcher --property=Restart=always lab-listen tcp 50051"
    with changed("beta", "systemctl stop service-researcher", undo):
        traced = run("trace", **{"from": "alpha", "to": "beta", "port": PORT})
        verified = run("verify")  # its own listener takes the service's place: the network is not the cause
        drift = run("drift")
    assert len(traced.about("service not running", "alpha -> beta")) == 2
    assert verified.status == 0
    assert drift.status == 0


@pytest.mark.parametrize("name", ["alpha", "beta", "router"])
def test_nothing_is_left_of_it(name: str) -> None:
    assert "cause" not in host(name).check_output("nft list tables")
    assert not host(name).run("systemctl is-active service-gui-wide").stdout.startswith("active")
