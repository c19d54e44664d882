# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note stands with fixed modes, whatever was there, and goes without a trace."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import ToolFailed
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host
from ansible_collections.federated.connectivity.plugins.module_utils._inspection.note import FORMS, apply, file_of, propose

NOTE = {"txt": "leave alone\n", "md": "# leave alone\n", "json": "{}\n"}


def modes(directory: pathlib.Path) -> list[int]:
    return [stat.S_IMODE(os.lstat(path).st_mode) for path in (directory, *sorted(directory.iterdir()))]


def install(directory: pathlib.Path, note: dict[str, str] | None = NOTE) -> list[str]:
    return apply(propose(note, str(directory)), Host())


def changed(directory: pathlib.Path, note: dict[str, str] | None = NOTE) -> list[str]:
    return [pathlib.Path(place.path).name for place in propose(note, str(directory)) if place.changed]


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "note"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_it_is_installed_once_and_removed(directory: pathlib.Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        assert changed(directory) == ["note", "tls_inspection.txt", "tls_inspection.md", "tls_inspection.json"]
        install(directory)
    finally:
        os.umask(before)
    assert {form: pathlib.Path(file_of(form, str(directory))).read_text(encoding="utf-8") for form in FORMS} == NOTE
    assert modes(directory) == [0o755, 0o644, 0o644, 0o644]
    assert changed(directory) == []
    assert changed(directory, {**NOTE, "md": "# other\n"}) == ["tls_inspection.md"]
    assert len(changed(directory, None)) == 4
    install(directory, None)
    assert not directory.exists()
    assert changed(directory, None) == []


def test_what_others_did_to_it_is_seen_and_undone(directory: pathlib.Path) -> None:
    install(directory)
    text, markdown, program = (pathlib.Path(file_of(form, str(directory))) for form in FORMS)
    directory.chmod(0o777)
    text.chmod(0o666)
    markdown.unlink()
    markdown.symlink_to("/etc/hostname")
    program.unlink()
    os.mkfifo(program)
    assert len(changed(directory)) == 4
    install(directory)
    assert modes(directory) == [0o755, 0o644, 0o644, 0o644]
    assert changed(directory) == []


def test_a_link_in_its_place_is_not_followed(directory: pathlib.Path, tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    install(elsewhere)
    directory.symlink_to(elsewhere)
    (elsewhere / "tls_inspection.txt").write_text("theirs\n", encoding="utf-8")
    install(directory)
    assert (elsewhere / "tls_inspection.txt").read_text(encoding="utf-8") == "theirs\n"
    assert not directory.is_symlink()
    assert changed(directory) == []


def test_a_link_goes_and_what_it_leads_to_stays(directory: pathlib.Path, tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    install(elsewhere)
    directory.symlink_to(elsewhere)
    install(directory, None)
    assert not directory.is_symlink()
    assert changed(elsewhere) == []


def test_files_of_others_keep_the_directory(directory: pathlib.Path) -> None:
    install(directory)
    (directory / "theirs").write_text("", encoding="utf-8")
    assert "is not empty, and stays" in install(directory, None)[0]
    assert [path.name for path in directory.iterdir()] == ["theirs"]


def test_a_file_in_the_place_of_the_directory_is_named(directory: pathlib.Path) -> None:
    directory.write_text("", encoding="utf-8")
    with pytest.raises(ToolFailed, match="is not a directory, and the note's directory belongs there; remove it"):
        install(directory)


def test_a_note_that_somebody_has_filled_is_replaced_and_not_read_as_a_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "tls_inspection.txt"
    path.touch()
    os.truncate(path, 1 << 40)  # a file with a hole: it takes no room
    places = propose(dict.fromkeys(FORMS, "flows\n"), str(tmp_path))
    changed = [place for place in places if place.path == str(path)]
    assert changed[0].changed
    assert "larger than" in changed[0].before
