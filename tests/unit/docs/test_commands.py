# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of the tarball have no make. So texts name the playbook, and make only beside it, as the short form of a checkout."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[3]
FOR_DEVELOPERS = {"CONTRIBUTING.md", "architecture.md", "faults.md", "CHANGELOG.md"}
FORMS = ("README.md", "docs/**/*.md", "docs/docsite/**/*.rst", "roles/*/README.md", "inventories/*/*.yml", "plugins/plugin_utils/*.yml")
TEXTS = sorted(path for form in FORMS for path in ROOT.glob(form) if path.name not in FOR_DEVELOPERS)
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
TARGETS = {name.replace("_", "-"): name for name in PLAYBOOKS} | {"import-matrix": "new_matrix"}
MAKE = re.compile(rf"(?<!sudo )\bmake ({'|'.join(map(re.escape, TARGETS))})\b")


def alone(text: str) -> list[str]:
    """The commands of make in a text without the name of their playbook in the same paragraph, or in the one that introduces it."""
    found, before = [], ""
    for paragraph in re.split(r"\n#?\s*\n", text):
        for match in MAKE.finditer(paragraph):
            said = (before if paragraph.startswith(("    ", "```")) else "") + paragraph
            if f"federated.connectivity.{TARGETS[match[1]]}" not in said:
                found.append(match[0])
        before = paragraph
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_is_the_short_form_of_a_playbook(path: pathlib.Path) -> None:
    assert alone(path.read_text(encoding="utf-8")) == []


def test_playbooks_that_texts_name_exist() -> None:
    named = {
        name
        for path in TEXTS
        for name in re.findall(r"ansible-playbook [^\n]*?federated\.connectivity\.(\w+)", path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= PLAYBOOKS


def test_a_command_of_make_alone_is_found() -> None:
    assert alone("See `make verify`.\n\nand `federated.connectivity.verify`") == ["make verify"]
    assert alone("`federated.connectivity.verify` (in a checkout: `make verify`)") == []
    assert alone("In a checkout, `federated.connectivity.plan` is:\n\n    make plan PLAN=x") == []
    assert alone("`sudo make site`, `make lint`") == []
