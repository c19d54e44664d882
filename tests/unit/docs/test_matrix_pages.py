# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of the catalogue are what its YAML gives, lead where they point, and the user's own matrix gets one too."""

from __future__ import annotations

import pathlib
import re
import runpy
import shutil
import typing as t

import pytest

DOCS = pathlib.Path(__file__).parents[3] / "docs"
SCRIPT: dict[str, t.Any] = runpy.run_path(str(DOCS / "matrix_pages.py"))
PAGES: dict[pathlib.Path, str] = SCRIPT["catalogue_pages"]()
RELAY = pathlib.Path(__file__).parents[2] / "cases" / "matrices" / "relay.yml"

every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


@every_page
def test_page_is_what_the_matrices_give(path: pathlib.Path) -> None:
    assert path.is_file(), "make docs was not run, or the page not committed"
    assert path.read_text(encoding="utf-8") == PAGES[path], "make docs was not run after a change"


def test_there_are_no_other_pages() -> None:
    assert set((DOCS / "matrices").iterdir()) == set(PAGES)


@every_page
def test_links_inside_the_page_lead_to_one_place_each(path: pathlib.Path) -> None:
    anchors = re.findall(r'<a id="([^"]+)">', PAGES[path])
    wanted = set(re.findall(r"\]\(#([^)]+)\)", PAGES[path]))
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == wanted
    assert bool(anchors) == (path.name != "README.md")


def test_index_leads_to_every_page() -> None:
    index = PAGES[DOCS / "matrices" / "README.md"]
    assert {DOCS / "matrices" / name for name in re.findall(r"\]\(([a-z_0-9]+\.md)\)", index)} | {DOCS / "matrices" / "README.md"} == set(
        PAGES
    )


def test_own_matrix_has_its_page_beside_it(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(RELAY, tmp_path)
    SCRIPT["main"]([str(tmp_path / "relay.yml")])
    page = (tmp_path / "relay.md").read_text(encoding="utf-8")
    assert page.startswith("# Relay\n")
    assert '<a id="flow-send"></a>' in page
    assert "Example inventory" not in page
    assert "1 pages written" in capsys.readouterr().out


def test_own_matrix_with_mistakes_has_no_page_but_messages_with_their_lines(tmp_path: pathlib.Path) -> None:
    own = tmp_path / "relay.yml"
    own.write_text(RELAY.read_text(encoding="utf-8").replace("tls: none", "tls: nun"), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"relay\.yml:\d+: flows\.send\.tls: 'nun' is none of"):
        SCRIPT["main"]([str(own)])
    assert not own.with_suffix(".md").exists()
