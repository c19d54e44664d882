# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports say exactly what is planned, refuse what a product has no words for, and hold no text of anybody's making."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection.sites import merge_exemptions
from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection_exports import EXPORTERS
from ansible_collections.federated.connectivity.plugins.plugin_utils._inspection_exports.exemption import Exemption
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan

MATRICES = pathlib.Path(__file__).parents[4] / "cases" / "matrices"
STATION = {"matrix": "linksight", "federation": "north", "roles": ["data_station"]}
NAMED = {"matrix": "./named.yml", "federation": "n", "roles": ["client"]}
OUT = Exemption(("m.f.out",), "egress", "tcp", ("8443", "9000-9010"), (), ("203.0.113.0/28", "2001:db8:1::1/128"), (), None)
IN = Exemption(("m.f.in",), "ingress", "tcp", ("8443",), ("203.0.113.0/28",), ("198.51.100.1/32", "2001:db8::1/128"), (), 1200)
NAMES = OUT._replace(flows=("m.f.names",), destinations=(), names=("service.example.org",))

every_product = pytest.mark.parametrize("product", EXPORTERS)


def planned(products: list[str], partner: dict[str, object] | None = None, **variables: object) -> dict[str, str]:
    own = {"connectivity_addresses": ["198.51.100.1", "2001:db8::1"], "connectivity_memberships": [STATION], **variables}
    other = partner or {"connectivity_addresses": ["203.0.113.1", "2001:db8:1::1"], "connectivity_managed": False}
    inventory: dict[str, dict[str, t.Any]] = {
        "own": {**own, "connectivity_inspection_products": products},
        "other": {"connectivity_memberships": [STATION], **other},
    }
    return dict(compute_plan(inventory, Catalogue([str(MATRICES)])).exports)


@every_product
def test_every_product_gets_its_file_when_asked_for_and_none_otherwise(product: str) -> None:
    assert planned([]) == {}
    ((name, text),) = planned([product]).items()
    assert name == f"inspection/exports/{product}/all.{EXPORTERS[product].EXTENSION}"
    assert "made by federated.connectivity" in "".join(text.splitlines(keepends=True)[:3])
    own = set() if product == "zscaler" else {"198.51.100.1", "2001:db8::1"}
    assert {"203.0.113.1", "2001:db8:1::1", *own} <= addresses(text)
    assert planned([product]) == {name: text}


def addresses(text: str) -> set[str]:
    return set(re.findall(r"\b(?:\d+\.\d+\.\d+\.\d+|2001:db8:[0-9a-f:]*[0-9a-f])", text))


def test_what_leads_to_the_own_hosts_is_known_by_its_sources() -> None:
    squid = planned(["squid"])["inspection/exports/squid/all.conf"]
    for block in squid.split("\n\n")[1:]:
        assert ("_from" in block) == ("dst 198.51.100.1\n" in block)


@every_product
def test_a_perimeter_sees_partners_at_the_port_in_front_and_not_the_front_behind_it(product: str) -> None:
    front = {"sources": ["198.18.3.4"], "health_checks": ["198.18.3.16/28"], "ports": {8443: 443}}
    (text,) = planned([product], connectivity_front=front).values()
    assert not any(address.startswith("198.18.") for address in addresses(text))
    assert "203.0.113.1" in addresses(text)
    plain = planned([product], connectivity_front={}).values()
    assert (list(plain) == [text]) is (product == "zscaler")  # which knows names alone, and nothing that comes in
    if product == "suricata":
        assert re.search(r"203\.0\.113\.1.* <> \[198\.51\.100\.1,2001:db8::1\] \[443(,|\])", text)


def test_where_everybody_is_the_destination_the_source_counts() -> None:
    squid = planned(["squid"], connectivity_memberships=[{**STATION, "federation_scope": "any"}])["inspection/exports/squid/all.conf"]
    (outgoing,) = (block for block in squid.split("\n\n")[1:] if "_from" in block)
    assert "src 198.51.100.1\n" in outgoing
    assert "dst" not in outgoing


@pytest.mark.parametrize(
    ("product", "exemptions", "said"),
    [
        ("squid", [OUT._replace(protocol="udp")], ["m.f.out: Squid carries no udp; lead it past Squid"]),
        ("suricata", [NAMES._replace(protocol="udp")], ["m.f.names: Suricata reads server names from TLS over TCP alone"]),
        ("nginx", [OUT._replace(protocol="udp")], []),
        ("nginx", [IN._replace(protocol="udp")], ["m.f.in: passes TCP through alone, no udp"]),
        (
            "haproxy",
            [IN._replace(ports=("8000-8010",)), IN._replace(destinations=("198.51.100.0/31",))],
            [
                "m.f.in: a range of ports cannot be passed on port by port (8000-8010); lead it past HAProxy",
                "m.f.in: several hosts cannot stand behind one port of HAProxy; give them sites or ports of their own",
            ],
        ),
        ("nginx", [IN, IN._replace(destinations=("198.51.100.9/32",))], ["m.f.in: m.f.in has port 8443 already, on another host"]),
        ("palo_alto", [IN._replace(protocol="udp")], ["m.f.in: decryption rules are about TLS over TCP, not udp"]),
        ("fortigate", [IN._replace(destinations=("2001:db8::1/128",))], ["m.f.in: its ends have no family of addresses in common"]),
        ("check_point", [NAMES], ["m.f.names: Check Point goes by its own look-ups of names; give addresses in a network"]),
        ("cisco", [NAMES], ["m.f.names: decryption rules know certificates' subjects but no host names; give addresses in a network"]),
        (
            "zscaler",
            [OUT._replace(destinations=())],
            ["m.f.out: a rule for any destination would end all inspection, as Zscaler's rules have no ports; name the partners"],
        ),
        ("zscaler", [IN._replace(sources=())], []),
    ],
)
def test_what_a_product_has_no_words_for_is_refused(product: str, exemptions: list[Exemption], said: list[str]) -> None:
    assert list(EXPORTERS[product].refusals(exemptions)) == said


