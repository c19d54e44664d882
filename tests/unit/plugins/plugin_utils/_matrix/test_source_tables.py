# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The computed rules are those of the systems' own tables: every row has its rules, and every rule its row."""

from __future__ import annotations

import fnmatch
import functools
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

CATALOGUE = Catalogue()
TABLES: dict[str, dict[str, t.Any]] = yaml.safe_load(pathlib.Path(__file__).with_name("source_tables.yml").read_text())
ROWS = [(table, row) for table, data in TABLES.items() for row in data["rows"]]
USERS = ("203.0.113.0/24", "2001:db8:f::/64")


@pytest.mark.parametrize(("table", "row"), ROWS, ids=[f"{table}: {row}" for table, row in ROWS])
def test_row_of_the_table_is_in_the_plan(table: str, row: str) -> None:
    lines = TABLES[table]["rows"][row]
    assert lines, "say what the plan makes of the row"
    for line in lines:
        unwanted = line.removeprefix("never ")
        if unwanted == line:
            assert line in planned(table)
        else:
            assert fnmatch.filter(planned(table), unwanted) == []


@pytest.mark.parametrize("table", TABLES)
def test_plan_has_nothing_that_no_row_asks_for(table: str) -> None:
    asked = {line for lines in TABLES[table]["rows"].values() for line in lines}
    assert planned(table) - asked == set(TABLES[table].get("beyond", []))


@functools.cache
def planned(table: str) -> set[str]:
    """The rules and listeners of the table's host, one line each; a peer is named if both its addresses are there."""
    data = TABLES[table]
    addresses = {name: (f"198.51.100.{number}/32", f"2001:db8::{number}/128") for number, name in enumerate(data["inventory"], 1)}
    everybody = {**addresses, "users": USERS, "any": ("0.0.0.0/0", "::/0")}
    plan = compute_plan(
        {
            name: {
                "connectivity_addresses": list(addresses[name]),
                "connectivity_memberships": [{"federation": "f", **membership}],
                "connectivity_networks": {"users": list(USERS), "management": ["198.51.100.128/28"], "dns_servers": ["198.51.100.53"]},
                "connectivity_phases": data.get("phases", ["install", "run"]),
            }
            for name, membership in data["inventory"].items()
        },
        CATALOGUE,
    )
    host = plan.host(data["of"])
    lines = {f"loopback {listener['protocol']}/{','.join(listener['ports'])}" for listener in host["listeners"]}
    for rule in host["rules"]:
        if rule["matrix"] == "baseline":
            continue
        cidrs = {cidr for name in rule["peers"]["address_sets"] for cidr in plan.index["address_sets"][name]}
        known = [name for name, own in everybody.items() if name != data["of"] and cidrs.issuperset(own)]
        assert cidrs <= {cidr for name in (*known, data["of"]) for cidr in everybody[name]}
        peers = " ".join([*known, *rule["peers"]["names"]]) or "nobody"
        closed = ", closed to others" if rule["closed_to_others"] else ""
        preposition = "from" if rule["direction"] == "ingress" else "to"
        lines.add(f"{rule['direction']} {rule['protocol']}/{','.join(rule['ports'])} {preposition} {peers}{closed}")
    return lines
