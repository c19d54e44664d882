"""COINSTAC with packets: clients reach the remote by the transport that they chose, and computations speak to their client alone."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, Probe, Probes, host
from ansible_collections.federated.connectivity.molecule.shared.verdict import listener_findings

MQTTS, WSS = 80, 443

REQUIRED = Probes(
    *((client, "alpha", "tcp", port) for client in ("beta", "partner") for port in (MQTTS, WSS)),
    ("gamma", "alpha", "tcp", WSS),
    *((client, "vendor", "tcp", 443) for client in ("beta", "gamma")),  # images of computations
)
FORBIDDEN = Probes(
    *((source, "alpha", "tcp", port) for source in ("stranger", "user") for port in (MQTTS, WSS)),
    ("gamma", "alpha", "tcp", MQTTS),
    *((client, "stranger", "tcp", port) for client in ("beta", "gamma") for port in (80, 443)),
    *(("beta/computation", target, "tcp", port) for target in ("alpha", "vendor", "stranger") for port in (80, 443)),
    ("beta/computation", "vendor", "tcp", 53),
    ("beta/computation", "gamma", "tcp", 22),
    *((source, "beta", "tcp", 8101) for source in ("alpha", "gamma", "partner", "stranger")),
    *((source, "gamma", "tcp", 8102) for source in ("alpha", "beta", "partner", "stranger")),
)


@pytest.mark.parametrize("probe", REQUIRED.all, ids=str)
def test_required_flow_passes(probe: Probe) -> None:
    assert REQUIRED.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", FORBIDDEN.all, ids=str)
def test_other_connection_does_not_pass(probe: Probe) -> None:
    assert FORBIDDEN.outcomes[probe] in BLOCKED


@pytest.mark.parametrize(("client", "port"), [("beta", 8101), ("gamma", 8102)])
def test_a_client_reaches_its_computation(client: str, port: int) -> None:
    assert host(client).check_output(f"lab-probe tcp 127.0.0.1 {port}") == "open"


@pytest.fixture
def careless_container() -> t.Iterator[None]:
    """A computation published on every address, as COINSTAC does where the variable CI is set."""
    host("beta").check_output("docker run --detach --name=service-careless --publish=8103:8881 lab/echo 8881")
    yield
    host("beta").check_output("docker rm --force service-careless")


@pytest.mark.usefixtures("careless_container")
def test_verification_tells_where_computations_listen(tmp_path: pathlib.Path) -> None:
    """Other programs may listen in the range, too: what is not on loopback is told, with its process, and is no failure."""
    status, findings = listener_findings("coinstac", tmp_path)
    told = {(finding["state"], finding["what"], finding["why"].split(" (pid")[0]) for finding in findings}
    assert status == 0
    assert {("loopback", "beta 127.0.0.1:8101/tcp", "docker-proxy"), ("unproven", "beta 0.0.0.0:8103/tcp", "docker-proxy")} <= told
    assert ("loopback", "gamma [::]:8102/tcp", "lab-listen") in told