def test_all_refusals_name_product_site_and_flow_at_once() -> None:
    with pytest.raises(PlanRefused) as refused:
        planned(["cisco", "zscaler", "check_point"], connectivity_memberships=[NAMED, {**STATION, "federation_scope": "any"}])
    said = "\n".join(refused.value.messages)
    assert "Check Point, site all: named.n.ask: " in said
    assert "Cisco Secure Firewall, site all: named.n.ask: " in said
    assert "Zscaler Internet Access, site all: linksight.north.peer_grpc, linksight.north.peer_http: a rule for any destination" in said


def test_a_host_that_nothing_tells_apart_is_named() -> None:
    alone = {**STATION, "federation": "alone", "federation_scope": "any"}
    with pytest.raises(PlanRefused) as refused:
        planned(["squid"], connectivity_addresses=[], connectivity_memberships=[alone])
    wanted = "host own: linksight.alone.peer_http: what inspects its traffic cannot tell it apart; give it connectivity_addresses"
    assert wanted in refused.value.messages


def test_unknown_products_and_bad_sites_are_refused() -> None:
    with pytest.raises(PlanRefused) as refused:
        planned(["skuid"], connectivity_site="../north", connectivity_contact="two\nlines")
    said = "\n".join(refused.value.messages)
    assert "'skuid'" in said
    assert "did you mean squid?" in said
    assert "'../north' is not a valid name for a site" in said
    assert "must be one line" in said


def test_exemptions_that_differ_in_ports_alone_are_one() -> None:
    (merged,) = merge_exemptions([OUT, OUT._replace(flows=("m.f.more",), ports=("443",), idle_timeout=60)])
    assert merged == OUT._replace(flows=("m.f.more", "m.f.out"), ports=("443", "8443", "9000-9010"), idle_timeout=60)
    assert len(merge_exemptions([OUT, IN])) == 2


def test_idle_timeouts_and_partners_reach_the_pass_through() -> None:
    assert "proxy_timeout 1200s;" in EXPORTERS["nginx"].export("s", [IN])
    assert "allow 203.0.113.0/28;\n    deny all;" in EXPORTERS["nginx"].export("s", [IN])
    assert "timeout server 1200s" in EXPORTERS["haproxy"].export("s", [IN])
    assert "reject unless partner" not in EXPORTERS["haproxy"].export("s", [IN._replace(sources=())])


def test_zscaler_gets_what_leaves_alone_with_both_families() -> None:
    data = json.loads(EXPORTERS["zscaler"].export("s", [OUT, IN, NAMES]))
    assert [group["addresses"] for group in data["ipDestinationGroups"]] == [["203.0.113.0/28"], ["service.example.org"]]
    assert [group["addresses"] for group in data["ipv6DestinationGroups"]] == [["2001:db8:1::1"]]
    assert all(len(rule["name"]) <= 31 and rule["action"]["type"] == "DO_NOT_DECRYPT" for rule in data["sslInspectionRules"])


def exemption_lists() -> st.SearchStrategy[list[Exemption]]:
    networks = st.lists(st.sampled_from(["198.51.100.1/32", "203.0.113.0/28", "2001:db8::/64"]), unique=True).map(tuple)
    names = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789_.-", min_size=1, max_size=40)
    one = st.builds(
        lambda flows, direction, sources, destinations: OUT._replace(
            flows=tuple(flows), direction=direction, sources=sources, destinations=destinations, ports=("8443",)
        ),
        st.lists(names, min_size=1, max_size=3),
        st.sampled_from(["ingress", "egress"]),
        networks,
        networks,
    )
    return st.lists(one, min_size=1, max_size=3)


@every_product
@given(exemptions=exemption_lists(), site=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True))
def test_names_change_nothing_but_comments(product: str, exemptions: list[Exemption], site: str) -> None:
    exporter = EXPORTERS[product]
    if list(exporter.refusals(exemptions)):
        return
    plain = [one._replace(flows=("x",)) for one in exemptions]
    assert meaning(exporter.export(site, exemptions)) == meaning(exporter.export("s", plain))


def meaning(text: str) -> object:
    """What a product reads: the lines without comments, or the data without descriptions."""
    if text.startswith("{"):
        data = {**json.loads(text), "site": None}
        for rule in (*data.get("sslInspectionRules", ()), *data.get("decryption_rules", ())):
            rule.update(description=None, comment=None)
        return data
    return [line for line in text.splitlines() if not line.startswith("#") or line.startswith("#!")]
