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
    assert set(_libraries.LIBRARIES) == required - {"ansible-core", "PyYAML"}  # Ansible itself, and what it cannot run without
    _libraries.require_libraries()


def test_missing_ones_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libraries, "LIBRARIES", ("json", "no_such_library", "nor_this_one"))
    with pytest.raises(_libraries.LibrariesMissing) as missing:
        _libraries.require_libraries()
    assert str(missing.value).endswith("pip install no_such_library nor_this_one")
    assert sys.executable in str(missing.value)
