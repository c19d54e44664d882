# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The importer opens nothing that a table refuses, and reports what cannot be read with certainty."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import Draft, draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.starter import draft
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import TablesNotFound, read_tables

ENDS = "| Source | Destination | Protocol | Port | Purpose |\n|---|---|---|---|---|\n"


def end(written: dict[str, object]) -> str:
    ((kind, value),) = written.items()
    return kind if value is True else value if isinstance(value, str) else "+".join(value) if isinstance(value, list) else str(value)


def flows(drafted: Draft) -> list[str]:
    return [
        f"{end(flow['initiator'])} -> {end(flow['responder'])} {flow['protocol']} {flow['ports']}"
        for flow in (yaml.safe_load(drafted.text)["flows"] or {}).values()
    ]


def reported(drafted: Draft) -> str:
    assert flows(drafted) == []
    (line,) = (*drafted.contradictions, *drafted.unread)
    return line


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("Any IP", "any"),
        ("Any (0.0.0.0/0)", "any"),
        ("any host", "any"),
        ("ANYWHERE", "any"),
        ("*", "any"),
        ("0.0.0.0/0 *", "any"),
        ("0.0.0.0/0, ::/0", "any"),
        ("Everyone", "any"),
        ("Internet (updates)", "any"),
        ("All nodes", "nodes"),
        ("All hosts", "hosts"),
        ("All sources", "any"),
        ("10.0.*.*", "network_10_0"),
        ("*Node*", "node"),
        ("**Node**", "node"),
        ("Any pod", "pod"),
        ("Hub (198.51.100.5)", "hub"),
        ("Hub 198.51.100.5", "hub"),
        ("198.51.100.5 (Hub)", "hub"),
        ("Node<sup>1</sup>", "node"),
        ("Node&nbsp;server", "node_server"),
        ("Node*", "node"),
        ("<Node IP>", "node"),
        ("198.51.100.10-198.51.100.20", "network_198_51_100_10_198_51_100_20"),
        ("10.1.x.x", "network_10_1_x_x"),
        ("10.1.0.0/16", "network_10_1_0_0_16"),
        ("End-Users", "end_users"),
        ("broker.example.org:8443", "broker.example.org"),
        ("registry.example.org/", "registry.example.org"),
        ("registry.example.org/v2/images", "registry.example.org"),
        ("registry.example.org.", "registry.example.org"),
        ("localhost", "local"),
    ],
)
def test_ends_are_read_as_they_are_meant(source: str, meant: str) -> None:
    assert flows(draft_matrix(f"{ENDS}| {source} | Gateway | TCP | 8443 | |\n", "page", "mine")) == [f"{meant} -> gateway tcp [8443]"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("198.51.100.10 and Node", "an address or network and a component; give each a row"),
        ("Node, 198.51.100.10", "an address or network and a component; give each a row"),
        ("Hub, clinic LAN", "an address or network and a component; give each a row"),
        ("clinic LAN, Hub", "an address or network and a component; give each a row"),
        ("Any, Hub", "a component and everybody"),
        ("Clients (0.0.0.0/0)", "two things"),
        ("Any (10.0.0.0/8)", "two things"),
        ("Hub (hub.example.org)", "two things"),
        ("-", "names nobody"),
        ("\u2014", "names nobody"),
        ("n/a", "names nobody"),
        ("N.A.", "names nobody"),
        ("None", "names nobody"),
        ("TBD", "names nobody"),
        ("Self, Hub", "the machine itself"),
        ("Hub -> Node", "has an arrow"),
        ("~~Hub~~", "struck out"),
        ("<del>Hub</del>", "struck out"),
        ("Hub<br>Node", "several lines"),
        ("broker.example.org:9000", "says port 9000"),
        ("*.example.org", "wildcard"),
    ],
)
def test_ends_that_are_not_certain_are_reported(source: str, why: str) -> None:
    said = reported(draft_matrix(f"{ENDS}| {source} | Gateway | TCP | 8443 | |\n", "page", "mine"))
    assert said.startswith("page:3: ")
    assert why.split(" and ")[-1] in said


