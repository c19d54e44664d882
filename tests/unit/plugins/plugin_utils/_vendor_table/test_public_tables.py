# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public tables of many vendors: every row becomes flows or is reported with its reason."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.draft import draft_matrix
from ansible_collections.federated.connectivity.plugins.plugin_utils._vendor_table.tables import read_tables

TABLES: list[dict[str, t.Any]] = yaml.safe_load((pathlib.Path(__file__).parent / "vendor_tables/public.yml").read_text(encoding="utf-8"))


def end(written: dict[str, t.Any]) -> str:
    ((kind, value),) = written.items()
    return kind if value is True else value if isinstance(value, str) else "+".join(value)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: re.sub(r"\W+", "_", table["table"]))
def test_every_row_of_a_public_table_is_drafted_or_reported(table: dict[str, t.Any]) -> None:
    draft = draft_matrix(table["text"], "page", "mine", table.get("perspective", []))
    flows = (yaml.safe_load(draft.text)["flows"] or {}).values()
    cited = [[int(citation.rpartition(" ")[2]) for citation in flow["citations"]] for flow in flows]
    shown = [
        f"{'+'.join(map(str, lines))}: {end(flow['initiator'])} -> {end(flow['responder'])} {flow['protocol']} {flow['ports']}"
        for lines, flow in zip(cited, flows, strict=True)
    ]
    assert shown == table["flows"]
    reported = [line.removeprefix("page:") for line in (*draft.contradictions, *draft.unread)]
    assert reported == table["reported"]
    rows = {row.line for rows in read_tables(table["text"]) for row in rows}
    drafted = {line for lines in cited for line in lines}
    told = {int(line.partition(":")[0]) for line in reported}
    assert rows == drafted | told
    assert drafted.isdisjoint(told)


def test_there_are_at_least_twenty() -> None:
    assert len({table["table"] for table in TABLES}) >= 20
