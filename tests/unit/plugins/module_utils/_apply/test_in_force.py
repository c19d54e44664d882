# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's record of the policy in force: compared with the new policy, and reported where it is damaged."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._apply import in_force
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import Policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.reader import parse_policy
from ansible_collections.federated.connectivity.plugins.module_utils._policy.shrink import Holding, holding

LIMITS = in_force.Limits(False, 1 / 3, 3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rules", "peers", "ingress IPv4", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def opened(rules: int) -> Holding:
    return holding(policy(rules), [])


def policy(rules: int) -> Policy:
    partners = {"address_sets": ["partners"], "names": []}
    declared: dict[str, t.Any] = {
        "host": "station",
        "defaults": {"ingress": "deny", "egress": "unchanged"},
        "address_sets": {"partners": ["198.51.100.20/32"]},
        "rules": [
            {
                "id": f"linksight.north.flow{port}.ingress",
                "direction": "ingress",
                "protocol": "tcp",
                "ports": [str(port)],
                "peers": partners,
            }
            for port in range(8000, 8000 + rules)
        ],
    }
    return parse_policy(declared, {}, None)


@pytest.fixture
def record(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(in_force, "FILE", str(tmp_path / "in_force.json"))
    return tmp_path / "in_force.json"


def test_a_host_without_a_record_has_nothing_to_compare_with(record: pathlib.Path) -> None:
    assert in_force.compare(opened(0), LIMITS, Host()) == ([], [])
    assert not record.exists()


def test_what_would_go_is_named(record: pathlib.Path) -> None:
    record.write_text(json.dumps(holding(policy(6), []).to_data()), encoding="utf-8")
    losses, warnings = in_force.compare(opened(2), LIMITS, Host())
    assert losses[0].startswith("4 of 6 rules: linksight.north.flow8002.ingress")
    assert warnings == []
    assert in_force.compare(opened(2), LIMITS._replace(allow=True), Host()) == ([], [])
    assert in_force.compare(None, LIMITS, Host()) == ([], [])


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff", '{"rules": {}}', '{"rules": {"a": 1}, "peers": {}}', "[" * 5000])
@pytest.mark.parametrize("allow", [True, False])
def test_a_damaged_record_is_reported(record: pathlib.Path, content: str, allow: bool) -> None:
    record.write_bytes(content.encode("utf-8", "surrogateescape"))
    losses, (warning,) = in_force.compare(opened(2), LIMITS._replace(allow=allow), Host())
    assert losses == []
    assert warning.startswith(f"{record}, this host's record of the policy in force, is damaged")
    assert in_force.compare(None, LIMITS, Host()) == ([], [])


@pytest.mark.parametrize("kind", ["directory", "link"])
def test_something_else_in_the_place_of_the_record_is_reported(record: pathlib.Path, kind: str) -> None:
    if kind == "directory":
        record.mkdir()
    else:
        record.symlink_to("/etc/hostname")
    (warning,) = in_force.compare(opened(2), LIMITS, Host()).warnings
    assert "is damaged" in warning


@given(JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_record_makes_a_run_crash(record: pathlib.Path, content: t.Any) -> None:
    record.write_text(json.dumps(content), encoding="utf-8")
    losses, warnings = in_force.compare(opened(2), LIMITS, Host())
    assert all(isinstance(line, str) for line in (*losses, *warnings))
