"""The network wall with packets: nothing comes in, and workloads with their containers get to the gateway and to nobody else."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, Probe, Probes, host
from ansible_collections.federated.connectivity.molecule.shared.verdict import listener_findings

TUNNEL, WIREGUARD, REDIS = 18000, 12345, 6379
WORKLOADS = ("alpha", "beta", "alpha/workload", "beta/workload")
OUTSIDERS = ("partner", "stranger", "user")

REQUIRED = Probes(
    *((workload, "gamma", "tcp", TUNNEL) for workload in WORKLOADS),
    *((source, "gamma", "tcp", port) for source in OUTSIDERS for port in (80, 443)),
    *((source, target, "udp", WIREGUARD) for peer in ("partner", "vendor") for source, target in (("gamma", peer), (peer, "gamma"))),
    ("alpha", "vendor", "tcp", 53),
)
INWARD = Probes(
    *((source, target, "tcp", port) for source in ("gamma", *OUTSIDERS) for target in ("alpha", "beta") for port in (8080, 7070)),
    *((source, target, "tcp", 8080) for source, target in (("alpha", "beta"), ("beta/workload", "alpha"))),
    *((source, "gamma", "tcp", port) for source in OUTSIDERS for port in (TUNNEL, REDIS, 8081)),
    *((source, "gamma", "udp", WIREGUARD) for source in ("stranger", "user", "alpha", "beta/workload")),
    ("stranger", "gamma", "tcp", 22),
)
OUTWARD = Probes(
    *((workload, "stranger", "tcp", port) for workload in WORKLOADS for port in (443, TUNNEL)),
    *((workload, target, "tcp", 443) for workload in WORKLOADS for target in ("gamma", "vendor")),
    *((workload, "vendor", "tcp", 53) for workload in ("alpha/workload", "beta", "beta/workload")),
    *(("gamma", target, "tcp", 443) for target in ("stranger", "vendor")),
)


@pytest.mark.parametrize("probe", REQUIRED.all, ids=str)
def test_required_flow_passes(probe: Probe) -> None:
    assert REQUIRED.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", INWARD.all, ids=str)
def test_nothing_else_comes_in(probe: Probe) -> None:
    assert INWARD.outcomes[probe] in BLOCKED


@pytest.mark.parametrize("probe", OUTWARD.all, ids=str)
def test_nothing_else_gets_out(probe: Probe) -> None:
    assert OUTWARD.outcomes[probe] in BLOCKED


@pytest.fixture
def careless_redis() -> t.Iterator[None]:
    """The gateway's store on every address, as it is after an edit of bind in its configuration."""
    gamma = host("gamma")
    start = "systemctl stop service-redis; systemd-run --unit=service-redis --property=Restart=always python3 -m http.server --bind {} 6379"
    gamma.check_output(start.format("0.0.0.0"))
    gamma.check_output("timeout 10 sh -c 'until ss -Hltn sport = :6379 | grep -q .; do sleep 0.1; done'")
    yield
    gamma.check_output(start.format("127.0.0.1"))


@pytest.mark.usefixtures("careless_redis")
def test_a_store_that_listens_on_every_address_is_a_failure_that_names_it(tmp_path: pathlib.Path) -> None:
    status, findings = listener_findings("network_wall", tmp_path)
    (finding,) = findings
    assert status != 0
    assert (finding["state"], finding["flow"], finding["what"]) == ("failed", "network_wall.tunnel.redis", "gamma 0.0.0.0:6379/tcp")
    assert finding["why"].startswith("python3 (pid ")
