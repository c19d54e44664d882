"""Linksight with packets: what must pass passes, what must not does not, and administrators find their own rules in place."""

from __future__ import annotations

import concurrent.futures
import pathlib
import subprocess

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, FAMILIES, Probe, Probes, host, reboot

STATIONS = ("alpha", "beta", "partner")
PEER_PORTS = (8443, 9090)
HUB_PORTS = (8000, 8080)

REQUIRED = Probes(
    *((source, target, "tcp", port) for source in STATIONS for target in STATIONS for port in PEER_PORTS if target != source != "partner"),
    *(("partner", target, "tcp", port) for target in ("alpha", "beta") for port in PEER_PORTS),
    *(("user", "alpha", "tcp", port) for port in HUB_PORTS),
)
FORBIDDEN = Probes(
    *(("stranger", target, "tcp", port) for target in ("alpha", "beta") for port in PEER_PORTS),
    *((source, "alpha", "tcp", port) for source in ("stranger", "beta", "partner") for port in HUB_PORTS),
    *(("user", target, "tcp", port) for target in ("alpha", "beta") for port in PEER_PORTS),
    ("partner", "beta", "tcp", 8444),
)


@pytest.mark.parametrize("probe", REQUIRED.all, ids=str)
def test_required_flow_passes(probe):
    assert REQUIRED.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", FORBIDDEN.all, ids=str)
def test_other_connection_does_not_pass(probe):
    assert FORBIDDEN.outcomes[probe] in BLOCKED


@pytest.mark.parametrize("family", FAMILIES)
def test_published_port_outside_of_the_matrix_is_left_alone(family):
    """What the matrix does not name stays as Docker made it: open. On this Docker, IPv6 ends at docker-proxy, behind ufw."""
    assert (Probe("partner", "alpha", "tcp", 8444, family).outcome() == "open") == (family == "IPv4")


def test_ufw_shows_the_flows_and_the_administrators_rules_in_their_order():
    lines = host("alpha").check_output("ufw status numbered").splitlines()
    ours = [number for number, line in enumerate(lines) if "federated.connectivity" in line]
    theirs = [line.split("]", 1)[1].split("#")[1].strip() for line in lines if "# administrator" in line]
    assert any("linksight.north.peer_http.ingress" in lines[number] for number in ours)
    assert theirs == ["administrator: SSH", "administrator: monitoring", "administrator: SSH"]


def test_firewalld_shows_the_flows_and_the_administrators_rule():
    assert "peer_http" in host("beta").check_output("firewall-cmd --info-policy=fedconn-in")
    assert 'port port="9100" protocol="tcp" accept' in host("beta").check_output("firewall-cmd --zone=public --list-rich-rules")


def test_audit_finds_nobody_in_the_middle():
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(["make", "audit"], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "22 direct, 0 inspected, 0 blocked" in done.stdout


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_forward_guard_is_loaded_and_comes_back_at_boot(name):
    assert "linksight.north.peer_http.ingress" in host(name).check_output("nft list table inet federated_connectivity")
    assert host(name).service("federated-connectivity").is_enabled


def stations_keep_their_ports(name: str) -> None:
    found = Probes(*((source, name, "tcp", 8443) for source in ("stranger", "partner"))).outcomes
    assert {probe for probe, outcome in found.items() if outcome == "open"} == {probe for probe in found if probe.source == "partner"}
    assert set(found.values()) <= {"open", *BLOCKED}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("alpha", "systemctl restart docker"),
        ("alpha", "ufw reload"),
        ("alpha", "systemctl restart ufw"),
        ("beta", "systemctl restart docker"),
        ("beta", "firewall-cmd --reload"),
        ("beta", "systemctl restart firewalld"),
    ],
)
def test_policy_is_indifferent_to(name, command):
    host(name).check_output(command)
    stations_keep_their_ports(name)


@pytest.fixture(scope="module")
def rebooted():
    """Both stations have been rebooted."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(reboot, ("alpha", "beta")))


@pytest.mark.usefixtures("rebooted")
@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_policy_is_there_before_docker_at_boot(name):
    loaded, docker = (
        int(host(name).check_output(f"systemctl show --value --property={moment} {unit}"))
        for moment, unit in (
            ("ExecMainExitTimestampMonotonic", "federated-connectivity.service"),
            ("ExecMainStartTimestampMonotonic", "docker.service"),
        )
    )
    assert 0 < loaded < docker
    stations_keep_their_ports(name)
