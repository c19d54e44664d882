# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own code as one file: complete by itself, and the same bytes for the same code."""

from __future__ import annotations

import importlib.machinery
import io
import pathlib
import subprocess
import sys
import types
import zipfile

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._apply import refresher
from ansible_collections.federated.connectivity.plugins.module_utils._host.archive import archive
from ansible_collections.federated.connectivity.plugins.module_utils._inspection import note

IMPORT = f"""
import sys
sys.path.insert(0, sys.argv[1])
import {refresher.__name__}
ours = [module for name, module in sys.modules.items() if name.startswith("ansible")]
assert len(ours) > 10
assert all(module.__file__.startswith(sys.argv[1]) for module in ours), ours
"""


def test_it_needs_nothing_else(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "program.pyz"
    file.write_bytes(archive(refresher))
    done = subprocess.run([sys.executable, "-I", "-c", IMPORT, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_same_code_gives_the_same_bytes() -> None:
    assert archive(refresher) == archive(refresher)


def test_it_holds_the_utilities_alone_whatever_else_is_loaded() -> None:
    root = "ansible_collections/federated/connectivity/plugins/module_utils/"
    names = zipfile.ZipFile(io.BytesIO(archive(refresher))).namelist()
    assert root + "_firewalls/nftables/backend.py" in names
    assert [name for name in names if not name.startswith(root) and not name.endswith("__init__.py") and name != "__main__.py"] == []


def names_of(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_module_that_nothing_imports_is_left_out_though_it_is_loaded() -> None:
    assert note.__name__ in sys.modules
    assert note.__name__.replace(".", "/") + ".py" not in names_of(archive(refresher))


def test_what_a_function_imports_is_in_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that imports another one only when a function is called, and that one does not have to be loaded."""
    root = refresher.__name__.rpartition("._apply")[0]
    (tmp_path / "lazy.py").write_text("def main():\n    from .late import name\n    from . import later\n")
    (tmp_path / "late.py").write_text("import json\nname = 1\n")
    (tmp_path / "later.py").write_text("")
    (tmp_path / "unused.py").write_text("")
    module = types.ModuleType(f"{root}._made_up.lazy")
    module.__loader__ = importlib.machinery.SourceFileLoader(module.__name__, str(tmp_path / "lazy.py"))
    package = types.ModuleType(f"{root}._made_up")
    package.__path__ = [str(tmp_path)]
    (tmp_path / "__init__.py").write_text("")
    package.__loader__ = importlib.machinery.SourceFileLoader(package.__name__, str(tmp_path / "__init__.py"))
    for each in (package, module):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    # As on a host: the controller's finder of collections may have been installed by another test.
    monkeypatch.setattr(sys, "meta_path", [importlib.machinery.PathFinder])
    monkeypatch.setattr(sys, "path_hooks", [importlib.machinery.FileFinder.path_hook((importlib.machinery.SourceFileLoader, [".py"]))])
    before = set(sys.modules)
    names = names_of(archive(module))
    assert {pathlib.PurePath(name).name for name in names} == {"__init__.py", "__main__.py", "lazy.py", "late.py", "later.py"}
    assert set(sys.modules) == before
