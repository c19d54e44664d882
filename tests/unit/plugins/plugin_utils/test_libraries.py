# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller without our libraries: the error names those to install, and for which Python."""

from __future__ import annotations

import pathlib
import re
import sys

import pytest

from ansible_collections.federated.connectivity.plugins.plugin_utils import _libraries

ROOT = pathlib.Path(__file__).parents[4]


def test_they_are_those_of_the_requirements() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    required = set(re.findall(r"^([\w-]+)", text, re.MULTILINE))
    needed_by_tables = {"defusedxml", "lxml", "markdown-it-py", "openpyxl"}
    assert needed_by_tables < required
    assert set(_libraries.LIBRARIES) == required - {"ansible-core", "PyYAML"} - needed_by_tables  # the first: Ansible, and what it needs
    _libraries.require_libraries()


def test_missing_ones_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libraries, "LIBRARIES", ("json", "no_such_library", "nor_this_one"))
    with pytest.raises(_libraries.LibrariesMissing) as missing:
        _libraries.require_libraries()
    assert str(missing.value).endswith("pip install no_such_library nor_this_one")
    assert sys.executable in str(missing.value)


def test_a_library_that_only_a_table_needs_is_named_when_the_table_is_read() -> None:
    assert _libraries.library("json", "anything").loads("[1]") == [1]
    with pytest.raises(_libraries.LibrariesMissing, match=r"pip install some-package; or save the table as CSV"):
        _libraries.library("no_such_library.part", "some-package")
