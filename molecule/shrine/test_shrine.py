"""SHRINE with packets: sites open everything, the hub nothing towards them, and brokers keep their controllers to themselves."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import ADDRESSES, BLOCKED, Probe, Probes, host

HUB, KAFKA, KRAFT = 6443, 9092, 9093
SITES = ("beta", "partner")

REQUIRED = Probes(
    *((site, "alpha", "tcp", HUB) for site in SITES),
    *((site, broker, "tcp", KAFKA) for site in SITES for broker in ("alpha", "gamma")),
    *((source, target, "tcp", port) for source, target in (("alpha", "gamma"), ("gamma", "alpha")) for port in (KAFKA, KRAFT)),
    ("beta", "partner", "tcp", HUB),  # the second network's hub
    ("beta", "vendor", "tcp", 443),  # and its queue, by name
    ("user", "beta", "tcp", HUB),
)
FORBIDDEN = Probes(
    *((source, "beta", "tcp", HUB) for source in ("alpha", "gamma", "partner", "stranger")),
    *((source, "alpha", "tcp", HUB) for source in ("gamma", "stranger", "user")),
    *((source, broker, "tcp", KAFKA) for source in ("stranger", "user") for broker in ("alpha", "gamma")),
    *((source, broker, "tcp", KRAFT) for source in (*SITES, "stranger", "user") for broker in ("alpha", "gamma")),
    *(("gamma", target, "tcp", port) for target, port in (("partner", HUB), ("stranger", 443))),
    *(("beta", target, "tcp", port) for target, port in (("vendor", 80), ("stranger", 443), ("partner", KAFKA))),
)


@pytest.mark.parametrize("probe", REQUIRED.all, ids=str)
def test_required_flow_passes(probe: Probe) -> None:
    assert REQUIRED.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", FORBIDDEN.all, ids=str)
def test_other_connection_does_not_pass(probe: Probe) -> None:
    assert FORBIDDEN.outcomes[probe] in BLOCKED


def test_the_trace_that_shrine_asks_of_its_sites_ends_at_the_hub() -> None:
    """From a site that denies what is not in its plan, too."""
    hops = host("beta").check_output(f"tcptraceroute -n {ADDRESSES['alpha']['IPv4']} {HUB}").splitlines()
    assert f"{ADDRESSES['alpha']['IPv4']} [open]" in hops[-1]
