# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors' tables, those of the catalogue's own sources among them, and the matrices that they become."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import Draft, draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.row import RowUnclear, read_row
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import Row, TablesNotFound, read_tables

TABLES = pathlib.Path(__file__).parent / "vendor_tables"
SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
HEADER = "Direction,Protocol,Port,Source,Destination,Purpose\n"


def drafted(text: str, *perspective: str) -> Draft:
    """The draft, which the schema has nothing against."""
    draft = draft_matrix(text, "page", "mine", perspective)
    if draft.flows:
        assert len(read_matrix(draft.text, "mine.yml", "mine", SCHEMA).flows) == draft.flows
    return draft


def shown(draft: Draft) -> list[str]:
    """The flows of a draft, one line each."""
    flows = yaml.safe_load(draft.text)["flows"].values()
    return [
        f"{_end(flow['initiator'])} -> {_end(flow['responder'])} {flow['protocol']} {flow['ports']} {flow['exposure']}" for flow in flows
    ]


def _end(end: dict[str, t.Any]) -> str:
    ((kind, value),) = end.items()
    return kind if value is True else value if isinstance(value, str) else "+".join(value)


def test_linksights_inverted_rows_are_decided_by_nobody_but_the_user() -> None:
    draft = drafted((TABLES / "linksight.md").read_text(encoding="utf-8"))
    assert shown(draft) == [
        "data_station+analysis_hub -> registry.linksight.network tcp [443] internet",
        "data_station+analysis_hub -> services.linksight.network tcp [443] internet",
        "data_station+analysis_hub -> setup.linksight.network tcp [443] internet",
        "any -> data_station tcp [8443] partners",
        "any -> data_station tcp [9090] partners",
        "data_station -> any tcp [8443] internet",
        "data_station -> any tcp [9090] internet",
    ]
    why = "INGRESS, but its destination 'Internal IP range' is not a component of the system, and '[ Analysis Hub IP ]' is one"
    assert draft.contradictions == [f"page:22: {why}", f"page:23: {why}"]
    assert [hint.split(": ")[0] for hint in draft.hints] == ["page:12 and 14", "page:13 and 15"]
    assert all(hint.endswith("write one flow, from data_station to data_station") for hint in draft.hints)
    assert draft.unread == []


def test_both_readings_of_a_contradiction_are_flows_once_uncommented() -> None:
    draft = drafted((TABLES / "linksight.md").read_text(encoding="utf-8"))
    head, first, *others = draft.text.split("  # page:22, if this is who opens the connection")
    kept = [line.replace("  # ", "  ", 1) for text in (first, others[0].split("  # page:23")[0]) for line in text.splitlines()[1:]]
    matrix = read_matrix("\n".join([head, *kept]) + "\n", "mine.yml", "mine", SCHEMA)
    assert [
        [matrix.flows[name].ends[end].kind for end in ("initiator", "responder")]
        for name in ("analysis_hub_frontend_access", "analysis_hub_frontend_access_2")
    ] == [["roles", "network"], ["network", "roles"]]


def test_fedbiomeds_five_tables_are_one_matrix() -> None:
    draft = drafted((TABLES / "fedbiomed.md").read_text(encoding="utf-8"))
    assert shown(draft) == [
        "component -> any tcp [80] internet",
        "component -> any tcp [443] internet",
        "node -> researcher tcp [50051] partners",
        "local -> gui tcp [8484] loopback",
        "local -> researcher tcp [8888] loopback",
        "local -> researcher tcp [6006] loopback",
        "node -> vpnserver udp [51820] partners",
        "local -> gui tcp [8443] loopback",
        "researcher -> vpnserver udp [51820] partners",
    ]
    assert (draft.contradictions, draft.unread) == ([], [])
    flow = yaml.safe_load(draft.text)["flows"]["node_researcher_communications"]
    assert (flow["necessity"], flow["application"], len(flow["citations"])) == ("mandatory", "grpc", 2)
    assert (flow["tls"], flow["inspection"], flow["proxy"]) == ("unknown", "unknown", "unknown")


def test_coinstacs_drawing_is_no_table() -> None:
    with pytest.raises(TablesNotFound, match="no table with the columns port"):
        read_tables((TABLES / "coinstac.md").read_text(encoding="utf-8"))


