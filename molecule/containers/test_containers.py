"""Containers of every engine and kind of network with packets: partners in, strangers not, and out to the plan's peers alone."""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.shared.packets import ADDRESSES, BLOCKED, FAMILIES, Probe, Probes, host

PORTS = {"beta": (18443, 19090, 18000, 18080), "gamma": (8443, 9090, 8000, 8080)}
USER = "sudo -u admin XDG_RUNTIME_DIR=/run/user/1000 DOCKER_HOST=unix:///run/user/1000/docker.sock"
CONTAINERS = {  # name -> its host, its engine
    "six": ("beta", "docker"),
    "host": ("beta", "docker"),
    "default": ("beta", "docker"),
    "four": ("beta", "docker"),
    "bridged": ("gamma", "podman --storage-driver=vfs"),
    "host-podman": ("gamma", "podman --storage-driver=vfs"),
    "pasta": ("gamma", f"{USER} podman --storage-driver=vfs"),
    "rootless": ("gamma", f"{USER} docker"),
}
BY_IPV4_ALONE = ("four", "rootless")  # a network without IPv6; slirp4netns, as Docker starts it
TARGETS = (("partner", 8443), ("partner", 22), ("stranger", 8443))

LISTENING = Probes(*(("router", *flow[:1], "tcp", flow[1]) for flow in TARGETS))
INWARD = Probes(*(("partner", target, "tcp", port) for target, ports in PORTS.items() for port in ports))
STRANGERS = Probes(*(("stranger", target, "tcp", port) for target, ports in PORTS.items() for port in (*ports, 22)))


class Way(t.NamedTuple):
    """From inside a container to a port of a host."""

    container: str
    target: str
    port: int
    family: str


WAYS = [
    Way(container, *target, family)
    for container, target, family in itertools.product(CONTAINERS, TARGETS, FAMILIES)
    if family == "IPv4" or container not in BY_IPV4_ALONE
]


def outcomes(container: str) -> dict[Way, str]:
    """What becomes of all packets from one container, found out at once."""
    on, engine = CONTAINERS[container]
    ways = [way for way in WAYS if way.container == container]
    probe = "(echo {} $(nsenter --net=/proc/$pid/ns/net lab-probe tcp {} {})) &"
    probes = [probe.format(number, ADDRESSES[way.target][way.family], way.port) for number, way in enumerate(ways)]
    pid = f"pid=$({engine} inspect --format '{{{{.State.Pid}}}}' service-{container})"
    lines = host(on).check_output("\n".join((pid, *probes, "wait"))).splitlines()
    return {ways[int(number)]: outcome for number, outcome in map(str.split, lines)}


@functools.cache
def outward() -> dict[Way, str]:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return {way: outcome for found in pool.map(outcomes, CONTAINERS) for way, outcome in found.items()}


@pytest.mark.parametrize("probe", INWARD.all, ids=str)
def test_a_partner_reaches_every_container(probe: Probe) -> None:
    assert INWARD.outcomes[probe] == "open"


@pytest.mark.parametrize("probe", STRANGERS.all, ids=str)
def test_a_stranger_reaches_none(probe: Probe) -> None:
    assert STRANGERS.outcomes[probe] in BLOCKED


@pytest.mark.parametrize("probe", LISTENING.all, ids=str)
def test_somebody_else_reaches_what_containers_must_not(probe: Probe) -> None:
    assert LISTENING.outcomes[probe] == "open"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.container} -> {way.target} {way.port} {way.family}")
def test_a_container_reaches_its_partners_service_alone(way: Way) -> None:
    """A forwarder such as pasta says "refused" of what its host refuses."""
    assert (outward()[way] == "open") == ((way.target, way.port) == TARGETS[0])


# A host of its own on beta's wire: packets for 127.0.0.1 leave it, to be answered by whoever takes them.
NEIGHBOUR = """
set -eu
wire=$(ip -brief address | awk '/ 198.51.100.66\\// {{sub("@.*", "", $1); print $1}}')
ip netns add neighbour
trap 'ip netns delete neighbour' EXIT
ip link add wire0 link "$wire" netns neighbour type macvlan mode bridge
ip netns exec neighbour sh -eu -c '
    ip address add 198.51.100.90/26 dev wire0
    ip link set wire0 up
    sysctl -qw net.ipv4.conf.all.route_localnet=1
    ip route add 127.0.0.1/32 via {beta} src 198.51.100.90
    lab-probe tcp 127.0.0.1 {port}
'
"""


@pytest.fixture
def without_our_table() -> t.Iterator[None]:
    """beta with its table empty for a moment."""
    beta, table, file = host("beta"), "table inet federated_connectivity", "/root/our_table"
    beta.check_output(f"nft -s list {table} >{file}; nft flush {table}")
    yield
    beta.check_output(f"(echo 'delete {table}'; cat {file}) | nft -f -; nft -s list {table} | cmp - {file}; rm {file}")


def test_what_is_published_on_loopback_is_for_the_host() -> None:
    assert host("beta").check_output("lab-probe tcp 127.0.0.1 8101") == "open"
    assert neighbour_on_loopback() == "silent"


@pytest.mark.usefixtures("without_our_table")
def test_but_for_our_table_a_neighbour_would_reach_it() -> None:
    assert neighbour_on_loopback() == "open"


def neighbour_on_loopback() -> str:
    return str(host("router").check_output(NEIGHBOUR.format(beta=ADDRESSES["beta"]["IPv4"], port=8101)).split()[-1])


def test_the_guard_and_the_engines_own_rules_stand_side_by_side() -> None:
    assert "linksight.engines.peer_http.ingress" in host("gamma").check_output("nft list table inet federated_connectivity")
    assert "8443" in host("gamma").check_output("nft list table inet netavark")
    assert "18443" in host("beta").check_output("iptables-save -t nat")
