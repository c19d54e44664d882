# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where root filesystems come from, and when they are made again."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.molecule.lab import rootfs
from ansible_collections.federated.connectivity.molecule.lab._errors import LabError

BOOKWORM = """\
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm non-free-firmware
http://mirror.example/debian/ bookworm-updates main
http://mirror.example/debian/ bookworm-backports main
http://other.example/tools/ stable main
http://mirror.example/debian-security/ bookworm-security main
"""


def test_the_machines_own_mirrors_serve_the_other_release():
    signed = f"deb [signed-by={rootfs.KEYRING}]"
    assert rootfs.sources_of("trixie", "bookworm", BOOKWORM) == [
        f"{signed} http://mirror.example/debian/ trixie main",
        f"{signed} http://mirror.example/debian/ trixie-updates main",
        f"{signed} http://mirror.example/debian-security/ trixie-security main",
    ]


@pytest.mark.parametrize("listing", ["", "http://mirror.example/debian-security/ bookworm-security main\n"])
def test_a_machine_without_a_mirror_of_the_release_leaves_the_choice_to_mmdebstrap(listing):
    assert rootfs.sources_of("trixie", "bookworm", listing) == []


def test_every_line_of_a_source_is_signed():
    for suite in rootfs.RELEASES:
        assert all("signed-by=/" in line for line in rootfs.sources_of(suite, "bookworm", BOOKWORM))


def test_another_recipe_is_another_root_filesystem(monkeypatch):
    before = rootfs.recipe("trixie")
    assert before != rootfs.recipe("bookworm")
    monkeypatch.setattr(rootfs, "PACKAGES", (*rootfs.PACKAGES, "hello"))
    assert rootfs.recipe("trixie") != before


def test_a_made_one_is_found_without_making_anything(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    place = tmp_path / "federated_connectivity" / "rootfs" / f"trixie-{rootfs.recipe('trixie')}"
    place.mkdir(parents=True)
    assert rootfs.rootfs("trixie") == place


def test_errors_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(LabError, match="potato is not in the lab; it knows bullseye, bookworm, trixie, forky"):
        rootfs.rootfs("potato")
    monkeypatch.setattr(rootfs.os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root: run this command with sudo"):
        rootfs.rootfs("trixie")
    monkeypatch.setattr(rootfs.os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabError, match="apt-get install mmdebstrap debian-archive-keyring"):
        rootfs.rootfs("trixie")
