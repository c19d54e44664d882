# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SECURITY.md says where reports go, and that is the repository of galaxy.yml."""

from __future__ import annotations

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).parents[3]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))


def test_reports_go_to_the_repository_in_private() -> None:
    assert set(re.findall(r"https://github\.com/[^\s)>]+", TEXT)) == {GALAXY["repository"] + "/security/advisories/new"}
    assert not re.search(r"[\w.]+@[\w.]+", TEXT)


def test_the_version_of_today_is_supported() -> None:
    major, minor, _patch = GALAXY["version"].split(".")
    assert f"| {major}.{minor}.x | yes |" in TEXT


def test_it_is_found() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert not {"SECURITY.md", "requirements-controller.lock"} & set(GALAXY["build_ignore"])
    for target in re.findall(r"\]\(([^):]+)\)", TEXT):
        assert (ROOT / target).exists(), target