@pytest.mark.parametrize(
    ("protocol", "port", "meant"),
    [
        ("", "22, 5432 (TCP)", ["tcp [22, 5432]"]),
        ("", "80/TCP (HTTP)", ["tcp [80]"]),
        ("TCP", "6443\\*", ["tcp [6443]"]),
        ("TCP", "8082<sup>2</sup>", ["tcp [8082]"]),
        ("TCP", "443<br>8443", ["tcp [443, 8443]"]),
        ("HTTP/3", "443", ["udp [443]"]),
        ("QUIC", "443", ["udp [443]"]),
        ("HTTP/2", "443", ["tcp [443]"]),
        ("", "TCP: 443, 8443; UDP: 53", ["tcp [443, 8443]", "udp [53]"]),
        ("SMB", "445/tcp", ["tcp [445]"]),
        ("", "TCP 443 / UDP 443", ["tcp [443]", "udp [443]"]),
        ("TCP", "8000 to 8010", ["tcp ['8000-8010']"]),
    ],
)
def test_ports_are_read_as_they_are_meant(protocol: str, port: str, meant: list[str]) -> None:
    drafted = draft_matrix(f"{ENDS}| Node | Hub | {protocol} | {port} | |\n", "page", "mine")
    assert flows(drafted) == [f"node -> hub {each}" for each in meant]


@pytest.mark.parametrize(
    ("protocol", "port", "why"),
    [
        ("TCP", "443:8443", "a range or a published port"),
        ("TCP", "443 -> 8443", "a range or a published port"),
        ("TCP", "443 (or 8443)", "another one in parentheses"),
        ("UDP", "4500 (TCP)", "another one than beside the port"),
        ("TCP, ICMP", "443", "has icmp in it"),
        ("ICMP", "-", "has no ports"),
        ("SMB", "445", "not known to run over tcp or udp"),
        ("TCP", "-", "not a number"),
        ("TCP", "50,051", "not a number"),
        ("TCP", "~~443~~", "struck out"),
        ("TCP<br>UDP", "443<br>53", "several lines each"),
    ],
)
def test_ports_that_are_not_certain_are_reported(protocol: str, port: str, why: str) -> None:
    assert why in reported(draft_matrix(f"{ENDS}| Node | Hub | {protocol} | {port} | |\n", "page", "mine"))


@pytest.mark.parametrize(
    ("action", "opens"),
    [
        *((word, True) for word in ("Allow", "permitted", "Y", "\u2705", "Yes", "erlaubt")),
        *(
            (word, False)
            for word in ("Deny", "BLOCK", "\u274c (except updates)", "Not allowed", "Reject", "verboten", "No", "N", "", "Log", "NAT")
        ),
    ],
)
def test_only_what_an_action_allows_is_opened(action: str, opens: bool) -> None:
    drafted = draft_matrix(f"Source,Destination,Protocol,Port,Action\nNode,Hub,TCP,8443,{action}\n", "page", "mine")
    assert (len(flows(drafted)), len(drafted.unread)) == ((1, 0) if opens else (0, 1))


@pytest.mark.parametrize(
    "text",
    [
        f"## Blocked connections\n\n{ENDS}| Any | Hub | TCP | 22 | Shell |\n",
        f"{ENDS}| Denied: | | | | |\n| Any | Hub | TCP | 22 | Shell |\n",
        f"{ENDS}| Any | Hub | TCP | 22 | Deny everything else |\n",
        f"{ENDS}| Any | Hub | TCP | 22 | Must not be reachable |\n",
        "Source,Destination,Protocol,Port,State\nHub,Node,TCP,1024-65535,ESTABLISHED\n",
        "Source,Source Port,Destination,Destination Port,Protocol\nHub,8443,Node,1024-65535,TCP\n",
    ],
)
def test_refusals_and_replies_without_an_action_are_reported(text: str) -> None:
    assert "Hub" in text
    draft = draft_matrix(text, "page", "mine")
    assert flows(draft) == []
    assert len(draft.unread) in (1, 2)


