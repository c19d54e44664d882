# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Computations of COINSTAC are known by the port inside that they publish: nobody but the host reaches them, and verification sees them."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from engines import Container
from firewall_host import FirewallHost, Network, PolicyFailed
from firewalls import FIREWALLS
from namespaces import Namespace, both, outcomes
from waiting import until

from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex, Plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.assignments import choose
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.observations import Observation
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import judge

pytestmark = pytest.mark.suite("trixie")

PUBLISHED, INNER, OF_OTHERS, ADMITTED = 8101, 8881, 9000, 9443
DOCKERD = (
    "dockerd", "--storage-driver=vfs", "--exec-opt=native.cgroupdriver=cgroupfs", "--experimental", "--ip6tables", "--ipv6",
    "--fixed-cidr-v6=2001:db8:17::/64",
)  # fmt: skip
# What Docker keeps needs a file system of its own here; its containers have one program.
_PREPARE = r"""
set -eu
mkdir -p /var/lib/docker /srv/container/bin
mount -t tmpfs tmpfs /var/lib/docker
mount -t cgroup2 none /sys/fs/cgroup
cp /bin/busybox /srv/container/bin/
"""


def planned(net: Network, **options: str) -> t.Any:
    """The plan of a COINSTAC client; the partner is its remote."""

    def member(who: Namespace, role: str, **chosen: str) -> dict[str, t.Any]:
        place = {"matrix": "coinstac", "federation": "n", "roles": [role], "options": chosen}
        return {"connectivity_addresses": [who.ipv4, who.ipv6], "connectivity_memberships": [place]}

    return compute_plan({"host": member(net.host, "client", **options), "remote": member(net.partner, "remote")}, Catalogue())


def policy(net: Network, **options: str) -> dict[str, t.Any]:
    plan = planned(net, **options)
    return {**plan.host("host"), "address_sets": plan.index["address_sets"]}


@pytest.fixture
def docker(net: Network) -> FirewallHost:
    """The host, with the system's own Docker."""
    net.host.run(["sh", "-c", _PREPARE])
    net.host.start(DOCKERD)
    until(lambda: net.host.run(["docker", "version"], check=False).returncode == 0, "Docker does not answer")
    net.host.run(["sh", "-c", "tar -C /srv/container -c . | docker import - web"])
    return net.host


def run(host: FirewallHost, name: str, *options: str) -> Namespace:
    """Start a container of Docker's; its network."""
    host.run(["docker", "run", "--detach", f"--name={name}", *options, "web", "/bin/busybox", "sleep", "infinity"])
    found = json.loads(host.run(["docker", "inspect", name]).stdout)[0]
    container = Container(host, str(found["State"]["Pid"]))
    (joined,) = found["NetworkSettings"]["Networks"].values()
    container.ipv4, container.ipv6 = joined["IPAddress"], joined["GlobalIPv6Address"]
    return container


def verified(net: Network) -> list[str]:
    """What verification says of the listeners of the host."""
    plan = planned(net)
    hosts = {name: HostPlan.from_json(plan.host(name)) for name in ("host", "remote")}
    choices = choose(Plan(plan.index["address_sets"], hosts), ["host"], {}, 1)
    wanted = choices["host"].to_data()["loopback"]
    done = net.host.run(["python3", "-"], input=net.host.payload({"ports": wanted}, "listening_info"))
    sets = AddressSetIndex(plan.index["address_sets"])
    found = judge({"host": choices["host"]}, {"host": Observation(loopback=json.loads(done.stdout))}, sets)
    return [str(one) for one in found["host"] if "container_docker" in one.flow]


