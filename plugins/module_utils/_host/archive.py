# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The collection's own code as one file, for programs that run on the host without Ansible."""

from __future__ import annotations

import io
import sys
import types
import typing as t
import zipfile

_COLLECTION = "ansible_collections.federated.connectivity.plugins.module_utils"


def archive(module: types.ModuleType) -> bytes:
    """A file that Python runs as ``module.main()``: the collection's utilities that are loaded here; the same code gives the same bytes."""
    loaded = {name: found for name, found in sys.modules.items() if name.startswith(_COLLECTION + ".")}
    parts = _COLLECTION.split(".")
    sources = {"/".join(parts[:length]) + "/__init__.py": "" for length in range(1, len(parts) + 1)}
    for name, found in loaded.items():
        path = name.replace(".", "/") + ("/__init__.py" if hasattr(found, "__path__") else ".py")
        sources[path] = t.cast(t.Any, found.__loader__).get_source(name) or ""
    sources["__main__.py"] = "from %s import main\n\nmain()\n" % module.__name__
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for path in sorted(sources):
            file.writestr(zipfile.ZipInfo(path), sources[path])
    return content.getvalue()