def test_a_reply_is_known_by_the_row_that_it_answers() -> None:
    text = "Source,Source Port,Destination,Destination Port,Protocol\nNode,1024-65535,Hub,8443,TCP\nHub,8443,Node,1024-65535,TCP\n"
    drafted = draft_matrix(text, "page", "mine")
    assert flows(drafted) == ["node -> hub tcp [8443]"]
    assert drafted.unread == ["page:3: its source port 8443 is the port of line 2: a reply; replies need no rule"]
    peers = "Source,Source Port,Destination,Destination Port,Protocol\nA,123,B,123,UDP\nB,123,A,123,UDP\n"
    assert flows(draft_matrix(peers, "page", "mine")) == ["a -> b udp [123]", "b -> a udp [123]"]


@pytest.mark.parametrize(
    ("header", "cell", "necessity"),
    [
        ("Required", "\u2705 Yes", "mandatory"),
        ("Required", "Optional", "optional"),
        ("Required", "If using NodePort", "conditional"),
        ("Required", "\u274c No", "optional"),
        ("Required", "Yes (control plane)", "mandatory"),
        ("Required", "Yes (only with NodePort)", "conditional"),
        ("Required", "Yes, if exposed", "conditional"),
        ("Required", "No, unless exposed", "optional"),
        ("Required", "\u2714", "mandatory"),
        ("Optional", "No", "mandatory"),
        ("Optional", "Yes", "optional"),
        ("Optional", "\u2705", "optional"),
        ("Mandatory", "no", "optional"),
        ("Status", "mandatory", "mandatory"),
        ("Status", "not optional", "mandatory"),
        ("Status", "Active", "conditional"),
        ("Pflicht", "ja", "mandatory"),
    ],
)
def test_the_header_of_a_status_decides_what_its_cells_mean(header: str, cell: str, necessity: str) -> None:
    text = f"| Source | Destination | Protocol | Port | {header} |\n|---|---|---|---|---|\n| Node | Hub | TCP | 8443 | {cell} |\n"
    (flow,) = yaml.safe_load(draft_matrix(text, "page", "mine").text)["flows"].values()
    assert flow["necessity"] == necessity
    worded = {"If using NodePort", "Yes (only with NodePort)", "Yes, if exposed", "No, unless exposed", "Active"}
    assert flow.get("condition") == (cell if cell in worded else None)


@pytest.mark.parametrize("cell", ["Not required", "Deprecated", "No longer used since 2.0", "removed", "Never", "nicht mehr", "Blocked"])
def test_what_is_gone_is_reported(cell: str) -> None:
    text = f"| Source | Destination | Protocol | Port | Required |\n|---|---|---|---|---|\n| Node | Hub | TCP | 8443 | {cell} |\n"
    assert "ask the vendor" in reported(draft_matrix(text, "page", "mine"))


ONE_MACHINE = "| Service | Direction | Source / Target Network | Port(s) | Protocol(s) |\n|---|---|---|---|---|\n"


def test_a_table_for_one_machine_has_that_machine_at_the_other_end() -> None:
    rows = "| API | ingress | control | 5000 | TCP |\n| | | | | |\n"
    rows += "| Database | egress | storage | 4500 | TCP |\n| Ping | ingress | control | - | ICMP |\n"
    drafted = draft_matrix(ONE_MACHINE + rows, "page", "mine", ["storage_node"])
    assert flows(drafted) == ["control -> storage_node tcp [5000]", "storage_node -> storage tcp [4500]"]
    assert [line.split(":")[1] for line in drafted.unread] == ["6"]
    without = draft_matrix(ONE_MACHINE + rows, "page", "mine")
    assert flows(without) == []
    assert 'say which, for example -e \'{"connectivity_perspective": ["server"]}\'' in without.unread[0]


@pytest.mark.parametrize(
    ("heading", "flow"),
    [
        ("### Inbound", "partner -> server tcp [443]"),
        ("**Outbound connections:**", "server -> partner tcp [443]"),
        ("## Eingehend", "partner -> server tcp [443]"),
    ],
)
def test_headings_give_the_direction_of_a_table_for_one_machine(heading: str, flow: str) -> None:
    text = f"{heading}\n\n| Port | Protocol | Remote |\n|---|---|---|\n| 443 | TCP | Partner |\n"
    assert flows(draft_matrix(text, "page", "mine", ["server"])) == [flow]
    plain = draft_matrix(text.replace(heading, "## Ports"), "page", "mine", ["server"])
    assert "nothing says who opens the connection" in reported(plain)


