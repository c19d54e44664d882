# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own code as one file: complete by itself, and the same bytes for the same code."""

from __future__ import annotations

import io
import pathlib
import subprocess
import sys
import zipfile

from ansible_collections.federated.connectivity.plugins.module_utils._apply import refresher
from ansible_collections.federated.connectivity.plugins.module_utils._host.archive import archive

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
