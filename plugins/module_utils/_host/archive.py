# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The collection's own code as one file, for programs that run on the host without Ansible."""

from __future__ import annotations

import ast
import functools
import importlib.util
import io
import sys
import types
import typing as t
import zipfile

_COLLECTION = "ansible_collections.federated.connectivity.plugins.module_utils"


def archive(module: types.ModuleType) -> bytes:
    """A file that Python runs as ``module.main()``: the module and all of the collection that it imports, in whatever way; the same
    code gives the same bytes, whatever else is loaded here."""
    sources = {name: _source(name) for name in _needed(module.__name__)}
    content = io.BytesIO()
    files = {name.replace(".", "/") + ("/__init__.py" if is_package else ".py"): text for name, (text, is_package) in sources.items()}
    files["__main__.py"] = "from %s import main\n\nmain()\n" % module.__name__
    with zipfile.ZipFile(content, "w") as file:
        for path in sorted(files):
            file.writestr(zipfile.ZipInfo(path), files[path])
    return content.getvalue()


def _needed(name: str) -> t.Set[str]:
    """The module, those of the collection that it imports, directly or through others, and the packages that hold them."""
    needed: t.Set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in needed:
            needed.add(each)
            waiting += _parents(each)
            waiting += _imported(each)
    return needed


def _parents(name: str) -> t.Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@functools.lru_cache(maxsize=None)
def _imported(name: str) -> t.FrozenSet[str]:
    """The modules of the collection that a module names in import statements, also in those inside of functions."""
    text, is_package = _source(name)
    package = name if is_package else name.rpartition(".")[0]
    found: t.Set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom):
            origin = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            if _is_ours(origin):
                found.add(origin)
            if origin == _COLLECTION or (_is_ours(origin) and _source(origin)[1]):  # a package: what it gives may be modules
                found.update(each for each in ("%s.%s" % (origin, alias.name) for alias in node.names) if _loader(each))
    return frozenset(found)


def _is_ours(name: str) -> bool:
    return name.startswith(_COLLECTION + ".")


def _loader(name: str) -> t.Any:
    """What loads a module, which need not be loaded yet; None where there is no module of this name."""
    if name in sys.modules:
        return sys.modules[name].__loader__
    spec = importlib.util.find_spec(name)
    return spec.loader if spec else None


def _source(name: str) -> t.Tuple[str, bool]:
    """A module's text, and whether it is a package; those of Ansible's own directories are empty here."""
    if not _is_ours(name):
        return "", True
    loader = _loader(name)
    return loader.get_source(name) or "", bool(loader.is_package(name))