def test_a_german_table_with_semicolons_and_a_byte_order_mark_is_read() -> None:
    draft = drafted((TABLES / "klinik.csv").read_text(encoding="utf-8-sig"))
    assert shown(draft) == [
        "partnerkliniken -> gateway_server tcp [443] partners",
        "gateway_server -> lizenz.medfed.example tcp [443] internet",
        "gateway_server -> zeitserver udp [123, 51820] partners",
    ]
    flows = yaml.safe_load(draft.text)["flows"]
    assert [flow["necessity"] for flow in flows.values()] == ["mandatory", "mandatory", "optional"]
    assert "lizenzprufung" in flows
    assert draft.contradictions == [
        "page:5: eingehend, but its destination 'Kliniknetz' is not a component of the system, and 'Gateway-Server' is one"
    ]
    assert draft.unread == ["page:6: the port 'beliebig' is not a number, range or list of them; write it so, or leave the row out"]


def test_each_port_keeps_the_protocol_beside_it() -> None:
    draft = drafted((TABLES / "merged_ports.md").read_text(encoding="utf-8"))
    assert shown(draft) == [
        "client_node -> aggregator tcp [443, '8080-8090'] partners",
        "client_node -> aggregator udp ['8080-8090'] partners",
        "client_node -> any tcp [80, 443] internet",
        "admin_pc -> aggregator tcp [22] partners",
        "aggregator -> client_node tcp [9000] partners",
        "client_node -> aggregator tcp [53, 853] partners",
        "client_node -> aggregator udp [53] partners",
    ]
    assert draft.unread == ["page:10: no protocol: say tcp or udp, in a column of its own or beside the port"]


def test_headers_that_mean_nothing_are_named_with_their_line() -> None:
    with pytest.raises(TablesNotFound, match="the table of line 3 lacks port; if 'Kanal' or 'Freigabe' is meant, write so"):
        read_tables("# Netz\n\n| Von | Nach | Kanal | Freigabe |\n|---|---|---|---|\n| a | b | 443 | ja |\n")
    with pytest.raises(TablesNotFound, match="the table of line 2 lacks source and destination; if 'D\u00e9part' is meant, write so"):
        read_tables("Liste;;\nPort;Protocol;D\u00e9part\n443;tcp;a\n")


@pytest.mark.parametrize(
    "prose", ["", "Each site allows outbound TCP 6443 to the hub.\n", "a,b\n1,2\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"]
)
def test_prose_and_other_tables_are_no_table(prose: str) -> None:
    """The documents of the network wall and of SHRINE have prose alone."""
    with pytest.raises(TablesNotFound):
        read_tables(prose)


@pytest.mark.parametrize(
    ("protocol", "port", "flows"),
    [
        ("TCP", "443", ["tcp [443]"]),
        ("", "8443/tcp", ["tcp [8443]"]),
        ("", "UDP 51820", ["udp [51820]"]),
        ("tcp", "80, 443", ["tcp [80, 443]"]),
        ("TCP", "80/443", ["tcp [80, 443]"]),
        ("TCP", "8000 \u2013 8010", ["tcp ['8000-8010']"]),
        ("TCP/UDP", "53", ["tcp [53]", "udp [53]"]),
        ("HTTPS", "443 (TLS 1.2)", ["tcp [443]"]),
        ("", "443/tcp, 53/udp", ["tcp [443]", "udp [53]"]),
        ("", "tcp 80, 443", ["tcp [80, 443]"]),
        ("TCP/UDP", "53, 443/tcp", ["tcp [53, 443]", "udp [53]"]),
        ("", "53 udp, tcp", ["tcp [53]", "udp [53]"]),
    ],
)
def test_ports_are_written_in_many_ways(protocol: str, port: str, flows: list[str]) -> None:
    draft = drafted(HEADER + f'out,{protocol},"{port}",node,hub,x\n')
    assert shown(draft) == [f"node -> hub {flow} partners" for flow in flows]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("in,TCP,any,lan,hub", "the port 'any' is not a number"),
        ("in,TCP,14000+,lan,hub", "the port '14000+' is not a number"),
        ("in,TCP,0,lan,hub", "not within 1 to 65535"),
        ("in,TCP,9000-8000,lan,hub", "in ascending order"),
        ("in,ICMP,8,lan,hub", "the protocol 'ICMP' has no ports"),
        ("in,,443,lan,hub", "no protocol"),
        ("in,TCP,53/udp,lan,hub", "the protocol 'TCP' is another one than beside the port, '53/udp'; write one of them"),
        ("in,TCP,443,,hub", "the source is empty"),
        ("out,TCP,443,hub,*.example.org", "a wildcard"),
        ("out,TCP,443,hub,a.example.org and its mirrors", "a host name and something else"),
        ("out,TCP,443,lan,internet", "nobody gets a rule"),
        ("out,TCP,443,hub,lan,x,y", "more cells than the header"),
    ],
)
def test_what_cannot_be_read_says_why(row: str, why: str) -> None:
    (unread,) = drafted(HEADER + row).unread
    assert unread.startswith("page:2: ")
    assert why in unread


