# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every port that a system opens by default, on one host that has all roles of the system: open to a stranger before, closed after.

The ports are those of tests/cases/published_ports. What a container engine publishes leads into a container; for the others the
administrator's firewall is open. The policy is the plan's, without the rules of egress, which are not what this is about.
"""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from firewall_host import FirewallHost, network
from firewalld_daemon import Firewalld
from namespaces import probe_all

from ansible_collections.federated.connectivity.molecule.lab.rootfs import SUITES, rootfs
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.tests.installations import HELD_OUT, LOOPBACK, TABLES, Row, installation, one_host

SYSTEMS = sorted(TABLES)
IN_EVERY_RUN = ("kuscia", "vantage6")  # each on another firewall
OPEN_TO_THE_WORLD = {("network_wall", "tcp", 80), ("network_wall", "tcp", 443)}
BRIDGES = {"tcp": "docker0", "udp": "br-0123456789ab"}

Service = tuple[str, int]
Opener = t.Callable[[t.Iterable[Service]], None]


@pytest.mark.parametrize(
    ("system", "firewall", "suite"),
    [
        pytest.param(
            system,
            ("nftables", "ufw", "firewalld")[i % 3],
            SUITES[i // 3 % len(SUITES)],
            marks=() if system in IN_EVERY_RUN else pytest.mark.whole,
        )
        for i, system in enumerate(SYSTEMS)
    ],
)
def test_a_port_that_is_open_by_default_is_closed_to_strangers(
    system: str, firewall: str, suite: str, record_property: t.Callable[[str, object], None]
) -> None:
    tried = 0
    with network(rootfs(suite)) as net:
        host, stranger = net.host, net.stranger
        open_ports = _firewall(host, firewall)
        containers = {protocol: host.container({}, protocol, bridge) for protocol, bridge in BRIDGES.items()}
        for rows in _installations(system):
            published = {_service(row) for row in rows if row["published"]}
            own = {_service(row) for row in rows} - published
            open_ports(own)
            services = sorted(published | own)
            for protocol, container in containers.items():
                ports = {port: port for name, port in sorted(published) if name == protocol}
                host.publish(container, ports, protocol, BRIDGES[protocol])
            probes = [(stranger, *service[:1], address, service[1]) for service in services for address in host.addresses]
            with contextlib.ExitStack() as listening:
                for protocol, container in containers.items():
                    listening.enter_context(container.listen(protocol, *(port for name, port in published if name == protocol)))
                    listening.enter_context(host.listen(protocol, *(port for name, port in own if name == protocol)))
                assert dict(zip(_names(probes), probe_all(*probes))) == dict.fromkeys(_names(probes), "open")
                assert host.apply(_policy(system, rows[0]))["backend"] == firewall
                expected = {
                    name: "open" if (system, protocol, port) in OPEN_TO_THE_WORLD else "silent"
                    for name, (_from, protocol, _address, port) in zip(_names(probes), probes)
                }
                assert dict(zip(_names(probes), probe_all(*probes))) == expected
                host.apply(None)
                assert dict(zip(_names(probes), probe_all(*probes))) == dict.fromkeys(_names(probes), "open"), "what we close stays closed"
            tried += len(probes)
    assert tried > 0
    record_property("default ports", f"{system}, {firewall}, {suite}: {tried} ports and families, open before and closed after")


def _installations(system: str) -> list[list[Row]]:
    """The rows of a table that a stranger can reach, by the installation that they belong to."""
    found: dict[str, list[Row]] = {}
    for row in TABLES[system]:
        if row["address"] not in LOOPBACK and (system, str(row["port"])) not in HELD_OUT:
            found.setdefault(str(installation(system, row)), []).append(row)
    return list(found.values())


def _service(row: Row) -> Service:
    return row["protocol"], int(row["port"])


def _names(probes: t.Iterable[tuple[object, str, str, int]]) -> list[str]:
    return [f"{protocol}/{port} at {address}" for _from, protocol, address, port in probes]


def _policy(system: str, row: Row) -> dict[str, t.Any]:
    """The plan's policy of a host that has all roles of the system."""
    plan = compute_plan(one_host(system, row, Catalogue()), Catalogue())
    host = plan.host("everything")
    ingress = [each for each in host["rules"] if each["direction"] == "ingress"]
    return {**host, "rules": ingress, "address_sets": {"any": ["0.0.0.0/0", "::/0"], **plan.index["address_sets"]}}


def _firewall(host: FirewallHost, firewall: str) -> Opener:
    """The firewall of the host's administrator, and how it is opened for services of the host itself."""
    if firewall == "ufw":
        host.run(["sh", "-ec", "ufw allow 22/tcp; ufw --force enable; ufw default allow routed"])  # Docker's own chains let it pass
        return lambda services: [host.run(["ufw", "allow", f"{port}/{protocol}"]) for protocol, port in sorted(services)] and None
    if firewall == "firewalld":
        daemon = Firewalld(host)
        return lambda services: [daemon.cmd(f"--add-port={port}/{protocol}") for protocol, port in sorted(services)] and None
    return lambda services: None