def test_a_heading_inside_of_a_table_gives_the_direction_of_the_rows_below_it() -> None:
    text = "Port,Protocol,Remote\nInbound,,\n443,TCP,Partner\nOutbound,,\n53,UDP,Names\n"
    assert flows(draft_matrix(text, "page", "mine", ["server"])) == ["partner -> server tcp [443]", "server -> names udp [53]"]


def test_first_and_last_port_may_have_columns_of_their_own() -> None:
    text = (
        "Source,Destination,Protocol,Start Port,End Port\nNode,Hub,TCP,9000,9010\nNode,Hub,TCP,443,\nNode,Hub,TCP,22,22\nNode,Hub,TCP,1,x\n"
    )
    drafted = draft_matrix(text, "page", "mine")
    assert flows(drafted) == ["node -> hub tcp ['9000-9010']", "node -> hub tcp [443]", "node -> hub tcp [22]"]
    assert "are not two numbers" in drafted.unread[0]


def test_ports_of_tcp_and_udp_may_have_columns_of_their_own() -> None:
    text = "Source,Destination,TCP Ports,UDP Ports\nNode,Hub,443,-\nNode,Hub,53,53\nNode,Hub,,\n"
    drafted = draft_matrix(text, "page", "mine")
    assert flows(drafted) == ["node -> hub tcp [443]", "node -> hub tcp [53]", "node -> hub udp [53]"]
    assert len(drafted.unread) == 1


@pytest.mark.parametrize("names", ["System administrators, End-Users", "End-Users, System administrators"])
def test_the_order_of_names_in_a_cell_does_not_matter(names: str) -> None:
    assert "give each a row" in reported(draft_matrix(f"{ENDS}| {names} | Node | TCP | 443 | |\n", "page", "mine"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+------+------+\n| Port | To   |\n+======+======+\n| 443  | Hub  |\n+------+------+\n", "grid table, as reStructuredText"),
        ("==== ====\nPort To\n==== ====\n443  Hub\n==== ====\n", "simple table of reStructuredText"),
        ("|===\n|Port |To\n|443 |Hub\n|===\n", "AsciiDoc"),
        ('{| class="wikitable"\n! Port !! To\n|-\n| 443 || Hub\n|}\n', "MediaWiki"),
        ("||Port||To||\n|443|Hub|\n", "Jira"),
    ],
)
def test_tables_of_other_formats_are_named(text: str, kind: str) -> None:
    with pytest.raises(TablesNotFound, match=kind):
        read_tables(text)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Source;Ziel\nPr\xfcfung;Hub\n", "is not a text file in UTF-8; save the table as"),
        ("Source,Destination,Port\n".encode("utf-16"), "is not a text file in UTF-8; save the table as"),
        (b"%PDF-1.7\n", "is a PDF file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old workbook"),
        (b"PK\x03\x04\xff", "not XLSX"),
    ],
)
def test_files_of_other_kinds_are_named_once(tmp_path: pathlib.Path, data: bytes, said: str) -> None:
    table = tmp_path / "vendor.csv"
    table.write_bytes(data)
    with pytest.raises(PlanRefused) as refused:
        draft(table, tmp_path / "own.yml", [])
    (message,) = refused.value.messages
    assert message.count(said) == 1
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


cells = st.sampled_from(["Deny", "Block", "reject", "denied", "\u274c", "not allowed", "do not open", "drop", "gesperrt"])
comments = st.sampled_from(["", " (default)", " all", " from outside", " \u2705"])


@given(cells, comments, st.sampled_from(["Any", "Node", "0.0.0.0/0"]), st.integers(1, 65535))
def test_nothing_that_a_table_refuses_is_drafted(action: str, comment: str, source: str, port: int) -> None:
    text = f"Source,Destination,Protocol,Port,Action\n{source},Hub,TCP,{port},{action}{comment}\n"
    assert flows(draft_matrix(text, "page", "mine")) == []
