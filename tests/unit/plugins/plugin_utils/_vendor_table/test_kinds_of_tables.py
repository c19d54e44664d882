# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of many kinds: what each row becomes, or why it is reported, and that each draft is a valid matrix."""

from __future__ import annotations

import csv
import datetime
import io
import json
import pathlib
import re
import typing as t

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import MATRICES
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.reader import read_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import Draft, draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.starter import draft
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import read_tables
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.vocabulary import vocabulary

TABLES: list[dict[str, t.Any]] = yaml.safe_load((pathlib.Path(__file__).parent / "vendor_tables/kinds.yml").read_text(encoding="utf-8"))
SCHEMA = json.loads((MATRICES / "matrix.schema.json").read_text(encoding="utf-8"))
ENDS = "| Source | Destination | Protocol | Port | Purpose |\n|---|---|---|---|---|\n"


def end(written: dict[str, t.Any]) -> str:
    ((kind, value),) = written.items()
    return kind if value is True else f"net:{value}" if isinstance(value, str) else "+".join(value)


def shown(flow: dict[str, t.Any]) -> str:
    """A flow with its lines, and with its necessity where the table says one."""
    lines = "+".join(citation.rpartition(" ")[2] for citation in flow["citations"])
    ports = ",".join(map(str, flow["ports"] or flow.get("types", [])))
    text = f"{lines}: {end(flow['initiator'])} -> {end(flow['responder'])} {flow['protocol']} {ports}".rstrip()
    needs = [] if flow["necessity"] == "conditional" else [flow["necessity"]]
    return ", ".join([text, *needs, *([flow["condition"]] if "condition" in flow else [])])


def flows(drafted: Draft) -> list[str]:
    return [shown(flow) for flow in (yaml.safe_load(drafted.text)["flows"] or {}).values()]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: re.sub(r"\W+", "_", table["table"]))
def test_every_row_of_a_table_is_drafted_or_reported(table: dict[str, t.Any]) -> None:
    drafted = draft_matrix(table["text"], "page", "mine", table.get("perspective", []))
    assert flows(drafted) == table["flows"]
    assert [line.removeprefix("page:") for line in (*drafted.contradictions, *drafted.unread)] == table["reported"]
    rows = {row.line for rows in read_tables(table["text"]) for row in rows}
    cited = {int(line) for flow in table["flows"] for line in flow.partition(":")[0].split("+")}
    told = {int(line.partition(":")[0]) for line in table["reported"]}
    assert rows == cited | told
    assert cited.isdisjoint(told)
    if drafted.flows:
        assert len(read_matrix(drafted.text, "mine.yml", "mine", SCHEMA).flows) == drafted.flows


def test_there_are_at_least_forty() -> None:
    assert len({table["table"] for table in TABLES}) >= 40


@pytest.mark.parametrize(
    ("protocol", "port", "meant"),
    [
        ("Ping", "-", ["icmp echo-request", "icmpv6 echo-request"]),
        ("", "Ping", ["icmp echo-request", "icmpv6 echo-request"]),
        ("Echo Request", "N/A", ["icmp echo-request", "icmpv6 echo-request"]),
        ("ICMP", "8/0", ["icmp echo-request"]),
        ("icmp 8/0", "", ["icmp echo-request"]),
        ("ICMP type 8 code 0", "", ["icmp echo-request"]),
        ("ICMP", "echo request (type 8)", ["icmp echo-request"]),
        ("ICMPv6", "128/0", ["icmpv6 echo-request"]),
        ("IPv6-ICMP", "echo-request", ["icmpv6 echo-request"]),
        ("TCP", "https", ["tcp 443"]),
        ("TCP", "ssh (22)", ["tcp 22"]),
        ("TCP", "443 HTTPS", ["tcp 443"]),
        ("", "https 8443", ["tcp 8443"]),
        ("TCP", "http/https", ["tcp 80,443"]),
        ("TCP", "389 (LDAP) / 636 (LDAPS)", ["tcp 389,636"]),
        ("TCP", "Ports: 80, 443", ["tcp 80,443"]),
        ("", "TCP-443", ["tcp 443"]),
        ("6", "443", ["tcp 443"]),
        ("17", "53", ["udp 53"]),
        ("TCP", "22,443", ["tcp 22,443"]),
        ("TCP", "22:22", ["tcp 22"]),
        ("TCP", "8000\u20138010", ["tcp 8000-8010"]),
        ("TCP", "8000 through 8010", ["tcp 8000-8010"]),
        ("DICOM", "104", ["tcp 104"]),
        ("TCP", "443 (optional)", ["tcp 443, optional"]),
        ("TCP", "443 (if TLS)", ["tcp 443, if TLS"]),
    ],
)
def test_protocols_and_ports_are_read_as_people_write_them(protocol: str, port: str, meant: list[str]) -> None:
    drafted = draft_matrix(f"{ENDS}| A | B | {protocol} | {port} | |\n", "page", "mine")
    assert flows(drafted) == [f"3: a -> b {each}" for each in meant]


