"""Fed-BioMed with packets: a native federation, and one through a VPN server on a host that refuses all else."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, FAMILIES, Probe, Probes, host, reboot

REQUIRED = Probes(
    *((node, "beta", "tcp", 50051) for node in ("alpha", "partner")),
    *((member, "gamma", "udp", 51820) for member in ("alpha", "partner")),
)
FORBIDDEN = Probes(
    *((source, "beta", "tcp", 50051) for source in ("stranger", "user", "gamma")),
    *((source, "gamma", "udp", 51820) for source in ("stranger", "user", "beta")),
    ("alpha", "gamma", "tcp", 50051),  # gRPC runs inside the tunnel and opens nothing on the VPN server's host
    ("partner", "gamma", "tcp", 8444),
    ("gamma", "stranger", "tcp", 443),
)


@pytest.mark.parametrize("probe", REQUIRED.all, ids=str)
def test_required_flow_passes(probe):
    assert REQUIRED.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", FORBIDDEN.all, ids=str)
def test_other_connection_does_not_pass(probe):
    assert FORBIDDEN.outcomes[probe] in BLOCKED


def test_gui_listens_on_loopback_alone():
    assert host("alpha").socket("tcp://127.0.0.1:8484").is_listening
    assert not host("alpha").socket("tcp://0.0.0.0:8484").is_listening


def test_nftables_shows_the_flows_and_the_last_word():
    table = host("gamma").check_output("nft list table inet federated_connectivity")
    assert "fedbiomed.tunnel.wireguard.ingress" in table
    assert "baseline.host.management.ingress" in table


def the_server_keeps_its_port_and_its_silence() -> None:
    vpn = ("partner", "gamma", "udp", 51820)
    silence = (("stranger", "gamma", "udp", 51820), ("partner", "gamma", "tcp", 8444), ("gamma", "stranger", "tcp", 443))
    found = Probes(vpn, *silence).outcomes
    assert {probe for probe, outcome in found.items() if outcome == "open"} == {Probe(*vpn, family) for family in FAMILIES}
    assert set(found.values()) <= {"open", *BLOCKED}


@pytest.mark.parametrize("verb", ["start", "restart", "reload", "stop"])
def test_policy_is_indifferent_to_nftables_service(verb):
    """Each of them empties the whole packet filter first."""
    gamma, table = host("gamma"), "nft -s list table inet federated_connectivity"
    before = gamma.check_output(table)
    gamma.check_output("nft add table inet witness")
    gamma.check_output(f"systemctl {verb} nftables")
    assert gamma.run("nft list table inet witness").rc != 0
    assert gamma.check_output(table) == before
    the_server_keeps_its_port_and_its_silence()


def test_policy_survives_a_reboot():
    before = host("gamma").check_output("nft -s list table inet federated_connectivity")
    reboot("gamma")
    assert host("gamma").check_output("nft -s list table inet federated_connectivity") == before
    for family in FAMILIES:
        assert Probe("partner", "gamma", "udp", 51820, family).outcome() in ("open", "refused")
        assert Probe("stranger", "gamma", "udp", 51820, family).outcome() in BLOCKED