@pytest.mark.every_run("ufw")
@pytest.mark.parametrize("firewall", FIREWALLS)
def test_a_published_computation_is_for_the_host_alone_and_others_are_left_alone(net: Network, firewall: str) -> None:
    host = net.host
    FIREWALLS[firewall](host)
    if firewall == "ufw":
        host.run(["ufw", "default", "allow", "routed"])  # as Docker's own chains let it pass
    elif firewall == "firewalld":
        host.run(["firewall-cmd", "--zone=trusted", "--add-interface=docker0"])  # as Docker's own zone lets it pass
    computation = host.container({PUBLISHED: INNER, OF_OTHERS: 80, ADMITTED: INNER})
    rule = {
        "id": "station.n.web.ingress", "direction": "ingress", "protocol": "tcp", "ports": [str(ADMITTED)], "placement": "published",
        "peers": {"address_sets": ["partners"], "names": []}, "closed_to_others": True,
    }  # fmt: skip
    wanted = policy(net)
    wanted["rules"] = [*wanted["rules"], rule]
    wanted["address_sets"] = {**wanted["address_sets"], "partners": [net.partner.ipv4 + "/32", net.partner.ipv6 + "/128"]}
    ports = (PUBLISHED, OF_OTHERS, ADMITTED)
    with computation.listen("tcp", INNER, 80):
        for neighbour in (net.partner, net.stranger):
            assert outcomes(neighbour, "tcp", host, *ports) == both("open", "open", "open")
        host.apply(wanted)
        assert outcomes(net.stranger, "tcp", host, *ports) == both("silent", "open", "silent")
        assert outcomes(net.partner, "tcp", host, *ports) == both("silent", "open", "open"), "a rule of the plan admits it at its own port"
        assert outcomes(host, "tcp", computation, INNER) == both("open")
        assert not host.apply(wanted)["changed"]
        host.apply(None)
        assert outcomes(net.stranger, "tcp", host, *ports) == both("open", "open", "open")


def test_a_computation_that_docker_publishes_to_all_is_closed_and_verification_fails(net: Network, docker: FirewallHost) -> None:
    computation = run(docker, "computation", f"--publish={PUBLISHED}:{INNER}")
    other = run(docker, "other", f"--publish={OF_OTHERS}:80")
    with computation.listen("tcp", INNER), other.listen("tcp", 80):
        assert outcomes(net.stranger, "tcp", docker, PUBLISHED, OF_OTHERS) == both("open", "open")
        docker.apply(policy(net))
        assert outcomes(net.stranger, "tcp", docker, PUBLISHED, OF_OTHERS) == both("silent", "open")
        assert docker.probe("tcp", "127.0.0.1", PUBLISHED) == "open"
        failures = [line for line in verified(net) if line.startswith("failed")]
        assert len(failures) == len(docker.addresses)
        assert all("container computation publishes its port 8881 there" in line for line in failures)
    docker.run(["docker", "rm", "--force", "computation"])
    run(docker, "computation", f"--publish=127.0.0.1:{PUBLISHED}:{INNER}")
    lines = verified(net)
    assert [line for line in lines if "127.0.0.1:8101/tcp: container computation" in line]
    assert not [line for line in lines if line.startswith("failed")]


def test_others_on_the_bridge_of_computations_are_named_before_anything_changes(net: Network, docker: FirewallHost) -> None:
    full = policy(net, containment="full")
    with contextlib.ExitStack() as stack:
        computation = run(docker, "computation", f"--publish=127.0.0.1:{PUBLISHED}:{INNER}")
        web = run(docker, "web", f"--publish={OF_OTHERS}:80")
        stack.enter_context(web.listen("tcp", 80))
        stack.enter_context(net.partner.listen("tcp", 443))
        before = docker.ruleset()
        for check in (True, False):
            with pytest.raises(PolicyFailed, match=r"other containers use it: web\. They publish no port 8881"):
                docker.apply(full, check=check)
        assert docker.ruleset() == before
        assert not docker.file("/etc/federated_connectivity").exists()
        docker.apply(policy(net))  # nothing is contained, so nobody is refused
        docker.run(["docker", "rm", "--force", "web"])
        docker.run(["docker", "network", "create", "apart"])
        run(docker, "web", "--network=apart")
        assert docker.apply(full)["changed"]
        assert "open" not in str(outcomes(computation, "tcp", net.partner, 443))
        docker.run(["docker", "network", "connect", "bridge", "web"])
        with pytest.raises(PolicyFailed, match="other containers use it: web"):
            docker.apply(full)
        assert docker.apply(None)["changed"]
