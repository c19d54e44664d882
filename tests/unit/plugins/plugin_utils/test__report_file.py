# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports are written whole, the same each time, or it is said why not."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._report_file import ReportUnwritable, write_report


def test_the_same_content_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "new" / "report.json"
    write_report(file, {"b": [1], "a": "ä"})
    first = file.read_bytes()
    assert json.loads(first) == {"a": "ä", "b": [1]}
    write_report(file, {"a": "ä", "b": [1]})
    assert file.read_bytes() == first


def test_a_file_that_cannot_be_written_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(ReportUnwritable, match=r"the report could not be written: .*taken"):
        write_report(tmp_path / "taken" / "report.json", {})
