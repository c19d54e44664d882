# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of HTML pages and XLSX workbooks, as vendors make them: spans, lists, sheets, struck-out rows."""

from __future__ import annotations

import io
import pathlib
import typing as t
import zipfile

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table import grids, workbooks
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import Draft, draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.html_grids import html_grids
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.starter import draft
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import read_tables

PAGE = """<html><body><h2>Inbound</h2>
<table><tr><th>Port(s)</th><th>Protocol</th><th>Source</th></tr>
<tr><td rowspan=2>443<sup>1</sup></td><td>TCP<td>Any
<tr><td>UDP</td><td>Any&nbsp;host</td></tr>
<tr><td>22<br>2222</td><td>TCP</td><td><ul><li>Admin<li>Ops</ul></td></tr>
<tr><td>80</td><td>TCP</td><td><s>Any</s></td></tr></table>
<h2>Outbound</h2>
<table><tr><th>TCP Ports<th>UDP Ports<th>Destination</tr>
<tr><td>443<td>-<td><a href="/x">https://a.example.org/x</a></tr>
<tr><td colspan=2>53<td>Names (198.51.100.2)</tr></table>
<table><tr><td>Imprint</td></tr></table></body></html>
"""


def end(written: dict[str, t.Any]) -> str:
    ((kind, value),) = written.items()
    return kind if value is True else value if isinstance(value, str) else "+".join(value)


def flows(drafted: Draft) -> list[str]:
    return [
        f"{flow['citations'][0][7:]}: {end(flow['initiator'])} -> {end(flow['responder'])} {flow['protocol']} {flow['ports']}"
        for flow in (yaml.safe_load(drafted.text)["flows"] or {}).values()
    ]


def test_a_page_is_read_with_its_headings_spans_and_lists() -> None:
    drafted = draft_matrix(PAGE, "page", "mine", ["server"])
    assert flows(drafted) == [
        "line 3: any -> server tcp [443]",
        "line 4: any -> server udp [443]",
        "line 5: admin+ops -> server tcp [22, 2222]",
        "line 9: server -> a.example.org tcp [443]",
        "line 10: server -> names tcp [53]",
        "line 10: server -> names udp [53]",
    ]
    assert drafted.unread == ["page:6: some of it is struck out; write what is meant, or leave the row out"]


def test_a_table_of_html_on_a_markdown_page_is_read_beside_the_others() -> None:
    markdown = "| Source | Destination | Protocol | Port |\n|---|---|---|---|\n| Node | Hub | TCP | 8443 |\n"
    table = "<table><tr><th>From</th><th>To</th><th>Port</th></tr><tr><td>Hub</td><td>Node</td><td>9000/tcp</td></tr></table>\n"
    drafted = draft_matrix(f"# Ports\n\n{markdown}\n{table}", "page", "mine")
    assert [flow.partition(": ")[2] for flow in flows(drafted)] == ["node -> hub tcp [8443]", "hub -> node tcp [9000]"]


@pytest.mark.parametrize(
    "page",
    [
        f"<table><tr><td colspan={grids.COLUMNS_MOST + 1}>x</table>",
        "<table>" + "<tr><td>x" * (grids.ROWS + 2) + "</table>",
        f"<table><tr><td>{'x' * (grids.CELL + 1)}</table>",
        "<table><tr><td>x</table>" * (grids.TABLES + 1),
    ],
)
def test_pages_that_nobody_writes_are_refused(page: str) -> None:
    with pytest.raises(grids.TableTooLarge):
        list(html_grids(page))


@given(
    st.lists(
        st.sampled_from(["<table>", "</table>", "<tr>", "<td rowspan=3>", "<th>", "443", "Port", "</td>", "<li>", "<del>", "&#0;", "\0"])
    )
)
def test_any_page_gives_tables_or_nothing(parts: list[str]) -> None:
    for grid in html_grids("".join(parts) or "<p>"):
        assert grid.line >= 1
        assert all(isinstance(cell, str) for _line, cells in grid.body for cell in cells)


def workbook(path: pathlib.Path) -> pathlib.Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Ports"
    for row in (
        ["Firewall list"],
        ["Quelle", "Ziel", "Protokoll", "Port von", "Port bis", "Aktion"],
        ["Client", "Hub", "TCP", 9000, 9010, "Allow"],
        [None, "Hub", "TCP", 443.0, None, "erlaubt"],
        ["Client", "Hub", "TCP", 22, None, "Deny"],
        ["Client", "Hub", "UDP", 53, None, "Allow"],
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A4")
    sheet["B6"].font = Font(strike=True)
    other = book.create_sheet("Out")
    other.append(["Port", "Protocol", "Remote", "Direction"])
    other.append([8443, "TCP", "Hub\n(198.51.100.5)", "out"])
    book.create_sheet("Notes").append(["Read me"])
    hidden = book.create_sheet("Old")
    hidden.append(["Port", "Protocol", "Source", "Destination"])
    hidden.append([23, "TCP", "Any", "Hub"])
    hidden.sheet_state = "hidden"
    book.save(path)
    return path


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: pathlib.Path) -> None:
    drafted, problems = draft(workbook(tmp_path / "vendor.xlsx"), tmp_path / "own.yml", ["client"])
    assert problems == []
    assert flows(drafted) == [
        "Ports, line 3: client -> hub tcp ['9000-9010']",
        "Ports, line 4: client -> hub tcp [443]",
        "Out, line 2: client -> hub tcp [8443]",
    ]
    assert [line.partition("vendor.xlsx")[2] for line in drafted.unread] == [
        ", Ports:5: its action is 'Deny': not a connection to open",
        ", Ports:6: some of it is struck out; write what is meant, or leave the row out",
    ]


def test_a_workbook_that_unpacks_to_more_than_a_table_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "vendor.xlsx")
    monkeypatch.setattr(workbooks, "UNPACKED", 100)
    with pytest.raises(PlanRefused, match="the workbook unpacks to"):
        draft(path, tmp_path / "own.yml", [])


def test_a_broken_workbook_is_named(tmp_path: pathlib.Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as parts:
        parts.writestr("xl/workbook.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
        parts.writestr("[Content_Types].xml", "<x/>")
    path = tmp_path / "vendor.xlsx"
    path.write_bytes(data.getvalue())
    with pytest.raises(PlanRefused, match="is not a workbook that openpyxl can read"):
        draft(path, tmp_path / "own.yml", [])


def test_cells_of_markdown_may_hold_html() -> None:
    (rows,) = read_tables("| Source | Destination | Port |\n|---|---|---|\n| A<sup>2</sup> &amp; B | <Hub IP> | 1<br/>2 |\n")
    assert rows[0].cells == {"source": "A & B", "destination": "<Hub IP>", "port": "1, 2"}
