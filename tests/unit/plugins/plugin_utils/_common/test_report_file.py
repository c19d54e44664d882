# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports are written whole, the same each time, or it is said why not."""

from __future__ import annotations

import json
import os
import pathlib
import stat

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.plan_marker import MARK
from ansible_collections.federated.connectivity.plugins.plugin_utils._common.report_file import ReportUnwritable, write_report


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
    for directory in ("taken", "taken/below"):
        with pytest.raises(ReportUnwritable, match=r"/taken is not a directory; name another directory, or remove it"):
            write_report(tmp_path / directory / "report.json", {})


OURS = {"made_by": MARK, "format": 1, "counts": {}, "hosts": {}}
EARLIER = {"format": 1, "counts": {}, "hosts": {}}  # of versions whose reports had no mark


@pytest.mark.parametrize("earlier", [OURS, EARLIER, {**EARLIER, "own_certificates": {}}])
def test_an_earlier_report_is_replaced_whole_and_keeps_its_permissions(tmp_path: pathlib.Path, earlier: dict[str, object]) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(earlier), encoding="utf-8")
    file.chmod(0o644)
    before = file.stat().st_ino
    write_report(file, {**OURS, "hosts": {"a": "$(id)\n\x1b\u2028"}})
    assert json.loads(file.read_text(encoding="utf-8"))["hosts"] == {"a": "$(id)\n\x1b\u2028"}
    assert file.read_text(encoding="utf-8").isascii()
    assert (file.stat().st_ino != before, stat.S_IMODE(file.stat().st_mode)) == (True, 0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_new_report_is_for_its_owner_alone(tmp_path: pathlib.Path) -> None:
    write_report(tmp_path / "report.json", OURS)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "export PATH=/usr/bin\n", "{}", "[]", '{"made_by": "somebody"}', '{"format": 1}', f"# {MARK}\n", "[" * 100_000, "\0"]
)
def test_another_file_is_never_written_over(tmp_path: pathlib.Path, text: str) -> None:
    file = tmp_path / ".bashrc"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReportUnwritable, match=r"\.bashrc is not a report of this collection, and it is left as it is; name a file"):
        write_report(file, OURS)
    assert file.read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == [".bashrc"]


@pytest.mark.parametrize("target", ["report of ours", "nothing", "another file"])
def test_no_link_is_written_through(tmp_path: pathlib.Path, target: str) -> None:
    (tmp_path / "report of ours").write_text(json.dumps(OURS), encoding="utf-8")
    (tmp_path / "another file").write_text("another", encoding="utf-8")
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path / target)
    with pytest.raises(ReportUnwritable, match=r"report\.json is a symbolic link, and it is left as it is"):
        write_report(link, {**OURS, "hosts": {"a": 1}})
    assert link.is_symlink()
    assert json.loads((tmp_path / "report of ours").read_text(encoding="utf-8")) == OURS
    assert (tmp_path / "another file").read_text(encoding="utf-8") == "another"
    assert not (tmp_path / "nothing").exists()


def test_no_further_name_of_a_file_and_no_special_file_is_written(tmp_path: pathlib.Path) -> None:
    (tmp_path / "ours").write_text(json.dumps(OURS), encoding="utf-8")
    (tmp_path / "hard").hardlink_to(tmp_path / "ours")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name, said in (("hard", "has another name elsewhere"), ("pipe", "is a named pipe"), ("directory", "is a directory")):
        with pytest.raises(ReportUnwritable, match=f"{name} {said}"):
            write_report(tmp_path / name, OURS)
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)
