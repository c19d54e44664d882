# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The libraries that the controller needs besides Ansible's own (requirements.txt)."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import typing as t

LIBRARIES = ("jmespath", "jsonschema", "netaddr")


class LibrariesMissing(Exception):
    """This Python lacks some; the message says how to install them."""


def require_libraries() -> None:
    """Raise LibrariesMissing unless all are there. Modules that use them can be imported all the same."""
    missing = [library for library in LIBRARIES if importlib.util.find_spec(library) is None]
    if missing:
        raise LibrariesMissing(f"the controller's Python, {sys.executable}, lacks libraries: pip install {' '.join(missing)}")


def library(module: str, package: str) -> t.Any:
    """A module of a library that only some tables of vendors need (requirements.txt).

    Raises:
        LibrariesMissing: if it is not there; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise LibrariesMissing(
            f"this table needs a library that {sys.executable} lacks: pip install {package}; or save the table as CSV (UTF-8)"
        ) from None
