# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/lints.md explains every lint, in the words of the code."""

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.findings import EXPLANATIONS, KEYS

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "lints.md").read_text(encoding="utf-8")


def test_every_lint_has_its_section_and_its_words() -> None:
    sections = dict(re.findall(r"^### (\S+)\n\n(.*)$", PAGE, re.MULTILINE))
    assert {lint: text[: len(EXPLANATIONS[lint])] for lint, text in sections.items()} == EXPLANATIONS


def test_the_example_of_an_acceptance_is_one() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (acceptance,) = yaml.safe_load(example)["connectivity_accepted_findings"]
    assert tuple(acceptance) == KEYS
    assert acceptance["id"] in EXPLANATIONS


def test_every_lint_is_shown_by_a_case() -> None:
    cases = (ROOT / "tests" / "cases" / "findings.yml").read_text(encoding="utf-8")
    assert [lint for lint in EXPLANATIONS if f": {lint}: " not in cases] == []