@pytest.mark.parametrize(
    ("row", "perspective", "contradicts"),
    [
        ("in,TCP,443,hub,lan", [], True),
        ("out,TCP,443,lan,hub", [], True),
        ("out,TCP,443,any,hub", [], True),
        ("both,TCP,443,node,hub", [], True),
        ("Inbound (ingress),TCP,443,lan,hub", [], False),
        ("in,TCP,443,node,hub", [], False),
        ("in,TCP,443,node,hub", ["hub"], False),
        ("in,TCP,443,node,hub", ["node"], True),
        (",TCP,443,lan,hub", [], False),
    ],
)
def test_a_direction_is_held_against_source_and_destination(row: str, perspective: list[str], contradicts: bool) -> None:
    draft = drafted(HEADER + row, *perspective)
    assert (len(draft.contradictions), draft.flows) == ((1, 0) if contradicts else (0, 1))


def test_a_table_is_found_below_other_lines_with_other_words_and_delimiters() -> None:
    text = 'Firewall list;;;\n;;;\nDst Port;From;Target;Proto;Usage\n443;node;"hub\nIP";tcp;Pulls\n\n444;node;hub;tcp;"a; b"\n'
    ((first, second),) = read_tables(text)
    assert (first.line, first.cells["destination"], second.line, second.cells["purpose"]) == (4, "hub IP", 7, "a; b")


texts = st.text(st.characters(codec="utf-8"), max_size=40)
words = st.sampled_from(
    [
        "TCP",
        "udp",
        "443",
        "8000-8010",
        "any",
        "*",
        "node",
        "nodes",
        "[Hub IP]",
        "LAN",
        "localhost",
        "https://a.example.org",
        "in",
        "out",
        "",
    ]
)


@given(st.text() | st.lists(st.lists(words | texts, max_size=7)).map(lambda rows: HEADER + "\n".join("|".join(row) for row in rows)))
def test_any_text_gives_rows_or_one_message(text: str) -> None:
    try:
        rows = [row for table in read_tables(text) for row in table]
    except TablesNotFound:
        return
    for row in rows:
        assert 1 <= row.line <= text.count("\n") + text.count("\r") + 1
        assert all(cell.isprintable() for cell in row.cells.values())


@given(st.lists(st.lists(words | texts, min_size=6, max_size=6), min_size=1, max_size=8))
def test_every_row_becomes_flows_or_is_told(cells: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.strip().split(","), *cells])
    draft = drafted(out.getvalue())
    rows = [row for table in read_tables(out.getvalue()) for row in table]
    cited = {
        int(citation.rpartition(" ")[2]) for flow in (yaml.safe_load(draft.text)["flows"] or {}).values() for citation in flow["citations"]
    }
    told = {int(message.split(":")[1]) for message in (*draft.contradictions, *draft.unread)}
    assert cited | told == {row.line for row in rows}
    assert cited.isdisjoint(told)


@given(
    st.lists(st.integers(1, 65535), min_size=1, max_size=5, unique=True),
    st.sampled_from(["tcp", "udp"]),
    st.sampled_from([", ", ";", " and ", "+"]),
)
def test_ports_survive(ports: list[int], protocol: str, joint: str) -> None:
    row = Row(1, {"protocol": protocol, "port": joint.join(map(str, ports)), "source": "node", "destination": "hub"}, False)
    connection = read_row(row)
    assert connection.ports == {protocol: tuple(map(str, ports))}
    with pytest.raises(RowUnclear):
        read_row(row._replace(cells={**row.cells, "port": row.cells["port"] + " or so"}))
