# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/compatibility.md says what the tests try: the page is made from their table, and the table from tests that exist."""

from __future__ import annotations

import importlib.util
import pathlib
import re
import typing as t

import pytest

from ansible_collections.federated.connectivity.molecule.lab.rootfs import RELEASES

ROOT = pathlib.Path(__file__).parents[3]
PACKETS = ROOT / "tests" / "packets"


def generator() -> t.Any:
    specification = importlib.util.spec_from_file_location("compatibility_page", ROOT / "docs" / "compatibility_page.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_page_is_what_the_table_gives() -> None:
    assert generator().PAGE.read_text(encoding="utf-8") == generator().page(), "run make docs"


def test_every_release_of_the_harness_is_in_the_table() -> None:
    assert list(generator().load()["releases"]) == list(RELEASES)


@pytest.mark.parametrize("setup", generator().load()["setups"], ids=lambda setup: setup["test"])
def test_every_set_up_has_a_test_that_runs_on_its_releases(setup: dict[str, t.Any]) -> None:
    file, _colons, name = setup["test"].partition("::")
    source = (PACKETS / file).read_text(encoding="utf-8")
    found = re.search(rf"((?:^@.*\n(?:[ )].*\n)*)*)^def {name}\(", source, re.MULTILINE)
    assert found, f"{setup['test']} does not exist"
    marks = found[1]
    every = "parameters()" in marks or "@releases(" in marks
    named = set(re.findall(r'"(bullseye|bookworm|trixie|forky)"', marks))
    assert set(setup["releases"]) <= (set(RELEASES) if every else named or {"bookworm"})
    assert setup["result"] in generator().RESULTS
