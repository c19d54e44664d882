"""Fed-BioMed with packets: a native federation, and one through a VPN server on a host that refuses all else."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import BLOCKED, FAMILIES, host, probe, reboot

REQUIRED = [("alpha", "beta", "tcp", 50051), ("partner", "beta", "tcp", 50051)]
REQUIRED += [("alpha", "gamma", "udp", 51820), ("partner", "gamma", "udp", 51820)]

FORBIDDEN = [(source, "beta", "tcp", 50051) for source in ("stranger", "user", "gamma")]
FORBIDDEN += [(source, "gamma", "udp", 51820) for source in ("stranger", "user", "beta")]
FORBIDDEN += [("partner", "gamma", "tcp", 8444), ("gamma", "stranger", "tcp", 443)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("source", "target", "protocol", "port"), REQUIRED)
def test_required_flow_passes(source, target, protocol, port, family):
    assert probe(source, target, family, protocol, port) == "open"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("source", "target", "protocol", "port"), FORBIDDEN)
def test_other_connection_does_not_pass(source, target, protocol, port, family):
    assert probe(source, target, family, protocol, port) in BLOCKED


@pytest.mark.parametrize("family", FAMILIES)
def test_grpc_inside_the_tunnel_opens_nothing_on_the_vpn_servers_host(family):
    assert probe("alpha", "gamma", family, "tcp", 50051) in BLOCKED


def test_gui_listens_on_loopback_alone():
    assert host("alpha").socket("tcp://127.0.0.1:8484").is_listening
    assert not host("alpha").socket("tcp://0.0.0.0:8484").is_listening


def test_nftables_shows_the_flows_and_the_last_word():
    table = host("gamma").check_output("nft list table inet federated_connectivity")
    assert "fedbiomed.tunnel.wireguard.ingress" in table
    assert "baseline.host.management.ingress" in table


def test_policy_survives_a_reboot():
    reboot("gamma")
    assert probe("partner", "gamma", "IPv6", "udp", 51820) in ("open", "refused")
    assert probe("stranger", "gamma", "IPv6", "udp", 51820) in BLOCKED
    assert "fedbiomed.tunnel" in host("gamma").check_output("nft list table inet federated_connectivity")
