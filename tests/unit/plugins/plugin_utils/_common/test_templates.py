# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates of text files: what is missing is an error, and values are never templates themselves."""

from __future__ import annotations

import pathlib

import jinja2
import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.templates import template


@pytest.fixture
def module(tmp_path: pathlib.Path) -> str:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.j2").write_text("{% for line in lines %}\n  {{ line }}\n{% endfor %}\nend\n")
    return str(tmp_path / "module.py")


def test_values_stand_in_the_text_as_they_are(module: str) -> None:
    assert template(module, "a.j2").render(lines=["<&>", "{{ 1 + 1 }}", "{% raw %}"]) == "  <&>\n  {{ 1 + 1 }}\n  {% raw %}\nend\n"


def test_a_missing_value_is_an_error(module: str) -> None:
    with pytest.raises(jinja2.UndefinedError, match="'lines' is undefined"):
        template(module, "a.j2").render()
