# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports that only the host itself may reach: what the sockets that listen there mean."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.reader import AddressSetIndex
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.model import Choice, Listener
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.observations import Observation
from ansible_collections.federated.connectivity.plugins.plugin_utils._verify.verdict import Finding, judge


def only(choice: Choice, loopback: dict[str, t.Any]) -> list[Finding]:
    """The findings about a host that has seen these sockets, and nothing else."""
    return judge({"alpha": choice}, {"alpha": Observation(loopback=loopback)}, AddressSetIndex({}))["alpha"]


def test_listeners_of_the_host_alone() -> None:
    choice = Choice(managed=True, listeners=[Listener("fedbiomed.f.gui", "tcp", ("8484", "9000-9010"))])
    sockets = [
        {"protocol": "tcp", "family": 4, "address": "127.0.0.1", "port": 8484, "process": "gui (pid 1)", "loopback": True},
        {"protocol": "tcp", "family": 6, "address": "::", "port": 9005, "process": "", "loopback": False},
        {"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": 9011, "process": "", "loopback": False},
    ]
    assert [str(found) for found in only(choice, loopback={"sockets": sockets})] == [
        "loopback  fedbiomed.f.gui  alpha 127.0.0.1:8484/tcp: gui (pid 1)",
        "failed    fedbiomed.f.gui  alpha [::]:9005/tcp: a process serves more than this host; bind it to 127.0.0.1",
    ]
    assert [str(found) for found in only(choice, loopback={"sockets": []})] == [
        "loopback  fedbiomed.f.gui  alpha 8484,9000-9010/tcp: nothing listens"
    ]
    assert only(choice, loopback={"skipped": True}) == []


def test_a_listener_on_all_addresses_is_as_planned_where_the_plan_closes_its_port() -> None:
    choice = Choice(managed=True, listeners=[Listener("coinstac.f.remote_mqtt", "tcp", ("1883",), closed=True)])
    sockets = [{"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": 1883, "process": "docker-proxy (pid 7)", "loopback": False}]
    assert [str(found) for found in only(choice, loopback={"sockets": sockets})] == [
        (
            "loopback  coinstac.f.remote_mqtt  alpha 0.0.0.0:1883/tcp: docker-proxy (pid 7) would serve more than this host, "
            "but the plan closes its port"
        )
    ]


@pytest.mark.parametrize(
    ("denied", "finding"),
    [
        (False, "unproven  coinstac.f.c  alpha [::]:8102/tcp: agent (pid 2) serves more than this host; if it belongs to this flow"),
        (True, "loopback  coinstac.f.c  alpha [::]:8102/tcp: agent (pid 2) would serve more than this host, which denies ingress"),
    ],
)
def test_in_a_range_others_may_listen_too(denied: bool, finding: str) -> None:
    """Who listens at a port that a rule admits is another flow's; who else is not on loopback is told, and is no failure."""
    choice = Choice(managed=True, listeners=[Listener("coinstac.f.c", "tcp", ("8000-49151",), True, ("8443", "9000-9010"), denied)])
    sockets = [
        {"protocol": "tcp", "family": 4, "address": "127.0.0.1", "port": 8101, "process": "docker-proxy (pid 1)", "loopback": True},
        {"protocol": "tcp", "family": 6, "address": "::", "port": 8102, "process": "agent (pid 2)", "loopback": False},
        {"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": 8443, "process": "station (pid 3)", "loopback": False},
        {"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": 9010, "process": "station (pid 3)", "loopback": False},
        {"protocol": "tcp", "family": 4, "address": "127.0.0.1", "port": 9010, "process": "agent (pid 2)", "loopback": True},
    ]
    first, second, third = map(str, only(choice, loopback={"sockets": sockets}))
    assert first == "loopback  coinstac.f.c  alpha 127.0.0.1:8101/tcp: docker-proxy (pid 1)"
    assert second.startswith(finding)
    assert third == "loopback  coinstac.f.c  alpha 127.0.0.1:9010/tcp: agent (pid 2)"


def test_a_container_that_is_known_by_its_port_inside_belongs_on_loopback() -> None:
    listener = Listener("coinstac.f.c", "tcp", ("8000-49151",), True, ("9443",), False, False, ("8881",))
    choice = Choice(managed=True, listeners=[listener])
    socket = {"protocol": "tcp", "family": 4, "process": "docker-proxy (pid 1)", "address": "0.0.0.0", "loopback": False}
    inside = {"protocol": "tcp", "inner_port": 8881, "container": "job", "address": "::", "loopback": False}
    seen = {
        "sockets": [{**socket, "port": 8101}, {**socket, "port": 8200}],
        "published": [
            {**inside, "port": 8101},
            {**inside, "port": 8102, "address": "127.0.0.1", "container": "", "loopback": True},
            {**inside, "port": 9443},
            {**inside, "port": 8103, "inner_port": 80},
            {**inside, "port": 8104, "protocol": "udp"},
            {**inside, "port": 80},
        ],
    }
    assert [str(one).split(": ") for one in only(choice, loopback=seen)] == [
        [
            "failed    coinstac.f.c  alpha [::]:8101/tcp",
            "container job publishes its port 8881 there, so it serves more than this host; publish it on 127.0.0.1 (HostIp)",
        ],
        ["loopback  coinstac.f.c  alpha 127.0.0.1:8102/tcp", "a container publishes its port 8881 there"],
        [
            "failed    coinstac.f.c  alpha [::]:80/tcp",
            "container job publishes its port 8881 there, so it serves more than this host; publish it on 127.0.0.1 (HostIp)",
        ],
        [
            "unproven  coinstac.f.c  alpha 0.0.0.0:8200/tcp",
            "docker-proxy (pid 1) serves more than this host; if it belongs to this flow, bind it to 127.0.0.1 or deny ingress",
        ],
    ]
    assert [str(one) for one in only(choice, loopback={"sockets": []})] == ["loopback  coinstac.f.c  alpha 8000-49151/tcp: nothing listens"]
