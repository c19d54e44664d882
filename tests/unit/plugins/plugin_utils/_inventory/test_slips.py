# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slips of teams that write inventories: each is answered with the place, the cause and, where there is one, the word that was meant.

Each row changes one thing in a correct inventory. Answers are parts of messages; a row with ``warns`` still gives a plan.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest
from slips import ALPS, REFUSED, Change, everywhere, inventory, lose, member, put

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

CATALOGUE = Catalogue()


@pytest.mark.parametrize("slip", REFUSED)
def test_what_cannot_be_meant_is_refused(slip: str) -> None:
    change, answer = REFUSED[slip]
    hosts = inventory()
    change(hosts)
    with pytest.raises(PlanRefused) as refused:
        compute_plan(hosts, CATALOGUE)
    assert any(answer in message for message in refused.value.messages), refused.value.messages


WARNED: dict[str, tuple[Change, str]] = {
    "federation of a partner misspelt": (
        member("brno", "federation", "apls"),
        "host brno: similar-federation: linksight.apls: no managed host is in this federation, but its name resembles linksight.alps",
    ),
    "federation of some of ours with a capital": (
        lambda hosts: [hosts[name][ALPS][0].update(federation="Alps") for name in ("linz", "wels")],
        "hosts linz, wels: similar-federation: linksight.Alps: its name resembles linksight.alps",
    ),
    "address of a partner copied": (
        put("brno", "connectivity_addresses", ["203.0.113.7"]),
        "hosts brno, cork: shared-address: 203.0.113.7: belongs to more than one host",
    ),
    "address of a host of ours copied": (
        put("linz", "ansible_host", "198.51.100.1"),
        "hosts graz, linz: shared-address: 198.51.100.1: belongs to more than one host",
    ),
    "address within a network of another": (
        put("brno", "connectivity_addresses", ["203.0.113.0/28"]),
        "hosts brno, cork: shared-address: 203.0.113.0/28: has addresses of more than one host",
    ),
    "network that nothing uses": (
        put("linz", "connectivity_networks_own", {"printers": ["192.0.2.0/28"]}),
        "host linz: connectivity_networks_own.printers is used by no matrix of the inventory",
    ),
    "management left out": (
        lose("linz", "connectivity_networks", "management"),
        "host linz: connectivity_networks does not define management: under default deny they are open to any address",
    ),
    "partner with IPv6 alone": (
        lambda hosts: (
            [own.pop(ALPS) for name, own in hosts.items() if name in ("linz", "wels", "graz", "ulm")]
            + [hosts["brno"].update(connectivity_addresses=["2001:db8::6"]), hosts["cork"].update(connectivity_addresses=["2001:db8::7"])]
        ),
        "with IPv4 alone and brno, cork with IPv6 alone cannot meet",
    ),
    "addresses as wide as a country": (put("brno", "connectivity_addresses", ["81.0.0.0/8"]), "host brno: wide-addresses: 81.0.0.0/8: "),
    "users from everywhere": (
        put("linz", "connectivity_networks", {"users": ["0.0.0.0/0"], "management": ["192.0.2.128/28"]}),
        "host linz: site-port-exposed: ",
    ),
    "acceptance of what is not there": (
        put(
            "linz", "connectivity_accepted_findings", [{"id": "uncertain-flow", "about": "linksight.Alps.certificate", "reason": "Tried."}]
        ),
        "host linz: stale-acceptance: linksight.Alps.certificate: uncertain-flow is not found there",
    ),
    "partners not known yet": (member("linz", "federation_scope", "any", ALPS), "host linz: federation-scope-any: linksight.alps: "),
}


@pytest.mark.parametrize("slip", WARNED)
def test_what_may_be_meant_is_a_warning(slip: str) -> None:
    change, answer = WARNED[slip]
    hosts = inventory()
    change(hosts)
    warnings = compute_plan(hosts, CATALOGUE).index["warnings"]
    assert any(answer in warning for warning in warnings), warnings


MEANT: dict[str, Change] = {
    "port in quotes": member("linz", "options", {"peer_grpc_port": "9091"}, ALPS),
    "managed as a word of INI inventories": put("brno", "connectivity_managed", "no"),
    "managed with a capital": put("brno", "connectivity_managed", "False"),
    "host that is none of ours": lambda hosts: hosts.update(
        switch={"ansible_host": "192.0.2.2", "ansible_connection": "ansible.netcommon.network_cli"}
    ),
    "role twice": member("linz", "roles", ["data_station", "data_station"], ALPS),
    "names of other software": everywhere("firewalld_zone", "public"),
}


@pytest.mark.parametrize("way", MEANT)
def test_what_is_only_written_in_another_way_gives_the_same_plan(way: str) -> None:
    hosts, other = inventory(), inventory()
    MEANT[way](other)
    assert _content(compute_plan(other, CATALOGUE)) == _content(compute_plan(hosts, CATALOGUE))


def _content(plan: Plan) -> dict[str, t.Any]:
    return {**plan.index, **{name: plan.host(name) for name in plan.index["hosts"]}}


def test_the_inventory_itself_gives_a_plan_without_doubts() -> None:
    warnings = compute_plan(inventory(), CATALOGUE).index["warnings"]
    assert [warning for warning in warnings if "not documented" not in warning] == []


def test_days_without_quotes_are_days() -> None:
    hosts = inventory()
    member("linz", "federation_scope", "any", ALPS)(hosts)
    member("linz", "federation_scope_until", datetime.date(2031, 1, 31), ALPS)(hosts)
    (finding,) = [one for one in compute_plan(hosts, CATALOGUE).index["findings"] if "until" in one]
    assert (finding["hosts"], finding["until"]) == (["linz"], "2031-01-31")
