# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of ports that each system opens by default: a second reading of upstream, which the matrices do not depend on."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue

TABLES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (pathlib.Path(__file__).parent / "published_ports").glob("*.yml")}
KEYS = {"port", "protocol", "address", "role", "when", "published", "source"}
ADDRESSES = {"0.0.0.0", "::", "127.0.0.1", "localhost", "unknown"}
"""All addresses, loopback, or a source that does not say."""


def test_every_system_of_the_catalogue_has_a_table() -> None:
    assert set(TABLES) == set(Catalogue().names()) - {"baseline"}


@pytest.mark.parametrize("system", sorted(TABLES))
def test_each_row_names_a_port_and_the_line_that_says_so(system: str) -> None:
    rows: list[dict[str, t.Any]] = TABLES[system]
    assert rows
    for row in rows:
        assert row.keys() == KEYS
        low, high = bounds(str(row["port"]))
        assert 1 <= low <= high <= 65535
        assert row["protocol"] in {"tcp", "udp"}
        assert row["address"] in ADDRESSES
        assert row["when"]
        assert isinstance(row["published"], bool)
        assert row["source"].keys() in ({"repo", "path", "line"}, {"document", "line"})
        assert row["source"]["line"] > 0
    assert len({str(row) for row in rows}) == len(rows)
