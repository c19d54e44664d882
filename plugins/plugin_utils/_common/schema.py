# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""JSON Schema for data of strangers: whole numbers have no point, and no check takes long."""

from __future__ import annotations

import contextlib
import json
import typing as t
from collections.abc import Iterator, Mapping

from .texts import shortened

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import jsonschema
    import jsonschema.exceptions
    import jsonschema.validators

SHOWN = 200
"""The most characters of a user's value that a message shows."""


def validator(schema: Mapping[str, t.Any]) -> t.Any:
    """A validator of Draft 2020-12 that differs from the library's in what the module says."""
    draft = jsonschema.Draft202012Validator
    types = draft.TYPE_CHECKER.redefine("integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool))
    strict: t.Any = t.cast("t.Any", jsonschema.validators.extend)(draft, {"uniqueItems": _unique_items}, type_checker=types)
    return strict(schema)


def shown(value: object) -> str:
    """A user's value in a message."""
    return shortened(repr(value), SHOWN)


def _unique_items(_validator: object, unique: bool, items: object, _schema: object) -> Iterator[jsonschema.exceptions.ValidationError]:
    """One look at each item; the library compares each with each where they cannot be sorted."""
    seen: set[str] = set()
    for item in items if unique and isinstance(items, list) else ():
        key = json.dumps(item, sort_keys=True, default=repr)
        if key in seen:
            yield jsonschema.exceptions.ValidationError(str(item))
            return
        seen.add(key)
