# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""plan.schema.json, the types that both passes share, and the plans of all example inventories say the same."""

from __future__ import annotations

import json
import pathlib
import typing as t

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._plan import model, words
from ansible_collections.federated.connectivity.plugins.module_utils._plan.front import PlanFront
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import HostPart, HostPlan
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan import writer

SCHEMA = json.loads(pathlib.Path(writer.__file__).with_name("plan.schema.json").read_text(encoding="utf-8"))
TYPES = {
    "peers": model.Peers,
    "rule": model.PlanRule,
    "listener": model.PlanListener,
    "document": model.Document,
    "exclusion": model.Exclusion,
    "proxied_flow": model.ProxiedFlow,
    "consumer": model.Consumer,
    "proxy": model.PlanProxy,
    "membership": model.PlanMembership,
    "defaults": model.Defaults,
}


HOST = jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": "#/$defs/host"}]})


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("part", TYPES)
def test_each_type_has_the_keys_of_the_schema(part: str) -> None:
    derived = {"phase"} if part == "rule" else set()
    assert set(SCHEMA["$defs"][part]["properties"]) == {*TYPES[part]._fields, *derived}


def test_a_host_has_the_keys_of_the_schema() -> None:
    assert set(SCHEMA["$defs"]["host"]["properties"]) == {"host", "addresses", *HostPart._fields}


@pytest.mark.parametrize(
    ("part", "key", "allowed"),
    [
        ("rule", "placement", words.PLACEMENTS),
        ("host", "platform", words.PLATFORMS),
        ("host", "firewall", words.FIREWALLS),
        ("defaults", "ingress", words.DEFAULTS),
        ("defaults", "egress", words.DEFAULTS),
        ("listener", "bind", (words.LOOPBACK,)),
    ],
)
def test_the_words_are_those_of_the_schema(part: str, key: str, allowed: tuple[str, ...]) -> None:
    assert SCHEMA["$defs"][part]["properties"][key]["enum"] == list(allowed)
    assert SCHEMA["$defs"]["direction"]["enum"] == list(words.DIRECTIONS)
    assert SCHEMA["$defs"]["protocol"]["enum"] == list(words.PROTOCOLS)


TEXT = st.text(max_size=5)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
PORTS = st.lists(st.sampled_from(["1", "8443", "8000-8010", "65535"]), min_size=1, max_size=2).map(tuple)
PEERS = st.builds(model.Peers, TEXTS, TEXTS)
CONNECTION: dict[str, st.SearchStrategy[t.Any]] = {
    **dict.fromkeys(("matrix", "federation", "flow"), TEXT),
    "direction": st.sampled_from(words.DIRECTIONS),
    "protocol": st.sampled_from(words.PROTOCOLS),
    "ports": PORTS,
    "peers": PEERS,
}
RULE_TEXTS = dict.fromkeys(("id", "application", "tls", "inspection", "necessity", "purpose"), TEXT)
UNTIL = st.dates().map(str)
PLACEMENTS = st.sampled_from(words.PLACEMENTS)
RULES = st.builds(model.PlanRule, **CONNECTION, **RULE_TEXTS, placement=PLACEMENTS, phases=TEXTS, flows=TEXTS, until=st.just("") | UNTIL)
NO_END = {name: strategy for name, strategy in CONNECTION.items() if name not in ("direction", "peers")}
LISTENERS = st.builds(model.PlanListener, **NO_END, bind=st.just(words.LOOPBACK), dynamic=st.booleans())
DOCUMENTS = st.lists(st.builds(model.Document, TEXT, st.none() | TEXT, TEXTS), max_size=2).map(tuple)
EXCLUSIONS = st.builds(
    model.Exclusion,
    **CONNECTION,
    **dict.fromkeys(("rule", "application", "tls", "purpose"), TEXT),
    reason=st.none() | TEXT,
    middleboxes=st.dictionaries(TEXT, st.integers(), max_size=2),
    documents=DOCUMENTS,
    via_proxy=st.none() | TEXT,
)
KEYS = st.sampled_from(["http_proxy", "https_proxy"])
PROXIED = st.builds(model.ProxiedFlow, TEXT, KEYS, st.sampled_from(["plain", "CONNECT"]), PORTS, PEERS, TEXT, TEXT)
CONSUMERS = st.dictionaries(TEXT, st.builds(model.Consumer, TEXTS, TEXTS), max_size=2)
URLS = st.none() | TEXT
FLOWS = st.lists(PROXIED, max_size=2).map(tuple)
PROXIES = st.builds(model.PlanProxy, URLS, URLS, st.booleans(), st.booleans(), TEXTS, CONSUMERS, FLOWS)
OPTIONS = st.dictionaries(TEXT, TEXT | st.integers(), max_size=2)
SCOPES = st.sampled_from(["members", "any"])
LIMITS = st.fixed_dictionaries({"until": UNTIL}, optional={"phases": st.just(["install"])})
MEMBERSHIPS = st.builds(
    model.PlanMembership,
    TEXT,
    TEXT,
    TEXTS,
    OPTIONS,
    TEXTS,
    st.none() | TEXT,
    SCOPES,
    st.none() | UNTIL,
    st.dictionaries(TEXT, LIMITS, max_size=2),
)
DEFAULTS = st.builds(model.Defaults, st.sampled_from(words.DEFAULTS), st.sampled_from(words.DEFAULTS))
ADDRESSES = st.lists(st.sampled_from(["198.51.100.1", "2001:db8::/64"]), max_size=2).map(tuple)
FRONTS = st.builds(PlanFront, TEXTS, st.sampled_from([(), ((22, 2222),), ((22, 2222), (443, 8443))]), ADDRESSES, ADDRESSES)
INSIDE = st.builds(model.InsideFlow, TEXT, st.sampled_from(words.PROTOCOLS), PORTS)
PARTS = st.builds(
    HostPart,
    st.booleans(),
    st.sampled_from(words.PLATFORMS),
    st.lists(MEMBERSHIPS, max_size=2).map(tuple),
    DEFAULTS,
    st.lists(RULES, max_size=2).map(tuple),
    st.lists(LISTENERS, max_size=2).map(tuple),
    st.none() | PROXIES,
    st.lists(EXCLUSIONS, max_size=2).map(tuple),
    st.none() | st.sampled_from(words.FIREWALLS),
    log_refused=st.booleans(),
    connection_limit=st.integers(0, 65535),
    containers_apart=st.none() | st.lists(INSIDE, max_size=2).map(tuple),
    contained_bridges=TEXTS,
    front=st.none() | FRONTS,
    computations=st.lists(INSIDE, max_size=2).map(tuple),
)


@settings(max_examples=40)
@given(st.builds(HostPlan, TEXT, ADDRESSES, PARTS))
def test_what_is_written_fits_the_schema_and_is_read_as_it_was(plan: HostPlan) -> None:
    written = json.loads(json.dumps(plan.to_json()))
    HOST.validate(written)
    assert HostPlan.from_json(written) == plan
    for rule, planned in zip(written["rules"], plan.part.rules, strict=True):
        assert rule["phase"] == (planned.phases[-1] if planned.phases else "")
        assert ("flows" in rule) is bool(planned.flows)
        assert ("until" in rule) is bool(planned.until)
