# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever users write, they get a plan or messages, never a traceback."""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES, Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import Matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.writer import render_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan

CATALOGUE = Catalogue()
MATRIX = yaml.safe_load((pathlib.Path(__file__).parents[4] / "cases" / "matrices" / "relay.yml").read_text(encoding="utf-8"))
SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))

INVENTORY: dict[str, t.Any] = {
    "a": {
        "ansible_host": "198.51.100.1",
        "connectivity_addresses": ["198.51.100.1", "2001:db8::1"],
        "connectivity_managed": True,
        "connectivity_memberships": [
            {
                "matrix": "linksight",
                "federation": "north",
                "roles": ["data_station", "analysis_hub"],
                "options": {"deployment": "docker", "hub_tls": "own", "peer_http_port": 8443},
                "optional_flows": ["certificate"],
                "federation_scope": "members",
            },
            {"matrix": "baseline", "options": {"management_port": 22}},
        ],
        "connectivity_networks": {"users": ["203.0.113.0/24"], "management": ["198.51.100.0/28"]},
        "connectivity_forward_proxy": {"http_proxy": "http://p:3128", "https_proxy": "http://198.51.100.8:3128", "no_proxy": ["x"]},
        "connectivity_phases": ["install", "run"],
        "connectivity_defaults": {"ingress": "deny", "egress": "unchanged"},
        "connectivity_accepted_findings": [{"id": "many-ports", "about": "linksight.north.peer_http", "reason": "why not"}],
    },
    "b": {
        "ansible_host": "198.51.100.2",
        "connectivity_memberships": [{"matrix": "linksight", "federation": "north", "roles": ["data_station"]}],
    },
}

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["linksight", "any", "8443", "::/0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


def places(data: t.Any) -> t.Iterator[tuple[t.Any, t.Any]]:
    """Every (container, key) of nested data."""
    for key in list(data) if isinstance(data, dict) else range(len(data)):
        yield data, key
        if isinstance(data[key], (dict, list)):
            yield from places(data[key])


def spoilt(original: t.Any, data: st.DataObject) -> t.Any:
    """A copy with an odd value, a lost one or an odd key somewhere."""
    copied = copy.deepcopy(original)
    container, key = data.draw(st.sampled_from(list(places(copied))))
    action = data.draw(st.sampled_from(("replace", "remove", "add")))
    if action == "replace":
        container[key] = data.draw(odd)
    elif action == "remove":
        del container[key]
    elif isinstance(container, dict):
        container[data.draw(st.text(max_size=5) | st.integers())] = data.draw(odd)
    else:
        container.append(data.draw(odd))
    return copied


@given(st.data())
def test_any_value_anywhere_in_an_inventory(data: st.DataObject) -> None:
    inventory = spoilt(INVENTORY, data)
    inventory = {host: variables if isinstance(variables, dict) else {} for host, variables in inventory.items() if isinstance(host, str)}
    variables = {host: {str(name): value for name, value in own.items()} for host, own in inventory.items()}
    try:
        result: Plan | PlanRefused = compute_plan(variables, CATALOGUE)
    except PlanRefused as refused:
        result = refused
    if isinstance(result, PlanRefused):
        assert all(message.strip() for message in result.messages)
    else:
        assert all(text.endswith("}\n" if name.endswith(".json") else "\n") for name, text in render_plan(result))


@given(st.data())
def test_any_value_anywhere_in_a_matrix(data: st.DataObject) -> None:
    text = yaml.safe_dump(spoilt(MATRIX, data), allow_unicode=True)
    try:
        result: Matrix | PlanRefused = read_matrix(text, "relay.yml", "relay", SCHEMA)
    except PlanRefused as refused:
        result = refused
    if isinstance(result, PlanRefused):
        assert all(message.startswith("relay.yml:") for message in result.messages)
    else:
        assert result.name == "relay"


def test_what_is_spoilt_is_right_before() -> None:
    index = compute_plan(INVENTORY, CATALOGUE).index
    assert index["warnings"] == [
        "host a: linksight.north.certificate: whether it may use the forward proxy is not documented, so its direct rule stays",
        (
            "host a: stale-acceptance: linksight.north.peer_http: many-ports is not found there; "
            "remove its acceptance from connectivity_accepted_findings"
        ),
        (
            "host a: uncertain-flow: linksight.north.certificate: the flow is inferred, not documented; "
            "read its citations and notes in the matrix, and try it"
        ),
    ]
    assert read_matrix(yaml.safe_dump(MATRIX), "relay.yml", "relay", SCHEMA).name == "relay"