@pytest.mark.parametrize(
    ("protocol", "port", "why"),
    [
        ("TCP", "1,433", "is not a number or list without doubt"),
        ("TCP", "2026-08-10 00:00:00", "is a date"),
        ("TCP, not UDP", "443", "has an exception"),
        ("no UDP", "443", "has an exception"),
        ("TCP", "any except 22", "has an exception"),
        ("TCP", "443 (deprecated)", "ask the vendor"),
        ("TCP", "https (80)", "is not a number"),
        ("", "https, ntp", "no protocol"),
        ("ICMP", "3/4", "which types are meant is not clear"),
        ("ICMP", "Type 3 Code 4", "which types are meant is not clear"),
        ("Ping", "443", "has no ports"),
        ("VRRP", "", "has no ports"),
    ],
)
def test_protocols_and_ports_that_are_not_certain_are_reported(protocol: str, port: str, why: str) -> None:
    drafted = draft_matrix(f"{ENDS}| A | B | {protocol} | {port} | |\n", "page", "mine")
    assert flows(drafted) == []
    assert why in drafted.unread[0]


def test_two_long_names_that_begin_alike_stay_two() -> None:
    long = "Hospital information system application server"
    drafted = draft_matrix(f"{ENDS}| {long} one | B | TCP | 1 | |\n| {long} two | B | TCP | 1 | |\n", "page", "mine")
    assert len(flows(drafted)) == 2


def test_other_nodes_may_be_the_nodes_and_the_draft_asks() -> None:
    drafted = draft_matrix(f"{ENDS}| Nodes | Other nodes | TCP | 1 | |\n", "page", "mine")
    assert drafted.hints == ["page:3: the role other_nodes may be nodes on the other end; if so, write nodes"]


def test_a_form_of_a_workbook_has_a_header_of_two_rows_and_hidden_rows_are_reported(tmp_path: pathlib.Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Firewall request"],
        ["Source", None, "Destination", None, None, None, "Enabled"],
        ["Name", "IP", "Name", "IP", "Port", "Protocol", None],
        ["app", "10.0.0.1", "db", "10.0.0.2", 1433.0, "TCP", True],
        ["app", "10.0.0.1", "db", "10.0.0.2", 443, "TCP", False],
        ["app", "10.0.0.1", "db", "10.0.0.2", 80, "TCP", True],
        ["app", "10.0.0.1", "db", "10.0.0.2", datetime.datetime(2026, 8, 10), "TCP", True],
        [None],
        ["Destination", "Source", "Protocol", "Port", "Enabled"],
        ["cache", "app", "TCP", 6379, "yes"],
    ):
        sheet.append(row)
    sheet.merge_cells("A2:B2")
    sheet.merge_cells("C2:F2")
    sheet.row_dimensions[6].hidden = True
    book.save(tmp_path / "form.xlsx")
    drafted, problems = draft(tmp_path / "form.xlsx", tmp_path / "mine.yml", [])
    assert problems == []
    assert flows(drafted) == ["4: app -> db tcp 1433", "10: app -> cache tcp 6379"]
    assert [line.partition(".xlsx:")[2].partition(":")[0] for line in drafted.unread] == ["5", "6", "7"]
    assert "the row is hidden in the workbook" in drafted.unread[1]


headers = st.sampled_from(["Enabled", "Active", "In use", "Open in firewall", "Exposed"])
remarks = st.sampled_from(
    ["decommissioned", "Not used", "no longer needed", "Deprecated since 4.0", "must be closed", "return traffic", "DENY", "not yet active"]
)


@given(headers, st.sampled_from(["No", "no", "\u274c", "N"]), st.integers(1, 65535))
def test_no_row_that_is_not_in_use_is_drafted(header: str, cell: str, port: int) -> None:
    drafted = draft_matrix(f"Source,Destination,Protocol,Port,{header}\nA,B,TCP,{port},{cell}\n", "page", "mine")
    assert (flows(drafted), len(drafted.unread)) == ([], 1)


@given(st.sampled_from(["Comment", "Notes", "Remarks", "Lifecycle", "Phase"]), remarks, st.sampled_from(["", "Sync", "SQL"]))
def test_no_row_that_a_remark_takes_back_is_drafted(header: str, remark: str, purpose: str) -> None:
    drafted = draft_matrix(f"Source,Destination,Protocol,Port,Purpose,{header}\nA,B,TCP,443,{purpose},{remark}\n", "page", "mine")
    assert (flows(drafted), len(drafted.unread)) == ([], 1)


CELLS = sorted(
    {cell.strip() for table in TABLES if "<table" not in table["text"] for line in table["text"].splitlines() for cell in line.split("|")}
)
KINDS = sorted(names[0] for names in vocabulary().columns.values())


@given(
    st.sampled_from([["source", "destination", "port"], ["remote", "port", "direction"], ["system a", "system b", "port"]]),
    st.lists(st.sampled_from(KINDS), max_size=5),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=8, max_size=8), min_size=1, max_size=5),
)
def test_no_row_of_any_table_is_lost_and_each_draft_is_valid(needed: list[str], more: list[str], rows: list[list[str]]) -> None:
    header = [*needed, *more]
    text = io.StringIO()
    csv.writer(text).writerows([header, *(row[: len(header)] for row in rows)])
    drafted = draft_matrix(text.getvalue(), "page", "mine", ["server"])
    cited = {int(line) for flow in flows(drafted) for line in flow.partition(":")[0].split("+")}
    told = {int(line.split(":")[1]) for line in (*drafted.contradictions, *drafted.unread)}
    assert {row.line for table in read_tables(text.getvalue()) for row in table} == cited | told
    if drafted.flows:
        assert len(read_matrix(drafted.text, "mine.yml", "mine", SCHEMA).flows) == drafted.flows


def test_a_row_about_icmp_with_a_source_port_is_read() -> None:
    text = "Source,Source Port,Destination,Destination Port,Protocol\nA,80,B,echo-request,ICMP\n"
    assert flows(draft_matrix(text, "page", "mine")) == ["2: a -> b icmp echo-request"]
