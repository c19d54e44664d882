# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors' tables of strangers: what nobody would write is named with its line, and nothing takes long."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.problems import PlanRefused
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table import starter
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.row import RowUnclear, read_row
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.starter import TABLE_BYTES, draft, matrix_name, write_new
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import (
    CELL,
    COLUMNS_MOST,
    LINE,
    ROWS,
    TABLES,
    Row,
    TablesNotFound,
    TableTooLarge,
    read_tables,
)

HEADER = "Direction,Protocol,Port,Source,Destination,Purpose\n"
WIDE = "| port | source | destination |\n| --- | --- | --- |\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (WIDE + "| 443 | a | b |\n" * (ROWS + 1), ROWS + 3, f"more than {ROWS} rows"),
        (HEADER + "out,tcp,443,a,b,x\n" * (ROWS + 1), ROWS + 2, f"more than {ROWS} rows"),
        (f"{WIDE}| 443 | {'x' * (CELL + 1)} | b |\n", 3, f"a cell has {CELL + 3} characters"),
        (f"{HEADER}out,tcp,443,{'x' * (CELL + 1)},b,x\n", 2, f"a cell has {CELL + 1} characters"),
        (f"{WIDE}| 443 | a | {'b | ' * COLUMNS_MOST}\n", 3, f"the most is {COLUMNS_MOST}"),
        (f"{HEADER}out,tcp,443,a,b{',' * COLUMNS_MOST}\n", 2, f"the most is {COLUMNS_MOST}"),
        (f"{WIDE}| 443 | a | {'b' * LINE} |\n", 3, f"the most is {LINE}"),
        (f'{HEADER}out,tcp,443,a,"b\n{"x" * 200_000}', 2, "a quotation mark is not closed"),
        ((WIDE + "\n") * (TABLES + 1), 3 * TABLES + 1, f"more than {TABLES} tables"),
    ],
)
def test_a_table_that_nobody_writes_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(TableTooLarge, match=re.escape(said)) as refused:
        read_tables(text)
    assert refused.value.line == line


@pytest.mark.parametrize("piece", [" ", "[", "![", "](", "[a](", "|", "`", "*", "<br", "(", "- ", "a", "\\", "tcp ,", "1,", "\u00a0", "&"])
@pytest.mark.parametrize("place", ["prose", "delimiter", "cell", "ports"])
def test_long_lines_are_read_or_refused_in_a_time_that_grows_with_them(piece: str, place: str) -> None:
    """With a time that grows with the square, each of these would take hours."""
    long = piece * 200_000
    texts = {
        "prose": f"{long}\n\n{WIDE}| 443 | a | b |\n",
        "delimiter": f"| port | source | destination |\n{long}\n{WIDE}| 443 | a | b |\n",
        "cell": f"{WIDE}| 443 | {long} | b |\n",
    }
    if place == "ports":
        with pytest.raises(RowUnclear) as unclear:
            read_row(Row(1, {"port": f"x{long}", "protocol": "tcp", "source": f"{long}x", "destination": "hub"}, False))
        assert len(str(unclear.value)) < 600
    elif place == "cell":
        with pytest.raises(TableTooLarge):
            read_tables(texts[place])
    else:
        assert [row.cells["port"] for table in read_tables(texts[place]) for row in table] == ["443"]


@pytest.mark.parametrize("column", ["source", "destination"])
@pytest.mark.parametrize("piece", ["a", "a://", "a.", "a-", "*.", ",", "1.", "and ", "ü"])
def test_long_ends_of_connections_are_read_in_a_time_that_grows_with_them(piece: str, column: str) -> None:
    cells = {"port": "443", "protocol": "tcp", "source": "node", "destination": "hub", column: piece * 50_000}
    try:
        said = str(read_row(Row(1, cells, False)).ports)
    except RowUnclear as unclear:
        said = str(unclear)
    assert 0 < len(said) < 700


def test_many_flows_of_one_purpose_have_ids_of_their_own() -> None:
    draft = draft_matrix(HEADER + "".join(f"out,tcp,{port + 1},node,hub,Same\n" for port in range(ROWS // 2)), "page", "mine")
    assert len(set(re.findall(r"^  (same\w*):$", draft.text, re.MULTILINE))) == draft.flows == ROWS // 2


def test_the_protocol_beside_the_next_port_counts_and_else_the_last_one() -> None:
    row = Row(1, {"protocol": "", "port": "1, 2/udp, 3, 4/tcp, 5", "source": "node", "destination": "hub"}, False)
    assert read_row(row).ports == {"tcp": ("3", "4", "5"), "udp": ("1", "2")}


def test_pages_without_a_table_are_refused_soon_and_shortly() -> None:
    for text in ("a,b\n" * 50_000, "| a | b |\n| --- | --- |\n" * TABLES, f"{'x,' * 100_000}\n", "|" * 100_000):
        with pytest.raises(TablesNotFound) as refused:
            read_tables(text)
        assert len(str(refused.value)) < 5_000


def test_a_table_that_is_too_large_is_named_with_file_and_line(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "vendor.csv"
    table.write_text(f"{HEADER}out,tcp,443,{'x' * (CELL + 1)},b,x\n", encoding="utf-8")
    with pytest.raises(PlanRefused, match=r"^vendor\.csv:2: a cell has 2001 characters"):
        draft(table, tmp_path / "own.yml", [])
    table.write_text(" " * (TABLE_BYTES + 1), encoding="utf-8")
    with pytest.raises(PlanRefused, match=r"^vendor\.csv: is larger than 4 MiB"):
        draft(table, tmp_path / "own.yml", [])


def test_a_table_that_is_not_a_file_is_not_waited_for(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    starter.os.mkfifo("vendor.csv")
    with pytest.raises(PlanRefused, match=r"^vendor\.csv: is a named pipe"):
        draft(tmp_path / "vendor.csv", tmp_path / "own.yml", [])


def test_a_matrix_is_never_begun_over_or_through_what_has_its_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "own.yml"
    path.symlink_to(tmp_path / "elsewhere.yml")  # which does not exist yet
    with pytest.raises(PlanRefused, match=r"own\.yml exists and is left as it is"):
        matrix_name(path)
    with pytest.raises(PlanRefused, match=r"own\.yml exists and is left as it is"):
        write_new(path, "matrix: own\n")
    assert not (tmp_path / "elsewhere.yml").exists()
    write_new(tmp_path / "new" / "other.yml", "matrix: other\n")
    assert (tmp_path / "new" / "other.yml").read_text(encoding="utf-8") == "matrix: other\n"
