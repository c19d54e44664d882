# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A partner behind a front is reached by its names: where it is reached directly, no_proxy has these names and no address behind them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.no_proxy import Exemptions
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

NAMES, OWN, PLAIN = ["fl.example.org", "fl2.example.org"], "198.51.100.40", "198.51.100.50"
PROXY = {"http_proxy": "http://192.0.2.1:3128", "https_proxy": "http://192.0.2.1:3128"}


def station(address: str, **more: t.Any) -> dict[str, t.Any]:
    membership = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
    return {"connectivity_addresses": [address], "connectivity_memberships": [membership], **more}


def no_proxy(front: dict[str, t.Any], **proxy: t.Any) -> dict[str, tuple[str, ...]]:
    """Each list of a host with a forward proxy, one of whose partners has this front."""
    hosts = {
        "own": station("198.51.100.10", connectivity_forward_proxy={**PROXY, **proxy}),
        "fronted": station(OWN, connectivity_managed=False, connectivity_front=front),
        "plain": station(PLAIN, connectivity_managed=False),
    }
    parts = {host.name: part for group, part in compute_plan(hosts, Catalogue()).hosts for host in group}
    of_host = parts["own"].proxy
    assert of_host
    return {"all": of_host.no_proxy, **{mechanism: consumer.no_proxy for mechanism, consumer in of_host.consumers.items()}}


@pytest.mark.parametrize("ports", [{}, {"ports": {8443: 10443}}])
def test_direct_partners_are_listed_by_the_names_of_their_fronts(ports: dict[str, t.Any]) -> None:
    lists = no_proxy({"names": NAMES, **ports})
    assert "docker_daemon" in lists
    for listed in lists.values():
        assert {*NAMES, PLAIN} <= set(listed)
        assert OWN not in listed


@pytest.mark.parametrize("front", [{}, {"ports": {8443: 10443}}, {"sources": ["10.0.3.4/32"]}])
def test_a_front_without_names_leaves_the_address(front: dict[str, t.Any]) -> None:
    for listed in no_proxy(front).values():
        assert {OWN, PLAIN} <= set(listed)


def test_every_form_exempts_the_names() -> None:
    exemptions = Exemptions(no_proxy({"names": NAMES})["all"])
    assert all(map(exemptions.holds, NAMES))
    assert set(NAMES) <= set(exemptions.for_environment()) & set(exemptions.for_go()) & set(exemptions.for_java())


def test_a_suffix_of_the_users_own_exempts_the_name_of_a_front() -> None:
    listed = no_proxy({"names": NAMES}, no_proxy=[".example.org"])["all"]
    assert ".example.org" in listed
    assert Exemptions(listed).holds(NAMES[0])


def test_an_own_network_of_ipv6_is_named_because_the_environment_leaves_it_out() -> None:
    hosts = {
        "own": station("198.51.100.10", connectivity_forward_proxy={**PROXY, "no_proxy": ["2001:db8:9::/64", "10.0.0.0/8"]}),
        "plain": station(PLAIN, connectivity_managed=False),
    }
    plan = compute_plan(hosts, Catalogue())
    (said,) = [words for words in plan.warnings if "leaves out" in words]
    assert said.startswith("host own: no_proxy of the environment leaves out 2001:db8:9::/64: few programs read networks of IPv6")
