# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of pages to files and headings lead somewhere, and so do the pages that code names."""

from __future__ import annotations

import functools
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PLACES = ("*.md", "docs/**/*.md", "tests/unit/**/*.md")
PAGES = sorted(path.relative_to(ROOT).as_posix() for place in PLACES for path in ROOT.glob(place))
OWN_FILE = r"(^|[^/A-Za-z0-9_.])(docs|tests/unit|tests/packets|tests/faults)/[A-Za-z0-9_/]+\.(md|py)\b"
VENDORS = (":!docs/matrices/*", ":!plugins/plugin_utils/matrices/*", ":!*/catalogue_rows/*", ":!*/source_tables.yml")
"""Pages that cite other people's files."""
LINK = re.compile(r"\]\(([^()\s]+)\)")


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


@functools.cache
def _anchors(page: pathlib.Path) -> frozenset[str]:
    """The anchors of a page: its headings, as GitHub names them, and the ids that it sets itself."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = (re.sub(r"[^\w\- ]", "", heading.replace("\\", "").lower()).replace(" ", "-") for heading in headings)
    return frozenset([*named, *re.findall(r'<a id="([^"]+)">', text)])


def _dead(page: str, link: str) -> bool:
    target, _hash, anchor = link.partition("#")
    path = (ROOT / page).parent / target if target else ROOT / page
    return not path.exists() or (bool(anchor) and path.suffix == ".md" and anchor not in _anchors(path))


def _links(page: str) -> list[str]:
    text = _without_code((ROOT / page).read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z+]+:", link)]


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    assert [link for link in _links(page) if _dead(page, link)] == []


def test_links_are_found_and_dead_ones_too() -> None:
    assert "docs/architecture.md" in _links("README.md")
    assert _dead("README.md", "docs/no_such_page.md")
    assert _dead("README.md", "docs/style.md#no-such-heading")
    assert not _dead("README.md", "docs/style.md#before-and-after")


def test_pages_and_tests_that_code_and_pages_name_exist() -> None:
    named = subprocess.run(
        ["git", "grep", "-hoIE", OWN_FILE, "--", "*.py", "*.md", "*.yml", *VENDORS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = {re.sub(r"^\W+", "", path) for path in named.stdout.splitlines()} - {"docs/no_such_page.md"}
    assert len(paths) > 20
    assert sorted(path for path in paths if not (ROOT / path).is_file()) == []
