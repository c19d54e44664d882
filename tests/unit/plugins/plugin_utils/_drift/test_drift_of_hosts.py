# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._drift.drift import LINES, Drift, State, drift_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._drift.report import files, lines, read_earlier, summary

NOW = 1_800_000_000
TABLE = "nftables table inet federated_connectivity"


def answer(before: str = "a\nb\n", after: str = "a\nc\n", **more: t.Any) -> dict[str, t.Any]:
    return {"changed": True, "backend": "nftables", "changes": [TABLE], "diff": {"before": before, "after": after}, **more}


def test_what_the_plan_has_and_the_host_lacks_and_the_reverse() -> None:
    found = drift_of("clinic", answer(warnings=["a rule of others opens 8443"]), NOW, {})
    others = ("a rule of others opens 8443",)
    assert found == Drift("clinic", State.DIFFERS, "nftables", (TABLE,), ("c",), ("b",), others, since=NOW)


def test_a_host_as_planned_is_in_force() -> None:
    assert drift_of("clinic", {"changed": False, "backend": "ufw"}, NOW, {}) == Drift("clinic", State.IN_FORCE, "ufw")


@pytest.mark.parametrize(("seen", "why"), [({}, "the host failed or could not be reached"), ({"failed": True, "msg": "no nft"}, "no nft")])
def test_a_host_without_an_answer_is_not_in_force(seen: dict[str, t.Any], why: str) -> None:
    assert drift_of("clinic", seen, NOW, {}) == Drift("clinic", State.NOT_COMPARED, why=why)


def test_the_same_difference_keeps_its_beginning_and_another_one_begins_anew() -> None:
    first = drift_of("clinic", answer(), NOW, {})
    again = drift_of("clinic", answer(), NOW + 60, {"clinic": first})
    other = drift_of("clinic", answer(after="a\nd\n"), NOW + 60, {"clinic": first})
    mended = drift_of("clinic", {"changed": False}, NOW + 60, {"clinic": first})
    assert [one.since for one in (first, again, other, mended)] == [NOW, NOW, NOW, 0]
    assert drift_of("clinic", answer(), NOW + 60, {"clinic": mended}).since == NOW + 60


def test_long_differences_are_cut_and_counted() -> None:
    found = drift_of("clinic", answer(before="", after="".join(f"{number}\n" for number in range(LINES + 5))), NOW, {})
    assert len(found.missing) == LINES + 1
    assert found.missing[-1] == "and 5 more lines"


def test_reports() -> None:
    drifts = [
        drift_of("hub", {"changed": False, "backend": "ufw"}, NOW, {}),
        drift_of('cli"nic', answer(), NOW, {}),
        drift_of("lost", {}, NOW, {}),
    ]
    assert list(lines(drifts)) == [
        f'differs       cli"nic  nftables; since 2027-01-15T08:00:00Z; {TABLE}',
        "  missing: c",
        "  not of the plan: b",
        "not compared  lost  the host failed or could not be reached",
        "in force      hub  ufw",
    ]
    assert summary(drifts) == "3 hosts: 1 in force, 1 differs, 1 not compared"
    texts = dict(files(drifts, NOW))
    assert 'federated_connectivity_drift{host="cli\\"nic"} 1\n' in texts["drift.prom"]
    assert 'federated_connectivity_drift{host="hub"} 0\n' in texts["drift.prom"]
    assert 'federated_connectivity_drift{host="lost"}' not in texts["drift.prom"]
    assert 'federated_connectivity_drift_compared{host="lost"} 0\n' in texts["drift.prom"]
    (suite,) = ElementTree.fromstring(texts["drift.xml"])
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert read_earlier(texts["drift.json"]) == {drift.host: drift for drift in drifts}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "made_by": "x", "hosts": {}}', "[" * 100_000])
def test_what_is_not_a_report_tells_nothing(content: str) -> None:
    assert read_earlier(content) == {}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_a_damaged_report_tells_nothing_and_raises_nothing(entry: object) -> None:
    content = json.loads(dict(files([Drift("hub", State.IN_FORCE)], NOW))["drift.json"])
    assert set(read_earlier(json.dumps({**content, "hosts": {"hub": entry}}))) <= {"hub"}
    assert set(read_earlier(json.dumps({**content, "hosts": entry}))) <= set(entry if isinstance(entry, dict) else ())
