# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of ``optional_flows``: what is read from them, and when they count."""

from __future__ import annotations

import datetime
import functools
import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import Problems
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.openings import Opening, read_openings
from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.value import Value
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.versions import Version
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

PHASES = st.sets(st.sampled_from(["install", "run"]), min_size=1)
DAYS = st.dates(min_value=datetime.date(1000, 1, 1))
OLD = Version("5.3")


@functools.cache
def fedbiomed() -> Matrix:
    return Catalogue().matrix("fedbiomed")


def read(*lists: object) -> tuple[tuple[Opening, ...], bool]:
    problems = Problems(lambda value: None)
    values = [Value(data, f"optional_flows_{index}", "host", problems) for index, data in enumerate(lists)]
    return read_openings(values, fedbiomed(), OLD, True), problems.has_errors


@given(st.none() | DAYS, st.none() | PHASES, st.booleans())
def test_an_entry_says_when_it_ends(until: datetime.date | None, phases: set[str] | None, quoted: bool) -> None:
    day = until.isoformat() if until and quoted else until
    entry = {"flow": "secagg", **({"until": day} if until else {}), **({"phases": sorted(phases)} if phases else {})}
    expected = Opening("secagg", until and until.isoformat(), frozenset(phases) if phases else None)
    assert read([entry]) == read([entry], [entry]) == ((expected,), False)
    assert expected.ends is bool(until or phases)
    (limits,) = [opening.limits() for opening in read([entry])[0]]
    assert read([{"flow": "secagg", **limits}]) == ((expected,), False)


@given(st.permutations(["all", "secagg", {"flow": "secagg"}]))
def test_what_is_said_of_one_flow_outranks_all_in_any_order(entries: list[t.Any]) -> None:
    openings, wrong = read([{"flow": "secagg", "until": "2031-03-31"} if entry != "all" else entry for entry in entries])
    assert not wrong
    assert {opening.flow for opening in openings if not opening.ends} == {opening.flow for opening in openings} - {"secagg"}


@given(DAYS, DAYS)
def test_two_different_ends_of_one_flow_are_refused(one: datetime.date, other: datetime.date) -> None:
    entries = [{"flow": "secagg", "until": day} for day in (one, other)]
    assert read(entries)[1] is read(entries[:1], entries[1:])[1] is (one != other)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_anything_else_is_refused_and_never_a_crash(data: object) -> None:
    openings, wrong = read([data])
    assert openings == () or data == "all" or {opening.flow for opening in openings} <= set(fedbiomed().flows)
    assert wrong or openings


@settings(max_examples=16)
@given(PHASES, PHASES)
def test_a_flow_is_open_in_the_phases_of_its_entry_and_closed_in_others(entry: set[str], host: set[str]) -> None:
    """Both ends: the partner loses its rule with the host that opened the flow."""
    opened = [{"flow": "secagg", "phases": sorted(entry)}]

    def member(role: str, address: str, flows: list[t.Any], phases: set[str]) -> dict[str, t.Any]:
        place = {"matrix": "fedbiomed", "federation": "n", "roles": [role], "version": "5.3", "optional_flows": flows}
        return {"ansible_host": address, "connectivity_memberships": [place], "connectivity_phases": sorted(phases)}

    plan = compute_plan(
        {"a": member("node", "192.0.2.1", opened, host), "b": member("researcher", "192.0.2.2", [], {"install", "run"})}, Catalogue()
    )
    (at_a,) = [rule for rule in plan.host("a")["rules"] if rule["id"] == "fedbiomed.n.secagg.ingress"]
    at_b = [rule for rule in plan.host("b")["rules"] if rule["id"] == "fedbiomed.n.secagg.egress"]
    is_open = bool(entry & host)
    assert bool(at_a["peers"]["address_sets"]) is bool(at_b) is is_open
    assert at_a["closed_to_others"]
    if is_open:
        assert at_a["phase"] == ("run" if "run" in entry else "install")
